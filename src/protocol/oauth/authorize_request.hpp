// protocol/oauth/authorize_request.hpp: a request to the authorization endpoint.
//
// Read in two steps, because where an error may be shown depends on it (RFC 6749 4.1.2.1, RFC 9700
// 4.11): first the target, whose errors are shown to the person and never redirected; then, once
// the caller has matched client and redirect URI against the registration, the rest, whose errors
// may be redirected to that target.
//
// Pure; any thread. Limits: kStateBytesMax, kScopeBytesMax, kRedirectUriBytesMax and those below.
// Spec: RFC 6749 4.1.1, RFC 7636 4.3, RFC 8707 2, OIDC Core 3.1.2.1, OAuth Form Post 1.0.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "protocol/oauth/error.hpp"
#include "protocol/oauth/params.hpp"
#include "protocol/oauth/scope.hpp"
#include "protocol/oidc/claims_parameter.hpp"

namespace curfew {

enum class ResponseMode { query, fragment, form_post };
[[nodiscard]] std::string_view to_string(ResponseMode mode);

// Where the answer goes. Believed only after the caller matched it (oauth/redirect_uri.hpp).
struct AuthorizeTarget {
  AppId client_id;
  std::string redirect_uri;  // empty if omitted: only right for a client with exactly one
  ResponseMode response_mode = ResponseMode::query;
  std::string state;  // echoed in every answer; empty if none came
};

// prompt (OIDC Core 3.1.2.1). `none` stands alone.
struct Prompt {
  bool none = false;
  bool login = false;
  bool consent = false;
  bool select_account = false;
};

struct AuthorizeRequest {
  AuthorizeTarget target;
  ScopeRequest scope;
  std::string nonce;  // put into the ID token if and only if it is not empty
  Prompt prompt;
  std::optional<std::chrono::seconds> max_age;
  std::string login_hint;
  std::string domain_hint;
  ClaimsRequest claims;
  std::optional<std::string> code_challenge;  // S256, 43 characters of base64url
  std::vector<std::string> resources;         // RFC 8707: absolute URIs without fragment
  std::vector<std::string> acr_values;
  std::vector<std::string> ui_locales;
  bool client_info = false;  // MSAL asks for `client_info` in the answers
  // The address under which the client pushed this request (RFC 9126), or empty. Whoever hands the
  // request in has put the pushed one in the place of what came with the address.
  std::string request_uri;
  std::string dpop_jkt;  // the key that the code is to be bound to (RFC 9449 10), or empty
};

inline constexpr std::string_view kPushedRequestUriPrefix = "urn:ietf:params:oauth:request_uri:";
// Looks like the address of a request that was pushed to us, and has nothing to escape.
[[nodiscard]] bool is_pushed_request_uri(std::string_view text);

// Errors are shown on a page of ours and never redirected: client_id missing, repeated or not
// visible ASCII; redirect_uri repeated, too long or not a URI. An unknown response_mode or a
// repeated or overlong state is left for the second step, with an answer by the default mode and
// without that state.
[[nodiscard]] OAuthResult<AuthorizeTarget> parse_authorize_target(const OAuthParams& params);

// Errors may be redirected to `target`, if the caller has matched it. The authorization code is the
// only response type (RFC 9700 2.1.2). Request objects and references to any but pushed requests
// are refused as not supported. PKCE must be S256; whether it must be there is the client's policy.
[[nodiscard]] OAuthResult<AuthorizeRequest> parse_authorize_request(const OAuthParams& params,
                                                                    AuthorizeTarget target);

}  // namespace curfew
