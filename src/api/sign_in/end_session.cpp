// Signing out: at the wish of an application (OIDC RP-Initiated Logout 1.0) or of the person.
//
// Signing out always works; what an unproved request does not get is to happen without the person
// being asked, or to send the person somewhere. The session ends by its key, and with it every
// grant and access token that was made in it.
#include <algorithm>
#include <utility>

#include "access/client_policy.hpp"
#include "api/sign_in/account_state.hpp"
#include "api/sign_in/app_sessions.hpp"
#include "api/sign_in/browser_endpoints.hpp"
#include "api/sign_in/hint_token.hpp"
#include "api/sign_in/interaction.hpp"
#include "api/sign_in/pages.hpp"
#include "base/limits.hpp"
#include "io/runtime.hpp"
#include "protocol/http/form.hpp"
#include "protocol/oauth/redirect_uri.hpp"
#include "protocol/oidc/discovery.hpp"
#include "protocol/oidc/end_session_request.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

// Clients looked through for a registered URI when nobody is signed in and none was named.
constexpr std::size_t kClientsSearchedMax = 1000;

struct SignOut {
  EndSessionRequest request;
  std::string raw;
  bool hint_is_good = false;     // ours, and not at odds with client_id
  bool hint_is_current = false;  // and it names the session, or the person, of this browser
  std::optional<App> client;     // who asks, if it is known
  bool may_redirect = false;     // post_logout_redirect_uri is registered, and nothing is wrong
  // Not only to an address of strangers, who get a click (api/sign_in/stranger_page.hpp).
  bool goes_by_itself = false;
  std::optional<Session> session;
  std::optional<User> user;
  std::vector<AppSession> app_sessions;  // of `session`
};

// Without a named client: those that have a grant in this session; with nobody signed in, all.
Result<std::vector<App>> possible_clients(ReadTx& tx, const ServerContext& context,
                                          const std::optional<Session>& session) {
  if (session) return clients_of_session(tx, context, *session);
  Query query;
  query.prefix = keys_of(context.tenant_id);
  query.limit = kClientsSearchedMax;
  return scan_as<App>(tx, query);
}

Status judge_hint(ReadTx& tx, const ServerContext& context, SignOut& out) {
  AppId client_id = out.request.client_id;
  const std::optional<HintToken> hint = out.request.id_token_hint.empty()
                                            ? std::nullopt
                                            : read_hint_token(context, out.request.id_token_hint);
  if (hint) {
    const bool agrees = client_id.empty() || std::ranges::find(hint->audiences, client_id.str()) !=
                                                 hint->audiences.end();
    out.hint_is_good = agrees && !hint->audiences.empty();
    if (client_id.empty() && out.hint_is_good) client_id = AppId{hint->audiences.front()};
    if (out.session && out.hint_is_good) {
      out.hint_is_current = hint->session_id.empty() ? hint->subject == out.session->user_id.str()
                                                     : hint->session_id == out.session->id.str();
    }
  }
  if (!client_id.empty()) {
    CURFEW_TRY(out.client, load<App>(tx, context.tenant_id, client_id));
  }
  return Done{};
}

// An exact match (2.1: a query added is no match), for a client that is known by the hint, by its
// id, or by having got tokens here. A hint that is not good spoils it.
Status judge_redirect(ReadTx& tx, const ServerContext& context, SignOut& out) {
  const std::string& uri = out.request.post_logout_redirect_uri;
  const bool hint_is_bad = !out.request.id_token_hint.empty() && !out.hint_is_good;
  if (uri.empty() || hint_is_bad) return Done{};
  std::vector<App> clients;
  if (out.client) {
    clients.push_back(*out.client);
  } else if (out.request.client_id.empty() && out.request.id_token_hint.empty()) {
    CURFEW_TRY(clients, possible_clients(tx, context, out.session));
  }
  for (const App& client : clients) {
    if (!client.account_enabled || !uri_is_registered(client.post_logout_redirect_uris, uri)) {
      continue;
    }
    out.may_redirect = true;
    out.goes_by_itself = out.goes_by_itself || !registered_itself(client);
  }
  return Done{};
}

