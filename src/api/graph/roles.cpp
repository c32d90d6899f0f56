#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "api/graph/graph_members.hpp"
#include "api/graph/graph_operations.hpp"
#include "api/graph/group_entity.hpp"
#include "api/graph/object_list.hpp"
#include "api/graph/stored_reader.hpp"
#include "api/graph/user_entity.hpp"
#include "base/text.hpp"
#include "io/runtime.hpp"
#include "revocation/membership.hpp"
#include "revocation/service.hpp"
#include "store/schema.hpp"

// /directoryRoles and /roleManagement/directory: the built-in roles, and who holds them.

namespace curfew {

namespace {

using M = HttpMethod;
using R = AdminRight;

constexpr NeededPermissions kReads{
    "RoleManagement.Read.Directory RoleManagement.Read.All RoleManagement.ReadWrite.Directory "
    "Directory.Read.All Directory.ReadWrite.All Directory.AccessAsUser.All",
    "RoleManagement.Read.Directory RoleManagement.Read.All RoleManagement.ReadWrite.Directory "
    "Directory.Read.All Directory.ReadWrite.All",
    ""};
constexpr NeededPermissions kWrites{"RoleManagement.ReadWrite.Directory Directory.AccessAsUser.All",
                                    "RoleManagement.ReadWrite.Directory", ""};

// --- roles

std::vector<Role> every_role() {
  std::vector<Role> roles;
  for (const RoleDefinition& definition : built_in_roles()) roles.push_back(definition.role);
  return roles;
}

GraphResult<RoleDefinition> role_of(const GraphCall& call) {
  const std::string_view key =
      call.keys.contains("roleTemplateId") ? call.key("roleTemplateId") : call.key("role");
  const auto role = role_by_template_id(ascii_lower(key));
  if (!role) return GraphError::not_found(key);
  return definition_of(*role);
}

Task<GraphOutcome> list_directory_roles(const GraphCall& call) {
  co_return co_await answer_list(call, list_of_roles(call, every_role()));
}

Task<GraphOutcome> show_directory_role(const GraphCall& call) {
  CURFEW_CO_TRY(const RoleDefinition role, role_of(call));
  const Listing<RoleDefinition, RoleDefinition> listing{directory_role_kind(), nullptr, &role_view};
  co_return answer_entity(call, listing, role);
}

// The people who hold it; applications that do are not members in Graph's sense.
Task<GraphOutcome> list_role_members(const GraphCall& call) {
  CURFEW_CO_TRY(const RoleDefinition role, role_of(call));
  ObjectList objects{call};
  objects.add_kind(user_kind());
  const auto users = read_value<std::vector<User>>(
      call.context.store, [&](ReadTx& tx) -> Result<std::vector<User>> {
        Query query;
        query.index = "role_assignments_by_role";
        query.prefix = keys_of(call.tenant_id(), RoleId{std::string{role.template_id}});
        CURFEW_TRY(const auto held, scan_as<RoleAssignment>(tx, query));
        std::vector<User> found;
        for (const RoleAssignment& one : held) {
          CURFEW_TRY(auto user, load<User>(tx, call.tenant_id(), UserId{one.principal_id}));
          if (user) found.push_back(std::move(*user));
        }
        return found;
      });
  if (!users.ok()) co_return users.error();
  for (const User& user : *users) {
    objects.add(user_kind(), user.id.str(), user_view(call, user));
  }
  co_return objects.answer("directoryObjects");
}

// --- assignments

struct AssignmentView {
  std::string id;
  std::string principal_id;
  std::string role_id;
};

using A = EntityProperty<AssignmentView>;

// One text that names both, as opaque to clients as Graph's own.
std::string assignment_id(const RoleAssignment& assignment) {
  return base64url_encode(assignment.principal_id + "/" + assignment.role_id.str());
}

std::vector<A> assignment_properties() {
  using namespace operators;
  return {
      A{{"id", PropertyType::string, kEquality},
        true,
        [](const AssignmentView& v, std::string_view) {
          return PropertyValue{std::string_view{v.id}};
        }},
      A{{"principalId", PropertyType::guid, kEquality},
        true,
        [](const AssignmentView& v, std::string_view) {
          return PropertyValue{std::string_view{v.principal_id}};
        }},
      A{{"roleDefinitionId", PropertyType::guid, kEquality},
        true,
        [](const AssignmentView& v, std::string_view) {
          return PropertyValue{std::string_view{v.role_id}};
        }},
      A{{"directoryScopeId", PropertyType::string, kEquality},
        true,
        [](const AssignmentView&, std::string_view) {
          return PropertyValue{std::string_view{"/"}};
        }},
      A{{"appScopeId", PropertyType::string, kEquality}, true, &no_value<AssignmentView>},
      A{{"condition"}, true, nullptr, &null_value<AssignmentView>},
      A{{"principalOrganizationId"}, false, nullptr, &null_value<AssignmentView>},
  };
}

const EntityKind<AssignmentView>& assignment_kind() {
  static const EntityKind<AssignmentView> kind{
      "unifiedRoleAssignment", "roleManagement/directory/roleAssignments", assignment_properties()};
  return kind;
}

AssignmentView assignment_view(const GraphCall& /*call*/, RoleAssignment assignment) {
  return {assignment_id(assignment), assignment.principal_id, assignment.role_id.str()};
}

boost::json::object show_definition(const RoleDefinition& role) {
  return {{"id", role.template_id},
          {"description", role.display_name},
          {"displayName", role.display_name},
          {"isBuiltIn", true},
          {"isEnabled", true},
          {"resourceScopes", boost::json::array{"/"}},
          {"rolePermissions", boost::json::array{}},
          {"templateId", role.template_id},
          {"version", nullptr}};
}

GraphResult<Done> expand_assignment(const GraphCall& call, const AssignmentView& view,
                                    boost::json::object& shown) {
  for (const ExpandItem& item : call.options.expand) {
    if (ascii_iequals(item.relationship, "roleDefinition")) {
      const auto role = role_by_template_id(view.role_id);
      shown["roleDefinition"] = role ? boost::json::value(show_definition(definition_of(*role)))
                                     : boost::json::value(nullptr);
      continue;
    }
    if (!ascii_iequals(item.relationship, "principal")) {
      return GraphError::bad_request("Could not find a relationship named '" +
                                     escape_for_display(item.relationship, 128) +
                                     "' on type 'microsoft.graph.unifiedRoleAssignment'.");
    }
    auto user = read_value<std::optional<User>>(call.context.store, [&](ReadTx& tx) {
      return load<User>(tx, call.tenant_id(), UserId{view.principal_id});
    });
    if (!user.ok()) return user.error();
    if (!*user) {
      shown["principal"] = boost::json::object{{"@odata.type", "#microsoft.graph.servicePrincipal"},
                                               {"id", view.principal_id}};
      continue;
    }
    boost::json::object principal{{"@odata.type", "#microsoft.graph.user"}};
    CURFEW_TRY(const Selection selection, user_kind().select({}));
    for (auto& member : user_kind().show(user_view(call, **user), selection)) {
      principal[member.key()] = std::move(member.value());
    }
    shown["principal"] = std::move(principal);
  }
  return Done{};
}

// The one principal that a filter asks for, so that one person's roles are found at once.
std::string needed_principal(const ListQuery& query) {
  const auto property = find_property(assignment_kind().rules(), "principalId");
  if (!query.filter || !property) return "";
  const auto equal = query.filter->required_equal(*property);
  return equal && equal->size() == 1 ? equal->front() : std::string{};
}

GraphResult<Listing<RoleAssignment, AssignmentView>> list_of_assignments(const GraphCall& call) {
  Listing<RoleAssignment, AssignmentView> listing{assignment_kind(), nullptr, &assignment_view};
  CURFEW_TRY(const ListQuery query, bind_query(call, assignment_kind().rules()));
  listing.candidates = std::make_shared<IndexCandidates<RoleAssignment>>(
      IndexPlace{"", &table_of<RoleAssignment>(), keys_of(call.tenant_id()), 1, 2},
      ValueRange::starting_with(needed_principal(query)),
      [tenant = call.tenant_id()](ReadTx& tx, const PagePlace& place) {
        return load<RoleAssignment>(tx, tenant, place.value, RoleId{place.id});
      });
  listing.expand = &expand_assignment;
  return listing;
}

Task<GraphOutcome> list_role_assignments(const GraphCall& call) {
  CURFEW_CO_TRY(auto listing, list_of_assignments(call));
  co_return co_await answer_list(call, std::move(listing));
}

GraphResult<RoleAssignment> assignment_of(const GraphCall& call) {
  const std::string_view key = call.key("assignment");
  const auto decoded = base64url_decode(key);
  const std::size_t slash = decoded ? decoded->find('/') : std::string::npos;
  if (slash == std::string::npos) return GraphError::not_found(key);
  auto found = read_value<std::optional<RoleAssignment>>(call.context.store, [&](ReadTx& tx) {
    return load<RoleAssignment>(tx, call.tenant_id(), decoded->substr(0, slash),
                                RoleId{decoded->substr(slash + 1)});
  });
  if (!found.ok()) return found.error();
  if (!*found) return GraphError::not_found(key);
  return std::move(**found);
}

GraphOutcome show_assignment(const GraphCall& call, const RoleAssignment& assignment) {
  Listing<RoleAssignment, AssignmentView> listing{assignment_kind(), nullptr, &assignment_view};
  listing.expand = &expand_assignment;
  return answer_entity(call, listing, assignment_view(call, assignment));
}

Task<GraphOutcome> show_role_assignment(const GraphCall& call) {
  CURFEW_CO_TRY(const RoleAssignment assignment, assignment_of(call));
  co_return show_assignment(call, assignment);
}

// Whose role it is: a person's, or an application's.
struct Principal {
  std::optional<UserId> user_id;
  std::optional<AppId> app_id;
  std::string name;
};

Result<std::optional<Principal>> find_principal(ReadTx& tx, const TenantId& tenant_id,
                                                const std::string& id) {
  const auto known = known_user(tx, tenant_id, UserId{id});
  if (known.ok()) {
    return std::optional{Principal{known->user.id, {}, known->user.user_principal_name}};
  }
  if (known.error().code() != ErrorCode::not_found) return known.error();
  CURFEW_TRY(const auto app, load<App>(tx, tenant_id, AppId{id}));
  if (app) return std::optional{Principal{{}, app->id, app->display_name}};
  return std::optional<Principal>{};
}

GraphResult<Principal> principal_of(const GraphCall& call, const std::string& id) {
  auto found = read_value<std::optional<Principal>>(
      call.context.store, [&](ReadTx& tx) { return find_principal(tx, call.tenant_id(), id); });
  if (!found.ok()) return found.error();
  if (!*found) return GraphError::not_found(id);
  return std::move(**found);
}

Task<Status> give_role(const GraphCall& call, const Principal& principal, const RoleId& role) {
  auto give = [&call, &principal, role](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY_STATUS(check_guard(tx, call.tenant_id(), GuardedAction::change_role, call.actor(),
                                  {principal.user_id, {}, role}));
    const std::string id = principal.user_id ? principal.user_id->str() : principal.app_id->str();
    CURFEW_TRY_STATUS(
        save(tx, RoleAssignment{call.tenant_id(), id, role, call.context.clock.now()}));
    return audit_change(tx, call, "role.add", id, principal.name, role.str());
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(give));
  if (!written.ok()) co_return written.error();
  co_return Done{};
}

// The last Global Administrator keeps the role: Graph says so with 400.
GraphError as_graph(const Error& error) {
  GraphError refused{error};
  if (guard_rule_of(error) == GuardRule::last_administrator) refused.status = 400;
  if (refused.status == 400) refused.code = graph_code::kBadRequest;
  return refused;
}

Task<GraphOutcome> take_role(const GraphCall& call, const Principal& principal,
                             const RoleId& role) {
  Removal removal;
  removal.kind = RemovalKind::remove_role;
  removal.user_id = principal.user_id;
  removal.app_id = principal.app_id;
  removal.role_id = role;
  const auto done = co_await call.context.revocation.remove_one(
      std::move(removal), requester_of(call), current_executor());
  if (!done.ok()) co_return as_graph(done.error());
  co_return GraphAnswer::no_content();
}

Task<GraphOutcome> create_role_assignment(const GraphCall& call) {
  GraphMembers members{call.body};
  CURFEW_CO_TRY(const auto principal_id, members.text("principalId"));
  CURFEW_CO_TRY(const auto definition_id, members.text("roleDefinitionId"));
  CURFEW_CO_TRY(const auto scope, members.nullable_text("directoryScopeId"));
  CURFEW_CO_TRY_STATUS(members.nothing_else("unifiedRoleAssignment"));
  const auto role = definition_id ? role_by_template_id(ascii_lower(*definition_id)) : std::nullopt;
  if (!principal_id || !role) {
    co_return GraphError::bad_request(
        "principalId, and the roleDefinitionId of a built-in role, are required.");
  }
  if (scope && *scope && **scope != "/") {
    co_return GraphError::bad_request("directoryScopeId is '/': roles are for the whole tenant.");
  }
  CURFEW_CO_TRY(const Principal principal, principal_of(call, ascii_lower(*principal_id)));
  const RoleId role_id{std::string{definition_of(*role).template_id}};
  const Status given = co_await give_role(call, principal, role_id);
  if (!given.ok()) co_return given.error();
  const RoleAssignment made{call.tenant_id(), ascii_lower(*principal_id), role_id, {}};
  CURFEW_CO_TRY(GraphAnswer answer, show_assignment(call, made));
  answer.status = 201;
  answer.headers.emplace_back(
      "Location", call.root() + "/roleManagement/directory/roleAssignments/" + assignment_id(made));
  co_return answer;
}

Task<GraphOutcome> delete_role_assignment(const GraphCall& call) {
  CURFEW_CO_TRY(const RoleAssignment assignment, assignment_of(call));
  CURFEW_CO_TRY(const Principal principal, principal_of(call, assignment.principal_id));
  co_return co_await take_role(call, principal, assignment.role_id);
}

Task<GraphOutcome> add_role_member(const GraphCall& call) {
  CURFEW_CO_TRY(const RoleDefinition role, role_of(call));
  CURFEW_CO_TRY(const std::string id, reference_in(call.body));
  CURFEW_CO_TRY(const Principal principal, principal_of(call, id));
  const Status given = co_await give_role(call, principal, RoleId{std::string{role.template_id}});
  if (!given.ok()) co_return given.error();
  co_return GraphAnswer::no_content();
}

Task<GraphOutcome> remove_role_member(const GraphCall& call) {
  CURFEW_CO_TRY(const RoleDefinition role, role_of(call));
  CURFEW_CO_TRY(const Principal principal, principal_of(call, ascii_lower(call.key("member"))));
  co_return co_await take_role(call, principal, RoleId{std::string{role.template_id}});
}

// --- definitions

GraphAnswer definitions_answer(const GraphCall& call, std::span<const RoleDefinition> roles) {
  boost::json::array value;
  for (const RoleDefinition& role : roles) value.push_back(show_definition(role));
  return GraphAnswer::json(boost::json::object{
      {"@odata.context", call.context_url("roleManagement/directory/roleDefinitions")},
      {"value", std::move(value)}});
}

Task<GraphOutcome> list_role_definitions(const GraphCall& call) {
  co_return definitions_answer(call, built_in_roles());
}

Task<GraphOutcome> show_role_definition(const GraphCall& call) {
  CURFEW_CO_TRY(const RoleDefinition role, role_of(call));
  boost::json::object shown{
      {"@odata.context", call.context_url("roleManagement/directory/roleDefinitions/$entity")}};
  for (auto& member : show_definition(role)) shown[member.key()] = std::move(member.value());
  co_return GraphAnswer::json(std::move(shown));
}

GraphOperation reading(std::string_view name, std::string_view path, GraphBody run,
                       unsigned options) {
  GraphOperation operation;
  operation.name = name;
  operation.path = path;
  operation.permissions = kReads;
  operation.run = run;
  operation.options = options;
  return operation;
}

GraphOperation writing(std::string_view name, M method, std::string_view path, GraphBody run) {
  GraphOperation operation;
  operation.name = name;
  operation.method = method;
  operation.path = path;
  operation.permissions = kWrites;
  operation.run = run;
  operation.input = method == M::post ? GraphInput::object : GraphInput::none;
  operation.right = R::manage_roles;
  operation.areas = {PermittedArea::roles};
  operation.when_rolled_back = method == M::post ? WhenRolledBack::refuses : WhenRolledBack::serves;
  return operation;
}

}  // namespace

std::vector<GraphOperation> role_operations() {
  constexpr unsigned kRoles = kSelectOption | kFilterOption | kCountOption;
  constexpr unsigned kMembers = kSelectOption | kTopOption | kCountOption | kSkipTokenOption;
  constexpr unsigned kAssignments =
      kSelectOption | kFilterOption | kTopOption | kExpandOption | kSkipTokenOption | kCountOption;
  std::vector<GraphOperation> all{
      reading("list_directory_roles", "/directoryRoles", &list_directory_roles, kRoles),
      reading("list_role_assignments", "/roleManagement/directory/roleAssignments",
              &list_role_assignments, kAssignments),
      reading("show_role_assignment", "/roleManagement/directory/roleAssignments/{assignment}",
              &show_role_assignment, kSelectOption | kExpandOption),
      reading("list_role_definitions", "/roleManagement/directory/roleDefinitions",
              &list_role_definitions, 0),
      reading("show_role_definition", "/roleManagement/directory/roleDefinitions/{role}",
              &show_role_definition, 0),
      writing("create_role_assignment", M::post, "/roleManagement/directory/roleAssignments",
              &create_role_assignment),
      writing("delete_role_assignment", M::delete_,
              "/roleManagement/directory/roleAssignments/{assignment}", &delete_role_assignment),
  };
  all.push_back(reading("show_directory_role", "/directoryRoles/{role}", &show_directory_role,
                        kSelectOption));
  all.push_back(reading("show_directory_role", "/directoryRoles/{roleTemplateId=}",
                        &show_directory_role, kSelectOption));
  all.push_back(
      reading("list_role_members", "/directoryRoles/{role}/members", &list_role_members, kMembers));
  all.push_back(reading("list_role_members", "/directoryRoles/{roleTemplateId=}/members",
                        &list_role_members, kMembers));
  all.push_back(
      writing("add_role_member", M::post, "/directoryRoles/{role}/members/$ref", &add_role_member));
  all.push_back(writing("remove_role_member", M::delete_,
                        "/directoryRoles/{role}/members/{member}/$ref", &remove_role_member));
  return all;
}

}  // namespace curfew
