// protocol/oauth/authorize_response.hpp: the answer of the authorization endpoint, by response
// mode.
//
// `iss` is in every answer, success or error (RFC 9207 2). Redirects are 303, so that a browser
// never repeats the sign-in form's body at the client (RFC 9700 4.12). Answers are never cached
// and give no referrer away.
//
// Pure; any thread. Precondition of both: the target was matched against the registration.
#pragma once

#include <string>
#include <string_view>

#include "io/http_types.hpp"
#include "protocol/http/form.hpp"
#include "protocol/oauth/authorize_request.hpp"
#include "protocol/oauth/error.hpp"

namespace curfew {

struct AuthorizeSuccess {
  std::string code;
  std::string client_info;  // from client_info_of(), or empty: left out
};

[[nodiscard]] HttpResponse authorize_success(const AuthorizeTarget& target, std::string_view issuer,
                                             const AuthorizeSuccess& success);
[[nodiscard]] HttpResponse authorize_failure(const AuthorizeTarget& target, std::string_view issuer,
                                             const OAuthError& error);

// The same failure for a page of ours to offer: where the person's browser would go, and, for
// form_post, the fields that it would send there.
struct WayBack {
  std::string location;
  Form posted;  // empty: a plain link leads there
};
[[nodiscard]] WayBack way_back(const AuthorizeTarget& target, std::string_view issuer,
                               const OAuthError& error);

// base64url of {"uid":oid,"utid":tid}: how MSAL names the account.
[[nodiscard]] std::string client_info_of(std::string_view oid, std::string_view tid);

}  // namespace curfew
