#include "api/op/token_scope.hpp"

#include <algorithm>
#include <utility>

#include "access/client_policy.hpp"
#include "access/granted_scopes.hpp"
#include "base/text.hpp"

namespace curfew {

namespace {

using Names = std::vector<std::string>;

bool contains(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

OAuthError widening(OAuthErrorCode code, Aadsts aadsts, std::string description) {
  return oauth_error(code, aadsts, std::move(description), Suberror::consent_required);
}

// Another resource than the granted one is another grant: the person can give it.
OAuthError with_consent_hint(OAuthError error) {
  if (error.code == OAuthErrorCode::invalid_target) error.suberror = Suberror::consent_required;
  return error;
}

// Permissions that this grant was ever given; ".default", or a resource without any name, stands
// for everything consented to.
bool was_granted(const ScopeRequest& granted, std::string_view name) {
  if (granted.resource_scopes.empty()) return true;
  return std::ranges::any_of(granted.resource_scopes, [&](const ResourceScope& scope) {
    return scope.name == kDefaultScopeName || scope.name == name;
  });
}

OAuthResult<Names> names_now(const ScopeRequest& granted, const ResourceChoice& choice,
                             const AccessFacts& facts, const std::optional<Consent>& consent) {
  for (const std::string& name : choice.names) {
    if (!was_granted(granted, name)) {
      return widening(OAuthErrorCode::invalid_scope, Aadsts::invalid_scope,
                      "The request asks for a permission that was not granted.");
    }
  }
  Names names = granted_names(facts.client, *facts.resource, consent);
  std::erase_if(names, [&](const std::string& name) {
    const bool asked = choice.all_granted || contains(choice.names, name);
    return !asked || !was_granted(granted, name);
  });
  if (names.empty() && !choice.names.empty()) {
    return invalid_grant("None of the permissions asked for is consented to any more.",
                         Aadsts::consent_required, Suberror::consent_required);
  }
  return names;
}

Names oidc_names(const TokenScope& scope) {
  Names names;
  if (scope.openid) names.emplace_back("openid");
  if (scope.profile) names.emplace_back("profile");
  if (scope.email) names.emplace_back("email");
  return names;
}

}  // namespace

OAuthResult<TokenScope> token_scope(const GrantedScope& grant, const ScopeRequest& request,
                                    const std::vector<std::string>& resources,
                                    const AccessFacts& facts,
                                    const std::optional<Consent>& consent) {
  CURFEW_TRY(const ScopeRequest granted, parse_scope(grant.scopes));
  const bool asks_nothing = request.empty() && resources.empty();
  const ScopeRequest& asked = request.empty() ? granted : request;
  OAuthResult<ResourceChoice> chosen = choose_resource(asked, resources, grant.resource);
  if (!chosen.ok()) return with_consent_hint(chosen.error());
  ResourceChoice choice = std::move(chosen).value();
  if (asks_nothing && choice.resource.empty()) {
    choice.resource = grant.resource;
    choice.all_granted = true;
  }

  TokenScope scope;
  scope.openid = granted.openid && asked.openid;
  scope.profile = granted.profile && asked.profile;
  scope.email = granted.email && asked.email;
  scope.offline_access = granted.offline_access && may_use_grant(facts.client, "refresh_token");
  scope.for_userinfo = choice.resource.empty();
  if (scope.for_userinfo) {
    scope.scp = join(oidc_names(scope), " ");
    scope.response_scope = response_scope(asked, choice, {});
    return scope;
  }
  if (!facts.resource || !is_called(*facts.resource, choice.resource)) {
    return widening(OAuthErrorCode::invalid_target, Aadsts::resource_not_found,
                    "The request names a resource that was not granted.");
  }
  CURFEW_TRY(const Names names, names_now(granted, choice, facts, consent));
  scope.scp = join(names, " ");
  scope.response_scope = response_scope(asked, choice, names);
  return scope;
}

OAuthResult<std::vector<std::string>> app_permissions(const App& client, const App& resource,
                                                      const ResourceChoice& choice) {
  Names names = application_names(client, resource);
  if (choice.all_granted) return names;
  for (const std::string& name : choice.names) {
    if (!contains(names, name)) {
      return widening(OAuthErrorCode::invalid_scope, Aadsts::invalid_scope,
                      "No administrator gave the application one of the permissions.");
    }
  }
  return choice.names;
}

}  // namespace curfew
