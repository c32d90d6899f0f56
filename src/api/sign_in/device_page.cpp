// The page on which a person lets a device sign in (RFC 8628 3.3): type the code, see who asks from
// where for what, say yes or no.
//
// Nothing is looked up by a GET and nothing is ever approved by one: a link with the code in it
// (verification_uri_complete) only fills in the field. The second form is bound to the very row
// that it showed, and to the session.
#include <utility>

#include "access/client_policy.hpp"
#include "access/granted_scopes.hpp"
#include "api/limits/device_limits.hpp"
#include "api/sign_in/browser_endpoints.hpp"
#include "api/sign_in/device_code.hpp"
#include "api/sign_in/interaction.hpp"
#include "api/sign_in/pages.hpp"
#include "api/sign_in/sign_in_commit.hpp"
#include "api/sign_in/words.hpp"
#include "api/sign_in_log.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "io/runtime.hpp"
#include "protocol/oidc/discovery.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

constexpr std::size_t kProgramBytesMax = 60;
constexpr std::size_t kTypedBytesMax = 40;

struct Visitor {
  Session session;
  User user;
};

Result<std::optional<Visitor>> find_visitor(ReadTx& tx, const ServerContext& context,
                                            const Browser& browser) {
  CURFEW_TRY(auto session, find_session(tx, context, browser));
  if (!session) return std::optional<Visitor>{};
  CURFEW_TRY(auto user, load<User>(tx, context.tenant_id, session->user_id));
  if (!user) return std::optional<Visitor>{};
  return std::optional{Visitor{*std::move(session), *std::move(user)}};
}

HttpResponse sign_in_first(const ServerContext& context, const Browser& browser,
                           std::string_view user_code) {
  SignInPrompt prompt;
  prompt.request = device_page_request(user_code);
  return show_sign_in(context, browser, prompt);
}

std::string sealed_form(const ServerContext& context, const Browser& browser,
                        const Visitor& visitor, Continuation continuation) {
  continuation.anchor = visitor.session.id.str();
  continuation.made_at = browser.now;
  return seal_continuation(context, continuation);
}

HttpResponse show_code_form(const ServerContext& context, const Browser& browser,
                            const Visitor& visitor, std::string_view user_code,
                            std::string_view error = {}) {
  Continuation continuation;
  continuation.step = ContinuationStep::device_code;
  const std::string sealed = sealed_form(context, browser, visitor, continuation);
  const std::string organisation = organisation_of(context);
  const std::string action = device_page_target(context, "");
  return page_response(error.empty() ? 200 : 400,
                       error.empty() ? "Sign in on a device" : "Error: sign in on a device",
                       device_code_body({organisation, action, sealed,
                                         visitor.user.user_principal_name, user_code, error}),
                       FormsLead::to_us);
}

HttpResponse say(const ServerContext& context, std::string_view heading, std::string_view text,
                 std::string_view hint) {
  MessagePage page;
  page.heading = heading;
  page.text = text;
  page.hint = hint;
  page.link_text = "Your account";
  return show_message(context, 200, page, kAccountPath);
}

// What one device asks this person for.
struct DeviceLook {
  DeviceCode code;
  CheckedRequest request;
  std::vector<std::string> names;         // of the permissions that it would have
  std::vector<std::string> names_to_ask;  // of them, those that nobody agreed to yet
};

Result<std::vector<std::string>> names_of(ReadTx& tx, const ServerContext& context,
                                          const CheckedRequest& request, const Visitor& visitor,
                                          const std::vector<std::string>& to_ask) {
  if (!request.resource || !request.choice.all_granted) return request.choice.names;
  CURFEW_TRY(const auto consent,
             load<Consent>(tx, context.tenant_id, visitor.user.id, request.client.id));
  std::vector<std::string> names = granted_names(request.client, *request.resource, consent);
  names.insert(names.end(), to_ask.begin(), to_ask.end());
  return names;
}

// A look at what is asked for, or why it cannot be given.
using LookOrError = OAuthResult<DeviceLook>;

Result<LookOrError> look_at(ReadTx& tx, const ServerContext& context, DeviceCode code,
                            const Visitor& visitor, TimePoint now) {
  CURFEW_TRY(auto checked, check_device_ask(tx, context, code));
  if (!checked.ok()) return LookOrError{checked.error()};
  DeviceLook look{std::move(code), std::move(checked).value(), {}, {}};
  Progress progress;
  progress.account_chosen = true;
  CURFEW_TRY(const Decision decision,
             decide(tx, context, look.request, visitor.session, progress, now));
  if (decision.obstacle && decision.obstacle->remedy != Remedy::consent) {
    return LookOrError{decision.obstacle->error};
  }
  look.names_to_ask = decision.view.names_to_ask;
  CURFEW_TRY(look.names, names_of(tx, context, look.request, visitor, look.names_to_ask));
  return LookOrError{std::move(look)};
}

