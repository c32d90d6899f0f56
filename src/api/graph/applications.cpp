#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "api/directory/app_changes.hpp"
#include "api/directory/user_changes.hpp"
#include "api/graph/app_entity.hpp"
#include "api/graph/graph_members.hpp"
#include "api/graph/graph_operations.hpp"
#include "api/graph/group_entity.hpp"
#include "api/graph/object_list.hpp"
#include "api/graph/user_entity.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"
#include "protocol/oauth/identifier_uri.hpp"
#include "revocation/membership.hpp"
#include "store/schema.hpp"

// /applications and /servicePrincipals: one App is both.

namespace curfew {

namespace {

using M = HttpMethod;
using R = AdminRight;

constexpr NeededPermissions kReads{
    "Application.Read.All Application.ReadWrite.All Directory.Read.All Directory.ReadWrite.All "
    "Directory.AccessAsUser.All",
    "Application.Read.All Application.ReadWrite.All Directory.Read.All Directory.ReadWrite.All",
    ""};
constexpr NeededPermissions kWrites{"Application.ReadWrite.All Directory.AccessAsUser.All",
                                    "Application.ReadWrite.All", ""};
constexpr NeededPermissions kReadsOwned{
    "User.Read.All User.ReadWrite.All Directory.Read.All Directory.ReadWrite.All "
    "Directory.AccessAsUser.All",
    "User.Read.All User.ReadWrite.All Directory.Read.All Directory.ReadWrite.All",
    "User.Read User.ReadWrite"};

constexpr std::size_t kUrisMax = 100;
constexpr auto kSecretKept = std::chrono::days{2 * 365};  // Graph's default

// Which of the two addresses of one App was called.
bool is_application(const GraphCall& call) {
  return call.operation->path.starts_with("/applications");
}
GraphResult<App> app_of(const GraphCall& call) {
  return is_application(call) ? application_of(call) : service_principal_of(call);
}
Listing<App, AppView> list_of(const GraphCall& call) {
  return is_application(call) ? list_of_applications(call) : list_of_service_principals(call);
}

Task<GraphOutcome> list_apps(const GraphCall& call) {
  co_return co_await answer_list(call, list_of(call));
}

Task<GraphOutcome> count_apps(const GraphCall& call) {
  co_return co_await answer_count(call, list_of(call));
}

Task<GraphOutcome> show_app(const GraphCall& call) {
  CURFEW_CO_TRY(App app, app_of(call));
  co_return answer_entity(call, list_of(call), app_view(call, std::move(app)));
}

// --- create and change

struct AppWish {
  std::optional<std::string> display_name;
  std::optional<std::vector<std::string>> identifier_uris;
  std::optional<std::vector<std::string>> web;
  std::optional<std::vector<std::string>> spa;
  std::optional<std::vector<std::string>> public_client;
  // Of `web`: the address that the person's browser opens at a sign-out; null takes it away.
  std::optional<std::optional<std::string>> logout_url;
  std::optional<bool> is_public;
  std::optional<bool> assignment_required;
  std::optional<bool> account_enabled;

