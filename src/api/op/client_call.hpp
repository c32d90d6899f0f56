// api/op/client_call.hpp: what the endpoints that only clients ask (token, introspection,
// revocation) begin with: a form, and a client that proved who it is, once with each assertion.
#pragma once

#include "api/context.hpp"
#include "api/op/client_authentication.hpp"
#include "api/router.hpp"
#include "protocol/oauth/params.hpp"

namespace curfew {

// The form of a POST. invalid_request for another content type or a repeated parameter.
[[nodiscard]] OAuthResult<OAuthParams> form_of(const HttpRequest& http);

// Reads and authenticates the client. `as_of`: the live head, read before. A refused client is
// counted.
// An assertion counts only after use_assertion().
[[nodiscard]] OAuthResult<AuthenticatedClient> authenticated_client(const ServerContext& context,
                                                                    const HttpRequest& http,
                                                                    const OAuthParams& params,
                                                                    Position as_of, TimePoint now);

// Lets an assertion count once (RFC 7523 3, 7.): writes that it was used, durably, before anything
// is given or told for it. invalid_client if it was used before. Nothing to do without one.
[[nodiscard]] Task<std::optional<OAuthError>> use_assertion(const ServerContext& context,
                                                            std::optional<UsedAssertion> assertion);

}  // namespace curfew
