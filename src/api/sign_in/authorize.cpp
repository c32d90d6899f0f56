// The authorization endpoint (RFC 6749 3.1, OIDC Core 3.1.2). Everything is read from the request
// and the store each time; nothing of a half-finished sign-in is kept on the server.
#include <utility>
#include <variant>

#include "api/sign_in/browser_endpoints.hpp"
#include "api/sign_in/interaction.hpp"
#include "api/sign_in/pushed_requests.hpp"
#include "api/sign_in_log.hpp"
#include "crypto/random.hpp"
#include "io/runtime.hpp"

namespace curfew {

namespace {

// What one snapshot of the store says.
struct Look {
  RequestOutcome outcome;
  Decision decision;
};

// The raw request: the query of a GET, the body of a POST (OIDC Core 3.1.2.1: both must work).
OAuthResult<std::string> raw_request(const HttpRequest& request) {
  if (request.method != HttpMethod::post) return std::string{request.query()};
  const auto type = request.header("content-type");
  const OAuthResult<OAuthParams> params =
      OAuthParams::parse_body(type.ok() ? type.value().value_or("") : "", request.body);
  if (!params.ok()) return params.error();
  return request.body;
}

Result<Look> look_at(const ServerContext& context, const Browser& browser, std::string raw) {
  return read_value<Look>(context.store, [&](ReadTx& tx) -> Result<Look> {
    OAuthResult<std::string> resolved = resolve_pushed_request(tx, context, std::move(raw));
    if (!resolved.ok()) return Look{RefusedOnPage{resolved.error()}, {}};
    Look look{check_request(tx, context, std::move(resolved).value()), {}};
    if (const auto* checked = std::get_if<CheckedRequest>(&look.outcome)) {
      CURFEW_TRY(std::optional<Session> session, find_session(tx, context, browser));
      CURFEW_TRY(look.decision,
                 decide(tx, context, *checked, std::move(session), Progress{}, browser.now));
    }
    return look;
  });
}

}  // namespace

Task<HttpResponse> authorize_endpoint(const ServerContext& context, RoutedRequest request) {
  OAuthResult<std::string> raw = raw_request(request.http);
  if (!raw.ok()) co_return error_page(context, 400, raw.error(), request.request_id);

  Browser browser = browser_of(context, request);
  Result<Look> look = look_at(context, browser, std::move(raw).value());
  if (!look.ok()) co_return failure_page(context, look.error(), request.request_id);
  auto* checked = std::get_if<CheckedRequest>(&look.value().outcome);
  if (checked == nullptr) {
    co_return answer_refused(context, look.value().outcome, request.request_id);
  }
  if (look.value().decision.obstacle) {
    const IssuedCode none{std::move(look.value().decision), ""};
    co_return answer_decision(context, browser, *checked, none, Progress{});
  }
  co_return co_await issue_and_answer(context, std::move(browser), std::move(*checked), Progress{});
}

}  // namespace curfew
