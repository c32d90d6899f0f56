// api/op/oauth_answer.hpp: what every answer of the OAuth endpoints has in common.
//
// JSON, never cached (RFC 6749 5.1, RFC 9700 4.16); errors in Entra's shape with the ids that the
// logs have; the caller's own request id echoed; CORS for registered single-page applications.
// There is never a Retry-After, and 429 only for pushed requests, which MSAL never sends: it would
// then refuse its calls for everybody. 5xx only where the server as a whole cannot answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/context.hpp"
#include "api/router.hpp"
#include "base/result.hpp"
#include "io/http_types.hpp"
#include "model/application.hpp"
#include "protocol/oauth/error.hpp"

namespace curfew {

// The ids of this request: `client-request-id` from the header, else from the query (MSAL puts it
// there), if it is a GUID; else our own request id.
[[nodiscard]] RequestTrace trace_of(const ServerContext& context, const RoutedRequest& request);

[[nodiscard]] HttpResponse oauth_answer(int status, std::string json, const RequestTrace& trace);
// 401 carries WWW-Authenticate: Basic (RFC 6749 5.2).
[[nodiscard]] HttpResponse oauth_refusal(const OAuthError& error, const RequestTrace& trace);

// An error of ours (the store, a key) as the protocol says it. `exhausted`, `unavailable` and
// `timeout` become 503 temporarily_unavailable: that is the condition of the whole server and not
// of one person, so it is right that clients leave it alone for a while. Everything else is 500;
// what went wrong goes to the log, not to the caller.
[[nodiscard]] OAuthError oauth_error_of(const Error& error);

// A Result in the endpoint's shape, for CURFEW_TRY.
template <typename T>
[[nodiscard]] OAuthResult<T> in_oauth(Result<T> result) {
  if (!result.ok()) return oauth_error_of(result.error());
  return std::move(result).value();
}

// The request's Origin if it is one of the application's single-page origins.
[[nodiscard]] std::optional<std::string> spa_origin_of(const App& app, const HttpRequest& request);

// Lets scripts of that one origin read the answer. No credentials: nothing here looks at cookies.
void allow_origin(HttpResponse& response, std::string_view origin);
// For documents that everybody may read.
void allow_any_origin(HttpResponse& response);
// The answer to OPTIONS. It gives nothing away: whether the real answer may be read is decided
// there, where the client is known.
[[nodiscard]] HttpResponse preflight_answer(std::string_view methods = "GET, POST, OPTIONS");

}  // namespace curfew
