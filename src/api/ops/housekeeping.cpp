#include "api/ops/housekeeping.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "api/directory/user_changes.hpp"
#include "base/limits.hpp"
#include "base/log.hpp"
#include "model/session.hpp"
#include "model/sign_in.hpp"
#include "revocation/access_signals.hpp"
#include "revocation/own_session.hpp"
#include "revocation/signals/received_queue.hpp"
#include "revocation/signals/signal_queue.hpp"
#include "store/change_log.hpp"
#include "store/schema.hpp"
#include "store/schema_clients.hpp"
#include "store/schema_device_codes.hpp"
#include "store/schema_logout.hpp"
#include "store/schema_password_reset.hpp"
#include "store/schema_signins.hpp"
#include "store/schema_token_status.hpp"

namespace curfew {

namespace {

constexpr std::size_t kNewerGrantsLookedAt = 20;

Result<std::size_t> prune_sign_ins(WriteTx& tx, const TenantId& tenant_id, TimePoint before) {
  Query query;
  query.index = "sign_ins_by_time";
  query.prefix = keys_of(tenant_id);
  query.below = to_unix_millis(before);
  query.limit = kPrunedAtOnce;
  CURFEW_TRY(const auto lines, scan_as<SignIn>(tx, query));
  for (const SignIn& line : lines) {
    CURFEW_TRY_STATUS(remove<SignIn>(tx, tenant_id, line.id));
  }
  return lines.size();
}

// Whether the second use of an authorization or device code could still end something.
template <typename Code>
Result<bool> is_needed(ReadTx& tx, const Code& code, TimePoint now) {
  if (!code.used_at) return false;
  CURFEW_TRY(const auto grant, load<Grant>(tx, code.tenant_id, code.grant_id));
  return grant && !grant->ended_at && (grant->expires_at > now || grant->access_ends_by > now);
}

Status prune_codes(WriteTx& tx, const TenantId& tenant_id, std::optional<TimePoint> after,
                   TimePoint now, Pruned& pruned) {
  Query query;
  query.index = "authorization_codes_by_expiry";
  query.prefix = keys_of(tenant_id);
  if (after) query.above = to_unix_millis(*after);
  query.below = to_unix_millis(now - kCodeKeptAfterExpiry);
  query.limit = kPrunedAtOnce;
  CURFEW_TRY(const auto codes, scan_as<AuthorizationCode>(tx, query));
  for (const AuthorizationCode& code : codes) {
    CURFEW_TRY(const bool needed, is_needed(tx, code, now));
    if (needed) continue;
    CURFEW_TRY_STATUS(remove<AuthorizationCode>(tx, tenant_id, code.hash));
    ++pruned.codes;
  }
  if (codes.size() == kPrunedAtOnce) pruned.next.codes_after = codes.back().expires_at;
  return Done{};
}

// Rows that ended before then, whatever else they say. `id`: what follows the tenant in their key.
template <typename T, typename... Id>
Result<std::size_t> prune_expired(WriteTx& tx, const TenantId& tenant_id, std::string_view index,
                                  TimePoint before, Id T::*... id) {
  Query query;
  query.index = index;
  query.prefix = keys_of(tenant_id);
  query.below = to_unix_millis(before);
  query.limit = kPrunedAtOnce;
  CURFEW_TRY(const auto over, scan_as<T>(tx, query));
  for (const T& one : over) {
    CURFEW_TRY_STATUS(remove<T>(tx, tenant_id, one.*id...));
  }
  return over.size();
}

// Of tokens that have expired, once nobody goes by a list any more that says something of them.
Result<std::size_t> prune_status_places(WriteTx& tx, const TenantId& tenant_id, TimePoint now) {
  return prune_expired(tx, tenant_id, "token_status_by_expiry", now - kStatusKeptAfterExpiry,
                       &TokenStatus::app_id, &TokenStatus::generation, &TokenStatus::list,
                       &TokenStatus::idx);
}

Status prune_device_codes(WriteTx& tx, const TenantId& tenant_id, std::optional<TimePoint> after,
                          TimePoint now, Pruned& pruned) {
  Query query;
  query.index = "device_codes_by_expiry";
  query.prefix = keys_of(tenant_id);
  if (after) query.above = to_unix_millis(*after);
  query.below = to_unix_millis(now - kDeviceCodeKeptAfterExpiry);
  query.limit = kPrunedAtOnce;
  CURFEW_TRY(const auto codes, scan_as<DeviceCode>(tx, query));
  for (const DeviceCode& code : codes) {
    const bool is_young = code.used_at && code.expires_at + kCodeKeptAfterExpiry >= now;
    CURFEW_TRY(const bool needed, is_needed(tx, code, now));
    if (is_young || needed) continue;
    CURFEW_TRY_STATUS(remove<DeviceCode>(tx, tenant_id, code.hash));
    ++pruned.device_codes;
  }
  if (codes.size() == kPrunedAtOnce) pruned.next.device_codes_after = codes.back().expires_at;
  return Done{};
}

// The next rows by id. No index by expiry: it would have to be kept at each refresh.
template <typename T, typename Id>
Result<std::vector<T>> rows_after(ReadTx& tx, const TenantId& tenant_id,
                                  const std::optional<Id>& after) {
  Query query;
  query.prefix = keys_of(tenant_id);
  if (after) query.above = after->str();
  query.limit = kPrunedAtOnce;
  return scan_as<T>(tx, query);
}

TimePoint over_at(const Grant& grant) {
  const TimePoint refresh_until =
      grant.ended_at ? std::min(*grant.ended_at, grant.expires_at) : grant.expires_at;
  return std::max(refresh_until, grant.access_ends_by);
}

TimePoint over_at(const Session& session) {
  return session.ended_at ? std::min(*session.ended_at, session.expires_at) : session.expires_at;
}

// The newest grant is how a plan knows that the person was signed in to an application, which may
// go on by itself. Whether this one is needed for that: not if a newer one is found among a few.
Result<bool> tells_of_own_session(ReadTx& tx, const Grant& grant, TimePoint now) {
  CURFEW_TRY(const auto app, load<App>(tx, grant.tenant_id, grant.app_id));
  if (app && !may_keep_own_session(*app)) return false;
  const auto ends_by = app ? own_session_ends_by(*app, grant.created_at) : std::nullopt;
  if (ends_by && *ends_by + kEndedKept < now) return false;
  Query query;
  query.index = "grants_by_user";
  query.prefix = keys_of(grant.tenant_id, grant.user_id, grant.app_id);
  query.limit = kNewerGrantsLookedAt;
  CURFEW_TRY(const auto others, scan_as<Grant>(tx, query));
  return std::ranges::none_of(others, [&](const Grant& other) {
    return std::pair{other.created_at, other.id.str()} >
           std::pair{grant.created_at, grant.id.str()};
  });
}

Status prune_grants(WriteTx& tx, const TenantId& tenant_id, const std::optional<GrantId>& after,
                    TimePoint now, Pruned& pruned) {
  CURFEW_TRY(const auto grants, rows_after<Grant>(tx, tenant_id, after));
  for (const Grant& grant : grants) {
    if (over_at(grant) + kEndedKept >= now) continue;
    CURFEW_TRY(const bool needed, tells_of_own_session(tx, grant, now));
    if (needed) continue;
    CURFEW_TRY_STATUS(remove<Grant>(tx, tenant_id, grant.id));
    ++pruned.grants;
  }
  if (grants.size() == kPrunedAtOnce) pruned.next.grants_after = grants.back().id;
  return Done{};
}

Result<bool> has_grants(ReadTx& tx, const Session& session) {
  Query query;
  query.index = "grants_by_session";
  query.prefix = keys_of(session.tenant_id, session.id);
  query.limit = 1;
  CURFEW_TRY(const auto grants, scan_as<Grant>(tx, query));
  return !grants.empty();
}

Status drop_clients(WriteTx& tx, const Session& session) {
  Query query;
  query.prefix = keys_of(session.tenant_id, session.id);
  query.limit = limits::kLogoutNoticesAtOnce;
  CURFEW_TRY(const auto clients, scan_as<SessionClient>(tx, query));
  for (const SessionClient& client : clients) {
    CURFEW_TRY_STATUS(
        remove<SessionClient>(tx, client.tenant_id, client.session_id, client.app_id));
  }
  return Done{};
}

Status prune_sessions(WriteTx& tx, const TenantId& tenant_id, const std::optional<SessionId>& after,
                      TimePoint now, Pruned& pruned) {
  CURFEW_TRY(const auto sessions, rows_after<Session>(tx, tenant_id, after));
  for (const Session& session : sessions) {
    if (over_at(session) + kEndedKept >= now) continue;
    CURFEW_TRY(const bool needed, has_grants(tx, session));
    if (needed) continue;
    CURFEW_TRY_STATUS(drop_clients(tx, session));
    CURFEW_TRY_STATUS(remove<Session>(tx, tenant_id, session.id));
    ++pruned.sessions;
  }
  if (sessions.size() == kPrunedAtOnce) pruned.next.sessions_after = sessions.back().id;
  return Done{};
}

// Their keys stay blocked; what made them members and assignees goes with them.
Result<std::size_t> purge_deleted_users(WriteTx& tx, const TenantId& tenant_id, TimePoint now) {
  Query query;
  query.index = "deleted_users_by_time";
  query.prefix = keys_of(tenant_id);
  query.below = to_unix_millis(now - kDeletedUsersKept);
  query.limit = kPrunedAtOnce;
  CURFEW_TRY(const auto users, scan_as<DeletedUser>(tx, query));
  for (const DeletedUser& user : users) {
    CURFEW_TRY_STATUS(signal_purge(tx, tenant_id, user, now));
    CURFEW_TRY_STATUS(drop_links_of_user(tx, tenant_id, user.id));
    CURFEW_TRY_STATUS(remove<DeletedUser>(tx, tenant_id, user.id));
  }
  return users.size();
}

struct Housekeeping : std::enable_shared_from_this<Housekeeping> {
  explicit Housekeeping(const HousekeepingParts& given)
      : parts(given), executor(given.runtime.executor(0)) {}

