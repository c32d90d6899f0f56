#include "api/admin/app_body.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "access/lifetime.hpp"
#include "api/directory/app_changes.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "model/session_control.hpp"
#include "protocol/json/members.hpp"
#include "protocol/oauth/identifier_uri.hpp"
#include "protocol/oauth/scope.hpp"

namespace curfew {

namespace {

constexpr std::string_view kIdentifierUris = "identifierUris";
constexpr std::string_view kExposedScopes = "exposedScopes";
constexpr std::string_view kSessionControls = "sessionControls";
constexpr std::string_view kConsentedScopes = "adminConsentedScopes";
constexpr std::string_view kApplicationPermissions = "applicationPermissions";
constexpr std::size_t kShownBytesMax = 128;
constexpr std::size_t kListItemsMax = 100;
constexpr std::int64_t kLifetimeSecondsMin = 60;

Error refused(std::string message) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(message));
}

Status take_list(const boost::json::object& body, std::string_view name,
                 std::vector<std::string>& out) {
  CURFEW_TRY(auto given, get_optional_strings(body, name));
  if (!given) return Done{};
  if (given->size() > kListItemsMax) {
    return refused(std::string{name} + " has more than 100 entries");
  }
  out = std::move(*given);
  return Done{};
}

Status take_bool(const boost::json::object& body, std::string_view name, bool& out) {
  CURFEW_TRY(const auto given, get_optional_bool(body, name));
  if (given) out = *given;
  return Done{};
}

template <typename E>
Status take_enum(const boost::json::object& body, std::string_view name, std::string_view choices,
                 E& out) {
  CURFEW_TRY(const auto given, get_optional_string(body, name));
  if (given && !parse_enum(*given, out)) {
    return refused(std::string{name} + " must be " + std::string{choices});
  }
  return Done{};
}

Status take_lifetime(const boost::json::object& body, App& app) {
  CURFEW_TRY(const auto seconds, get_optional_int64(body, "accessTokenLifetimeSeconds"));
  if (!seconds) return Done{};
  const auto most =
      std::chrono::duration_cast<std::chrono::seconds>(kAccessTokenLifetimeMax).count();
  if (*seconds < kLifetimeSecondsMin || *seconds > most) {
    return refused("accessTokenLifetimeSeconds must be from 60 to " + std::to_string(most));
  }
  app.access_token_lifetime_seconds = seconds;
  return Done{};
}

Status take_own_session(const boost::json::object& body, App& app) {
  constexpr std::int64_t kMost = 10LL * 365 * 24 * 3600;
  CURFEW_TRY(const auto seconds, get_optional_int64(body, "ownSessionLifetimeSeconds"));
  if (!seconds) return Done{};
  if (*seconds < 0 || *seconds > kMost) {
    return refused("ownSessionLifetimeSeconds must be from 0 to " + std::to_string(kMost));
  }
  app.own_session_lifetime_seconds = seconds;
  return Done{};
}

// An empty text takes the address away.
Status take_address(const boost::json::object& body, std::string_view name,
                    std::optional<std::string>& out) {
  CURFEW_TRY(auto given, get_optional_string(body, name));
  if (!given) return Done{};
  out = given->empty() ? std::nullopt : std::move(given);
  return Done{};
}

Status take_logout(const boost::json::object& body, App& app) {
  CURFEW_TRY_STATUS(take_address(body, "frontchannelLogoutUri", app.frontchannel_logout_uri));
  CURFEW_TRY_STATUS(take_bool(body, "frontchannelLogoutSessionRequired",
                              app.frontchannel_logout_session_required));
  CURFEW_TRY_STATUS(take_address(body, "backchannelLogoutUri", app.backchannel_logout_uri));
  return take_bool(body, "backchannelLogoutSessionRequired",
                   app.backchannel_logout_session_required);
}

Error no_permission_name(std::string_view member, std::string_view given) {
  return refused(std::string{member} + ": " + escape_for_display(given, kShownBytesMax) +
                 " is no permission's name, which has visible ASCII characters only, without "
                 "spaces, quotes, backslashes and slashes, and is not .default");
}

Status take_exposed_scopes(const boost::json::object& body, App& app) {
  if (!body.contains(kExposedScopes)) return Done{};
  CURFEW_TRY_STATUS(take_list(body, kExposedScopes, app.exposed_scopes));
  for (const std::string& name : app.exposed_scopes) {
    if (!is_permission_name(name)) return no_permission_name(kExposedScopes, name);
  }
  return Done{};
}

// "<identifier>/<name>": see access/granted_scopes.hpp.
Status take_permissions(const boost::json::object& body, std::string_view member,
                        std::vector<std::string>& out) {
  if (!body.contains(member)) return Done{};
  CURFEW_TRY_STATUS(take_list(body, member, out));
  for (const std::string& entry : out) {
    const std::size_t slash = entry.rfind('/');
    if (slash == std::string::npos || slash == 0) {
      return refused(std::string{member} + ": " + escape_for_display(entry, kShownBytesMax) +
                     " must be a resource's identifier, a slash, and a permission's name, such as "
                     "api://files/Files.Read");
    }
    const std::string_view name = std::string_view{entry}.substr(slash + 1);
    if (!is_permission_name(name) || !is_scope_token(entry)) {
      return no_permission_name(member, entry);
    }
  }
  return Done{};
}

