#include "revocation/removal.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "crypto/random.hpp"
#include "model/application.hpp"
#include "model/directory.hpp"
#include "model/session.hpp"
#include "model/signing_key.hpp"
#include "revocation/access_signals.hpp"
#include "revocation/hold_owner.hpp"
#include "revocation/logout_notices.hpp"
#include "revocation/membership.hpp"
#include "store/schema.hpp"
#include "store/schema_clients.hpp"
#include "store/schema_password_reset.hpp"
#include "store/schema_registration.hpp"

namespace curfew {

namespace {

// Over so many members one entry for the whole application takes the place of one entry each.
constexpr std::size_t kMemberEntriesMax = 1'000;

constexpr auto kNoticeTriedFor = std::chrono::hours{24};

// One removal that is being made. Each function below makes one kind of it.
struct Cutting {
  WriteTx& tx;
  Journal& journal;
  const Removal& removal;
  std::string_view reason;
  TimePoint now;
  RemovalEffect effect;

  [[nodiscard]] const TenantId& tenant() const { return journal.tenant_id(); }

  Status write(const Key& key, Effect what, const std::string& hold_owner = "") {
    const NewEntry entry{key, what, hold_owner, removal.run_id, std::string{reason}};
    CURFEW_TRY(JournalEntry written, journal.append(tx, entry, now));
    effect.position = written.position;
    effect.entries.push_back(std::move(written));
    return Done{};
  }
  Status reauth(const Key& key) { return write(key, Effect::reauth); }
  Status block(const Key& key) { return write(key, Effect::block, removal.hold_owner); }

  // The applications that the person is signed in to. A run tells them by steps of its own.
  Status tell_apps(const UserId& user, const std::optional<AppId>& app = {}) {
    const bool by_steps = removal.run_id && (removal.kind == RemovalKind::revoke_user ||
                                             removal.kind == RemovalKind::revoke_sessions);
    if (by_steps) return Done{};
    return note_person_out(tx, tenant(), user, removal.kept_session, app, now);
  }
};

template <typename T>
Result<T> named(const std::optional<T>& member, std::string_view what) {
  if (!member || member->empty()) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "the removal does not name its " + std::string{what});
  }
  return *member;
}

Result<KnownUser> user_of(Cutting& cut) {
  CURFEW_TRY(const UserId id, named(cut.removal.user_id, "user"));
  return known_user(cut.tx, cut.tenant(), id);
}

Result<App> app_of(Cutting& cut) {
  CURFEW_TRY(const AppId id, named(cut.removal.app_id, "application"));
  return require<App>(cut.tx, "such application", cut.tenant(), id);
}

Status disable_user(Cutting& cut) {
  CURFEW_TRY(KnownUser known, user_of(cut));
  known.user.account_enabled = false;
  CURFEW_TRY_STATUS(save_known_user(cut.tx, known));
  CURFEW_TRY_STATUS(cut.tell_apps(known.user.id));
  return cut.block(key_of(known.user.id));
}

Status revoke_sessions(Cutting& cut) {
  CURFEW_TRY(const KnownUser known, user_of(cut));
  const User& user = known.user;
  CURFEW_TRY_STATUS(cut.tell_apps(user.id));
  return cut.reauth(key_of(user.id));
}

// A mail to the address that is registered for the person: sent, if the server sends mail.
Status tell(Cutting& cut, LetterKind kind, const User& user,
            const std::optional<EmailMethod>& method) {
  if (!method || cut.removal.made_by.empty()) return Done{};
  Letter letter;
  letter.tenant_id = cut.tenant();
  letter.id = new_guid();
  letter.kind = kind;
  letter.username = user.user_principal_name;
  letter.address = method->email_address;
  letter.made_by = cut.removal.made_by;
  letter.created_at = letter.next_try_at = cut.now;
  letter.expires_at = cut.now + kNoticeTriedFor;
  return save(cut.tx, letter);
}

Status keep_session(Cutting& cut, const User& user) {
  if (!cut.removal.kept_session) return Done{};
  CURFEW_TRY(auto session, load<Session>(cut.tx, cut.tenant(), *cut.removal.kept_session));
  if (!session || session->user_id != user.id || session->ended_at) return Done{};
  session->authenticator_id = user.password_id;
  session->auth_as_of = cut.effect.position;
  session->auth_time = cut.now;
  return save(cut.tx, *session);
}