Result<SignOut> judge_sign_out(const ServerContext& context, const Browser& browser,
                               EndSessionRequest request, std::string raw) {
  return read_value<SignOut>(context.store, [&](ReadTx& tx) -> Result<SignOut> {
    SignOut out;
    out.request = std::move(request);
    out.raw = std::move(raw);
    CURFEW_TRY(out.session, find_session(tx, context, browser));
    if (out.session) {
      CURFEW_TRY(out.user, load<User>(tx, context.tenant_id, out.session->user_id));
      CURFEW_TRY(out.app_sessions, app_sessions_of(tx, context, *out.session));
    }
    CURFEW_TRY_STATUS(judge_hint(tx, context, out));
    CURFEW_TRY_STATUS(judge_redirect(tx, context, out));
    return out;
  });
}

HttpResponse ask(const ServerContext& context, const Browser& browser, const SignOut& out) {
  Continuation continuation;
  continuation.step = ContinuationStep::sign_out;
  continuation.anchor = out.session->id.str();
  continuation.made_at = browser.now;
  continuation.request = out.raw;
  const std::string sealed = seal_continuation(context, continuation);
  const std::string organisation = organisation_of(context);
  const std::string action = tenant_path(context, endpoint_path::kLogout);
  SignOutPage page{organisation, action, sealed, {}, {}, {}};
  if (out.user) page.username = out.user->user_principal_name;
  if (out.client) page.application = out.client->display_name;
  for (const AppSession& session : out.app_sessions) page.signed_in_to.push_back(session.name);
  return page_response(200, "Sign out?", sign_out_body(page), FormsLead::to_application);
}

bool tells_somebody(const SignOut& out) {
  return std::ranges::any_of(out.app_sessions,
                             [](const AppSession& session) { return !session.frame.empty(); });
}

// Every application that has an address for it is told before the person is led on, the one that
// asks too (OIDC Front-Channel Logout 1.0 3., RP-Initiated Logout 1.0 3.).
HttpResponse signed_out_page(const ServerContext& context, const SignOut& out) {
  const std::string organisation = organisation_of(context);
  const std::string account = tenant_path(context, kAccountPath);
  const std::string onward = out.may_redirect ? post_logout_location(out.request) : "";
  const std::string application =
      "Continue to " + (out.client ? out.client->display_name : std::string{"the application"});
  SignedOutPage page;
  page.organisation = organisation;
  if (!out.may_redirect && !out.request.post_logout_redirect_uri.empty()) {
    page.hint =
        "The application asked to lead you to an address that is not registered for it, "
        "so you stay here.";
  }
  std::vector<std::string> origins;
  for (const AppSession& session : out.app_sessions) {
    if (session.is_told) {
      page.told_by_us.push_back(session.name);
      continue;
    }
    if (session.frame.empty()) {
      page.untold.push_back(session.name);
      continue;
    }
    page.told.push_back({session.name, session.frame});
    if (std::ranges::find(origins, session.origin) == origins.end()) {
      origins.push_back(session.origin);
    }
  }
  page.link = out.may_redirect ? onward : account;
  page.link_text = out.may_redirect ? std::string_view{application} : "Sign in again";
  HttpResponse response = page_response(200, "Signed out", signed_out_body(page), FormsLead::to_us);
  allow_frames(response, origins);
  if (out.goes_by_itself) {
    // No script leads on: what has been opened gets a moment, and the link is there at once.
    const auto seconds = std::to_string(limits::kLogoutFramesTime.count());
    response.headers.set("Refresh", seconds + "; url=" + onward);
  }
  return response;
}

