#include "api/admin/api_keys.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "access/evaluate.hpp"
#include "access/granted_scopes.hpp"
#include "api/admin/directory_lookup.hpp"
#include "api/admin/object_json.hpp"
#include "api/directory/app_changes.hpp"
#include "api/directory/room.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "io/runtime.hpp"
#include "protocol/json/members.hpp"
#include "revocation/service.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

constexpr std::int64_t kLifetimeDaysMax = 3650;

Result<ApiKey> parse_new_key(const AdminCall& call, const boost::json::object& body) {
  ApiKey key;
  key.tenant_id = call.tenant_id();
  key.id = new_guid();
  CURFEW_TRY(const std::string app_name, get_string(body, "appId"));
  CURFEW_TRY(const App app, look_up(call, &find_app, app_name));
  key.app_id = app.id;
  CURFEW_TRY(const auto name, get_optional_string(body, "displayName"));
  key.display_name = name.value_or(app.display_name);
  CURFEW_TRY(auto scopes, get_optional_strings(body, "scopes"));
  if (scopes) key.scopes = std::move(*scopes);
  CURFEW_TRY(const auto owner, get_optional_string(body, "owner"));
  if (owner) {
    CURFEW_TRY(const User user, look_up(call, &find_user, *owner));
    key.owner = user.id;
  }
  key.created_at = call.context.clock.now();
  CURFEW_TRY(const auto days, get_optional_int64(body, "lifetimeDays"));
  if (days && (*days < 1 || *days > kLifetimeDaysMax)) {
    return Error::permanent(ErrorCode::invalid_argument, "lifetimeDays must be from 1 to 3650");
  }
  if (days) key.expires_at = key.created_at + std::chrono::hours{24 * *days};
  return key;
}

// A misspelt scope would make a key that opens nothing, and nobody would know why.
Status check_key_scopes(ReadTx& tx, const TenantId& tenant_id,
                        const std::vector<std::string>& scopes) {
  for (const std::string& scope : scopes) {
    const std::size_t slash = std::min(scope.rfind('/'), scope.size());
    CURFEW_TRY(const auto resource, find_resource(tx, tenant_id, scope.substr(0, slash)));
    const std::string shown = "the scope \"" + escape_for_display(scope) + "\"";
    if (!resource) {
      return Error::permanent(ErrorCode::invalid_argument,
                              shown +
                                  " names no resource of this tenant; one is \"IDENTIFIER/NAME\", "
                                  "such as api://curfew/manage");
    }
    const std::vector<std::string> exposed = offered_names(*resource);
    if (slash < scope.size() &&
        std::ranges::find(exposed, scope.substr(slash + 1)) != exposed.end()) {
      continue;
    }
    return Error::permanent(ErrorCode::invalid_argument,
                            shown + " is none of those that " +
                                escape_for_display(resource->display_name) +
                                " exposes: " + join(exposed, ", "));
  }
  return Done{};
}

}  // namespace

Task<Result<boost::json::value>> list_api_keys(const AdminCall& call) {
  CURFEW_CO_TRY(const PageRequest page, page_of(call));
  CURFEW_CO_TRY(const auto keys, read_page<ApiKey>(call, page));
  boost::json::array shown;
  for (const ApiKey& key : keys) shown.push_back(to_json(key));
  boost::json::object answer{{"value", std::move(shown)}};
  if (keys.size() == page.limit) answer["next"] = keys.back().id;
  co_return boost::json::value(std::move(answer));
}

Task<Result<boost::json::value>> add_api_key(const AdminCall& call) {
  const boost::json::object& body = call.body;
  CURFEW_CO_TRY(ApiKey key, parse_new_key(call, body));
  const std::string text = random_token();
  key.hash = sha256_base64url(text);
  auto write = [&call, key](WriteTx& tx) -> Result<Done> {
    // The stamp first, then everything that the key will vouch for.
    CURFEW_TRY(const JournalHead head, journal_head(tx, call.tenant_id()));
    CURFEW_TRY_STATUS(require<App>(tx, "application", call.tenant_id(), key.app_id));
    CURFEW_TRY_STATUS(check_new_credential(tx, call, key.app_id));
    CURFEW_TRY_STATUS(check_key_scopes(tx, call.tenant_id(), key.scopes));
    CURFEW_TRY_STATUS(check_scopes_guard(tx, call, key.scopes));
    if (key.owner) {
      CURFEW_TRY_STATUS(check_room<ApiKey>(tx, "api_keys_by_owner",
                                           keys_of(call.tenant_id(), *key.owner), "API keys"));
    }
    ApiKey stamped = key;
    stamped.auth_as_of = head.position;
    CURFEW_TRY_STATUS(add(tx, stamped));
    return audit_change(tx, call, "key.add", key.id, key.display_name, key.app_id.str());
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  boost::json::object answer = to_json(key);
  answer["keyText"] = text;
  co_return boost::json::value(std::move(answer));
}

Task<Result<boost::json::value>> show_api_key(const AdminCall& call) {
  const auto key = read_value<ApiKey>(call.context.store, [&](ReadTx& tx) {
    return require<ApiKey>(tx, "such key", call.tenant_id(), call.value("id"));
  });
  if (!key.ok()) co_return key.error();
  co_return boost::json::value(to_json(*key));
}

Task<Result<boost::json::value>> remove_api_key(const AdminCall& call) {
  Removal removal;
  removal.kind = RemovalKind::remove_api_key;
  removal.object_id = call.value("id");
  Requester by = requester_of(call, [&call, id = removal.object_id](ReadTx& tx) -> Status {
    CURFEW_TRY(const auto key, load<ApiKey>(tx, call.tenant_id(), id));
    // Gone already, perhaps by a call that was told of a failure: the removal knows if it ever was.
    if (!key) return Done{};
    return check_withdrawal_guard(tx, call, key->app_id, key->owner);
  });
  const auto done = co_await call.context.revocation.remove_one(std::move(removal), std::move(by),
                                                                current_executor());
  if (!done.ok()) co_return done.error();
  co_return boost::json::value{{"position", to_string(done->position)}};
}

}  // namespace curfew
