// api/dpop_use.hpp: DPoP proofs at the endpoints that clients ask: the key that what is
// issued there is to be bound to (RFC 9449 5 and 10.1), and the nonces of proofs.
#pragma once

#include <string>

#include "api/context.hpp"
#include "api/router.hpp"
#include "io/http_types.hpp"
#include "model/application.hpp"
#include "protocol/oauth/dpop.hpp"
#include "protocol/oauth/error.hpp"

namespace curfew {

// The thumbprint of the key that the request's one DPoP header proves; empty without a header.
// invalid_dpop_proof for two headers, a proof that breaks a rule, or one that was seen before;
// use_dpop_nonce as has_good_nonce() says. Asked once for a request, when its client is known.
[[nodiscard]] OAuthResult<std::string> proved_key(const ServerContext& context,
                                                  const RoutedRequest& request, const App& client);

// RFC 9449 8 and 9: the proof has a nonce that we gave a moment ago, or has none and need not
// (ClientPolicy::must_use_nonce). A new one goes out with the answer where it is refused, or its
// nonce soon will be (RoutedRequest::dpop_nonce). Asked before the proof is remembered.
[[nodiscard]] bool has_good_nonce(const ServerContext& context, const RoutedRequest& request,
                                  const DpopProof& proof, bool is_required);

[[nodiscard]] OAuthError invalid_dpop_proof(std::string description);

// "https://host/path": what a proof for this request is about.
[[nodiscard]] std::string dpop_url(const ServerContext& context, const HttpRequest& http);

}  // namespace curfew