// Clears the cookie whether or not there was a session: what is left of one is of no use.
HttpResponse answer_signed_out(const ServerContext& context, const SignOut& out) {
  const bool goes_on_at_once = out.goes_by_itself && !tells_somebody(out);
  HttpResponse response = goes_on_at_once
                              ? HttpResponse::redirect(303, post_logout_location(out.request))
                              : signed_out_page(context, out);
  response.headers.set("Cache-Control", "no-store");
  response.headers.add("Set-Cookie", no_session_cookie());
  return response;
}

Task<HttpResponse> sign_out(const ServerContext& context, Browser browser, SignOut out) {
  auto body = [&context, browser](WriteTx& tx) { return end_own_session(tx, context, browser); };
  const Result<bool> ended = co_await write_value<bool>(context.store, current_executor(),
                                                        Urgency::emergency, std::move(body));
  if (!ended.ok()) co_return failure_page(context, ended.error(), browser.request_id);
  co_return answer_signed_out(context, out);
}

// One of our own forms: the confirmation, or the account page's button.
Task<HttpResponse> answer_own_form(const ServerContext& context, RoutedRequest request,
                                   Continuation continuation) {
  const OAuthResult<OAuthParams> form = read_own_form(context, request);
  if (!form.ok()) co_return error_page(context, 400, form.error(), request.request_id);
  Browser browser = browser_of(context, request);
  const bool ours = continuation.step == ContinuationStep::sign_out ||
                    continuation.step == ContinuationStep::account;
  if (!ours || !browser.cookies.session ||
      !is_current(continuation, continuation.step, browser.cookies.session->id.str(),
                  browser.now)) {
    co_return stale_form_page(context, request.request_id);
  }
  if (form.value().get_or_empty(kActionField) != "sign_out") {
    co_return HttpResponse::redirect(303, tenant_path(context, kAccountPath));
  }
  const Result<Form> sealed_form = parse_form(continuation.request);
  if (!sealed_form.ok()) co_return stale_form_page(context, request.request_id);
  Result<EndSessionRequest> asked = parse_end_session_request(sealed_form.value());
  if (!asked.ok()) co_return stale_form_page(context, request.request_id);
  Result<SignOut> out =
      judge_sign_out(context, browser, std::move(asked).value(), continuation.request);
  if (!out.ok()) co_return failure_page(context, out.error(), request.request_id);
  co_return co_await sign_out(context, std::move(browser), std::move(out).value());
}

OAuthResult<OAuthParams> read_params(const HttpRequest& request) {
  if (request.method != HttpMethod::post) return OAuthParams::parse(request.query());
  const auto type = request.header("content-type");
  return OAuthParams::parse_body(type.ok() ? type.value().value_or("") : "", request.body);
}

}  // namespace

Task<HttpResponse> end_session_endpoint(const ServerContext& context, RoutedRequest request) {
  const OAuthResult<OAuthParams> params = read_params(request.http);
  if (!params.ok()) co_return error_page(context, 400, params.error(), request.request_id);
  if (auto continuation =
          open_continuation(context, params.value().get_or_empty(kContinuationField))) {
    co_return co_await answer_own_form(context, std::move(request), std::move(*continuation));
  }
  Result<EndSessionRequest> asked = parse_end_session_request(params.value().form());
  if (!asked.ok()) {
    co_return error_page(context, 400, invalid_request(asked.error().message()),
                         request.request_id);
  }

  Browser browser = browser_of(context, request);
  std::string raw = params.value().form().encode();
  if (raw.size() > kContinuedRequestBytesMax) {
    co_return error_page(context, 400, invalid_request("The request is too long."),
                         request.request_id);
  }
  Result<SignOut> out = judge_sign_out(context, browser, std::move(asked).value(), std::move(raw));
  if (!out.ok()) co_return failure_page(context, out.error(), request.request_id);
  if (!out.value().session) co_return answer_signed_out(context, out.value());
  if (!out.value().hint_is_current) co_return ask(context, browser, out.value());
  co_return co_await sign_out(context, std::move(browser), std::move(out).value());
}

}  // namespace curfew
