// protocol/oauth/client_metadata.hpp: what an application says of itself when it registers (RFC
// 7591 2.), read strictly and judged by every rule that needs no store.
//
// Members that nobody here understands are left out, as RFC 7591 2. wants it; the answer shows what
// was kept. A member that would change what the application can rely on, and that this server
// cannot do, is refused rather than left out. Keys come by value: an address of keys (`jwks_uri`)
// would let a stranger send this server to places of their choice. There are no private-use schemes
// among redirect URIs: nobody can hold one for themselves (RFC 9700 2.1, RFC 8252 8.4).
//
// Pure; any thread. Limits: the kClient... ones of base/limits.hpp.
// Spec: RFC 7591 2., 2.3, 3.2.2; RFC 7592 2.2; OIDC Front-Channel Logout 1.0 2.; OIDC Back-Channel
// Logout 1.0 2.2; RFC 9126 6.; RFC 9449 5.2.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/application.hpp"
#include "protocol/oauth/error.hpp"
#include "protocol/oauth/token_request.hpp"

namespace curfew {

// Grants that a policy can let applications register for, beside nothing.
[[nodiscard]] std::span<const std::string_view> registrable_grant_types();

struct ClientMetadata {
  std::string client_name;  // may be empty; else without characters that cannot be seen
  std::vector<std::string> redirect_uris;
  std::vector<std::string> grant_types;    // never empty, each once, all of them registrable
  std::string token_endpoint_auth_method;  // client_secret_basic, _post, private_key_jwt or none
  std::optional<boost::json::object> jwks;
  std::vector<std::string> post_logout_redirect_uris;
  std::optional<std::string> frontchannel_logout_uri;
  bool frontchannel_logout_session_required = false;
  std::optional<std::string> backchannel_logout_uri;
  bool backchannel_logout_session_required = false;
  std::vector<std::string> scopes;  // empty: nothing was said
  TokenAlg id_token_alg = TokenAlg::rs256;
  bool require_pushed_requests = false;
  bool dpop_bound_access_tokens = false;
  // What only informs, as it was given: client_uri, policy_uri, tos_uri, contacts, software_id,
  // software_version.
  boost::json::object informing;
  // Of an update (RFC 7592 2.2): which application it says it is, and its secret, if it sends one.
  std::string client_id;
  std::string client_secret;
};

// invalid_client_metadata.
[[nodiscard]] OAuthError bad_metadata(std::string description);

// The errors of RFC 7591 3.2.2: invalid_redirect_uri, invalid_client_metadata,
// invalid_software_statement; each names the member and the rule.
[[nodiscard]] OAuthResult<ClientMetadata> parse_client_metadata(std::string_view json);

// invalid_client_metadata where it asks for a grant that is not among `allowed`.
[[nodiscard]] OAuthResult<Done> check_grant_types(const ClientMetadata& metadata,
                                                  const std::vector<std::string>& allowed);

}  // namespace curfew
