// api/admin/app_body.hpp: what an administrator may say of an application, checked.
#pragma once

#include <boost/json/object.hpp>

#include "api/admin/admin_call.hpp"
#include "base/result.hpp"
#include "model/application.hpp"

namespace curfew {

// The members that apply_app_body() takes over.
inline constexpr BodyMembers<31> kAppMembers{"displayName",
                                             "clientType",
                                             "redirectUris",
                                             "spaOrigins",
                                             "postLogoutRedirectUris",
                                             "frontchannelLogoutUri",
                                             "frontchannelLogoutSessionRequired",
                                             "backchannelLogoutUri",
                                             "backchannelLogoutSessionRequired",
                                             "requirePkce",
                                             "appRoleAssignmentRequired",
                                             "adminConsentedScopes",
                                             "applicationPermissions",
                                             "continuousEvaluation",
                                             "mayIntrospect",
                                             "allowDeviceCode",
                                             "idTokenAlg",
                                             "clientAssertionAudience",
                                             "requirePushedAuthorizationRequests",
                                             "dpopBoundAccessTokens",
                                             "requireDpopNonce",
                                             "certificateBoundAccessTokens",
                                             "fapi2SecurityProfile",
                                             "identifierUris",
                                             "exposedScopes",
                                             "accessTokenTyp",
                                             "accessTokenAlg",
                                             "accessTokenLifetimeSeconds",
                                             "ownSessionLifetimeSeconds",
                                             "sessionControls",
                                             "statusList"};

// Takes over every member that the body has; `accountEnabled` is not one of them (it takes access
// away, which is not a plain change). Refuses redirect URIs that no client may use.
Status apply_app_body(const boost::json::object& body, App& app);

}  // namespace curfew