Status reset_password(Cutting& cut) {
  CURFEW_TRY(KnownUser known, user_of(cut));
  User& user = known.user;
  if (cut.removal.password_hash.empty()) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "the removal does not bring the new password's hash");
  }
  user.password_hash = cut.removal.password_hash;
  user.password_id = new_guid();
  user.last_password_change_at = cut.now;
  user.force_change_password = cut.removal.force_change_password;
  CURFEW_TRY_STATUS(save_known_user(cut.tx, known));
  CURFEW_TRY_STATUS(cut.reauth(key_of(user.id)));
  CURFEW_TRY(const auto method, load<EmailMethod>(cut.tx, cut.tenant(), user.id));
  CURFEW_TRY_STATUS(tell(cut, LetterKind::password_was_set, user, method));
  CURFEW_TRY_STATUS(cut.tell_apps(user.id));
  return keep_session(cut, user);
}

Status disable_device(Cutting& cut) {
  CURFEW_TRY(const DeviceId id, named(cut.removal.device_id, "device"));
  CURFEW_TRY(Device device, require<Device>(cut.tx, "such device", cut.tenant(), id));
  device.account_enabled = false;
  CURFEW_TRY_STATUS(save(cut.tx, device));
  return cut.block(key_of(device.id));
}

Status disable_app(Cutting& cut) {
  CURFEW_TRY(App app, app_of(cut));
  app.account_enabled = false;
  CURFEW_TRY_STATUS(save(cut.tx, app));
  return cut.block(key_of(app.id));
}

// What was granted is looked at again: access tokens end, and refresh tokens are as good as the
// policy is now.
Status tighten_app(Cutting& cut) {
  CURFEW_TRY(const App app, app_of(cut));
  return cut.write(key_of(app.id), Effect::reevaluate);
}

// The same for a device: the sessions on it are evaluated by its state as it is now.
Status tighten_device(Cutting& cut) {
  CURFEW_TRY(const DeviceId id, named(cut.removal.device_id, "device"));
  CURFEW_TRY_STATUS(require<Device>(cut.tx, "such device", cut.tenant(), id));
  return cut.write(key_of(id), Effect::reevaluate);
}

// Ends what a group's assignment gave its members, where nothing else gives it.
Status end_group_assignment(Cutting& cut, const App& app, const GroupId& group) {
  CURFEW_TRY(const auto members, members_of(cut.tx, cut.tenant(), group, kMemberEntriesMax + 1));
  if (members.size() > kMemberEntriesMax) return cut.reauth(key_of(app.id));
  for (const UserId& member : members) {
    CURFEW_TRY(const bool still_assigned, is_assigned(cut.tx, cut.tenant(), member, app.id));
    if (still_assigned) continue;
    CURFEW_TRY_STATUS(cut.reauth(assignment_key(member, app.id)));
  }
  return Done{};
}

Status remove_assignment(Cutting& cut) {
  CURFEW_TRY(const App app, app_of(cut));
  if (cut.removal.group_id) {
    const GroupId& group = *cut.removal.group_id;
    CURFEW_TRY_STATUS(require<Group>(cut.tx, "such group", cut.tenant(), group));
    CURFEW_TRY_STATUS(
        remove<AppAssignment>(cut.tx, cut.tenant(), app.id, PrincipalKind::group, group.str()));
    return end_group_assignment(cut, app, group);
  }
  CURFEW_TRY(const KnownUser known, user_of(cut));
  const User& user = known.user;
  CURFEW_TRY_STATUS(
      remove<AppAssignment>(cut.tx, cut.tenant(), app.id, PrincipalKind::user, user.id.str()));
  CURFEW_TRY_STATUS(cut.tell_apps(user.id, app.id));
  return cut.reauth(assignment_key(user.id, app.id));
}

Status remove_consent(Cutting& cut) {
  CURFEW_TRY(const KnownUser known, user_of(cut));
  const User& user = known.user;
  CURFEW_TRY(const App app, app_of(cut));
  CURFEW_TRY_STATUS(remove<Consent>(cut.tx, cut.tenant(), user.id, app.id));
  return cut.reauth(assignment_key(user.id, app.id));
}

Status remove_role(Cutting& cut) {
  CURFEW_TRY(const RoleId role, named(cut.removal.role_id, "role"));
  if (cut.removal.app_id) {
    CURFEW_TRY(const App app, app_of(cut));
    CURFEW_TRY_STATUS(remove<RoleAssignment>(cut.tx, cut.tenant(), app.id.str(), role));
    return cut.write(key_of(app.id), Effect::reevaluate);
  }
  CURFEW_TRY(const KnownUser known, user_of(cut));
  const User& user = known.user;
  CURFEW_TRY_STATUS(remove<RoleAssignment>(cut.tx, cut.tenant(), user.id.str(), role));
  return cut.write(key_of(user.id), Effect::reevaluate);
}

