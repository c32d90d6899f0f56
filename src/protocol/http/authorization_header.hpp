// protocol/http/authorization_header.hpp: the Authorization header: Basic, Bearer and DPoP.
//
// Errors never contain what was sent. Spec: RFC 9110 11.4, RFC 7617, RFC 6749 2.3.1, RFC 6750 2.1,
// RFC 9449 7.1. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace curfew {

enum class AuthorizationScheme { basic, bearer, dpop, other };

struct AuthorizationHeader {
  AuthorizationScheme scheme = AuthorizationScheme::other;
  std::string_view credentials;  // a view into the header's value; never empty
};

// Scheme names compare without case. invalid_argument if there is no scheme, no credentials, or
// anything but one token68 after Basic, Bearer and DPoP.
[[nodiscard]] Result<AuthorizationHeader> parse_authorization(std::string_view value);

struct BasicCredentials {
  std::string id;
  Secret secret;  // may be empty
};

// Base64 of id ':' secret, both halves form-encoded (RFC 6749 2.3.1). Clients that encode nothing
// are common, and their ids and secrets are read the same unless they hold '%' or '+'. A half that
// is no valid form text is taken as it is.
[[nodiscard]] Result<BasicCredentials> decode_basic(std::string_view credentials);

// WWW-Authenticate for a refused bearer token (RFC 6750 3): error is "invalid_token",
// "insufficient_scope" or "insufficient_claims"; empty when no token was sent. `claims_challenge`
// is the JSON of a claims request, or empty; it goes out in base64. `realm` and
// `authorization_uri` are left out when empty. With the scheme "DPoP" (RFC 9449 7.1) `algs` says
// what proofs may be signed with. `max_age` (RFC 9470 3) is in seconds, as text, with the error
// "insufficient_user_authentication".
struct BearerChallenge {
  std::string realm;
  std::string authorization_uri;
  std::string error;
  std::string error_description;
  std::string claims_challenge;
  std::string algs = {};
  std::string scheme = "Bearer";
  std::string max_age = {};
};
[[nodiscard]] std::string to_header(const BearerChallenge& challenge);

}  // namespace curfew
