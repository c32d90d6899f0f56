// A one-time password was right: another one must be set. The change takes away what the old
// password gave, everywhere, and signs this browser in with the new one.
#include <utility>
#include <variant>

#include "api/limits/sign_in_throttle.hpp"
#include "api/sign_in/browser_endpoints.hpp"
#include "api/sign_in/interaction.hpp"
#include "api/sign_in/new_password.hpp"
#include "api/sign_in/pages.hpp"
#include "api/sign_in/sign_in_commit.hpp"
#include "api/sign_in_log.hpp"
#include "io/runtime.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

struct Change {
  SignInOrder order;
  ChangePasswordPrompt prompt;  // the form again, should it come to that
  std::optional<User> user;
  Secret password;
};

HttpResponse show_again(const ServerContext& context, Change& change, std::string_view error) {
  change.prompt.error = error;
  return show_change_password(context, change.order.browser, change.prompt);
}

// The request that the sign-in was for, checked anew, and whose password it is.
Result<RequestOutcome> read_back(const ServerContext& context, const Continuation& continuation,
                                 Change& change) {
  return read_value<RequestOutcome>(context.store, [&](ReadTx& tx) -> Result<RequestOutcome> {
    CURFEW_TRY(change.user, load<User>(tx, context.tenant_id, continuation.user_id));
    return check_request(tx, context, continuation.request);
  });
}

Task<HttpResponse> set_password(const ServerContext& context, Change change) {
  const std::string request_id = change.order.browser.request_id;
  // Only to hold one address to its share of the pool: nothing is guessed here.
  const SignInAttempt attempt{change.user->user_principal_name, change.order.browser.address,
                              change.user->id.str(), change.order.browser.address_is_shared};
  SignInThrottle::Admission admission = context.throttle.admit(attempt, context.clock.since_boot());
  if (!admission.ticket) {
    co_return failure_page(context, Error::transient(ErrorCode::exhausted, "too many changes"),
                           request_id);
  }
  admission.ticket->abandoned();

  auto work = [password = change.password, old = change.user->password_hash.value_or("")] {
    return hash_new_password(password, old);
  };
  Result<std::string> hash =
      co_await offload(context.password_pool, current_executor(), std::move(work));
  if (!hash.ok() && hash.error().code() == ErrorCode::conflict) {
    co_return show_again(context, change, "Choose a password that is not the old one.");
  }
  if (!hash.ok()) co_return failure_page(context, hash.error(), request_id);

  change.order.new_password_hash = std::move(hash).value();
  auto body = [&context, order = change.order](WriteTx& tx) {
    return commit_sign_in(tx, context, order);
  };
  const Result<SignInOutcome> outcome = co_await write_value<SignInOutcome>(
      context.store, current_executor(), Urgency::emergency, std::move(body));
  if (!outcome.ok()) co_return failure_page(context, outcome.error(), request_id);
  if (outcome.value().end == SignInEnd::refused) {
    co_return error_page(context, 400, error_of(*outcome.value().refusal), request_id);
  }
  if (outcome.value().end != SignInEnd::signed_in) co_return stale_form_page(context, request_id);

  SignIn line = sign_in_line(context, change.order.browser, change.order.request,
                             change.user->user_principal_name);
  line.user_id = change.user->id;
  line.session_id = outcome.value().session->row.id;
  line.device_id = outcome.value().session->row.device_id;
  context.sign_in_log.add(std::move(line));
  co_return answer_signed_in(context, change.order, outcome.value());
}

}  // namespace

Task<HttpResponse> change_password_endpoint(const ServerContext& context, RoutedRequest request) {
  const OAuthResult<OAuthParams> form = read_own_form(context, request);
  if (!form.ok()) co_return error_page(context, 400, form.error(), request.request_id);
  Change change;
  change.order.browser = browser_of(context, request);
  const auto continuation =
      open_continuation(context, form.value().get_or_empty(kContinuationField));
  if (!continuation ||
      !is_current(*continuation, ContinuationStep::change_password,
                  anchor_of(change.order.browser.cookies.form_anchor), change.order.browser.now)) {
    co_return stale_form_page(context, request.request_id);
  }

  Result<RequestOutcome> outcome = read_back(context, *continuation, change);
  if (!outcome.ok()) co_return failure_page(context, outcome.error(), request.request_id);
  if (!change.user) co_return stale_form_page(context, request.request_id);
  change.order.device_page = device_page_of(continuation->request);
  if (!continuation->request.empty() && !change.order.device_page) {
    auto* checked = std::get_if<CheckedRequest>(&outcome.value());
    if (checked == nullptr) {
      co_return answer_refused(context, outcome.value(), request.request_id);
    }
    change.order.request = std::move(*checked);
  }
  // Setting a password proves nothing: the sign-in is as old as the password that was right.
  change.order.proof = {continuation->user_id, continuation->password_id, continuation->as_of,
                        continuation->made_at};
  change.order.keep_signed_in = continuation->keep_signed_in;
  change.prompt.continuation = *continuation;
  change.prompt.username = change.user->user_principal_name;

  const std::string_view first = form.value().get(kNewPasswordField).value_or("");
  const std::string_view again = form.value().get(kRepeatedPasswordField).value_or("");
  const std::string_view problem = password_problem(first, *change.user);
  if (!problem.empty()) co_return show_again(context, change, problem);
  if (first != again) co_return show_again(context, change, "The two entries are not the same.");
  change.password = Secret{first};
  co_return co_await set_password(context, std::move(change));
}

}  // namespace curfew