Status remove_group_member(Cutting& cut) {
  CURFEW_TRY(const KnownUser known, user_of(cut));
  const User& user = known.user;
  CURFEW_TRY(const GroupId group, named(cut.removal.group_id, "group"));
  CURFEW_TRY_STATUS(require<Group>(cut.tx, "such group", cut.tenant(), group));
  CURFEW_TRY_STATUS(remove<GroupMember>(cut.tx, cut.tenant(), group, user.id));
  CURFEW_TRY_STATUS(cut.write(key_of(user.id), Effect::reevaluate));
  CURFEW_TRY(const auto apps, apps_assigned_to(cut.tx, cut.tenant(), group));
  for (const AppId& app : apps) {
    CURFEW_TRY(const bool still_assigned, is_assigned(cut.tx, cut.tenant(), user.id, app));
    if (still_assigned) continue;
    CURFEW_TRY_STATUS(cut.reauth(assignment_key(user.id, app)));
  }
  return Done{};
}

Status end_session(Cutting& cut) {
  CURFEW_TRY(const SessionId id, named(cut.removal.session_id, "session"));
  CURFEW_TRY(Session session, require<Session>(cut.tx, "such session", cut.tenant(), id));
  if (!session.ended_at) session.ended_at = cut.now;
  CURFEW_TRY_STATUS(save(cut.tx, session));
  // Who goes on in another session stays signed in to their applications, until that one ends.
  if (!cut.removal.kept_session) {
    CURFEW_TRY_STATUS(note_session_ended(cut.tx, session, cut.now));
  }
  return cut.reauth(key_of(session.id));
}

Status end_grant(Cutting& cut) {
  CURFEW_TRY(const GrantId id, named(cut.removal.grant_id, "grant"));
  CURFEW_TRY(Grant grant, require<Grant>(cut.tx, "such grant", cut.tenant(), id));
  if (!grant.ended_at) grant.ended_at = cut.now;
  CURFEW_TRY_STATUS(save(cut.tx, grant));
  return cut.reauth(key_of(grant.id));
}

// Blocks for ever what was removed. A second removal finds no row but the hold of the first.
Status block_removed(Cutting& cut, const Key& key, bool was_there, std::string_view what) {
  if (!was_there) {
    CURFEW_TRY(const auto holds, holds_on(cut.tx, cut.tenant(), key));
    if (holds.empty()) {
      return Error::permanent(ErrorCode::not_found, "there is no such " + std::string{what});
    }
  }
  return cut.write(key, Effect::block, std::string{kRemovedOwner});
}

Status remove_app_secret(Cutting& cut) {
  CURFEW_TRY(const App app, app_of(cut));
  CURFEW_TRY(const bool was_there,
             remove<AppSecret>(cut.tx, cut.tenant(), app.id, cut.removal.object_id));
  return block_removed(cut, authenticator_key(cut.removal.object_id), was_there, "client secret");
}

Status remove_client_key(Cutting& cut) {
  CURFEW_TRY(const App app, app_of(cut));
  CURFEW_TRY(const bool was_there,
             remove<ClientKey>(cut.tx, cut.tenant(), app.id, cut.removal.object_id));
  return block_removed(cut, authenticator_key(cut.removal.object_id), was_there, "client key");
}

Status remove_api_key(Cutting& cut) {
  CURFEW_TRY(const bool was_there, remove<ApiKey>(cut.tx, cut.tenant(), cut.removal.object_id));
  return block_removed(cut, credential_key(cut.removal.object_id), was_there, "API key");
}

Status remove_registration_token(Cutting& cut) {
  CURFEW_TRY(const bool was_there,
             remove<RegistrationToken>(cut.tx, cut.tenant(), cut.removal.object_id));
  return block_removed(cut, credential_key(cut.removal.object_id), was_there,
                       "initial access token");
}

Status remove_method(Cutting& cut) {
  CURFEW_TRY(const KnownUser known, user_of(cut));
  CURFEW_TRY(auto method, load<EmailMethod>(cut.tx, cut.tenant(), known.user.id));
  std::string id = cut.removal.object_id;
  if (id.empty() && method) id = method->authenticator_id;
  if (method && method->authenticator_id != id) method.reset();
  if (method) {
    CURFEW_TRY_STATUS(remove<EmailMethod>(cut.tx, cut.tenant(), known.user.id));
    CURFEW_TRY_STATUS(tell(cut, LetterKind::method_was_removed, known.user, method));
  }
  return block_removed(cut, authenticator_key(id), method.has_value(), "email method");
}

// Nothing is removed: whoever ends the hold gives the key back as it was.
Status hold_key(Cutting& cut) {
  const std::optional<Key> key = parse_key(cut.removal.object_id);
  const bool is_held_so =
      key && (key->kind == KeyKind::authenticator || key->kind == KeyKind::credential);
  if (!is_held_so) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "the removal does not name an authenticator or a credential");
  }
  return cut.block(*key);
}

