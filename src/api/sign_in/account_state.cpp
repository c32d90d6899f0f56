#include "api/sign_in/account_state.hpp"

#include <utility>

#include "access/credential_facts.hpp"
#include "access/liveness.hpp"
#include "api/sign_in/words.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "model/audit.hpp"
#include "revocation/removal.hpp"
#include "store/audit.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

struct Own {
  Session session;
  User user;
};

Result<Own> own_session(ReadTx& tx, const ServerContext& context, const Browser& browser) {
  CURFEW_TRY(std::optional<Session> session, find_session(tx, context, browser));
  if (!session) {
    return Error::permanent(ErrorCode::unauthenticated, "nobody is signed in in this browser");
  }
  CURFEW_TRY(User user, require<User>(tx, "such user", context.tenant_id, session->user_id));
  return Own{std::move(*session), std::move(user)};
}

Result<std::vector<Session>> live_sessions(ReadTx& tx, const Journal& journal,
                                           const UserId& user_id, TimePoint now) {
  Query query;
  query.index = "sessions_by_user";
  query.prefix = keys_of(journal.tenant_id(), user_id);
  query.descending = true;
  query.limit = kSessionsShownMax;
  CURFEW_TRY(std::vector<Session> all, scan_as<Session>(tx, query));
  std::vector<Session> live;
  for (Session& session : all) {
    CURFEW_TRY(const Verdict verdict, verdict_in(tx, journal, facts_of(session), now));
    if (!session.ended_at && verdict == Verdict::live) live.push_back(std::move(session));
  }
  return live;
}

Status record(WriteTx& tx, const ServerContext& context, const Browser& browser, const User& user,
              std::string_view action, Position position) {
  AuditEvent event = own_event(std::string{action}, user, browser.address);
  event.position = position;
  CURFEW_TRY(const AuditEntry entry, context.audit.append(tx, event, browser.now));
  static_cast<void>(entry);
  return Done{};
}

Status end(WriteTx& tx, const ServerContext& context, const Browser& browser, const User& user,
           const SessionId& id) {
  Removal removal;
  removal.kind = RemovalKind::end_session;
  removal.session_id = id;
  CURFEW_TRY(const RemovalEffect effect, remove_access(tx, context.journal, removal, browser.now));
  return record(tx, context, browser, user, "session.end", effect.position);
}

// An ended session stays ended, and ending it again would be one more entry in front of what really
// ends somebody's access. One that is only blocked now can be ended.
Result<std::vector<SessionId>> ids_to_end(ReadTx& tx, const ServerContext& context,
                                          const Browser& browser, const Own& own,
                                          const SessionChoice& choice) {
  std::vector<SessionId> ids;
  if (choice.one) {
    CURFEW_TRY(const auto session, load<Session>(tx, context.tenant_id, *choice.one));
    if (!session || session->user_id != own.user.id) {
      return Error::permanent(ErrorCode::not_found, "there is no such session of this person");
    }
    if (!session->ended_at) ids.push_back(session->id);
    return ids;
  }
  CURFEW_TRY(const std::vector<Session> sessions,
             live_sessions(tx, context.journal, own.user.id, browser.now));
  for (const Session& session : sessions) {
    if (session.id != own.session.id) ids.push_back(session.id);
  }
  return ids;
}

// Grants made earlier in this session name no device yet; without it they would outlive it.
Status bind_grants(WriteTx& tx, const TenantId& tenant_id, const SessionId& session_id,
                   const DeviceId& device_id) {
  Query query;
  query.index = "grants_by_session";
  query.prefix = keys_of(tenant_id, session_id);
  query.limit = kBoundGrantsMax + 1;
  CURFEW_TRY(std::vector<Grant> grants, scan_as<Grant>(tx, query));
  if (grants.size() > kBoundGrantsMax) {
    // All or none: and a transaction that rewrote any number would hold up every revocation.
    return Error::permanent(ErrorCode::exhausted,
                            "This session has been used too much to be tied to a device. Sign out, "
                            "sign in again, and then register the device.");
  }
  for (Grant& grant : grants) {
    grant.device_id = device_id;
    CURFEW_TRY_STATUS(save(tx, grant));
  }
  return Done{};
}

Status check_device_count(ReadTx& tx, const TenantId& tenant_id, const UserId& user_id) {
  Query query;
  query.table = &table_of<Device>();
  query.index = "devices_by_owner";
  query.prefix = keys_of(tenant_id, user_id);
  CURFEW_TRY(const std::uint64_t count, tx.count(query));
  if (count < kDevicesPerUserMax) return Done{};
  return Error::permanent(ErrorCode::exhausted,
                          "You have too many registered devices. Ask your administrator to remove "
                          "some.");
}

}  // namespace

