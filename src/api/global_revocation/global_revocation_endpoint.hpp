// api/global_revocation/global_revocation_endpoint.hpp: where others ask for a person's sessions
// and tokens to be ended everywhere: an identity provider, a security tool.
//
// It begins a run (sessions_only), so that everything holds that holds of a run: the guard, the
// audit, the steps at applications. 204 says that it has begun. Two ways to prove oneself:
//
//   POST .../global-token-revocation           an access token of an application of this tenant,
//                                              its own, for the Graph API
//   POST .../global-token-revocation/{client}  a JWT of its own that an identity provider signed
//                                              with a key that is registered for that application
//                                              (typ global-token-revocation+jwt, `aud` this
//                                              address)
//
// Either way the application has Graph's permission User.RevokeSessions.All as its own, given by an
// administrator, and reaches everybody who holds no directory role. The same JWT may come again
// until it ends: it finds the run that it began.
//
// Spec: Global Token Revocation (draft-parecki-oauth-global-token-revocation-04) 3 and 4; Okta's
// Universal Logout for the JWT.
#pragma once

#include "api/router.hpp"

namespace curfew {

Task<HttpResponse> global_revocation_endpoint(const ServerContext& context, RoutedRequest request);

}  // namespace curfew
