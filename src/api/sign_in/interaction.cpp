#include "api/sign_in/interaction.hpp"

#include <utility>
#include <variant>

#include "access/client_policy.hpp"
#include "api/sign_in/pages.hpp"
#include "api/sign_in/stranger_page.hpp"
#include "api/sign_in/words.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"
#include "io/runtime.hpp"
#include "protocol/http/uri.hpp"
#include "protocol/oauth/authorize_response.hpp"
#include "protocol/oidc/discovery.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

// The value of the form cookie: the browser's, or a new one to be set.
struct FormAnchor {
  std::string value;
  bool is_new = false;
};

FormAnchor form_anchor(const Browser& browser) {
  if (!browser.cookies.form_anchor.empty()) return {browser.cookies.form_anchor, false};
  return {random_token(32), true};
}

void set_form_cookie(HttpResponse& response, const FormAnchor& anchor) {
  if (anchor.is_new) response.headers.add("Set-Cookie", form_cookie(anchor.value));
}

HttpResponse show_choose_account(const ServerContext& context, const Browser& browser,
                                 const CheckedRequest& request, const DecisionView& view) {
  Continuation continuation;
  continuation.step = ContinuationStep::choose_account;
  continuation.anchor = view.session->id.str();
  continuation.made_at = browser.now;
  continuation.request = request.raw;
  const std::string sealed = seal_continuation(context, continuation);
  const std::string organisation = organisation_of(context);
  const std::string action = tenant_path(context, kProceedPath);
  return page_response(
      200, "Choose an account",
      choose_account_body({organisation, action, sealed, request.client.display_name,
                           view.user->user_principal_name, view.user->display_name}),
      FormsLead::to_application);
}

// "127.0.0.1:5555", or "com.contoso.app:".
std::string program_of(const std::string& redirect_uri) {
  const Result<Uri> uri = parse_uri(redirect_uri);
  if (!uri.ok()) return redirect_uri;
  if (!uri->has_authority) return uri->scheme + ":";
  return uri->port ? uri->host + ":" + std::to_string(*uri->port) : uri->host;
}

std::string host_of(const std::string& redirect_uri) {
  const Result<Uri> uri = parse_uri(redirect_uri);
  if (!uri.ok()) return redirect_uri;
  return uri.value().has_authority ? uri.value().host : uri.value().scheme + ":";
}

HttpResponse show_consent(const ServerContext& context, const Browser& browser,
                          const CheckedRequest& request, const DecisionView& view,
                          const Progress& progress) {
  Continuation continuation;
  continuation.step = ContinuationStep::consent;
  continuation.anchor = view.session->id.str();
  continuation.made_at = browser.now;
  continuation.request = request.raw;
  continuation.signed_in_now = progress.signed_in_now;
  continuation.account_chosen = progress.account_chosen;
  continuation.permissions = view.names_to_ask;
  const std::string sealed = seal_continuation(context, continuation);
  const std::string organisation = organisation_of(context);
  const std::string action = tenant_path(context, kProceedPath);
  const std::string host = host_of(request.request.target.redirect_uri);

  ConsentPage page{organisation,
                   action,
                   sealed,
                   request.client.display_name,
                   view.user->user_principal_name,
                   {},
                   {},
                   false,
                   false,
                   host,
                   {},
                   registered_itself(request.client)};
  if (request.resource) page.resource = request.resource->display_name;
  for (const std::string& name : view.names_to_ask) {
    page.permissions.push_back(permission_words(name));
  }
  const bool is_program = lets_local_program_manage(request);
  const std::string program =
      is_program ? program_of(request.request.target.redirect_uri) : std::string{};
  page.local_program = program;
  if (is_program) page.permissions.emplace_back("Manage the organisation");
  page.reads_profile =
      request.request.scope.openid || request.request.scope.profile || request.request.scope.email;
  page.stays = request.request.scope.offline_access;
  return page_response(200, "Permission", consent_body(page), FormsLead::to_application);
}

std::string hinted_username(const CheckedRequest& request, const DecisionView& view) {
  if (!request.request.login_hint.empty()) return request.request.login_hint;
  return view.user ? view.user->user_principal_name : std::string{};
}

// Whether what comes after a sign-in is a page of ours.
bool leads_to_us(std::string_view request) {
  return request.empty() || device_page_of(request).has_value();
}

struct BadNews {
  std::string_view heading;
  std::string_view text;
  std::string_view hint;
};

HttpResponse bad_news_page(const ServerContext& context, int status, const BadNews& news) {
  MessagePage page;
  page.heading = news.heading;
  page.text = news.text;
  page.hint = news.hint;
  page.is_error = true;
  return show_message(context, status, page, "");
}

}  // namespace