  [[nodiscard]] bool is_about_client() const {
    return web || spa || public_client || is_public || logout_url;
  }
  [[nodiscard]] bool is_of_row() const {
    return display_name || identifier_uris || is_about_client() || assignment_required;
  }
};

GraphResult<std::optional<std::vector<std::string>>> uris_in(GraphMembers& members,
                                                             std::string_view name) {
  using Uris = std::optional<std::vector<std::string>>;
  const auto* value = members.take(name);
  if (value == nullptr) return Uris{};
  const auto* array = value->if_array();
  bool fits = array != nullptr && array->size() <= kUrisMax;
  std::vector<std::string> uris;
  for (std::size_t i = 0; fits && i < array->size(); ++i) {
    const auto* text = (*array)[i].if_string();
    fits = text != nullptr;
    if (fits) uris.emplace_back(*text);
  }
  if (fits) return Uris{std::move(uris)};
  return GraphError::bad_request("'" + std::string{name} + "' is an array of at most " +
                                 std::to_string(kUrisMax) + " texts.");
}

// {"redirectUris":[...]} of one kind of client.
GraphResult<std::optional<std::vector<std::string>>> redirects_in(GraphMembers& members,
                                                                  std::string_view name) {
  const auto* value = members.take(name);
  if (value == nullptr || value->is_null()) return std::optional<std::vector<std::string>>{};
  const auto* object = value->if_object();
  if (object == nullptr) return GraphError::bad_request(std::string{name} + " is not an object.");
  GraphMembers inner{*object};
  CURFEW_TRY(auto uris, uris_in(inner, "redirectUris"));
  CURFEW_TRY_STATUS(inner.nothing_else(name));
  return uris;
}

GraphResult<Done> read_web(GraphMembers& members, AppWish& wish) {
  const auto* value = members.take("web");
  if (value == nullptr || value->is_null()) return Done{};
  const auto* object = value->if_object();
  if (object == nullptr) return GraphError::bad_request("web is not an object.");
  GraphMembers inner{*object};
  CURFEW_TRY(wish.web, uris_in(inner, "redirectUris"));
  CURFEW_TRY(wish.logout_url, inner.nullable_text("logoutUrl"));
  CURFEW_TRY_STATUS(inner.nothing_else("web"));
  return Done{};
}

GraphResult<AppWish> read_app_wish(const GraphCall& call) {
  AppWish wish;
  GraphMembers members{call.body};
  CURFEW_TRY(wish.display_name, members.text("displayName"));
  if (is_application(call)) {
    CURFEW_TRY(wish.identifier_uris, uris_in(members, "identifierUris"));
    CURFEW_TRY_STATUS(read_web(members, wish));
    CURFEW_TRY(wish.spa, redirects_in(members, "spa"));
    CURFEW_TRY(wish.public_client, redirects_in(members, "publicClient"));
    CURFEW_TRY(wish.is_public, members.boolean("isFallbackPublicClient"));
    CURFEW_TRY(const auto audience, members.nullable_text("signInAudience"));
    if (audience && *audience && **audience != "AzureADMyOrg") {
      return GraphError::bad_request("signInAudience is \"AzureADMyOrg\": this tenant's people.");
    }
  } else {
    CURFEW_TRY(wish.account_enabled, members.boolean("accountEnabled"));
    CURFEW_TRY(wish.assignment_required, members.boolean("appRoleAssignmentRequired"));
  }
  CURFEW_TRY_STATUS(
      members.nothing_else(is_application(call) ? "application" : "servicePrincipal"));
  const bool is_named = !wish.display_name || (!wish.display_name->empty() &&
                                               wish.display_name->size() <= kUserNameBytesMax);
  if (!is_named) return GraphError::bad_request("Invalid value specified for 'displayName'.");
  return wish;
}

// An App is one kind of client; Graph's can be several at once.
Status apply_client(const AppWish& wish, App& app) {
  RedirectUris uris = redirect_uris_of(app);
  if (wish.web) uris.web = *wish.web;
  if (wish.spa) uris.spa = *wish.spa;
  if (wish.public_client) uris.public_client = *wish.public_client;
  const bool is_public =
      wish.is_public.value_or(false) || !uris.spa.empty() || !uris.public_client.empty();
  if (is_public && !uris.web.empty()) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "An application is either web or spa and publicClient here; register "
                            "another one for the other.");
  }
  app.client_type = is_public ? ClientType::public_client : ClientType::confidential;
  app.require_pkce = app.require_pkce || is_public;
  app.redirect_uris = uris.web;
  app.spa_origins.clear();
  for (const std::string& uri : uris.spa) {
    app.redirect_uris.push_back(uri);
    const std::string origin = origin_of_uri(uri);
    if (std::ranges::find(app.spa_origins, origin) == app.spa_origins.end()) {
      app.spa_origins.push_back(origin);
    }
  }
  for (const std::string& uri : uris.public_client) app.redirect_uris.push_back(uri);
  if (wish.logout_url) {
    app.frontchannel_logout_uri = *wish.logout_url;
    app.frontchannel_logout_session_required = wish.logout_url->has_value();  // as Entra sends it
  }
  return check_app_addresses(app);
}

