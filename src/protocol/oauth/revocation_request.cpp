#include "protocol/oauth/revocation_request.hpp"

#include <utility>

namespace curfew {

OAuthResult<TokenRevocationRequest> parse_revocation_request(const OAuthParams& params) {
  // The two standards have the same request (RFC 7009 2.1, RFC 7662 2.1).
  CURFEW_TRY(IntrospectionRequest request, parse_introspection_request(params));
  return TokenRevocationRequest{std::move(request.token), request.hint};
}

}  // namespace curfew