// Devices seldom say what they are as browsers do: then what they said, as it is.
std::string program_of(const DeviceCode& code) {
  const BrowserWords words = browser_words(code.user_agent);
  if (words.browser != "a browser") return to_words(words);
  if (code.user_agent.empty()) return "a program that does not say its name";
  return escape_for_display(code.user_agent, kProgramBytesMax);
}

HttpResponse show_confirm(const ServerContext& context, const Browser& browser,
                          const Visitor& visitor, const DeviceLook& look,
                          std::string_view user_code) {
  Continuation continuation;
  continuation.step = ContinuationStep::device_confirm;
  continuation.request = look.code.hash;
  continuation.permissions = look.names_to_ask;
  const std::string sealed = sealed_form(context, browser, visitor, continuation);
  const std::string organisation = organisation_of(context);
  const std::string action = device_page_target(context, "");
  const std::string asked_by = program_of(look.code);

  DeviceConfirmPage page;
  page.organisation = organisation;
  page.action = action;
  page.continuation = sealed;
  page.application = look.request.client.display_name;
  page.username = visitor.user.user_principal_name;
  page.user_code = user_code;
  page.asked_from = look.code.address;
  page.asked_by = asked_by;
  page.registered_itself = registered_itself(look.request.client);
  page.asked_at = look.code.created_at;
  page.now = browser.now;
  if (look.request.resource) {
    page.resource = look.request.resource->display_name;
    if (asks_to_manage(look.request)) {
      page.permissions.emplace_back("Manage the organisation, as far as your roles let you");
    }
  }
  for (const std::string& name : look.names) page.permissions.push_back(permission_words(name));
  const ScopeRequest& scope = look.request.request.scope;
  page.reads_profile = scope.openid || scope.profile || scope.email;
  page.stays = scope.offline_access;
  return page_response(200, "Let a device sign in?", device_confirm_body(page), FormsLead::to_us);
}

void log_answer(const ServerContext& context, const Browser& browser, const Visitor& visitor,
                const std::optional<CheckedRequest>& request, const OAuthError* error) {
  SignIn line = sign_in_line(context, browser, request, visitor.user.user_principal_name);
  line.client_app_used = "Device code";
  line.user_id = visitor.user.id;
  line.session_id = visitor.session.id;
  line.device_id = visitor.session.device_id;
  if (error != nullptr) {
    line.error_code = static_cast<int>(error->aadsts);
    line.failure_reason = error->description;
  }
  context.sign_in_log.add(std::move(line));
}

// A form of this page that came back.
struct SentForm {
  Browser browser;
  OAuthParams params;
  std::optional<Continuation> continuation;
};

// ---- the first form: which device

HttpResponse answer_code(const ServerContext& context, const SentForm& form,
                         const Visitor& visitor) {
  const std::string typed = form.params.get_or_empty(kUserCodeField);
  const auto user_code = read_user_code(typed);
  if (!user_code) {
    return show_code_form(context, form.browser, visitor, typed.substr(0, kTypedBytesMax),
                          "That is no code: it has eight letters, without vowels and digits.");
  }
  auto admission = context.device_limits->typed.admit(
      {visitor.user.id.str(), form.browser.address, std::nullopt, form.browser.address_is_shared},
      context.clock.since_boot());
  if (!admission.ticket) {
    if (admission.is_first_delayed) {
      log(LogLevel::warning, "device.codes_guessed",
          {{"user_id", visitor.user.id.str()}, {"address", form.browser.address}});
    }
    return show_code_form(context, form.browser, visitor, *user_code,
                          "There were too many wrong codes. Try again in " +
                              duration_words(admission.retry_in) + ".");
  }
  struct Found {
    bool is_known = false;
    std::optional<LookOrError> look;
  };
  const auto found = read_value<Found>(context.store, [&](ReadTx& tx) -> Result<Found> {
    CURFEW_TRY(auto code, find_open(tx, context, *user_code, form.browser.now));
    if (!code) return Found{};
    CURFEW_TRY(auto look, look_at(tx, context, *std::move(code), visitor, form.browser.now));
    return Found{true, std::move(look)};
  });
  if (!found.ok()) {
    admission.ticket->abandoned();
    return failure_page(context, found.error(), form.browser.request_id);
  }
  if (!found->is_known) {
    return show_code_form(context, form.browser, visitor, *user_code,
                          "This code is not known or has expired. Look at the device again.");
  }
  admission.ticket->succeeded();
  const LookOrError& look = *found->look;
  if (look.ok()) return show_confirm(context, form.browser, visitor, look.value(), *user_code);
  log_answer(context, form.browser, visitor, std::nullopt, &look.error());
  return access_refused_page(context, look.error(), form.browser.request_id);
}

