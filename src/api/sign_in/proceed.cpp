// The pages between sign-in and application come back: which account, and whether the application
// may do what it asks. The session is the proof; the form says what the person saw and chose.
#include <utility>
#include <variant>

#include "api/sign_in/browser_endpoints.hpp"
#include "api/sign_in/interaction.hpp"
#include "api/sign_in/pages.hpp"
#include "io/runtime.hpp"
#include "protocol/oauth/authorize_response.hpp"

namespace curfew {

namespace {

OAuthError declined() {
  return oauth_error(OAuthErrorCode::access_denied, Aadsts::consent_declined,
                     "The person declined.");
}

Progress progress_of(const Continuation& continuation) {
  Progress progress;
  progress.signed_in_now = continuation.signed_in_now;
  progress.account_chosen =
      continuation.account_chosen || continuation.step == ContinuationStep::choose_account;
  progress.agreed = continuation.step == ContinuationStep::consent;
  if (progress.agreed) progress.agreed_names = continuation.permissions;
  return progress;
}

// A form of a session that has ended since, or an old one: its choice does not count, and the
// request is answered as if it had just come.
bool counts(const Continuation& continuation, const Browser& browser) {
  return browser.cookies.session && is_current(continuation, continuation.step,
                                               browser.cookies.session->id.str(), browser.now);
}

}  // namespace

Task<HttpResponse> proceed_endpoint(const ServerContext& context, RoutedRequest request) {
  const OAuthResult<OAuthParams> form = read_own_form(context, request);
  if (!form.ok()) co_return error_page(context, 400, form.error(), request.request_id);
  const auto continuation =
      open_continuation(context, form.value().get_or_empty(kContinuationField));
  if (!continuation || (continuation->step != ContinuationStep::consent &&
                        continuation->step != ContinuationStep::choose_account)) {
    co_return stale_form_page(context, request.request_id);
  }
  Browser browser = browser_of(context, request);
  Result<RequestOutcome> outcome =
      read_value<RequestOutcome>(context.store, [&](ReadTx& tx) -> Result<RequestOutcome> {
        return check_request(tx, context, continuation->request);
      });
  if (!outcome.ok()) co_return failure_page(context, outcome.error(), request.request_id);
  auto* checked = std::get_if<CheckedRequest>(&outcome.value());
  if (checked == nullptr) co_return answer_refused(context, outcome.value(), request.request_id);

  const std::string action = form.value().get_or_empty(kActionField);
  if (action == "deny") {
    co_return authorize_failure(checked->request.target, context.issuer(), declined());
  }
  if (action == "other") {
    SignInPrompt prompt;
    prompt.request = checked->raw;
    prompt.application = checked->client.display_name;
    co_return show_sign_in(context, browser, prompt);
  }
  // What the page showed is what is agreed to, not what the client made of itself since.
  const bool is_same = checked->client.registration_changed_at < continuation->made_at;
  const bool accepted = action == "accept" && is_same && counts(*continuation, browser);
  co_return co_await issue_and_answer(context, std::move(browser), std::move(*checked),
                                      accepted ? progress_of(*continuation) : Progress{});
}

}  // namespace curfew
