#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <utility>

#include "access/granted_scopes.hpp"
#include "access/liveness.hpp"
#include "api/directory/app_changes.hpp"
#include "api/directory/removal_steps.hpp"
#include "api/directory/room.hpp"
#include "api/graph/app_entity.hpp"
#include "api/graph/app_permissions.hpp"
#include "api/graph/graph_members.hpp"
#include "api/graph/graph_operations.hpp"
#include "api/graph/permission_grant_entity.hpp"
#include "api/graph/user_entity.hpp"
#include "base/text.hpp"
#include "model/key.hpp"
#include "store/schema.hpp"

// /oauth2PermissionGrants: what applications may do in somebody's name.

namespace curfew {

namespace {

using M = HttpMethod;
using R = AdminRight;

constexpr NeededPermissions kReads{
    "DelegatedPermissionGrant.Read.All DelegatedPermissionGrant.ReadWrite.All Directory.Read.All "
    "Directory.ReadWrite.All Directory.AccessAsUser.All",
    "DelegatedPermissionGrant.Read.All DelegatedPermissionGrant.ReadWrite.All Directory.Read.All "
    "Directory.ReadWrite.All",
    ""};
constexpr NeededPermissions kWrites{
    "DelegatedPermissionGrant.ReadWrite.All Directory.ReadWrite.All Directory.AccessAsUser.All",
    "DelegatedPermissionGrant.ReadWrite.All Directory.ReadWrite.All", ""};

// OpenID Connect's own scopes, which every application here may ask for without a grant.
constexpr std::array<std::string_view, 6> kFreeScopes{"openid",  "profile", "email",
                                                      "address", "phone",   "offline_access"};

PermissionGrant same(const GraphCall& /*call*/, PermissionGrant grant) { return grant; }

std::optional<std::string> required_id(const ListQuery& query, std::string_view name) {
  const auto property = find_property(permission_grant_kind().rules(), name);
  if (!query.filter || !property) return std::nullopt;
  const auto equal = query.filter->required_equal(*property);
  if (!equal || equal->size() != 1 || equal->front().empty()) return std::nullopt;
  return equal->front();
}

Task<GraphOutcome> list_grants(const GraphCall& call) {
  CURFEW_CO_TRY(const ListQuery query, bind_query(call, permission_grant_kind().rules()));
  GrantSource source{required_id(query, "clientId"), required_id(query, "principalId")};
  if (call.keys.contains("user")) {
    CURFEW_CO_TRY(const User user, user_of(call));
    source.principal_id = user.id.str();
  }
  if (call.keys.contains("app")) {
    CURFEW_CO_TRY(const App app, service_principal_of(call));
    source = {app.id.str(), std::nullopt};
  }
  Listing<PermissionGrant, PermissionGrant> listing{permission_grant_kind(), nullptr, &same};
  listing.candidates = grants_of(call.tenant_id(), std::move(source));
  co_return co_await answer_list(call, std::move(listing));
}

GraphOutcome show(const GraphCall& call, const PermissionGrant& grant) {
  const Listing<PermissionGrant, PermissionGrant> listing{permission_grant_kind(), nullptr, &same};
  return answer_entity(call, listing, grant);
}

GraphResult<PermissionGrant> grant_of(const GraphCall& call) {
  const auto named = parse_grant_id(call.key("grant"));
  if (!named) return GraphError::not_found(call.key("grant"));
  auto found = read_value<std::optional<PermissionGrant>>(
      call.context.store, [&](ReadTx& tx) { return find_grant(tx, call.tenant_id(), *named); });
  if (!found.ok()) return found.error();
  if (!*found) return GraphError::not_found(call.key("grant"));
  return std::move(**found);
}

Task<GraphOutcome> show_grant(const GraphCall& call) {
  CURFEW_CO_TRY(const PermissionGrant grant, grant_of(call));
  co_return show(call, grant);
}

// --- writing

GraphResult<App> app_by_id(const GraphCall& call, const std::string& id) {
  auto found = read_value<std::optional<App>>(call.context.store, [&](ReadTx& tx) {
    return load<App>(tx, call.tenant_id(), AppId{ascii_lower(id)});
  });
  if (!found.ok()) return found.error();
  if (!*found) return GraphError::not_found(id);
  return std::move(**found);
}

// The permissions that a scope text names, each once. 400 for one that the resource does not offer,
// or that nobody can agree to for one person.
GraphResult<std::vector<std::string>> names_in(std::string_view scope, const App& resource,
                                               bool for_one_person) {
  const std::vector<std::string> offered = offered_names(resource);
  std::vector<std::string> names;
  for (const std::string_view word : split(scope, ' ')) {
    const std::string name{word};
    if (name.empty() || std::ranges::find(kFreeScopes, name) != kFreeScopes.end()) continue;
    if (std::ranges::find(offered, name) == offered.end()) {
      return GraphError::bad_request("The resource " + resource.id.str() +
                                     " offers no delegated permission '" +
                                     escape_for_display(name, 128) + "'.");
    }
    if (for_one_person && needs_administrator(resource, name)) {
      return GraphError::bad_request(
          "'" + name +
          "' reaches further than one person: it is granted with consentType AllPrincipals.");
    }
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

// What everybody's grant of one client at one resource is from now on.
AppChange everybody_change(const App& resource, std::vector<std::string> names) {
  return [resource, names = std::move(names)](App& client) -> Status {
    client.admin_consented_scopes = with_names(client.admin_consented_scopes, resource, names);
    return Done{};
  };
}

Task<Result<Done>> set_for_everybody(const GraphCall& call, const App& client, const App& resource,
                                     const std::vector<std::string>& names) {
  const AppChange change = everybody_change(resource, names);
  const Result<App> wanted = co_await checked_app_change(call, client, change);
  if (!wanted.ok()) co_return wanted.error();
  const Urgency urgency = outdates_tokens(client, *wanted) ? Urgency::emergency : Urgency::normal;
  co_return co_await write_app_change(call, client.id, change, urgency);
}

// One person's consent with more, or with what is left of it.
Task<Result<Done>> add_for_person(const ApiCall& call, const App& client, const App& resource,
                                  const UserId& user, std::vector<std::string> names) {
  auto write = [&call, client, resource, user,
                names = std::move(names)](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(const User person, require<User>(tx, "such user", call.tenant_id(), user));
    CURFEW_TRY(const auto standing, load<Consent>(tx, call.tenant_id(), user, client.id));
    if (!standing) {
      CURFEW_TRY_STATUS(check_room<Consent>(tx, "", keys_of(call.tenant_id(), user), "consents"));
    }
    Consent consent =
        standing.value_or(Consent{call.tenant_id(), user, client.id, {}, call.context.clock.now()});
    consent.scopes = with_names(consent.scopes, resource, names);
    CURFEW_TRY_STATUS(save(tx, consent));
    return audit_change(tx, call, "user.add_consent", user.str(), person.user_principal_name,
                        client.id.str());
  };
  co_return co_await write_as_caller(call, std::move(write));
}

// Whoever took the consent away again after that position has the last word: nothing that was
// issued at it would still be accepted.
Status check_untouched(ReadTx& tx, const ApiCall& call, const Consent& left, Position since) {
  const TimePoint now = call.context.clock.now();
  const CredentialFacts issued_then{CredentialClass::renewal,
                                    {since, since},
                                    now + std::chrono::hours{1},
                                    {assignment_key(left.user_id, left.app_id)}};
  CURFEW_TRY(const Verdict verdict, verdict_in(tx, call.context.journal, issued_then, now));
  if (verdict == Verdict::live) return Done{};
  return Error::permanent(ErrorCode::conflict, "the consent was taken away in the meantime");
}

// Ends what the consent gave, then puts back what is to stay of it. Where that fails, more has
// ended than was asked, never less.
Task<Status> narrow_for_person(const GraphCall& call, const App& client, const App& resource,
                               const UserId& user, const std::vector<std::string>& names) {
  const auto before = read_value<std::optional<Consent>>(call.context.store, [&](ReadTx& tx) {
    return load<Consent>(tx, call.tenant_id(), user, client.id);
  });
  if (!before.ok()) co_return before.error();
  ApiCall rest = static_cast<const ApiCall&>(call);
  Removal removal;
  removal.kind = RemovalKind::remove_consent;
  removal.user_id = user;
  removal.app_id = client.id;
  const auto taken = co_await take_step(rest, std::move(removal));
  if (!taken.ok()) co_return taken.error();
  if (!*before) co_return Done{};
  Consent left = **before;
  left.scopes = with_names(left.scopes, resource, names);
  if (left.scopes.empty()) co_return Done{};
  const Result<Done> written =
      co_await write_as_caller(rest, [&rest, left, since = *taken](WriteTx& tx) -> Result<Done> {
        CURFEW_TRY_STATUS(check_untouched(tx, rest, left, since));
        CURFEW_TRY(const User person,
                   require<User>(tx, "such user", rest.tenant_id(), left.user_id));
        CURFEW_TRY_STATUS(save(tx, left));
        return audit_change(tx, rest, "user.add_consent", left.user_id.str(),
                            person.user_principal_name, left.app_id.str());
      });
  if (!written.ok()) co_return written.error();
  co_return Done{};
}

struct NewGrant {
  App client;
  App resource;
  std::optional<UserId> principal;
  std::vector<std::string> names;
};

GraphResult<NewGrant> read_new_grant(const GraphCall& call) {
  GraphMembers members{call.body};
  CURFEW_TRY(const auto client_id, members.text("clientId"));
  CURFEW_TRY(const auto type, members.text("consentType"));
  CURFEW_TRY(const auto principal_id, members.nullable_text("principalId"));
  CURFEW_TRY(const auto resource_id, members.text("resourceId"));
  CURFEW_TRY(const auto scope, members.text("scope"));
  // Of the older API; they were never looked at there either.
  static_cast<void>(members.take("startTime"));
  static_cast<void>(members.take("expiryTime"));
  CURFEW_TRY_STATUS(members.nothing_else("oAuth2PermissionGrant"));
  if (!client_id || !type || !resource_id || !scope) {
    return GraphError::bad_request("clientId, consentType, resourceId and scope are required.");
  }
  const bool for_one = ascii_iequals(*type, "Principal");
  const bool has_principal = principal_id && *principal_id;
  if ((!for_one && !ascii_iequals(*type, "AllPrincipals")) || for_one != has_principal) {
    return GraphError::bad_request(
        "consentType is 'AllPrincipals', or 'Principal' with a principalId.");
  }
  NewGrant wish;
  CURFEW_TRY(wish.client, app_by_id(call, *client_id));
  CURFEW_TRY(wish.resource, app_by_id(call, *resource_id));
  CURFEW_TRY(wish.names, names_in(*scope, wish.resource, for_one));
  if (wish.names.empty()) {
    return GraphError::bad_request("scope names no permission of the resource.");
  }
  if (for_one) wish.principal = UserId{ascii_lower(**principal_id)};
  return wish;
}

Task<GraphOutcome> create_grant(const GraphCall& call) {
  CURFEW_CO_TRY(const NewGrant wish, read_new_grant(call));
  const PermissionGrant made =
      make_grant(wish.client.id, wish.resource, wish.principal, wish.names);
  const auto standing = read_value<std::optional<PermissionGrant>>(
      call.context.store, [&](ReadTx& tx) { return find_grant(tx, call.tenant_id(), made); });
  if (!standing.ok()) co_return standing.error();
  if (*standing) {
    co_return GraphError{409, graph_code::kConflict,
                         "Permission entry already exists; change its scope with PATCH."};
  }
  const Result<Done> written =
      wish.principal
          ? co_await add_for_person(call, wish.client, wish.resource, *wish.principal, wish.names)
          : co_await set_for_everybody(call, wish.client, wish.resource, wish.names);
  if (!written.ok()) co_return written.error();
  CURFEW_CO_TRY(GraphAnswer answer, show(call, made));
  answer.status = 201;
  answer.headers.emplace_back("Location", call.root() + "/oauth2PermissionGrants/" + made.id);
  co_return answer;
}

// The grant names these from now on; none: it is gone.
Task<Status> set_names(const GraphCall& call, const PermissionGrant& grant, const App& resource,
                       const std::vector<std::string>& names) {
  const auto client = app_by_id(call, grant.client_id);
  if (!client.ok()) co_return Error::permanent(ErrorCode::not_found, client.error().message);
  if (!grant.principal_id) {
    const Result<Done> written = co_await set_for_everybody(call, *client, resource, names);
    co_return written.ok() ? Status{Done{}} : Status{written.error()};
  }
  const UserId user{*grant.principal_id};
  const bool loses = std::ranges::any_of(grant.names, [&](const std::string& name) {
    return std::ranges::find(names, name) == names.end();
  });
  if (loses) co_return co_await narrow_for_person(call, *client, resource, user, names);
  const Result<Done> written = co_await add_for_person(call, *client, resource, user, names);
  co_return written.ok() ? Status{Done{}} : Status{written.error()};
}

Task<GraphOutcome> update_grant(const GraphCall& call) {
  GraphMembers members{call.body};
  CURFEW_CO_TRY(const auto scope, members.text("scope"));
  CURFEW_CO_TRY_STATUS(members.nothing_else("oAuth2PermissionGrant"));
  CURFEW_CO_TRY(const PermissionGrant grant, grant_of(call));
  if (!scope) co_return GraphAnswer::no_content();
  CURFEW_CO_TRY(const App resource, app_by_id(call, grant.resource_id));
  CURFEW_CO_TRY(const auto names, names_in(*scope, resource, grant.principal_id.has_value()));
  const Status done = co_await set_names(call, grant, resource, names);
  if (!done.ok()) co_return done.error();
  co_return GraphAnswer::no_content();
}

Task<GraphOutcome> delete_grant(const GraphCall& call) {
  CURFEW_CO_TRY(const PermissionGrant grant, grant_of(call));
  CURFEW_CO_TRY(const App resource, app_by_id(call, grant.resource_id));
  const Status done = co_await set_names(call, grant, resource, {});
  if (!done.ok()) co_return done.error();
  co_return GraphAnswer::no_content();
}

GraphOperation writing(std::string_view name, M method, std::string_view path, GraphBody run) {
  return {.name = name,
          .method = method,
          .path = path,
          .permissions = kWrites,
          .run = run,
          .input = method == M::delete_ ? GraphInput::none : GraphInput::object,
          .right = R::manage_apps,
          .areas = {PermittedArea::applications, PermittedArea::consents},
          .when_rolled_back = method == M::post ? WhenRolledBack::refuses : WhenRolledBack::serves};
}

}  // namespace

std::vector<GraphOperation> permission_grant_operations() {
  constexpr unsigned kOptions =
      kSelectOption | kFilterOption | kTopOption | kCountOption | kSkipTokenOption;
  std::vector<GraphOperation> all;
  for (const std::string_view path :
       {"/oauth2PermissionGrants", "/users/{user}/oauth2PermissionGrants",
        "/servicePrincipals/{app}/oauth2PermissionGrants"}) {
    all.push_back({.name = "list_permission_grants",
                   .path = path,
                   .permissions = kReads,
                   .run = &list_grants,
                   .options = kOptions,
                   .right = std::nullopt});
  }
  all.push_back({.name = "show_permission_grant",
                 .path = "/oauth2PermissionGrants/{grant}",
                 .permissions = kReads,
                 .run = &show_grant,
                 .options = kSelectOption,
                 .right = std::nullopt});
  all.push_back(
      writing("create_permission_grant", M::post, "/oauth2PermissionGrants", &create_grant));
  all.push_back(writing("update_permission_grant", M::patch, "/oauth2PermissionGrants/{grant}",
                        &update_grant));
  all.push_back(writing("delete_permission_grant", M::delete_, "/oauth2PermissionGrants/{grant}",
                        &delete_grant));
  return all;
}

}  // namespace curfew