HttpResponse show_message(const ServerContext& context, int status, MessagePage page,
                          std::string_view path) {
  const std::string organisation = organisation_of(context);
  const std::string link = path.empty() ? std::string{} : tenant_path(context, path);
  page.organisation = organisation;
  page.link = link;
  return page_response(status, page.heading, message_body(page), FormsLead::to_us);
}

std::string normalised_username(const ServerContext& context, std::string_view typed) {
  std::string name = ascii_lower(trim_ascii(typed));
  if (!name.empty() && name.find('@') == std::string::npos && !context.domains.empty()) {
    name += "@" + context.domains.front();
  }
  return name;
}

Result<std::optional<User>> user_called(ReadTx& tx, const TenantId& tenant_id,
                                        const std::string& username) {
  Query query;
  query.index = "users_by_upn";
  query.prefix = keys_of(tenant_id, username);
  query.limit = 1;
  CURFEW_TRY(std::vector<User> users, scan_as<User>(tx, query));
  if (users.empty()) return std::optional<User>{};
  return std::optional<User>{std::move(users.front())};
}

std::string tenant_path(const ServerContext& context, std::string_view suffix) {
  return "/" + context.tenant_id.str() + std::string{suffix};
}

std::string device_page_target(const ServerContext& context, std::string_view user_code) {
  const std::string path = tenant_path(context, endpoint_path::kDeviceAuth);
  return user_code.empty() ? path : path + "?user_code=" + std::string{user_code};
}

std::string organisation_of(const ServerContext& context) {
  return context.domains.empty() ? std::string{"Curfew"} : context.domains.front();
}

OAuthResult<OAuthParams> read_own_form(const ServerContext& context, const RoutedRequest& request) {
  const auto site = request.http.header("sec-fetch-site");
  const auto origin = request.http.header("origin");
  const auto type = request.http.header("content-type");
  if (!site.ok() || !origin.ok() || !type.ok()) return invalid_request("A header is repeated.");
  const std::string_view from = site.value().value_or("same-origin");
  // Our pages send no referrer, and browsers then send "null" as the origin of a form.
  const std::string_view sent_by = origin.value().value_or("null");
  if (from != "same-origin" || (sent_by != "null" && sent_by != context.base_url)) {
    return invalid_request("The form comes from another site.");
  }
  return OAuthParams::parse_body(type.value().value_or(""), request.http.body);
}

HttpResponse error_page(const ServerContext& context, int status, const OAuthError& error,
                        std::string_view request_id) {
  const std::string text = error.full_description();
  const std::string hint =
      "If it happens again, tell your administrator: " + std::string{to_string(error.code)} +
      ", request " + std::string{request_id} + ".";
  return bad_news_page(context, status, {"That did not work", text, hint});
}

HttpResponse access_refused_page(const ServerContext& context, const OAuthError& error,
                                 std::string_view request_id) {
  const std::string hint = "Ask your administrator, and give them this: AADSTS" +
                           std::to_string(static_cast<int>(error.aadsts)) + ", request " +
                           std::string{request_id} + ".";
  return bad_news_page(context, 400, {"Sign-in is not possible", error.description, hint});
}

HttpResponse stale_form_page(const ServerContext& context, std::string_view request_id) {
  return error_page(context, 400,
                    invalid_request("This page was open for too long. Go back to the application "
                                    "and start again."),
                    request_id);
}

HttpResponse failure_page(const ServerContext& context, const Error& error,
                          std::string_view request_id) {
  const bool busy = error.retry() == Retry::later;
  log(busy ? LogLevel::warning : LogLevel::error, "sign_in.failed",
      {{"request_id", request_id}, {"why", error.message()}});
  OAuthError shown;
  shown.code = busy ? OAuthErrorCode::temporarily_unavailable : OAuthErrorCode::server_error;
  shown.description = busy ? "Too many people are signing in at this moment. Try again shortly."
                           : "The server made a mistake. Nothing was changed.";
  return error_page(context, busy ? 503 : 500, shown, request_id);
}

HttpResponse answer_refused(const ServerContext& context, const RequestOutcome& refused,
                            std::string_view request_id) {
  if (const auto* at_client = std::get_if<RefusedAtClient>(&refused)) {
    return answer_failure(context, at_client->client, at_client->target, at_client->error);
  }
  const OAuthError& error = std::get<RefusedOnPage>(refused).error;
  const bool ours = error.code == OAuthErrorCode::server_error;
  return error_page(context, ours ? 500 : 400, error, request_id);
}

