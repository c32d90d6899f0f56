// protocol/oidc/end_session_request.hpp: a request to end the session (OIDC RP-Initiated Logout).
//
// GET and POST carry the same parameters. Nothing is decided here: without a hint that we issued
// the person is asked, and an error never redirects. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/result.hpp"
#include "protocol/http/form.hpp"

namespace curfew {

struct EndSessionRequest {
  std::string id_token_hint;  // unverified; empty if omitted, as the others
  std::string logout_hint;
  AppId client_id;
  std::string post_logout_redirect_uri;  // unmatched
  std::string state;
  std::vector<std::string> ui_locales;
};

// invalid_argument for a repeated parameter, an overlong state or hint, or a URI that is none. A
// parameter without a value counts as omitted. `form` is the query of a GET or the body of a POST.
[[nodiscard]] Result<EndSessionRequest> parse_end_session_request(const Form& form);

// The matched URI with `state` added to its query, if there is one.
[[nodiscard]] std::string post_logout_location(const EndSessionRequest& request);

}  // namespace curfew
