#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <map>
#include <utility>

#include "access/granted_scopes.hpp"
#include "api/directory/app_changes.hpp"
#include "api/graph/app_entity.hpp"
#include "api/graph/app_permissions.hpp"
#include "api/graph/app_role_entity.hpp"
#include "api/graph/graph_members.hpp"
#include "api/graph/graph_operations.hpp"
#include "api/graph/group_entity.hpp"
#include "api/graph/user_entity.hpp"
#include "base/text.hpp"
#include "store/schema.hpp"

// appRoleAssignments of people, groups and service principals, and appRoleAssignedTo of resources.

namespace curfew {

namespace {

using M = HttpMethod;
using R = AdminRight;

constexpr NeededPermissions kReads{
    "AppRoleAssignment.ReadWrite.All Application.Read.All Application.ReadWrite.All "
    "Directory.Read.All Directory.ReadWrite.All Directory.AccessAsUser.All",
    "AppRoleAssignment.ReadWrite.All Application.Read.All Application.ReadWrite.All "
    "Directory.Read.All Directory.ReadWrite.All",
    ""};
constexpr NeededPermissions kWrites{"AppRoleAssignment.ReadWrite.All Directory.AccessAsUser.All",
                                    "AppRoleAssignment.ReadWrite.All", ""};

Assigned same(const GraphCall& /*call*/, Assigned one) { return one; }

bool is_about_resource(const GraphCall& call) {
  return call.operation->path.find("/appRoleAssignedTo") != std::string_view::npos;
}

// Whoever the path names before /appRoleAssignments.
GraphResult<Principal> principal_of_path(const GraphCall& call) {
  if (call.keys.contains("user")) {
    CURFEW_TRY(const User user, user_of(call));
    return Principal{PrincipalSort::user, user.id.str(), user.display_name};
  }
  if (call.keys.contains("group")) {
    CURFEW_TRY(const Group group, group_of(call));
    return Principal{PrincipalSort::group, group.id.str(), group.display_name};
  }
  CURFEW_TRY(const App app, service_principal_of(call));
  return Principal{PrincipalSort::service_principal, app.id.str(), app.display_name};
}

Task<GraphOutcome> list_assignments(const GraphCall& call) {
  Listing<Assigned, Assigned> listing{assigned_kind(), nullptr, &same};
  if (is_about_resource(call)) {
    CURFEW_CO_TRY(App resource, service_principal_of(call));
    listing.fragment = "servicePrincipals('" + resource.id.str() + "')/appRoleAssignedTo";
    listing.candidates = assigned_to_resource(std::move(resource));
    co_return co_await answer_list(call, std::move(listing));
  }
  CURFEW_CO_TRY(const Principal principal, principal_of_path(call));
  const auto found = read_value<std::vector<Assigned>>(call.context.store, [&](ReadTx& tx) {
    return assigned_to_principal(tx, call.tenant_id(), principal);
  });
  if (!found.ok()) co_return found.error();
  std::map<std::string, Assigned> by_id;
  std::vector<PagePlace> places;
  for (const Assigned& one : *found) {
    by_id.emplace(one.id, one);
    places.push_back({"", one.id});
  }
  listing.candidates = std::make_shared<ListedCandidates<Assigned>>(
      std::move(places), [by_id = std::move(by_id)](ReadTx&, const PagePlace& place) {
        const auto one = by_id.find(place.id);
        return Result<std::optional<Assigned>>{one == by_id.end() ? std::optional<Assigned>{}
                                                                  : std::optional{one->second}};
      });
  co_return co_await answer_list(call, std::move(listing));
}

// The assignment that {assignment} names, where it is the path's own and still there.
GraphResult<Assigned> assignment_of(const GraphCall& call) {
  const GraphError none = GraphError::not_found(call.key("assignment"));
  CURFEW_TRY(const Principal owner, principal_of_path(call));
  const auto named = parse_assigned_id(call.key("assignment"));
  if (!named) return none;
  const bool is_own = is_about_resource(call)
                          ? named->resource_id == owner.id
                          : named->principal_id == owner.id && named->sort == owner.sort;
  if (!is_own) return none;
  auto found = read_value<std::vector<Assigned>>(
      call.context.store, [&](ReadTx& tx) -> Result<std::vector<Assigned>> {
        CURFEW_TRY(const auto principal, find_principal(tx, call.tenant_id(), named->principal_id));
        if (!principal || principal->sort != named->sort) return std::vector<Assigned>{};
        return assigned_to_principal(tx, call.tenant_id(), *principal);
      });
  if (!found.ok()) return found.error();
  for (Assigned& one : *found) {
    if (one.resource_id == named->resource_id && one.role_id == named->role_id) {
      return std::move(one);
    }
  }
  return none;
}

GraphOutcome show_assigned(const GraphCall& call, const Assigned& one) {
  return answer_entity(call, Listing<Assigned, Assigned>{assigned_kind(), nullptr, &same}, one);
}

Task<GraphOutcome> show_assignment(const GraphCall& call) {
  CURFEW_CO_TRY(const Assigned one, assignment_of(call));
  co_return show_assigned(call, one);
}

// --- giving and taking

struct Wish {
  Principal principal;
  App resource;
  std::string role_id;
};

GraphResult<Wish> read_wish(const GraphCall& call) {
  GraphMembers members{call.body};
  CURFEW_TRY(const auto principal_id, members.text("principalId"));
  CURFEW_TRY(const auto resource_id, members.text("resourceId"));
  CURFEW_TRY(const auto role_id, members.text("appRoleId"));
  CURFEW_TRY_STATUS(members.nothing_else("appRoleAssignment"));
  CURFEW_TRY(const Principal owner, principal_of_path(call));
  if (!principal_id || !resource_id || !role_id) {
    return GraphError::bad_request("principalId, resourceId and appRoleId are required.");
  }
  const std::string& own_id = is_about_resource(call) ? *resource_id : *principal_id;
  if (!ascii_iequals(own_id, owner.id)) {
    return GraphError::bad_request("The body is about another object than the address.");
  }
  auto principal = read_value<std::optional<Principal>>(call.context.store, [&](ReadTx& tx) {
    return find_principal(tx, call.tenant_id(), ascii_lower(*principal_id));
  });
  if (!principal.ok()) return principal.error();
  if (!*principal) return GraphError::not_found(*principal_id);
  auto resource = read_value<std::optional<App>>(call.context.store, [&](ReadTx& tx) {
    return load<App>(tx, call.tenant_id(), AppId{ascii_lower(*resource_id)});
  });
  if (!resource.ok()) return resource.error();
  if (!*resource) return GraphError::not_found(*resource_id);
  return Wish{std::move(**principal), std::move(**resource), ascii_lower(*role_id)};
}

GraphError no_such_role() {
  return GraphError::bad_request(
      "appRoleId is none of the resource's appRoles for this kind of principal: people and groups "
      "have the default role, " +
      std::string{kDefaultAppRole} + "; applications have its appRoles.");
}

GraphError already_assigned() {
  return GraphError::bad_request("Permission being assigned already exists on the object");
}

// What an application itself may do at the resource, with or without one permission.
AppChange permission_change(const App& resource, std::string name, bool is_given) {
  return [resource, name = std::move(name), is_given](App& client) -> Status {
    std::vector<std::string> names = application_names(client, resource);
    std::erase(names, name);
    if (is_given) names.push_back(name);
    client.application_permissions = with_names(client.application_permissions, resource, names);
    return Done{};
  };
}

Task<GraphOutcome> give_permission(const GraphCall& call, const Wish& wish) {
  const auto name = permission_name(wish.resource, wish.role_id, PermissionSort::app_role);
  if (!name) co_return no_such_role();
  const auto client = read_value<App>(call.context.store, [&](ReadTx& tx) {
    return require<App>(tx, "application", call.tenant_id(), AppId{wish.principal.id});
  });
  if (!client.ok()) co_return client.error();
  const auto held = application_names(*client, wish.resource);
  if (std::ranges::find(held, *name) != held.end()) co_return already_assigned();
  const Result<Done> written = co_await write_app_change(
      call, client->id, permission_change(wish.resource, *name, true), Urgency::normal);
  if (!written.ok()) co_return written.error();
  co_return show_assigned(call, assigned_of(*client, wish.resource, *name));
}

Task<GraphOutcome> give_access(const GraphCall& call, const Wish& wish) {
  if (wish.role_id != kDefaultAppRole) co_return no_such_role();
  const bool is_user = wish.principal.sort == PrincipalSort::user;
  const AppAssignment row{call.tenant_id(), wish.resource.id,
                          is_user ? PrincipalKind::user : PrincipalKind::group, wish.principal.id,
                          call.context.clock.now()};
  const auto standing =
      read_value<std::optional<AppAssignment>>(call.context.store, [&](ReadTx& tx) {
        return load<AppAssignment>(tx, row.tenant_id, row.app_id, row.principal_kind,
                                   row.principal_id);
      });
  if (!standing.ok()) co_return standing.error();
  if (*standing) co_return already_assigned();
  const Result<Done> written = co_await write_app_assignment(call, wish.resource, row);
  if (!written.ok()) co_return written.error();
  co_return show_assigned(call, assigned_of(row, wish.principal.name, wish.resource.display_name));
}

// Where the assignment is from now on: with whoever has it.
std::string location_of(const GraphCall& call, const Principal& principal,
                        const GraphAnswer& shown) {
  const std::string id{shown.body->at("id").as_string()};
  const auto below = [&](std::string_view set) {
    return call.root() + "/" + std::string{set} + "/" + principal.id + "/appRoleAssignments/" + id;
  };
  switch (principal.sort) {
    case PrincipalSort::user: return below("users");
    case PrincipalSort::group: return below("groups");
    case PrincipalSort::service_principal: return below("servicePrincipals");
  }
  return {};
}

Task<GraphOutcome> create_assignment(const GraphCall& call) {
  CURFEW_CO_TRY(const Wish wish, read_wish(call));
  const bool is_app = wish.principal.sort == PrincipalSort::service_principal;
  GraphOutcome made =
      is_app ? co_await give_permission(call, wish) : co_await give_access(call, wish);
  if (!made.ok()) co_return made.error();
  made->status = 201;
  made->headers.emplace_back("Location", location_of(call, wish.principal, *made));
  co_return made;
}

Task<Status> take_permission(const GraphCall& call, const Assigned& one) {
  const auto resource = read_value<App>(call.context.store, [&](ReadTx& tx) {
    return require<App>(tx, "application", call.tenant_id(), AppId{one.resource_id});
  });
  if (!resource.ok()) co_return resource.error();
  const auto name = permission_name(*resource, one.role_id, PermissionSort::app_role);
  if (!name) co_return Done{};
  const Result<Done> written =
      co_await write_app_change(call, AppId{one.principal_id},
                                permission_change(*resource, *name, false), Urgency::emergency);
  if (!written.ok()) co_return written.error();
  co_return Done{};
}

Task<GraphOutcome> delete_assignment(const GraphCall& call) {
  CURFEW_CO_TRY(const Assigned one, assignment_of(call));
  if (one.sort == PrincipalSort::service_principal) {
    const Status taken = co_await take_permission(call, one);
    if (!taken.ok()) co_return taken.error();
    co_return GraphAnswer::no_content();
  }
  const bool is_user = one.sort == PrincipalSort::user;
  const AppAssignment row{call.tenant_id(), AppId{one.resource_id},
                          is_user ? PrincipalKind::user : PrincipalKind::group, one.principal_id,
                          TimePoint{}};
  const auto taken = co_await take_app_assignment(call, row);
  if (!taken.ok()) co_return taken.error();
  co_return GraphAnswer::no_content();
}

// --- the table

struct Addresses {
  std::string_view collection;
  std::string_view member;
};
constexpr std::array kAddresses{
    Addresses{"/users/{user}/appRoleAssignments", "/users/{user}/appRoleAssignments/{assignment}"},
    Addresses{"/groups/{group}/appRoleAssignments",
              "/groups/{group}/appRoleAssignments/{assignment}"},
    Addresses{"/servicePrincipals/{app}/appRoleAssignments",
              "/servicePrincipals/{app}/appRoleAssignments/{assignment}"},
    Addresses{"/servicePrincipals/{app}/appRoleAssignedTo",
              "/servicePrincipals/{app}/appRoleAssignedTo/{assignment}"},
};

}  // namespace

std::vector<GraphOperation> app_role_assignment_operations() {
  constexpr unsigned kOptions =
      kSelectOption | kFilterOption | kTopOption | kCountOption | kSkipTokenOption;
  std::vector<GraphOperation> all;
  for (const Addresses& address : kAddresses) {
    all.push_back({.name = "list_app_role_assignments",
                   .path = address.collection,
                   .permissions = kReads,
                   .run = &list_assignments,
                   .options = kOptions,
                   .right = std::nullopt});
    all.push_back({.name = "create_app_role_assignment",
                   .method = M::post,
                   .path = address.collection,
                   .permissions = kWrites,
                   .run = &create_assignment,
                   .input = GraphInput::object,
                   .right = R::manage_apps,
                   .areas = {PermittedArea::applications, PermittedArea::assignments},
                   .when_rolled_back = WhenRolledBack::refuses});
    all.push_back({.name = "show_app_role_assignment",
                   .path = address.member,
                   .permissions = kReads,
                   .run = &show_assignment,
                   .options = kSelectOption,
                   .right = std::nullopt});
    all.push_back({.name = "delete_app_role_assignment",
                   .method = M::delete_,
                   .path = address.member,
                   .permissions = kWrites,
                   .run = &delete_assignment,
                   .right = R::manage_apps,
                   .areas = {PermittedArea::applications, PermittedArea::assignments}});
  }
  return all;
}

}  // namespace curfew