Result<std::optional<AccountState>> load_account(ReadTx& tx, const ServerContext& context,
                                                 const Browser& browser) {
  Result<Own> own = own_session(tx, context, browser);
  if (!own.ok()) {
    if (own.error().code() == ErrorCode::unauthenticated) return std::optional<AccountState>{};
    return own.error();
  }
  AccountState state;
  state.session = std::move(own.value().session);
  state.user = std::move(own.value().user);
  CURFEW_TRY(state.sessions, live_sessions(tx, context.journal, state.user.id, browser.now));
  CURFEW_TRY(state.device, find_device(tx, context.tenant_id, browser));
  if (state.device && !state.device->account_enabled) state.device.reset();
  state.touched = touch(state.session, context.lifetimes, browser);
  return std::optional<AccountState>{std::move(state)};
}

Result<Done> keep_alive(WriteTx& tx, const ServerContext& context, const Browser& browser) {
  CURFEW_TRY(std::optional<Session> session, find_session(tx, context, browser));
  if (!session || !touch(*session, context.lifetimes, browser)) return Done{};
  return save(tx, *session);
}

Result<bool> has_sessions_to_end(ReadTx& tx, const ServerContext& context, const Browser& browser,
                                 const SessionChoice& choice) {
  CURFEW_TRY(const Own own, own_session(tx, context, browser));
  CURFEW_TRY(const std::vector<SessionId> ids, ids_to_end(tx, context, browser, own, choice));
  return !ids.empty();
}

Result<Done> end_sessions(WriteTx& tx, const ServerContext& context, const Browser& browser,
                          const SessionChoice& choice) {
  CURFEW_TRY(const Own own, own_session(tx, context, browser));
  CURFEW_TRY(const std::vector<SessionId> ids, ids_to_end(tx, context, browser, own, choice));
  for (const SessionId& id : ids) {
    CURFEW_TRY_STATUS(end(tx, context, browser, own.user, id));
  }
  return Done{};
}

Result<bool> end_own_session(WriteTx& tx, const ServerContext& context, const Browser& browser) {
  Result<Own> own = own_session(tx, context, browser);
  if (!own.ok()) {
    if (own.error().code() == ErrorCode::unauthenticated) return false;
    return own.error();
  }
  CURFEW_TRY_STATUS(end(tx, context, browser, own.value().user, own.value().session.id));
  return true;
}

Result<DeviceCookie> register_device(WriteTx& tx, const ServerContext& context,
                                     const Browser& browser) {
  CURFEW_TRY(Own own, own_session(tx, context, browser));
  if (own.session.device_id) {
    // Else whoever holds a lost device could leave it behind by name, and outlive its disabling.
    return Error::permanent(ErrorCode::exhausted,
                            "This session belongs to a registered device already, and stays so.");
  }
  CURFEW_TRY_STATUS(check_device_count(tx, context.tenant_id, own.user.id));
  DeviceCookie cookie{DeviceId{new_guid()}, Secret{random_token(32)}};
  const BrowserWords words = browser_words(browser.user_agent);

  Device device;
  device.tenant_id = context.tenant_id;
  device.id = cookie.id;
  device.display_name = to_words(words);
  device.operating_system = words.system.empty() ? "unknown" : words.system;
  device.trust_type = TrustType::registered;
  device.registered_owner = own.user.id;
  device.secret_hash = sha256_base64url(cookie.secret.reveal());
  device.registered_at = browser.now;
  device.approximate_last_sign_in_at = browser.now;
  CURFEW_TRY_STATUS(add(tx, device));

  own.session.device_id = device.id;
  CURFEW_TRY_STATUS(save(tx, own.session));
  CURFEW_TRY_STATUS(bind_grants(tx, context.tenant_id, own.session.id, device.id));
  // Access tokens that are out name no device and would outlive it: the next renewal brings one
  // that does.
  const NewEntry renew{key_of(own.session.id), Effect::reevaluate, "", std::nullopt,
                       "device_registered"};
  CURFEW_TRY(const JournalEntry entry, context.journal.append(tx, renew, browser.now));
  CURFEW_TRY_STATUS(record(tx, context, browser, own.user, "device.register", entry.position));
  return cookie;
}

}  // namespace curfew
