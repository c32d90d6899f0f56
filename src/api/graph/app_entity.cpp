#include "api/graph/app_entity.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "access/granted_scopes.hpp"
#include "api/builtin_apps.hpp"
#include "api/graph/app_permissions.hpp"
#include "api/graph/stored_reader.hpp"
#include "api/known_apps.hpp"
#include "base/text.hpp"
#include "protocol/json/json.hpp"

namespace curfew {

namespace {

using P = EntityProperty<AppView>;
using V = const AppView&;
using N = std::string_view;

boost::json::value show_app_roles(V view) {
  boost::json::array shown;
  for (const std::string& name : offered_names(view.app)) {
    shown.push_back(
        boost::json::object{{"id", permission_id(view.app, name, PermissionSort::app_role)},
                            {"allowedMemberTypes", boost::json::array{"Application"}},
                            {"description", name},
                            {"displayName", name},
                            {"isEnabled", true},
                            {"origin", "Application"},
                            {"value", name}});
  }
  return shown;
}

boost::json::array scopes_of(const App& app) {
  boost::json::array shown;
  for (const std::string& name : offered_names(app)) {
    shown.push_back(boost::json::object{{"id", permission_id(app, name, PermissionSort::scope)},
                                        {"adminConsentDescription", name},
                                        {"adminConsentDisplayName", name},
                                        {"isEnabled", true},
                                        {"type", needs_administrator(app, name) ? "Admin" : "User"},
                                        {"userConsentDescription", nullptr},
                                        {"userConsentDisplayName", nullptr},
                                        {"value", name}});
  }
  return shown;
}

boost::json::value show_scopes(V view) { return scopes_of(view.app); }

boost::json::value show_api(V view) {
  return {{"acceptMappedClaims", nullptr},
          {"knownClientApplications", boost::json::array{}},
          {"oauth2PermissionScopes", scopes_of(view.app)},
          {"preAuthorizedApplications", boost::json::array{}},
          {"requestedAccessTokenVersion", 2}};
}

// Nothing of them where they cannot be read: they are shown by their hints only.
boost::json::value show_secrets(V view) {
  boost::json::array shown;
  const auto known = view.call->context.known_apps->client(view.app.tenant_id, view.app.id);
  if (!known.ok() || *known == nullptr) return shown;
  for (const AppSecret& secret : (*known)->secrets) shown.push_back(show_secret(secret));
  return shown;
}

boost::json::value logout_url_of(const App& app) {
  if (!app.frontchannel_logout_uri) return nullptr;
  return boost::json::value(*app.frontchannel_logout_uri);
}

boost::json::value show_web(V view) {
  return {{"homePageUrl", nullptr},
          {"logoutUrl", logout_url_of(view.app)},
          {"redirectUris", list_of(redirect_uris_of(view.app).web)},
          {"implicitGrantSettings",
           {{"enableAccessTokenIssuance", false}, {"enableIdTokenIssuance", false}}}};
}
boost::json::value show_spa(V view) {
  return {{"redirectUris", list_of(redirect_uris_of(view.app).spa)}};
}
boost::json::value show_public_client(V view) {
  return {{"redirectUris", list_of(redirect_uris_of(view.app).public_client)}};
}

PropertyValue id_value(V view, N) { return std::string_view{view.app.id.str()}; }
PropertyValue name_value(V view, N) { return std::string_view{view.app.display_name}; }
PropertyValue audience_value(V, N) { return std::string_view{"AzureADMyOrg"}; }
PropertyValue kind_value(V, N) { return std::string_view{"Application"}; }
PropertyValue tenant_value(V view, N) { return std::string_view{view.app.tenant_id.str()}; }
PropertyValue uris_value(V view, N) {
  return std::span<const std::string>{view.app.identifier_uris};
}
PropertyValue redirects_value(V view, N) {
  return std::span<const std::string>{view.app.redirect_uris};
}
PropertyValue names_value(V view, N) {
  view.texts = view.app.identifier_uris;
  view.texts.push_back(view.app.id.str());
  return std::span<const std::string>{view.texts};
}

P null_of(std::string_view name) { return {{name}, true, nullptr, &null_value<AppView>}; }
P none_of(std::string_view name) { return {{name}, true, nullptr, &empty_list<AppView>}; }

std::vector<P> common_properties() {
  using namespace operators;
  constexpr Operators kText = kEquality | kStartsWith;
  std::vector<P> all{
      {{"id", PropertyType::guid, kEquality}, true, &id_value},
      null_of("deletedDateTime"),
      {{"appId", PropertyType::guid, kEquality}, true, &id_value},
      {{"displayName", PropertyType::string, kText, kNegations, SearchKind::tokens},
       true,
       &name_value},
      {{"signInAudience", PropertyType::string, kEquality}, true, &audience_value},
      {{"appRoles"}, true, nullptr, &show_app_roles},
      {{"passwordCredentials"}, true, nullptr, &show_secrets},
  };
  for (const char* const name :
       {"applicationTemplateId", "description", "disabledByMicrosoftStatus", "notes",
        "tokenEncryptionKeyId", "info", "verifiedPublisher", "createdByAppId"}) {
    all.push_back(null_of(name));
  }
  all.push_back(none_of("keyCredentials"));
  all.push_back(none_of("addIns"));
  all.push_back({{"tags", PropertyType::string_collection, kEq | kStartsWith},
                 true,
                 nullptr,
                 &empty_list<AppView>});
  return all;
}

std::vector<P> application_properties() {
  using namespace operators;
  std::vector<P> all = common_properties();
  std::vector<P> own{
      {{"createdDateTime", PropertyType::date_time, kGeLe},
       true,
       [](V v, N) { return PropertyValue{v.app.created_at}; }},
      {{"identifierUris", PropertyType::string_collection, kEq | kStartsWith}, true, &uris_value},
      {{"publisherDomain", PropertyType::string, kEquality},
       true,
       [](V v, N) {
         const auto& domains = v.call->context.domains;
         return domains.empty() ? PropertyValue{} : PropertyValue{std::string_view{domains[0]}};
       }},
      {{"isFallbackPublicClient", PropertyType::boolean},
       true,
       [](V v, N) { return PropertyValue{v.app.client_type == ClientType::public_client}; }},
      {{"api"}, true, nullptr, &show_api},
      {{"web"}, true, nullptr, &show_web},
      {{"spa"}, true, nullptr, &show_spa},
      {{"publicClient"}, true, nullptr, &show_public_client},
      none_of("requiredResourceAccess"),
  };
  for (P& property : own) all.push_back(property);
  for (const char* const name :
       {"certification", "defaultRedirectUri", "groupMembershipClaims", "isDeviceOnlyAuthSupported",
        "optionalClaims", "parentalControlSettings", "requestSignatureVerification",
        "samlMetadataUrl", "serviceManagementReference", "uniqueName"}) {
    all.push_back(null_of(name));
  }
  return all;
}

std::vector<P> service_principal_properties() {
  using namespace operators;
  std::vector<P> all = common_properties();
  std::vector<P> own{
      {{"accountEnabled", PropertyType::boolean, kEq, kNegations},
       true,
       [](V v, N) { return PropertyValue{v.app.account_enabled}; }},
      {{"appDisplayName", PropertyType::string, kEquality | kStartsWith}, true, &name_value},
      {{"appOwnerOrganizationId", PropertyType::guid, kEquality}, true, &tenant_value},
      {{"appRoleAssignmentRequired", PropertyType::boolean, kEq},
       true,
       [](V v, N) { return PropertyValue{v.app.assignment_required}; }},
      {{"oauth2PermissionScopes"}, true, nullptr, &show_scopes},
      {{"logoutUrl"}, true, nullptr, [](V v) { return logout_url_of(v.app); }},
      {{"replyUrls", PropertyType::string_collection, kEq | kStartsWith}, true, &redirects_value},
      {{"servicePrincipalNames", PropertyType::string_collection, kEq | kStartsWith},
       true,
       &names_value},
      {{"servicePrincipalType", PropertyType::string, kEquality}, true, &kind_value},
      none_of("alternativeNames"),
      none_of("notificationEmailAddresses"),
      none_of("resourceSpecificApplicationPermissions"),
  };
  for (P& property : own) all.push_back(property);
  for (const char* const name :
       {"appDescription", "homepage", "loginUrl", "preferredSingleSignOnMode",
        "preferredTokenSigningKeyThumbprint", "samlSingleSignOnSettings"}) {
    all.push_back(null_of(name));
  }
  return all;
}

// All of them, or all but those that are built in.
class AppCandidates final : public Candidates<App> {
 public:
  AppCandidates(TenantId tenant_id, bool with_built_in)
      : table_(std::move(tenant_id)), with_built_in_(with_built_in) {}
  Result<CandidateBatch<App>> next(ReadTx& tx, const std::optional<PagePlace>& after,
                                   std::size_t limit) const override {
    CURFEW_TRY(auto batch, table_.next(tx, after, limit));
    if (!with_built_in_) {
      std::erase_if(batch.rows, [](const auto& row) { return is_built_in(row.object.id); });
    }
    return batch;
  }

