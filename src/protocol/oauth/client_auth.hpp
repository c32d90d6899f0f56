// protocol/oauth/client_auth.hpp: who a client says it is, from header and body.
//
// Real clients do not keep to the method they registered, so Basic and post are the same to us
// (RFC 6749 2.3.1): what counts is the id, and a secret, an assertion or none. Whether the secret
// or the assertion is right, and whether this client may come without one, is decided elsewhere.
//
// Pure; any thread. Spec: RFC 6749 2.3 and 3.2.1, RFC 7521 4.2.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/id.hpp"
#include "base/secret.hpp"
#include "protocol/oauth/client_assertion.hpp"
#include "protocol/oauth/error.hpp"
#include "protocol/oauth/params.hpp"

namespace curfew {

enum class ClientAuthMethod { none, client_secret_basic, client_secret_post, private_key_jwt };
[[nodiscard]] std::string_view to_string(ClientAuthMethod method);

// Visible ASCII, 1 to 256 characters.
[[nodiscard]] bool is_client_id(std::string_view text);

struct ClientCredentials {
  AppId client_id;
  ClientAuthMethod method = ClientAuthMethod::none;
  Secret secret;                             // not empty for the two methods with a secret
  std::optional<ClientAssertion> assertion;  // there for private_key_jwt
};

// `authorization` is the value of the one Authorization header, if there was one.
//
// Accepted: Basic with or without client_id in the body; Basic with an empty secret, which is
// `none`; Basic beside empty client_id= and client_secret= parameters; an assertion without
// client_id, which is then its sub's. Refused as invalid_request: two proofs, ids that differ or
// repeat, no id at all. A malformed or foreign Authorization header and an assertion that cannot be
// read, is of another type or names another client are invalid_client.
[[nodiscard]] OAuthResult<ClientCredentials> parse_client_credentials(
    std::optional<std::string_view> authorization, const OAuthParams& body);

}  // namespace curfew
