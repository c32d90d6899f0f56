#include "api/admin/object_json.hpp"

#include <boost/json.hpp>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "protocol/json/json.hpp"

namespace curfew {

boost::json::value time_json(const std::optional<TimePoint>& at) {
  return at ? boost::json::value(to_rfc3339(*at)) : boost::json::value(nullptr);
}

namespace {

boost::json::value text_json(const std::optional<std::string>& text) {
  return text ? boost::json::value(*text) : boost::json::value(nullptr);
}

}  // namespace

boost::json::object to_json(const User& user) {
  return {{"id", user.id.str()},
          {"userPrincipalName", user.user_principal_name},
          {"displayName", user.display_name},
          {"mail", text_json(user.mail)},
          {"userType", to_string(user.user_type)},
          {"accountEnabled", user.account_enabled},
          {"breakGlass", user.break_glass},
          {"lastPasswordChangeDateTime", time_json(user.last_password_change_at)},
          {"forceChangePasswordNextSignIn", user.force_change_password},
          {"createdDateTime", to_rfc3339(user.created_at)}};
}

boost::json::object to_json(const Group& group) {
  return {{"id", group.id.str()},
          {"displayName", group.display_name},
          {"isAssignableToRole", group.is_assignable_to_role},
          {"createdDateTime", to_rfc3339(group.created_at)}};
}

boost::json::object to_json(const Device& device) {
  return {{"id", device.id.str()},
          {"displayName", device.display_name},
          {"operatingSystem", device.operating_system},
          {"trustType", to_string(device.trust_type)},
          {"registeredOwner", device.registered_owner
                                  ? boost::json::value(device.registered_owner->str())
                                  : boost::json::value(nullptr)},
          {"accountEnabled", device.account_enabled},
          {"registrationDateTime", to_rfc3339(device.registered_at)},
          {"approximateLastSignInDateTime", time_json(device.approximate_last_sign_in_at)}};
}

boost::json::object to_json(const App& app) {
  return {
      {"appId", app.id.str()},
      {"displayName", app.display_name},
      {"accountEnabled", app.account_enabled},
      {"clientType", to_string(app.client_type)},
      {"redirectUris", list_of(app.redirect_uris)},
      {"spaOrigins", list_of(app.spa_origins)},
      {"postLogoutRedirectUris", list_of(app.post_logout_redirect_uris)},
      {"frontchannelLogoutUri", text_json(app.frontchannel_logout_uri)},
      {"frontchannelLogoutSessionRequired", app.frontchannel_logout_session_required},
      {"backchannelLogoutUri", text_json(app.backchannel_logout_uri)},
      {"backchannelLogoutSessionRequired", app.backchannel_logout_session_required},
      {"requirePkce", app.require_pkce},
      {"appRoleAssignmentRequired", app.assignment_required},
      {"adminConsentedScopes", list_of(app.admin_consented_scopes)},
      {"applicationPermissions", list_of(app.application_permissions)},
      {"continuousEvaluation", app.continuous_evaluation},
      {"mayIntrospect", app.may_introspect},
      {"allowDeviceCode", app.allow_device_code},
      {"identifierUris", list_of(app.identifier_uris)},
      {"exposedScopes", list_of(app.exposed_scopes)},
      {"accessTokenTyp", to_string(app.access_token_typ)},
      {"accessTokenAlg", to_string(app.access_token_alg)},
      {"idTokenAlg", to_string(app.id_token_alg)},
      {"clientAssertionAudience", to_string(app.assertion_audience)},
      {"requirePushedAuthorizationRequests", app.require_pushed_requests},
      {"dpopBoundAccessTokens", app.dpop_bound_access_tokens},
      {"requireDpopNonce", app.require_dpop_nonce},
      {"certificateBoundAccessTokens", app.certificate_bound_access_tokens},
      {"fapi2SecurityProfile", app.fapi_2},
      {"accessTokenLifetimeSeconds", app.access_token_lifetime_seconds
                                         ? boost::json::value(*app.access_token_lifetime_seconds)
                                         : boost::json::value(nullptr)},
      {"ownSessionLifetimeSeconds", app.own_session_lifetime_seconds
                                        ? boost::json::value(*app.own_session_lifetime_seconds)
                                        : boost::json::value(nullptr)},
      {"sessionControls", list_of(app.session_controls)},
      {"statusList", app.status_list},
      {"registeredWith", app.registered_with.empty() ? boost::json::value(nullptr)
                                                     : boost::json::value(app.registered_with)},
      {"createdDateTime", to_rfc3339(app.created_at)}};
}

boost::json::object to_json(const AppSecret& secret) {
  return {{"keyId", secret.id},
          {"appId", secret.app_id.str()},
          {"hint", secret.hint},
          {"endDateTime", time_json(secret.expires_at)},
          {"startDateTime", to_rfc3339(secret.created_at)}};
}

boost::json::object to_json(const ClientKey& key) {
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? boost::json::value(nullptr) : boost::json::value(text);
  };
  return {{"keyId", key.id},
          {"appId", key.app_id.str()},
          {"displayName", key.display_name},
          {"kid", key.kid},
          {"x5t", text_or_null(key.x5t)},
          {"x5tS256", text_or_null(key.x5t_s256)},
          {"certificateNameKind", key.name.empty() ? boost::json::value(nullptr)
                                                   : boost::json::value(to_string(key.name_kind))},
          {"certificateName", text_or_null(key.name)},
          {"endDateTime", time_json(key.expires_at)},
          {"startDateTime", to_rfc3339(key.created_at)}};
}

boost::json::object to_json(const ApiKey& key) {
  return {{"id", key.id},
          {"appId", key.app_id.str()},
          {"displayName", key.display_name},
          {"scopes", list_of(key.scopes)},
          {"owner", key.owner ? boost::json::value(key.owner->str()) : boost::json::value(nullptr)},
          {"endDateTime", time_json(key.expires_at)},
          {"createdDateTime", to_rfc3339(key.created_at)}};
}

boost::json::object to_json(const RegistrationToken& token) {
  return {
      {"id", token.id},
      {"displayName", token.display_name},
      {"madeBy",
       {{"kind", to_string(token.maker_kind)}, {"id", token.maker_id}, {"name", token.maker_name}}},
      {"grantTypes", list_of(token.grant_types)},
      {"usesLeft", token.uses_left},
      {"enrolsAppId", token.enrols_app_id ? boost::json::value(token.enrols_app_id->str())
                                          : boost::json::value(nullptr)},
      {"endDateTime", to_rfc3339(token.expires_at)},
      {"createdDateTime", to_rfc3339(token.created_at)}};
}

boost::json::object to_json(const Gate& gate) {
  return {
      {"appId", gate.app_id.str()},
      {"name", gate.name},
      {"mode", to_string(gate.mode)},
      {"madeBy",
       {{"kind", to_string(gate.maker_kind)}, {"id", gate.maker_id}, {"name", gate.maker_name}}},
      {"enrolledDateTime", time_json(gate.enrolled_at)},
      {"createdDateTime", to_rfc3339(gate.created_at)}};
}

boost::json::object to_json(const AppAssignment& assignment) {
  return {{"appId", assignment.app_id.str()},
          {"principalType", to_string(assignment.principal_kind)},
          {"principalId", assignment.principal_id},
          {"createdDateTime", to_rfc3339(assignment.created_at)}};
}

}  // namespace curfew