Status apply_wish(const AppWish& wish, App& app) {
  if (wish.display_name) app.display_name = *wish.display_name;
  if (wish.assignment_required) app.assignment_required = *wish.assignment_required;
  if (wish.identifier_uris) {
    for (const std::string& uri : *wish.identifier_uris) {
      CURFEW_TRY_STATUS(check_identifier_uri(uri));
    }
    app.identifier_uris = *wish.identifier_uris;
  }
  return wish.is_about_client() ? apply_client(wish, app) : Status{Done{}};
}

Task<GraphOutcome> create_application(const GraphCall& call) {
  CURFEW_CO_TRY(const AppWish wish, read_app_wish(call));
  if (!wish.display_name) {
    co_return GraphError::bad_request("A required property 'displayName' is missing.");
  }
  App app;
  app.tenant_id = call.tenant_id();
  app.id = AppId{new_guid()};
  app.created_at = call.context.clock.now();
  const Status applied = apply_wish(wish, app);
  if (!applied.ok()) co_return applied.error();
  const Result<Done> written = co_await write_new_app(call, app, std::nullopt);
  if (!written.ok()) co_return written.error();
  CURFEW_CO_TRY(GraphAnswer answer,
                answer_entity(call, list_of_applications(call), app_view(call, app)));
  answer.status = 201;
  answer.headers.emplace_back("Location", call.root() + "/applications/" + app.id.str());
  co_return answer;
}

Task<GraphOutcome> update_app(const GraphCall& call) {
  CURFEW_CO_TRY(const AppWish wish, read_app_wish(call));
  CURFEW_CO_TRY(const App app, app_of(call));
  const AppChange change = [&wish](App& changed) { return apply_wish(wish, changed); };
  const Result<App> wanted = co_await checked_app_change(call, app, change);
  if (!wanted.ok()) co_return wanted.error();
  // Taking access away first: whatever fails after it, it has ended.
  if (wish.account_enabled) {
    const Status done = co_await set_app_enabled(call, app, *wish.account_enabled);
    if (!done.ok()) co_return done.error();
  }
  if (wish.is_of_row()) {
    const Urgency urgency = outdates_tokens(app, *wanted) ? Urgency::emergency : Urgency::normal;
    const Result<Done> written = co_await write_app_change(call, app.id, change, urgency);
    if (!written.ok()) co_return written.error();
  }
  co_return GraphAnswer::no_content();
}

Task<GraphOutcome> delete_application(const GraphCall& call) {
  CURFEW_CO_TRY(const App app, app_of(call));
  const Status removed = co_await remove_app_for_good(call, app);
  if (!removed.ok()) co_return removed.error();
  co_return GraphAnswer::no_content();
}

// Every application has its service principal from the beginning.
Task<GraphOutcome> create_service_principal(const GraphCall& call) {
  GraphMembers members{call.body};
  CURFEW_CO_TRY(const auto app_id, members.text("appId"));
  if (!app_id) co_return GraphError::bad_request("A required property 'appId' is missing.");
  const auto found = read_value<std::optional<App>>(call.context.store, [&](ReadTx& tx) {
    return load<App>(tx, call.tenant_id(), AppId{ascii_lower(*app_id)});
  });
  if (!found.ok()) co_return found.error();
  if (!*found) {
    co_return GraphError::bad_request("The appId '" + escape_for_display(*app_id, 128) +
                                      "' is no application of this tenant; create it first.");
  }
  co_return GraphError{409, graph_code::kConflict,
                       "The service principal cannot be created, updated, or restored because the "
                       "service principal name " +
                           (*found)->id.str() + " is already in use."};
}

// --- secrets

