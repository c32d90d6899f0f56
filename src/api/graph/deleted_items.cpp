#include <boost/json.hpp>
#include <utility>

#include "api/directory/user_changes.hpp"
#include "api/graph/graph_operations.hpp"
#include "api/graph/group_entity.hpp"
#include "api/graph/object_list.hpp"
#include "api/graph/user_entity.hpp"
#include "base/text.hpp"
#include "store/schema.hpp"

// /directory/deletedItems: people who were deleted and may still be restored. Of other kinds
// nothing is kept: what is deleted is gone.

namespace curfew {

namespace {

using M = HttpMethod;
using R = AdminRight;

constexpr NeededPermissions kReads{
    "User.Read.All User.ReadWrite.All Directory.Read.All Directory.ReadWrite.All "
    "Directory.AccessAsUser.All",
    "User.Read.All User.ReadWrite.All Directory.Read.All Directory.ReadWrite.All", ""};
constexpr NeededPermissions kRestores{
    "User.DeleteRestore.All User.ReadWrite.All Directory.ReadWrite.All "
    "Directory.AccessAsUser.All",
    "User.DeleteRestore.All User.ReadWrite.All Directory.ReadWrite.All", ""};

boost::json::object show(const GraphCall& call, const DeletedUser& deleted,
                         const Selection& selection) {
  boost::json::object shown{{"@odata.type", "#microsoft.graph.user"}};
  for (auto& member :
       user_kind().show(user_view(call, static_cast<const User&>(deleted)), selection)) {
    shown[member.key()] = std::move(member.value());
  }
  if (call.options.select.empty() || shown.contains("deletedDateTime")) {
    shown["deletedDateTime"] = graph_time(deleted.deleted_at);
  }
  return shown;
}

Task<GraphOutcome> list_deleted_users(const GraphCall& call) {
  CURFEW_CO_TRY(const Selection selection, user_kind().select(call.options.select));
  CURFEW_CO_TRY(const std::optional<PagePlace> after, page_place(call));
  const std::size_t size = page_size(call.options);
  const auto deleted = read_value<std::vector<DeletedUser>>(
      call.context.store, [&](ReadTx& tx) -> Result<std::vector<DeletedUser>> {
        Query query;
        query.prefix = keys_of(call.tenant_id());
        if (after) query.above = after->id;
        query.limit = size + 1;
        return scan_as<DeletedUser>(tx, query);
      });
  if (!deleted.ok()) co_return deleted.error();
  boost::json::object body{{"@odata.context", call.context_url("users")}};
  boost::json::array value;
  for (const DeletedUser& one : *deleted) {
    if (value.size() == size) {
      body["@odata.nextLink"] = next_link(call, {"", (*deleted)[size - 1].id.str()});
      break;
    }
    boost::json::object shown = show(call, one, selection);
    shown.erase("@odata.type");
    value.push_back(std::move(shown));
  }
  body["value"] = std::move(value);
  co_return GraphAnswer::json(std::move(body));
}

Task<GraphOutcome> list_nothing(const GraphCall& call) {
  ObjectList none{call};
  none.add_kind(group_kind());
  co_return none.answer("directoryObjects");
}

GraphResult<DeletedUser> deleted_of(const GraphCall& call) {
  auto deleted = read_value<std::optional<DeletedUser>>(call.context.store, [&](ReadTx& tx) {
    return load<DeletedUser>(tx, call.tenant_id(), UserId{ascii_lower(call.key("object"))});
  });
  if (!deleted.ok()) return deleted.error();
  if (!*deleted) return GraphError::not_found(call.key("object"));
  return std::move(**deleted);
}

Task<GraphOutcome> show_deleted(const GraphCall& call) {
  CURFEW_CO_TRY(const DeletedUser deleted, deleted_of(call));
  CURFEW_CO_TRY(const Selection selection, user_kind().select(call.options.select));
  boost::json::object body{{"@odata.context", call.context_url("directoryObjects/$entity")}};
  for (auto& member : show(call, deleted, selection))
    body[member.key()] = std::move(member.value());
  co_return GraphAnswer::json(std::move(body));
}

Task<GraphOutcome> purge_deleted(const GraphCall& call) {
  CURFEW_CO_TRY(const DeletedUser deleted, deleted_of(call));
  const Status purged = co_await purge_deleted_user(call, deleted.id);
  if (!purged.ok()) co_return purged.error();
  co_return GraphAnswer::no_content();
}

Task<GraphOutcome> restore_deleted(const GraphCall& call) {
  const UserId id{ascii_lower(call.key("object"))};
  const Result<User> restored = co_await restore_deleted_user(call, id);
  if (!restored.ok() && restored.error().code() == ErrorCode::not_found) {
    co_return GraphError::not_found(id.str());
  }
  if (!restored.ok()) co_return restored.error();
  CURFEW_CO_TRY(const Selection selection, user_kind().select({}));
  boost::json::object body{{"@odata.context", call.context_url("directoryObjects/$entity")},
                           {"@odata.type", "#microsoft.graph.user"}};
  for (auto& member : user_kind().show(user_view(call, *restored), selection)) {
    body[member.key()] = std::move(member.value());
  }
  co_return GraphAnswer::json(std::move(body));
}

GraphOperation reading(std::string_view name, std::string_view path, GraphBody run) {
  GraphOperation operation;
  operation.name = name;
  operation.path = path;
  operation.permissions = kReads;
  operation.run = run;
  operation.options = kSelectOption | kTopOption | kCountOption | kSkipTokenOption;
  operation.right = R::read_directory;
  return operation;
}

}  // namespace

std::vector<GraphOperation> deleted_item_operations() {
  std::vector<GraphOperation> all{
      reading("list_deleted_users", "/directory/deletedItems/graph.user", &list_deleted_users)};
  for (const std::string_view path :
       {"/directory/deletedItems/graph.group", "/directory/deletedItems/graph.device",
        "/directory/deletedItems/graph.application",
        "/directory/deletedItems/graph.servicePrincipal"}) {
    all.push_back(reading("list_deleted_nothing", path, &list_nothing));
  }
  all.push_back(reading("show_deleted", "/directory/deletedItems/{object}", &show_deleted));
  all.push_back({.name = "purge_deleted",
                 .method = M::delete_,
                 .path = "/directory/deletedItems/{object}",
                 .permissions = kRestores,
                 .run = &purge_deleted,
                 .right = R::manage_users,
                 .areas = {PermittedArea::users}});
  all.push_back({.name = "restore_deleted",
                 .method = M::post,
                 .path = "/directory/deletedItems/{object}/restore",
                 .permissions = kRestores,
                 .run = &restore_deleted,
                 .right = R::manage_users,
                 .areas = {PermittedArea::users},
                 .when_rolled_back = WhenRolledBack::refuses});
  return all;
}

}  // namespace curfew