// ---- the second form: yes or no

HttpResponse answer_decided(const ServerContext& context, const SentForm& form,
                            const Visitor& visitor, const DeviceAnswerOutcome& outcome) {
  switch (outcome.end) {
    case DeviceAnswerEnd::approved:
      log_answer(context, form.browser, visitor, outcome.request, nullptr);
      return say(context, "The device can go on",
                 "You can close this page; the device signs in by itself.",
                 "Signing out here, or ending this session on your account page, signs "
                 "the device out too.");
    case DeviceAnswerEnd::denied:
      return say(context, "Nothing was given", "The device was told that you declined.",
                 "If somebody else asked you to enter the code, tell your administrator.");
    case DeviceAnswerEnd::not_signed_in: return sign_in_first(context, form.browser, "");
    case DeviceAnswerEnd::gone:
      return show_code_form(context, form.browser, visitor, "",
                            "The code has expired or was answered before. Begin again on the "
                            "device.");
    case DeviceAnswerEnd::refused:
      log_answer(context, form.browser, visitor, outcome.request, &outcome.error);
      return access_refused_page(context, outcome.error, form.browser.request_id);
  }
  CURFEW_CHECK(false);
}

Task<HttpResponse> answer_confirm(const ServerContext& context, SentForm form, Visitor visitor) {
  DeviceAnswer answer;
  answer.browser = form.browser;
  answer.code_hash = form.continuation->request;
  answer.approved = form.params.get_or_empty(kActionField) == "approve";
  answer.agreed_names = form.continuation->permissions;
  auto body = [&context, answer](WriteTx& tx) { return answer_device(tx, context, answer); };
  const auto outcome = co_await write_value<DeviceAnswerOutcome>(context.store, current_executor(),
                                                                 Urgency::normal, std::move(body));
  if (!outcome.ok()) co_return failure_page(context, outcome.error(), form.browser.request_id);
  co_return answer_decided(context, form, visitor, *outcome);
}

// Approving without the tick, which browsers do not send: from the beginning, the code still waits.
HttpResponse ask_for_confirmation(const ServerContext& context, const SentForm& form,
                                  const Visitor& visitor) {
  return show_code_form(context, form.browser, visitor, "",
                        "You did not confirm that you started this on a device in front of you. "
                        "Enter the code again if you did.");
}

bool is_answer(const SentForm& form, const Visitor& visitor) {
  return form.continuation && is_current(*form.continuation, ContinuationStep::device_confirm,
                                         visitor.session.id.str(), form.browser.now);
}

bool is_code(const SentForm& form, const Visitor& visitor) {
  return form.continuation && is_current(*form.continuation, ContinuationStep::device_code,
                                         visitor.session.id.str(), form.browser.now);
}

Task<HttpResponse> take_form(const ServerContext& context, SentForm form, Visitor visitor) {
  const std::string action = form.params.get_or_empty(kActionField);
  if (action == "other") co_return sign_in_first(context, form.browser, "");
  if (is_code(form, visitor)) co_return answer_code(context, form, visitor);
  if (!is_answer(form, visitor) || (action != "approve" && action != "deny")) {
    co_return stale_form_page(context, form.browser.request_id);
  }
  if (action == "approve" && !form.params.get(kConfirmField)) {
    co_return ask_for_confirmation(context, form, visitor);
  }
  co_return co_await answer_confirm(context, std::move(form), std::move(visitor));
}

}  // namespace

Task<HttpResponse> device_page_endpoint(const ServerContext& context, RoutedRequest request) {
  const bool is_form = request.http.method == HttpMethod::post;
  SentForm form{browser_of(context, request), {}, {}};
  if (is_form) {
    OAuthResult<OAuthParams> params = read_own_form(context, request);
    if (!params.ok()) co_return error_page(context, 400, params.error(), request.request_id);
    form.params = std::move(params).value();
    form.continuation = open_continuation(context, form.params.get_or_empty(kContinuationField));
  } else if (OAuthResult<OAuthParams> query = OAuthParams::parse(request.http.query());
             query.ok()) {
    form.params = std::move(query).value();
  }
  const auto visitor = read_value<std::optional<Visitor>>(
      context.store, [&](ReadTx& tx) { return find_visitor(tx, context, form.browser); });
  if (!visitor.ok()) co_return failure_page(context, visitor.error(), request.request_id);
  const std::string user_code =
      read_user_code(form.params.get_or_empty(kUserCodeField)).value_or("");
  if (!*visitor) co_return sign_in_first(context, form.browser, user_code);
  if (!is_form) co_return show_code_form(context, form.browser, **visitor, user_code);
  co_return co_await take_form(context, std::move(form), **visitor);
}

}  // namespace curfew
