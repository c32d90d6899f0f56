#include "revocation/logout_notices.hpp"

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "store/schema.hpp"
#include "store/schema_logout.hpp"

namespace curfew {

namespace {

// Whether each application has an address to be told at; asked once for each.
class Addresses {
 public:
  explicit Addresses(ReadTx& tx) : tx_(tx) {}

  Result<bool> has(const TenantId& tenant_id, const AppId& app_id) {
    const auto known = known_.find(app_id);
    if (known != known_.end()) return known->second;
    CURFEW_TRY(const auto app, load<App>(tx_, tenant_id, app_id));
    const bool has_one = app && app->backchannel_logout_uri;
    known_.emplace(app_id, has_one);
    return has_one;
  }

 private:
  ReadTx& tx_;
  std::map<AppId, bool> known_;
};

Status note(WriteTx& tx, const SessionClient& client, TimePoint now) {
  return save(tx, LogoutNotice{client.tenant_id, client.session_id, client.app_id, client.user_id,
                               now, now, 0});
}

std::vector<Value> of_person(const TenantId& tenant_id, const UserId& user_id,
                             const std::optional<AppId>& app) {
  return app ? keys_of(tenant_id, user_id, *app) : keys_of(tenant_id, user_id);
}

}  // namespace

Result<std::vector<Session>> sessions_before(ReadTx& tx, const Session& session) {
  Query query;
  query.index = "sessions_by_user";
  query.prefix = keys_of(session.tenant_id, session.user_id);
  query.below = to_unix_millis(session.created_at) + 1;
  query.descending = true;
  query.limit = limits::kLogoutSessionsMax;
  CURFEW_TRY(auto older, scan_as<Session>(tx, query));
  std::set<TimePoint> begun{session.created_at};
  std::vector<Session> before;
  for (Session& one : older) {
    const bool gave_way = one.id != session.id && one.ended_at && begun.contains(*one.ended_at);
    if (!gave_way) continue;
    begun.insert(one.created_at);
    before.push_back(std::move(one));
  }
  return before;
}

Status note_session_ended(WriteTx& tx, const Session& session, TimePoint now) {
  CURFEW_TRY(std::vector<Session> ended, sessions_before(tx, session));
  ended.insert(ended.begin(), session);
  Addresses addresses{tx};
  std::size_t noted = 0;
  for (const Session& one : ended) {
    Query query;
    query.prefix = keys_of(one.tenant_id, one.id);
    query.limit = limits::kLogoutNoticesAtOnce - noted;
    CURFEW_TRY(const auto clients, scan_as<SessionClient>(tx, query));
    for (const SessionClient& client : clients) {
      CURFEW_TRY(const bool is_told, addresses.has(client.tenant_id, client.app_id));
      if (!is_told) continue;
      CURFEW_TRY_STATUS(note(tx, client, now));
      if (++noted == limits::kLogoutNoticesAtOnce) return Done{};
    }
  }
  return Done{};
}

Status note_person_out(WriteTx& tx, const TenantId& tenant_id, const UserId& user_id,
                       const std::optional<SessionId>& kept, const std::optional<AppId>& app,
                       TimePoint now) {
  Query query;
  query.index = "session_clients_by_user";
  query.prefix = of_person(tenant_id, user_id, app);
  query.limit = limits::kLogoutSessionsMax;
  CURFEW_TRY(const auto clients, scan_as<SessionClient>(tx, query));
  Addresses addresses{tx};
  std::size_t noted = 0;
  for (const SessionClient& client : clients) {
    if (kept && client.session_id == *kept) continue;
    CURFEW_TRY(const bool is_told, addresses.has(tenant_id, client.app_id));
    if (!is_told) continue;
    CURFEW_TRY_STATUS(note(tx, client, now));
    if (++noted == limits::kLogoutNoticesAtOnce) break;
  }
  return Done{};
}

Result<std::vector<SessionClient>> sessions_at(ReadTx& tx, const TenantId& tenant_id,
                                               const UserId& user_id, const AppId& app_id,
                                               std::size_t limit) {
  Query query;
  query.index = "session_clients_by_user";
  query.prefix = of_person(tenant_id, user_id, app_id);
  query.limit = limit;
  return scan_as<SessionClient>(tx, query);
}

}  // namespace curfew