 private:
  TableCandidates<App> table_;
  bool with_built_in_;
};

Listing<App, AppView> list_of(const GraphCall& call, const EntityKind<AppView>& kind,
                              bool with_built_in) {
  Listing<App, AppView> listing{kind, nullptr, &app_view};
  listing.candidates = std::make_shared<AppCandidates>(call.tenant_id(), with_built_in);
  listing.is_ordered = false;
  return listing;
}

GraphResult<App> app_of(const GraphCall& call) {
  const std::string_view key = call.keys.contains("appId") ? call.key("appId") : call.key("app");
  auto found = read_value<std::optional<App>>(call.context.store, [&](ReadTx& tx) {
    return load<App>(tx, call.tenant_id(), AppId{ascii_lower(key)});
  });
  if (!found.ok()) return found.error();
  if (!*found) return GraphError::not_found(key);
  return std::move(**found);
}

}  // namespace

const EntityKind<AppView>& application_kind() {
  static const EntityKind<AppView> kind{"application", "applications", application_properties()};
  return kind;
}

const EntityKind<AppView>& service_principal_kind() {
  static const EntityKind<AppView> kind{"servicePrincipal", "servicePrincipals",
                                        service_principal_properties()};
  return kind;
}

AppView app_view(const GraphCall& call, App app) { return {std::move(app), &call}; }

Listing<App, AppView> list_of_applications(const GraphCall& call) {
  return list_of(call, application_kind(), false);
}

Listing<App, AppView> list_of_service_principals(const GraphCall& call) {
  return list_of(call, service_principal_kind(), true);
}

GraphResult<App> application_of(const GraphCall& call) {
  CURFEW_TRY(App app, app_of(call));
  if (is_built_in(app.id)) return GraphError::not_found(app.id.str());
  return app;
}

GraphResult<App> service_principal_of(const GraphCall& call) { return app_of(call); }

RedirectUris redirect_uris_of(const App& app) {
  RedirectUris uris;
  for (const std::string& uri : app.redirect_uris) {
    const bool is_spa =
        std::ranges::find(app.spa_origins, origin_of_uri(uri)) != app.spa_origins.end();
    if (is_spa) {
      uris.spa.push_back(uri);
    } else if (app.client_type == ClientType::public_client) {
      uris.public_client.push_back(uri);
    } else {
      uris.web.push_back(uri);
    }
  }
  return uris;
}

std::string origin_of_uri(std::string_view uri) {
  const std::size_t scheme = uri.find("://");
  if (scheme == std::string_view::npos) return std::string{uri};
  return std::string{uri.substr(0, uri.find('/', scheme + 3))};
}

boost::json::object show_secret(const AppSecret& secret) {
  const boost::json::value ends =
      secret.expires_at ? boost::json::value(graph_time(*secret.expires_at)) : nullptr;
  return {{"customKeyIdentifier", nullptr},
          {"displayName", nullptr},
          {"endDateTime", ends},
          {"hint", secret.hint},
          {"keyId", secret.id},
          {"secretText", nullptr},
          {"startDateTime", graph_time(secret.created_at)}};
}

}  // namespace curfew
