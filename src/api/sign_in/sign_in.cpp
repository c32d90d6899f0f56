// The sign-in form comes back: name and password, checked in an order that tells an outsider
// nothing about which accounts there are, and that no revocation can slip through
// (api/sign_in/sign_in_commit.hpp).
#include <utility>
#include <variant>

#include "api/limits/sign_in_throttle.hpp"
#include "api/sign_in/browser_endpoints.hpp"
#include "api/sign_in/interaction.hpp"
#include "api/sign_in/pages.hpp"
#include "api/sign_in/sign_in_commit.hpp"
#include "api/sign_in/stranger_page.hpp"
#include "api/sign_in/words.hpp"
#include "api/sign_in_log.hpp"
#include "crypto/password_hash.hpp"
#include "io/runtime.hpp"
#include "protocol/oauth/authorize_response.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

// One text whether the account exists or not.
constexpr std::string_view kWrong = "The user name or the password is not right.";

// In the sign-in log for a name that nobody has: people type their password into the wrong field.
constexpr std::string_view kUnknownName = "unknown";

struct Attempt {
  SignInOrder order;
  SignInPrompt prompt;  // the form again, should it come to that
  std::string username;
  Secret password;
};

struct FoundUser {
  std::optional<User> user;
  Position as_of;  // read first, in the same snapshot
};

Result<FoundUser> find_user(const ServerContext& context, const std::string& username) {
  return read_value<FoundUser>(context.store, [&](ReadTx& tx) -> Result<FoundUser> {
    FoundUser found;
    CURFEW_TRY(const JournalHead head, journal_head(tx, context.tenant_id));
    found.as_of = head.position;
    CURFEW_TRY(found.user, user_called(tx, context.tenant_id, username));
    return found;
  });
}

SignInAttempt throttled_attempt(const Attempt& attempt, const FoundUser& found) {
  const Browser& browser = attempt.order.browser;
  SignInAttempt throttled{attempt.username, browser.address, std::nullopt,
                          browser.address_is_shared};
  const std::optional<KnownBrowser>& known = browser.cookies.known;
  if (known && found.user && known->knows(found.user->id)) {
    throttled.known_browser = known->browser_id;
  }
  return throttled;
}

// Costs the same for an account that does not exist or has no password.
Result<bool> check_password(const Secret& password, const std::optional<std::string>& hash) {
  if (hash) return verify_password(password, *hash);
  spend_password_check(password);
  return false;
}

HttpResponse show_again(const ServerContext& context, Attempt& attempt, std::string error) {
  attempt.prompt.error = std::move(error);
  attempt.prompt.status = 400;
  return show_sign_in(context, attempt.order.browser, attempt.prompt);
}

void log_failure(const ServerContext& context, const Attempt& attempt,
                 const std::optional<User>& user, Aadsts code, std::string_view reason) {
  SignIn line =
      sign_in_line(context, attempt.order.browser, attempt.order.request, attempt.username);
  if (user) {
    line.user_id = user->id;
  } else {
    line.user_principal_name = kUnknownName;
  }
  line.error_code = static_cast<int>(code);
  line.failure_reason = reason;
  context.sign_in_log.add(std::move(line));
}

HttpResponse answer_delayed(const ServerContext& context, Attempt& attempt,
                            const SignInThrottle::Admission& admission,
                            const std::optional<User>& user) {
  if (admission.refusal == SignInThrottle::Refusal::busy) {
    return failure_page(context, Error::transient(ErrorCode::exhausted, "password checks are full"),
                        attempt.order.browser.request_id);
  }
  // One row for each delay: whoever goes on trying meanwhile must not be able to fill the disk.
  if (admission.is_first_delayed) {
    log_failure(context, attempt, user, Aadsts::account_locked, "Too many wrong passwords.");
  }
  return show_again(
      context, attempt,
      "There were too many attempts. Try again in " + duration_words(admission.retry_in) + ".");
}

HttpResponse answer_must_change(const ServerContext& context, const Attempt& attempt,
                                const User& user) {
  ChangePasswordPrompt prompt;
  prompt.continuation.made_at = attempt.order.browser.now;
  prompt.continuation.request = attempt.prompt.request;
  prompt.continuation.user_id = user.id;
  prompt.continuation.password_id = attempt.order.proof.password_id;
  prompt.continuation.as_of = attempt.order.proof.as_of;
  prompt.continuation.keep_signed_in = attempt.order.keep_signed_in;
  prompt.username = user.user_principal_name;
  return show_change_password(context, attempt.order.browser, prompt);
}

// The password was right, and the person may not: said here, or to the client that asked.
HttpResponse answer_access_refused(const ServerContext& context, const Attempt& attempt,
                                   const SignInOutcome& outcome) {
  const OAuthError error = error_of(*outcome.refusal);
  log_failure(context, attempt, outcome.user, error.aadsts, error.description);
  const bool clients_own = *outcome.refusal == AccessRefusal::not_assigned ||
                           *outcome.refusal == AccessRefusal::no_directory_role;
  if (clients_own && attempt.order.request) {
    const CheckedRequest& asked = *attempt.order.request;
    return answer_failure(context, asked.client, asked.request.target, error);
  }
  return access_refused_page(context, error, attempt.order.browser.request_id);
}

