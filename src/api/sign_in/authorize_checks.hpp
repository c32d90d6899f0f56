// api/sign_in/authorize_checks.hpp: is this an authorization request that we may answer, and where
// to?
//
// Two ordered tables of named checks, one function for one rule. Until the first table has passed,
// client and redirect URI are not known to be right, and an error is shown on a page of ours; an
// error of the second goes back to the client (RFC 6749 4.1.2.1, RFC 9700 4.11). Who is signed in
// plays no part yet: that is api/op/authorize_decision.hpp.
//
// Run on every request from its first parameter on, at the authorization endpoint and again when
// one of our forms brings the request back.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/context.hpp"
#include "model/application.hpp"
#include "protocol/oauth/authorize_request.hpp"
#include "protocol/oauth/error.hpp"
#include "store/store.hpp"

namespace curfew {

// A request that passed every check, with the rows that it named.
struct CheckedRequest {
  std::string raw;  // the request as form text, for continuations
  AuthorizeRequest request;
  App client;
  std::optional<App> resource;  // nothing: the token is for userinfo only
  ResourceChoice choice;
  // The one person whom id_token_hint or claims name; empty: anybody.
  std::string required_subject;
};

// Shown to the person; never redirected.
struct RefusedOnPage {
  OAuthError error;
};
// Sent to a redirect URI that was verified; of a client that registered itself, by way of a page
// (api/sign_in/stranger_page.hpp).
struct RefusedAtClient {
  AuthorizeTarget target;
  OAuthError error;
  App client;
};
using RequestOutcome = std::variant<CheckedRequest, RefusedOnPage, RefusedAtClient>;

enum class RequestSource {
  browser,  // at the authorization endpoint, or in a form of ours
  pushed,   // from the client itself, just now
};

// `raw`: the query of a GET or the body of a POST, with a pushed request in its place
// (api/sign_in/pushed_requests.hpp).
[[nodiscard]] RequestOutcome check_request(ReadTx& tx, const ServerContext& context,
                                           std::string raw,
                                           RequestSource source = RequestSource::browser);

// Of the second table the rules about what is asked for, for a request that came without a browser
// and a redirect URI: fills in `resource` and `choice` of one whose client and scope were read.
[[nodiscard]] OAuthResult<CheckedRequest> check_what_is_asked(ReadTx& tx,
                                                              const ServerContext& context,
                                                              CheckedRequest request);

// The names of the checks, in order: for tests and for the documentation.
[[nodiscard]] std::vector<std::string_view> request_check_names();

}  // namespace curfew