HttpResponse show_sign_in(const ServerContext& context, const Browser& browser,
                          const SignInPrompt& prompt) {
  const FormAnchor anchor = form_anchor(browser);
  Continuation continuation;
  continuation.step = ContinuationStep::sign_in;
  continuation.anchor = anchor_of(anchor.value);
  continuation.made_at = browser.now;
  continuation.request = prompt.request;
  const std::string sealed = seal_continuation(context, continuation);
  const std::string organisation = organisation_of(context);
  const std::string action = tenant_path(context, kSignInPath);
  const std::string reset = tenant_path(context, kPasswordResetPath);
  const std::string body =
      sign_in_body({organisation, action, sealed, prompt.application, prompt.username, prompt.error,
                    prompt.keep_signed_in, reset});
  HttpResponse response =
      page_response(prompt.status, prompt.error.empty() ? "Sign in" : "Error: sign in", body,
                    leads_to_us(prompt.request) ? FormsLead::to_us : FormsLead::to_application);
  set_form_cookie(response, anchor);
  return response;
}

HttpResponse show_change_password(const ServerContext& context, const Browser& browser,
                                  const ChangePasswordPrompt& prompt) {
  const FormAnchor anchor = form_anchor(browser);
  Continuation continuation = prompt.continuation;
  continuation.step = ContinuationStep::change_password;
  continuation.anchor = anchor_of(anchor.value);
  const std::string sealed = seal_continuation(context, continuation);
  const std::string organisation = organisation_of(context);
  const std::string action = tenant_path(context, kChangePasswordPath);
  const std::string body =
      change_password_body({organisation, action, sealed, prompt.username, prompt.error});
  HttpResponse response = page_response(
      prompt.error.empty() ? 200 : 400,
      prompt.error.empty() ? "Choose a new password" : "Error: choose a new password", body,
      leads_to_us(continuation.request) ? FormsLead::to_us : FormsLead::to_application);
  set_form_cookie(response, anchor);
  return response;
}

HttpResponse answer_decision(const ServerContext& context, const Browser& browser,
                             const CheckedRequest& request, const IssuedCode& issued,
                             const Progress& progress) {
  const AuthorizeTarget& target = request.request.target;
  const DecisionView& view = issued.decision.view;
  if (!issued.decision.obstacle) {
    AuthorizeSuccess success{issued.code, ""};
    if (request.request.client_info) {
      success.client_info = client_info_of(view.session->user_id.str(), context.tenant_id.str());
    }
    return authorize_success(target, context.issuer(), success);
  }
  const Obstacle& obstacle = *issued.decision.obstacle;
  const Remedy remedy = request.request.prompt.none ? Remedy::none : obstacle.remedy;
  switch (remedy) {
    case Remedy::none:
      if (view.agreed_before) return authorize_failure(target, context.issuer(), obstacle.error);
      return answer_failure(context, request.client, target, obstacle.error);
    case Remedy::sign_in: {
      SignInPrompt prompt;
      prompt.request = request.raw;
      prompt.application = request.client.display_name;
      prompt.username = hinted_username(request, view);
      return show_sign_in(context, browser, prompt);
    }
    case Remedy::choose_account: return show_choose_account(context, browser, request, view);
    case Remedy::consent: return show_consent(context, browser, request, view, progress);
  }
  CURFEW_CHECK(false);
}

Task<HttpResponse> issue_and_answer(const ServerContext& context, Browser browser,
                                    CheckedRequest request, Progress progress) {
  struct Issued {
    IssuedCode code;
    std::optional<Session> touched;
  };
  auto body = [&context, browser, request, progress](WriteTx& tx) -> Result<Issued> {
    Issued issued;
    CURFEW_TRY(std::optional<Session> session, find_session(tx, context, browser));
    if (session && touch(*session, context.lifetimes, browser)) {
      CURFEW_TRY_STATUS(save(tx, *session));
      issued.touched = session;
    }
    CURFEW_TRY(issued.code,
               decide_and_issue(tx, context, request, std::move(session), progress, browser.now));
    return issued;
  };
  const Result<Issued> issued = co_await write_value<Issued>(context.store, current_executor(),
                                                             Urgency::normal, std::move(body));
  if (!issued.ok()) co_return failure_page(context, issued.error(), browser.request_id);

  HttpResponse response = answer_decision(context, browser, request, issued.value().code, progress);
  const std::optional<Session>& touched = issued.value().touched;
  if (touched && touched->persistent) {
    response.headers.add("Set-Cookie", session_cookie(*browser.cookies.session,
                                                      cookie_time(context.lifetimes, *touched)));
  }
  co_return response;
}

}  // namespace curfew