HttpResponse answer(const ServerContext& context, Attempt& attempt, const SignInOutcome& outcome) {
  switch (outcome.end) {
    case SignInEnd::signed_in: {
      SignIn line =
          sign_in_line(context, attempt.order.browser, attempt.order.request, attempt.username);
      line.user_id = outcome.user->id;
      line.session_id = outcome.session->row.id;
      line.device_id = outcome.session->row.device_id;
      context.sign_in_log.add(std::move(line));
      return answer_signed_in(context, attempt.order, outcome);
    }
    case SignInEnd::not_proved:
      log_failure(context, attempt, outcome.user, Aadsts::wrong_password, kWrong);
      return show_again(context, attempt, std::string{kWrong});
    case SignInEnd::must_change_password:
      log_failure(context, attempt, outcome.user, Aadsts::password_expired,
                  "The password must be changed.");
      return answer_must_change(context, attempt, *outcome.user);
    case SignInEnd::refused: return answer_access_refused(context, attempt, outcome);
  }
  CURFEW_CHECK(false);
}

// Everything after the form itself was found to be right.
Task<HttpResponse> try_password(const ServerContext& context, Attempt attempt) {
  const std::string request_id = attempt.order.browser.request_id;
  const Result<FoundUser> found = find_user(context, attempt.username);
  if (!found.ok()) co_return failure_page(context, found.error(), request_id);
  const std::optional<User>& user = found.value().user;

  SignInThrottle::Admission admission =
      context.throttle.admit(throttled_attempt(attempt, found.value()), context.clock.since_boot());
  if (!admission.ticket) co_return answer_delayed(context, attempt, admission, user);

  const std::optional<std::string> hash = user ? user->password_hash : std::nullopt;
  auto work = [password = attempt.password, hash] { return check_password(password, hash); };
  const Result<bool> right =
      co_await offload(context.password_pool, current_executor(), std::move(work));
  if (!right.ok()) {
    admission.ticket->abandoned();
    co_return failure_page(context, right.error(), request_id);
  }
  if (!right.value()) {
    log_failure(context, attempt, user, user ? Aadsts::wrong_password : Aadsts::account_not_found,
                kWrong);
    co_return show_again(context, attempt, std::string{kWrong});
  }
  admission.ticket->succeeded();

  attempt.order.proof = {user->id, user->password_id, found.value().as_of,
                         attempt.order.browser.now};
  auto body = [&context, order = attempt.order](WriteTx& tx) {
    return commit_sign_in(tx, context, order);
  };
  const Result<SignInOutcome> outcome = co_await write_value<SignInOutcome>(
      context.store, current_executor(), Urgency::normal, std::move(body));
  if (!outcome.ok()) co_return failure_page(context, outcome.error(), request_id);
  co_return answer(context, attempt, outcome.value());
}

}  // namespace

Task<HttpResponse> sign_in_endpoint(const ServerContext& context, RoutedRequest request) {
  const OAuthResult<OAuthParams> form = read_own_form(context, request);
  if (!form.ok()) co_return error_page(context, 400, form.error(), request.request_id);
  const auto continuation =
      open_continuation(context, form.value().get_or_empty(kContinuationField));
  if (!continuation || continuation->step != ContinuationStep::sign_in) {
    co_return stale_form_page(context, request.request_id);
  }

  Attempt attempt;
  attempt.order.browser = browser_of(context, request);
  attempt.prompt.request = continuation->request;
  attempt.order.device_page = device_page_of(continuation->request);
  if (!continuation->request.empty() && !attempt.order.device_page) {
    Result<RequestOutcome> outcome =
        read_value<RequestOutcome>(context.store, [&](ReadTx& tx) -> Result<RequestOutcome> {
          return check_request(tx, context, continuation->request);
        });
    if (!outcome.ok()) co_return failure_page(context, outcome.error(), request.request_id);
    auto* checked = std::get_if<CheckedRequest>(&outcome.value());
    if (checked == nullptr) {
      co_return answer_refused(context, outcome.value(), request.request_id);
    }
    attempt.prompt.application = checked->client.display_name;
    attempt.order.request = std::move(*checked);
  }
  if (!is_current(*continuation, ContinuationStep::sign_in,
                  anchor_of(attempt.order.browser.cookies.form_anchor),
                  attempt.order.browser.now)) {
    co_return show_again(context, attempt,
                         "This page was open for too long, or cookies are turned off. Try again.");
  }

  const std::string typed = form.value().get_or_empty(kUsernameField);
  attempt.username = normalised_username(context, typed);
  attempt.password = Secret{form.value().get(kPasswordField).value_or("")};
  attempt.order.keep_signed_in = form.value().get(kKeepField).has_value();
  attempt.prompt.username = typed.substr(0, kUsernameBytesMax);
  attempt.prompt.keep_signed_in = attempt.order.keep_signed_in;
  if (attempt.username.empty() || attempt.password.empty()) {
    co_return show_again(context, attempt, "Enter your user name and your password.");
  }
  if (attempt.username.size() > kUsernameBytesMax) {
    co_return show_again(context, attempt, std::string{kWrong});
  }
  co_return co_await try_password(context, std::move(attempt));
}

}  // namespace curfew
