#include "api/targets/command_endpoint.hpp"

#include <utility>

#include "api/directory/app_changes.hpp"
#include "api/notify/receiver_calls.hpp"
#include "base/target_limits.hpp"
#include "store/schema.hpp"
#include "store/schema_commands.hpp"

namespace curfew {

namespace {

Status check_room(ReadTx& tx, const TenantId& tenant_id, const AppId& app) {
  CURFEW_TRY(const auto before, load<CommandParty>(tx, tenant_id, app));
  if (before) return Done{};
  Query query;
  query.table = &table_of<CommandParty>();
  query.prefix = keys_of(tenant_id);
  CURFEW_TRY(const std::uint64_t count, tx.count(query));
  if (count < limits::kCommandPartiesMax) return Done{};
  return Error::permanent(
      ErrorCode::exhausted,
      "there are " + std::to_string(limits::kCommandPartiesMax) +
          " applications with a command endpoint, which is as many as there may be");
}

Status set_endpoint(WriteTx& tx, const TenantId& tenant_id, const AppId& app,
                    const std::string& endpoint) {
  if (endpoint.empty()) {
    CURFEW_TRY_STATUS(remove<CommandParty>(tx, tenant_id, app));
    return Done{};
  }
  CURFEW_TRY_STATUS(check_room(tx, tenant_id, app));
  return save(tx, CommandParty{tenant_id, app, endpoint});
}

}  // namespace

Result<std::optional<std::string>> command_endpoint_of(const ServerContext& context,
                                                       const AppId& app) {
  CURFEW_TRY(const auto party,
             read_value<std::optional<CommandParty>>(context.store, [&](ReadTx& tx) {
               return load<CommandParty>(tx, context.tenant_id, app);
             }));
  return party ? std::optional{party->command_endpoint} : std::optional<std::string>{};
}

Task<Result<Done>> write_command_endpoint(const ApiCall& call, const App& app,
                                          std::string endpoint) {
  if (!endpoint.empty()) {
    const Status checked = check_receiver_url(endpoint);
    if (!checked.ok()) co_return checked.error().within("commandEndpoint");
  }
  auto write = [&call, id = app.id, endpoint](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(const App now, require<App>(tx, "application", call.tenant_id(), id));
    CURFEW_TRY_STATUS(check_app_guard(tx, call, now));
    CURFEW_TRY_STATUS(set_endpoint(tx, call.tenant_id(), id, endpoint));
    return audit_change(tx, call, "app.command_endpoint", id.str(), now.display_name, endpoint);
  };
  co_return co_await write_as_caller(call, std::move(write));
}

}  // namespace curfew