// When the wanted secret ends.
GraphResult<TimePoint> read_secret_end(const GraphCall& call) {
  const TimePoint now = call.context.clock.now();
  GraphMembers members{call.body};
  const auto* value = members.take("passwordCredential");
  CURFEW_TRY_STATUS(members.nothing_else("passwordCredential"));
  if (value == nullptr || value->is_null()) return now + kSecretKept;
  const auto* object = value->if_object();
  if (object == nullptr) return GraphError::bad_request("passwordCredential is not an object.");
  GraphMembers inner{*object};
  // A name is taken and not kept: the hint and the keyId tell secrets apart.
  CURFEW_TRY_STATUS(inner.nullable_text("displayName"));
  CURFEW_TRY(const auto starts, inner.nullable_text("startDateTime"));
  CURFEW_TRY(const auto ends, inner.nullable_text("endDateTime"));
  CURFEW_TRY_STATUS(inner.nothing_else("passwordCredential"));
  const auto start = starts && *starts ? parse_rfc3339(**starts) : std::optional{now};
  const auto end = ends && *ends ? parse_rfc3339(**ends) : std::optional{now + kSecretKept};
  if (!start || !end || *start > now || *end <= now) {
    return GraphError::bad_request(
        "startDateTime and endDateTime are times such as 2026-11-29T10:00:00Z; a secret is valid "
        "from now on, until a time to come.");
  }
  return *end;
}

Task<GraphOutcome> add_password(const GraphCall& call) {
  CURFEW_CO_TRY(const TimePoint ends, read_secret_end(call));
  CURFEW_CO_TRY(const App app, app_of(call));
  NewSecret secret = make_app_secret(call.context, app.id);
  secret.row.expires_at = ends;
  const Result<Done> written = co_await write_app_secret(call, app, secret);
  if (!written.ok()) co_return written.error();
  boost::json::object body{
      {"@odata.context", call.root() + "/$metadata#microsoft.graph.passwordCredential"}};
  for (auto& member : show_secret(secret.row)) body[member.key()] = std::move(member.value());
  body["secretText"] = secret.text;
  co_return GraphAnswer::json(std::move(body));
}

Task<GraphOutcome> remove_password(const GraphCall& call) {
  GraphMembers members{call.body};
  CURFEW_CO_TRY(const auto key_id, members.text("keyId"));
  CURFEW_CO_TRY_STATUS(members.nothing_else("passwordCredential"));
  CURFEW_CO_TRY(const App app, app_of(call));
  if (!key_id) co_return GraphError::bad_request("A required property 'keyId' is missing.");
  const auto done = co_await take_app_secret(call, app.id, ascii_lower(*key_id));
  if (!done.ok()) co_return done.error();
  co_return GraphAnswer::no_content();
}

// --- what there is none of here: owners

Task<GraphOutcome> list_no_owners(const GraphCall& call) {
  CURFEW_CO_TRY_STATUS(app_of(call));
  ObjectList none{call};
  none.add_kind(user_kind());
  none.add_kind(service_principal_kind());
  co_return none.answer("directoryObjects");
}

Task<GraphOutcome> list_no_owned_objects(const GraphCall& call) {
  if (call.keys.contains("user")) {
    CURFEW_CO_TRY_STATUS(user_of(call));
  } else {
    CURFEW_CO_TRY_STATUS(app_of(call));
  }
  ObjectList none{call};
  none.add_kind(application_kind());
  none.add_kind(service_principal_kind());
  none.add_kind(group_kind());
  co_return none.answer("directoryObjects");
}

// The directory roles of an application; groups hold people only.
Task<GraphOutcome> list_app_member_of(const GraphCall& call) {
  CURFEW_CO_TRY(const App app, app_of(call));
  const auto held = read_value<HeldRoles>(call.context.store, [&](ReadTx& tx) {
    return held_roles(tx, call.tenant_id(), app.id.str());
  });
  if (!held.ok()) co_return held.error();
  ObjectList objects{call};
  objects.add_kind(group_kind());
  objects.add_kind(directory_role_kind());
  for (const Role role : held->built_in) {
    const RoleDefinition& definition = definition_of(role);
    objects.add(directory_role_kind(), std::string{definition.template_id}, definition);
  }
  co_return objects.answer("directoryObjects");
}

// --- the table

GraphOperation reading(std::string_view name, std::string_view path, GraphBody run,
                       unsigned options, const NeededPermissions& permissions = kReads) {
  return {.name = name,
          .path = path,
          .permissions = permissions,
          .run = run,
          .options = options,
          .right = std::nullopt};
}

