// The second page: the code of the mail, and a new password. Looking at it uses nothing up; the
// code is judged when the form is shown, and again in the transaction that sets the password.
#include <optional>
#include <utility>

#include "api/limits/sign_in_throttle.hpp"
#include "api/password_reset/reset_code.hpp"
#include "api/password_reset/reset_endpoints.hpp"
#include "api/password_reset/reset_pages.hpp"
#include "api/sign_in/interaction.hpp"
#include "api/sign_in/new_password.hpp"
#include "api/sign_in/pages.hpp"
#include "io/runtime.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

constexpr std::size_t kCodeBytesMax = 256;

struct Reset {
  Browser browser;
  std::string code;
  std::optional<User> user;
  std::string error;
};

HttpResponse show_form(const ServerContext& context, const Reset& reset) {
  const std::string organisation = organisation_of(context);
  const std::string action = tenant_path(context, kPasswordResetPath) + "/new";
  return page_response(
      reset.error.empty() ? 200 : 400,
      reset.error.empty() ? "Choose a new password" : "Error: choose a new password",
      set_password_body(
          {organisation, action, reset.code, reset.user->user_principal_name, reset.error}),
      FormsLead::to_us);
}

// One answer whatever is wrong with it.
HttpResponse say_void(const ServerContext& context) {
  MessagePage page;
  page.heading = "This link is not good any more";
  page.text =
      "It was used, is too old, or a newer one was sent. It also ends when the account is changed.";
  page.link_text = "Ask for another link";
  page.is_error = true;
  return show_message(context, 400, page, kPasswordResetPath);
}

HttpResponse say_done(const ServerContext& context) {
  MessagePage page;
  page.heading = "The new password is set";
  page.text = "You were signed out everywhere. Sign in with the new password.";
  page.link_text = "Sign in";
  return show_message(context, 200, page, kAccountPath);
}

HttpResponse show_again(const ServerContext& context, Reset& reset, std::string_view error) {
  reset.error = error;
  return show_form(context, reset);
}

// The hash, computed in the pool, of which one address gets its share only: nothing is guessed.
Task<Result<std::string>> hash_of(const ServerContext& context, const Reset& reset,
                                  Secret password) {
  SignInThrottle::Admission admission =
      context.throttle.admit({reset.user->user_principal_name, reset.browser.address,
                              reset.user->id.str(), reset.browser.address_is_shared},
                             context.clock.since_boot());
  if (!admission.ticket) {
    co_return Error::transient(ErrorCode::exhausted, "too many changes");
  }
  admission.ticket->abandoned();
  auto work = [password = std::move(password), old = reset.user->password_hash.value_or("")] {
    return hash_new_password(password, old);
  };
  Result<std::string> hash =
      co_await offload(context.password_pool, current_executor(), std::move(work));
  co_return hash;
}

Task<HttpResponse> set_password(const ServerContext& context, Reset reset, Secret password) {
  const Result<std::string> hash = co_await hash_of(context, reset, std::move(password));
  if (!hash.ok() && hash.error().code() == ErrorCode::conflict) {
    co_return show_again(context, reset, "Choose a password that is not the old one.");
  }
  if (!hash.ok()) co_return failure_page(context, hash.error(), reset.browser.request_id);
  std::function<Result<bool>(WriteTx&)> use =
      [&context, order = ResetOrder{reset.code, *hash, reset.browser.address, reset.browser.now}](
          WriteTx& tx) { return use_reset_code(tx, context, order); };
  const Result<bool> used = co_await write_value<bool>(context.store, current_executor(),
                                                       Urgency::emergency, std::move(use));
  if (!used.ok()) co_return failure_page(context, used.error(), reset.browser.request_id);
  co_return *used ? say_done(context) : say_void(context);
}

// What the form or the link says; nothing for what is no request of either kind.
OAuthResult<OAuthParams> params_of(const ServerContext& context, const RoutedRequest& request) {
  if (request.http.method == HttpMethod::post) return read_own_form(context, request);
  return OAuthParams::parse(request.http.query());
}

}  // namespace

Task<HttpResponse> password_reset_new_endpoint(const ServerContext& context,
                                               RoutedRequest request) {
  const OAuthResult<OAuthParams> params = params_of(context, request);
  if (!params.ok()) co_return error_page(context, 400, params.error(), request.request_id);
  Reset reset;
  reset.browser = browser_of(context, request);
  reset.code = params.value().get_or_empty(kResetCodeField);
  if (reset.code.empty() || reset.code.size() > kCodeBytesMax) co_return say_void(context);
  auto user = read_value<std::optional<User>>(context.store, [&](ReadTx& tx) {
    return user_of_reset_code(tx, context, reset.code, reset.browser.now);
  });
  if (!user.ok()) co_return failure_page(context, user.error(), request.request_id);
  if (!*user) co_return say_void(context);
  reset.user = std::move(user).value();
  if (request.http.method != HttpMethod::post) co_return show_form(context, reset);

  const std::string_view first = params.value().get(kNewPasswordField).value_or("");
  const std::string_view again = params.value().get(kRepeatedPasswordField).value_or("");
  const std::string_view problem = password_problem(first, *reset.user);
  if (!problem.empty()) co_return show_again(context, reset, problem);
  if (first != again) co_return show_again(context, reset, "The two entries are not the same.");
  co_return co_await set_password(context, std::move(reset), Secret{first});
}

}  // namespace curfew