Status take_session_controls(const boost::json::object& body, App& app) {
  if (!body.contains(kSessionControls)) return Done{};
  CURFEW_TRY_STATUS(take_list(body, kSessionControls, app.session_controls));
  if (app.session_controls.size() > kSessionControlRulesMax) {
    return refused("sessionControls has more entries than there are different ones");
  }
  for (const std::string& text : app.session_controls) {
    const auto rule = parse_session_control_rule(text);
    if (!rule.ok()) {
      return refused("sessionControls: " + escape_for_display(text, kShownBytesMax) + ": " +
                     rule.error().message());
    }
  }
  return Done{};
}

Status take_identifier_uris(const boost::json::object& body, App& app) {
  if (!body.contains(kIdentifierUris)) return Done{};
  CURFEW_TRY_STATUS(take_list(body, kIdentifierUris, app.identifier_uris));
  for (const std::string& uri : app.identifier_uris) {
    CURFEW_TRY_STATUS(check_identifier_uri(uri));
    if (std::ranges::count(app.identifier_uris, uri) > 1) {
      return refused("the identifier URI " + uri + " is given twice");
    }
  }
  return Done{};
}

}  // namespace

Status apply_app_body(const boost::json::object& body, App& app) {
  CURFEW_TRY(const auto name, get_optional_string(body, "displayName"));
  if (name) app.display_name = *name;
  CURFEW_TRY_STATUS(
      take_enum(body, "clientType", "\"confidential\" or \"public\"", app.client_type));
  CURFEW_TRY_STATUS(take_list(body, "redirectUris", app.redirect_uris));
  CURFEW_TRY_STATUS(take_list(body, "spaOrigins", app.spa_origins));
  CURFEW_TRY_STATUS(take_list(body, "postLogoutRedirectUris", app.post_logout_redirect_uris));
  CURFEW_TRY_STATUS(take_logout(body, app));
  CURFEW_TRY_STATUS(take_bool(body, "requirePkce", app.require_pkce));
  CURFEW_TRY_STATUS(take_bool(body, "appRoleAssignmentRequired", app.assignment_required));
  CURFEW_TRY_STATUS(take_permissions(body, kConsentedScopes, app.admin_consented_scopes));
  CURFEW_TRY_STATUS(take_permissions(body, kApplicationPermissions, app.application_permissions));
  CURFEW_TRY_STATUS(take_bool(body, "continuousEvaluation", app.continuous_evaluation));
  CURFEW_TRY_STATUS(take_bool(body, "mayIntrospect", app.may_introspect));
  CURFEW_TRY_STATUS(take_bool(body, "allowDeviceCode", app.allow_device_code));
  CURFEW_TRY_STATUS(take_enum(body, "idTokenAlg", "\"RS256\" or \"ES256\"", app.id_token_alg));
  CURFEW_TRY_STATUS(take_enum(body, "clientAssertionAudience",
                              "\"issuer\" or \"issuerOrTokenEndpoint\"", app.assertion_audience));
  CURFEW_TRY_STATUS(
      take_bool(body, "requirePushedAuthorizationRequests", app.require_pushed_requests));
  CURFEW_TRY_STATUS(take_bool(body, "dpopBoundAccessTokens", app.dpop_bound_access_tokens));
  CURFEW_TRY_STATUS(take_bool(body, "requireDpopNonce", app.require_dpop_nonce));
  CURFEW_TRY_STATUS(
      take_bool(body, "certificateBoundAccessTokens", app.certificate_bound_access_tokens));
  CURFEW_TRY_STATUS(take_bool(body, "fapi2SecurityProfile", app.fapi_2));
  CURFEW_TRY_STATUS(take_identifier_uris(body, app));
  CURFEW_TRY_STATUS(take_exposed_scopes(body, app));
  CURFEW_TRY_STATUS(
      take_enum(body, "accessTokenTyp", "\"JWT\" or \"at+jwt\"", app.access_token_typ));
  CURFEW_TRY_STATUS(
      take_enum(body, "accessTokenAlg", "\"ES256\" or \"RS256\"", app.access_token_alg));
  CURFEW_TRY_STATUS(take_lifetime(body, app));
  CURFEW_TRY_STATUS(take_own_session(body, app));
  CURFEW_TRY_STATUS(take_bool(body, "statusList", app.status_list));
  CURFEW_TRY_STATUS(take_session_controls(body, app));
  if (app.client_type == ClientType::public_client && !app.require_pkce) {
    return refused("a public client must use PKCE: requirePkce cannot be false");
  }
  if (app.client_type == ClientType::public_client && app.fapi_2) {
    return refused(
        "the FAPI 2.0 profile is for confidential clients: fapi2SecurityProfile cannot be "
        "true");
  }
  return check_app_addresses(app);
}

}  // namespace curfew
