// protocol/oauth/revocation_request.hpp: RFC 7009: the request to the revocation endpoint.
//
// Pure; any thread.
#pragma once

#include "base/secret.hpp"
#include "protocol/oauth/error.hpp"
#include "protocol/oauth/introspection.hpp"
#include "protocol/oauth/params.hpp"

namespace curfew {

struct TokenRevocationRequest {
  Secret token;
  TokenTypeHint hint = TokenTypeHint::none;
};

// invalid_request without a token. An unknown hint is ignored: the server looks everywhere anyway
// (RFC 7009 2.1).
[[nodiscard]] OAuthResult<TokenRevocationRequest> parse_revocation_request(
    const OAuthParams& params);

}  // namespace curfew
