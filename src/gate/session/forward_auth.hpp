// gate/session/forward_auth.hpp: may this request go on? The answer that a web server in front
// understands: a status, headers, and never a body (one makes nginx drop the connection each time).
//
// A token in the Authorization header is judged as it is; otherwise the one in the session cookie
// is. Nothing falls back from one to the other. Any thread, as TokenGate.
#pragma once

#include <string_view>

#include "gate/session/forwarded_request.hpp"
#include "gate/session/site.hpp"
#include "gate/token/token_gate.hpp"
#include "io/http_types.hpp"

namespace curfew {

// What a refused navigation gets. In both, X-Curfew-Sign-In has the address to sign in at.
enum class AuthMode {
  api,      // 401
  browser,  // 302 to that address: for web servers that hand any answer on
};

// Whether there is anything to judge it by. If not, it is not let in, whatever else holds.
[[nodiscard]] bool shows_a_token(const Site& site, const ForwardedRequest& request);

// The rule for a request to a site, whichever way its token came.
[[nodiscard]] GateAnswer judge_request(TokenGate& gate, const Site& site,
                                       const ForwardedRequest& request);

// 200 with every identity header, also where one is empty, so that what a client sent under its
// name never survives; 302, 400, 401, 403 with WWW-Authenticate; 503 with Retry-After. A session
// that is under control (docs/session-control.md) gets 403 with X-Curfew-Session-Control: it can be
// watched and held back where answers pass through, and that is not here.
[[nodiscard]] HttpResponse auth_answer(const GateAnswer& answer, const Site& site,
                                       const ForwardedRequest& request, AuthMode mode);

// The page that signs in, and then goes back to what was asked for.
[[nodiscard]] std::string sign_in_address(std::string_view origin, std::string_view return_to);

}  // namespace curfew
