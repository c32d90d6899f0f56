// protocol/oauth/client_auth.hpp: who a client says it is, from header and body.
//
// Real clients do not keep to the method they registered, so Basic and post are the same to us
// (RFC 6749 2.3.1): what counts is the id, and a secret or none. Whether the secret is right, and
// whether this client may come without one, is decided elsewhere.
//
// Pure; any thread. Spec: RFC 6749 2.3 and 3.2.1.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/id.hpp"
#include "base/secret.hpp"
#include "protocol/oauth/error.hpp"
#include "protocol/oauth/params.hpp"

namespace curfew {

enum class ClientAuthMethod { none, client_secret_basic, client_secret_post };
[[nodiscard]] std::string_view to_string(ClientAuthMethod method);

// Visible ASCII, 1 to 256 characters.
[[nodiscard]] bool is_client_id(std::string_view text);

struct ClientCredentials {
  AppId client_id;
  ClientAuthMethod method = ClientAuthMethod::none;
  Secret secret;  // empty if and only if the method is none
};

// `authorization` is the value of the one Authorization header, if there was one.
//
// Accepted: Basic with or without client_id in the body; Basic with an empty secret, which is
// `none`; Basic beside empty client_id= and client_secret= parameters. Refused as invalid_request:
// secrets in both places, ids that differ or repeat, no id at all. A malformed or foreign
// Authorization header and client_assertion (not supported yet) are invalid_client.
[[nodiscard]] OAuthResult<ClientCredentials> parse_client_credentials(
    std::optional<std::string_view> authorization, const OAuthParams& body);

}  // namespace curfew
