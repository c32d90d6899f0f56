// The first page: a name is typed, and a mail is asked for. What is answered and how long it takes
// must not depend on whether that name is anybody's, so nothing is looked up here.
#include <optional>
#include <utility>

#include "api/password_reset/outbox.hpp"
#include "api/password_reset/reset_endpoints.hpp"
#include "api/password_reset/reset_pages.hpp"
#include "api/sign_in/interaction.hpp"
#include "api/sign_in/pages.hpp"
#include "api/sign_in/words.hpp"
#include "io/runtime.hpp"

namespace curfew {

namespace {

struct Question {
  std::string typed;
  std::string error;
  int status = 200;
};

HttpResponse show_question(const ServerContext& context, const Question& question) {
  const std::string organisation = organisation_of(context);
  const std::string action = tenant_path(context, kPasswordResetPath);
  const std::string sign_in = tenant_path(context, kAccountPath);
  return page_response(
      question.status, question.error.empty() ? "Set a new password" : "Error: set a new password",
      ask_for_reset_body({organisation, action, question.typed, question.error, sign_in}),
      FormsLead::to_us);
}

std::string whom_to_ask(const ServerContext& context) {
  const std::string& contact = context.password_reset.contact;
  return contact.empty() ? "your administrator" : contact;
}

HttpResponse say(const ServerContext& context, std::string_view heading, const std::string& text,
                 const std::string& hint) {
  MessagePage page;
  page.heading = heading;
  page.text = text;
  page.hint = hint;
  page.link_text = "Back to sign-in";
  return show_message(context, 200, page, kAccountPath);
}

HttpResponse say_not_here(const ServerContext& context) {
  return say(context, "Set a new password",
             "Passwords are not set anew on this page. Ask " + whom_to_ask(context) + ".", "");
}

HttpResponse say_asked(const ServerContext& context) {
  return say(context, "Look into your mail",
             "If this account may set a new password by itself and an e-mail address is registered "
             "for it, a link is on its way there. It works once, for " +
                 duration_words(context.password_reset.code_lifetime) + ".",
             "Nothing came? Look among unwanted mails; otherwise ask " + whom_to_ask(context) +
                 ". A newer link makes the older one void.");
}

// What holds back whoever asks too often, if it does; counted by what was typed and from where.
std::optional<Duration> wait_before(const ServerContext& context, const Browser& browser,
                                    const std::string& username) {
  const Duration now = context.clock.since_boot();
  const auto asked = context.reset_limits->asked.admit(
      {username, browser.address, std::nullopt, browser.address_is_shared}, now);
  if (!asked.ticket) return asked.retry_in;
  const auto all = context.reset_limits->all.admit({"", "", std::nullopt, true}, now);
  if (!all.ticket) return all.retry_in;
  return std::nullopt;
}

}  // namespace

Task<HttpResponse> password_reset_endpoint(const ServerContext& context, RoutedRequest request) {
  const bool is_on = context.password_reset.sends_mail && context.password_reset.self_service;
  if (!is_on) co_return say_not_here(context);
  if (request.http.method != HttpMethod::post) co_return show_question(context, {});

  const OAuthResult<OAuthParams> form = read_own_form(context, request);
  if (!form.ok()) co_return error_page(context, 400, form.error(), request.request_id);
  const Browser browser = browser_of(context, request);
  Question question;
  question.typed = form.value().get_or_empty(kUsernameField);
  const std::string username = normalised_username(context, question.typed);
  if (username.empty() || username.size() > kUsernameBytesMax) {
    question.typed.clear();
    question.error = "Enter your user name.";
    question.status = 400;
    co_return show_question(context, question);
  }
  if (const auto wait = wait_before(context, browser, username)) {
    question.error = "There were too many requests. Try again in " + duration_words(*wait) + ".";
    question.status = 429;
    co_return show_question(context, question);
  }
  std::function<Result<Done>(WriteTx&)> ask = [&context, username,
                                               now = browser.now](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY_STATUS(ask_for_link(tx, context, username, now));
    return Done{};
  };
  const Result<Done> asked = co_await write_value<Done>(context.store, current_executor(),
                                                        Urgency::normal, std::move(ask));
  if (!asked.ok()) co_return failure_page(context, asked.error(), request.request_id);
  co_return say_asked(context);
}

}  // namespace curfew