GraphOperation writing(std::string_view name, M method, std::string_view path, GraphBody run,
                       WhenRolledBack when) {
  return {.name = name,
          .method = method,
          .path = path,
          .permissions = kWrites,
          .run = run,
          .input = method == M::delete_ ? GraphInput::none : GraphInput::object,
          .right = R::manage_apps,
          .areas = {PermittedArea::applications},
          .when_rolled_back = when};
}

void add_writes(std::vector<GraphOperation>& all) {
  using enum WhenRolledBack;
  all.push_back(
      writing("create_application", M::post, "/applications", &create_application, refuses));
  all.push_back(writing("create_service_principal", M::post, "/servicePrincipals",
                        &create_service_principal, refuses));
  for (const std::string_view path : {"/applications/{app}", "/applications/{appId=}"}) {
    all.push_back(writing("update_application", M::patch, path, &update_app, serves));
    all.push_back(writing("delete_application", M::delete_, path, &delete_application, serves));
  }
  for (const std::string_view path : {"/servicePrincipals/{app}", "/servicePrincipals/{appId=}"}) {
    all.push_back(writing("update_service_principal", M::patch, path, &update_app, serves));
  }
  for (const std::string_view path :
       {"/applications/{app}/addPassword", "/applications/{appId=}/addPassword",
        "/servicePrincipals/{app}/addPassword", "/servicePrincipals/{appId=}/addPassword"}) {
    all.push_back(writing("add_app_password", M::post, path, &add_password, refuses));
  }
  for (const std::string_view path :
       {"/applications/{app}/removePassword", "/applications/{appId=}/removePassword",
        "/servicePrincipals/{app}/removePassword", "/servicePrincipals/{appId=}/removePassword"}) {
    all.push_back(writing("remove_app_password", M::post, path, &remove_password, serves));
  }
}

void add_relationships(std::vector<GraphOperation>& all) {
  constexpr unsigned kSmall = kSelectOption | kTopOption | kCountOption | kSkipTokenOption;
  for (const std::string_view path :
       {"/applications/{app}/owners", "/applications/{appId=}/owners",
        "/servicePrincipals/{app}/owners", "/servicePrincipals/{appId=}/owners"}) {
    all.push_back(reading("list_app_owners", path, &list_no_owners, kSmall));
  }
  for (const std::string_view path :
       {"/servicePrincipals/{app}/memberOf", "/servicePrincipals/{app}/transitiveMemberOf"}) {
    all.push_back(reading("list_app_member_of", path, &list_app_member_of, kSmall));
  }
  all.push_back(reading("list_app_owned_objects", "/servicePrincipals/{app}/ownedObjects",
                        &list_no_owned_objects, kSmall));
  for (const std::string_view path :
       {"/users/{user}/ownedObjects", "/users/{user}/ownedObjects/graph.application",
        "/users/{user}/ownedObjects/graph.servicePrincipal",
        "/users/{user}/ownedObjects/graph.group"}) {
    all.push_back(reading("list_owned_objects", path, &list_no_owned_objects, kSmall, kReadsOwned));
  }
}

}  // namespace

std::vector<GraphOperation> application_operations() {
  constexpr unsigned kLists = kListOptions & ~kExpandOption;
  std::vector<GraphOperation> all{
      reading("list_applications", "/applications", &list_apps, kLists),
      reading("count_applications", "/applications/$count", &count_apps,
              kFilterOption | kSearchOption),
      reading("show_application", "/applications/{app}", &show_app, kSelectOption),
      reading("show_application", "/applications/{appId=}", &show_app, kSelectOption),
      reading("list_service_principals", "/servicePrincipals", &list_apps, kLists),
      reading("count_service_principals", "/servicePrincipals/$count", &count_apps,
              kFilterOption | kSearchOption),
      reading("show_service_principal", "/servicePrincipals/{app}", &show_app, kSelectOption),
      reading("show_service_principal", "/servicePrincipals/{appId=}", &show_app, kSelectOption),
  };
  add_writes(all);
  add_relationships(all);
  return all;
}

}  // namespace curfew