Status withdraw_key(Cutting& cut) {
  CURFEW_TRY(const KeyId id, named(cut.removal.key_id, "signing key"));
  CURFEW_TRY(StoredSigningKey key,
             require<StoredSigningKey>(cut.tx, "such signing key", cut.tenant(), id));
  key.state = KeyState::withdrawn;
  if (!key.retired_at) key.retired_at = cut.now;
  CURFEW_TRY_STATUS(save(cut.tx, key));
  return cut.write(key_of(key.id), Effect::block, std::string{kRemovedOwner});
}

Status reauth_tenant(Cutting& cut) { return cut.reauth(key_of(cut.tenant())); }

struct Kind {
  RemovalKind kind;
  std::string_view name;
  std::string_view reason;  // the journal's word
  Status (*make)(Cutting&);
};

constexpr std::array kKinds{
    Kind{RemovalKind::revoke_user, "revoke_user", "revoke", disable_user},
    Kind{RemovalKind::disable_user, "disable_user", "disable", disable_user},
    Kind{RemovalKind::revoke_sessions, "revoke_sessions", "revoke_sessions", revoke_sessions},
    Kind{RemovalKind::reset_password, "reset_password", "password_reset", reset_password},
    Kind{RemovalKind::disable_device, "disable_device", "disable", disable_device},
    Kind{RemovalKind::disable_app, "disable_app", "disable", disable_app},
    Kind{RemovalKind::tighten_app, "tighten_app", "policy_tightened", tighten_app},
    Kind{RemovalKind::tighten_device, "tighten_device", "device_changed", tighten_device},
    Kind{RemovalKind::remove_assignment, "remove_assignment", "unassign", remove_assignment},
    Kind{RemovalKind::remove_consent, "remove_consent", "consent_removed", remove_consent},
    Kind{RemovalKind::remove_role, "remove_role", "role_removed", remove_role},
    Kind{RemovalKind::remove_group_member, "remove_group_member", "group_left",
         remove_group_member},
    Kind{RemovalKind::end_session, "end_session", "session_ended", end_session},
    Kind{RemovalKind::end_grant, "end_grant", "grant_ended", end_grant},
    Kind{RemovalKind::remove_app_secret, "remove_app_secret", "secret_removed", remove_app_secret},
    Kind{RemovalKind::remove_client_key, "remove_client_key", "client_key_removed",
         remove_client_key},
    Kind{RemovalKind::remove_api_key, "remove_api_key", "api_key_removed", remove_api_key},
    Kind{RemovalKind::remove_registration_token, "remove_registration_token",
         "registration_token_removed", remove_registration_token},
    Kind{RemovalKind::remove_method, "remove_method", "method_removed", remove_method},
    Kind{RemovalKind::hold_key, "hold_key", "hold", hold_key},
    Kind{RemovalKind::withdraw_key, "withdraw_key", "key_withdrawn", withdraw_key},
    Kind{RemovalKind::reauth_tenant, "reauth_tenant", "reauth_all", reauth_tenant},
};

constexpr bool table_is_whole() {
  if (kKinds.size() != kRemovalKinds.size()) return false;
  for (std::size_t at = 0; at < kKinds.size(); ++at) {
    if (kKinds[at].kind != static_cast<RemovalKind>(at)) return false;
  }
  return true;
}
static_assert(table_is_whole(), "kKinds has one line for each kind, in the enumeration's order");

const Kind& line_of(RemovalKind kind) { return kKinds.at(static_cast<std::size_t>(kind)); }

}  // namespace

std::string_view to_string(RemovalKind kind) { return line_of(kind).name; }

Result<RemovalEffect> remove_access(WriteTx& tx, Journal& journal, const Removal& removal,
                                    TimePoint now) {
  const Kind& line = line_of(removal.kind);
  const std::string_view reason = removal.reason.empty() ? line.reason : removal.reason;
  if (removal.hold_owner.empty() || removal.hold_owner == kRemovedOwner) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "the removal does not name the owner of its hold");
  }
  Cutting cut{tx, journal, removal, reason, now, {}};
  CURFEW_TRY_STATUS(line.make(cut));
  CURFEW_TRY_STATUS(signal_removal(tx, journal.tenant_id(), removal, cut.effect, now));
  if (cut.effect.entries.empty()) {
    // Nobody lost anything by it: what is refused already is refused at the head.
    CURFEW_TRY(const JournalHead head, journal_head(tx, journal.tenant_id()));
    cut.effect.position = head.position;
  }
  return std::move(cut.effect);
}

}  // namespace curfew