  Task<Done> run() {
    const std::shared_ptr<Housekeeping> alive = shared_from_this();
    PruneCursor cursor;
    Duration pause = kPruneEvery;
    while (true) {
      co_await sleep_for(parts.runtime, executor, pause);
      std::function<Result<Pruned>(WriteTx&)> body = [this, cursor](WriteTx& tx) {
        return prune_some(tx, parts.tenant_id, parts.policy, cursor, parts.clock.now());
      };
      const Result<Pruned> pruned =
          co_await write_value<Pruned>(parts.store, executor, Urgency::normal, std::move(body));
      if (!pruned.ok()) {
        log(LogLevel::warning, "housekeeping.failed", {{"why", pruned.error().message()}});
      }
      cursor = pruned.ok() ? pruned->next : PruneCursor{};
      pause = pruned.ok() && pruned->has_more ? kPruneAgainAfter : kPruneEvery;
    }
  }

  HousekeepingParts parts;
  Executor& executor;
};

}  // namespace

Result<Pruned> prune_some(WriteTx& tx, const TenantId& tenant_id, const PrunePolicy& policy,
                          const PruneCursor& cursor, TimePoint now) {
  Pruned pruned;
  CURFEW_TRY(pruned.sign_ins, prune_sign_ins(tx, tenant_id, now - policy.sign_ins_kept));
  CURFEW_TRY(pruned.assertions,
             prune_expired(tx, tenant_id, "used_assertions_by_expiry", now, &UsedAssertion::id));
  CURFEW_TRY(pruned.pushed,
             prune_expired(tx, tenant_id, "pushed_requests_by_expiry", now, &PushedRequest::hash));
  CURFEW_TRY(const std::size_t reset_codes,
             prune_expired(tx, tenant_id, "password_reset_codes_by_expiry", now,
                           &PasswordResetCode::user_id));
  CURFEW_TRY(const std::size_t letters,
             prune_expired(tx, tenant_id, "letters_by_expiry", now, &Letter::id));
  CURFEW_TRY(pruned.status_places, prune_status_places(tx, tenant_id, now));
  CURFEW_TRY_STATUS(prune_codes(tx, tenant_id, cursor.codes_after, now, pruned));
  CURFEW_TRY_STATUS(prune_device_codes(tx, tenant_id, cursor.device_codes_after, now, pruned));
  CURFEW_TRY_STATUS(prune_grants(tx, tenant_id, cursor.grants_after, now, pruned));
  CURFEW_TRY_STATUS(prune_sessions(tx, tenant_id, cursor.sessions_after, now, pruned));
  CURFEW_TRY(const std::size_t signals, prune_signals(tx, tenant_id, now, kPrunedAtOnce));
  CURFEW_TRY(const std::size_t received, prune_received(tx, tenant_id, now, kPrunedAtOnce));
  CURFEW_TRY(pruned.changes, prune_changes(tx, tenant_id, now, kPrunedAtOnce));
  CURFEW_TRY(pruned.deleted_users, purge_deleted_users(tx, tenant_id, now));
  const PruneCursor& next = pruned.next;
  pruned.has_more =
      std::ranges::any_of(
          std::array{pruned.sign_ins, pruned.assertions, pruned.pushed, pruned.deleted_users,
                     reset_codes, letters, pruned.changes, signals, received, pruned.status_places},
          [](std::size_t count) { return count >= kPrunedAtOnce; }) ||
      next.codes_after || next.device_codes_after || next.grants_after || next.sessions_after;
  return pruned;
}

void start_housekeeping(const HousekeepingParts& parts) {
  const auto keeping = std::make_shared<Housekeeping>(parts);
  keeping->executor.post([keeping] { start<Done>(keeping->run(), [](Done) {}); });
}

}  // namespace curfew
