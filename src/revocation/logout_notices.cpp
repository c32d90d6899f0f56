#include "revocation/logout_notices.hpp"

#include <map>
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

Status note_session_ended(WriteTx& tx, const TenantId& tenant_id, const SessionId& id,
                          TimePoint now) {
  Query query;
  query.prefix = keys_of(tenant_id, id);
  query.limit = limits::kLogoutNoticesAtOnce;
  CURFEW_TRY(const auto clients, scan_as<SessionClient>(tx, query));
  Addresses addresses{tx};
  for (const SessionClient& client : clients) {
    CURFEW_TRY(const bool is_told, addresses.has(tenant_id, client.app_id));
    if (!is_told) continue;
    CURFEW_TRY_STATUS(note(tx, client, now));
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
