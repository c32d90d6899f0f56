// The account page: where a person is signed in, each place endable, and this browser registered
// as a device. Forms are bound to the session by their continuation.
#include <algorithm>
#include <utility>

#include "api/sign_in/account_state.hpp"
#include "api/sign_in/browser_endpoints.hpp"
#include "api/sign_in/interaction.hpp"
#include "api/sign_in/pages.hpp"
#include "api/sign_in/words.hpp"
#include "base/text.hpp"
#include "io/runtime.hpp"
#include "protocol/oidc/discovery.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

HttpResponse show_account(const ServerContext& context, const Browser& browser,
                          const AccountState& state, std::string_view note) {
  Continuation continuation;
  continuation.step = ContinuationStep::account;
  continuation.anchor = state.session.id.str();
  continuation.made_at = browser.now;
  const std::string sealed = seal_continuation(context, continuation);
  const std::string organisation = organisation_of(context);
  const std::string base = tenant_path(context, kAccountPath);
  const std::string sign_out = tenant_path(context, endpoint_path::kLogout);

  AccountPage page;
  page.organisation = organisation;
  page.base = base;
  page.sign_out_path = sign_out;
  page.continuation = sealed;
  page.username = state.user.user_principal_name;
  page.display_name = state.user.display_name;
  if (state.device) page.device_name = state.device->display_name;
  page.note = note;
  page.now = browser.now;
  for (const Session& session : state.sessions) {
    page.sessions.push_back({session.id.str(), to_words(browser_words(session.user_agent)),
                             session.address, session.created_at, session.last_seen_at,
                             session.id == state.session.id, session.device_id.has_value(),
                             session.persistent});
  }
  const auto own = std::ranges::find_if(page.sessions, &SessionLine::is_this_one);
  if (own != page.sessions.end()) std::rotate(page.sessions.begin(), own, own + 1);
  HttpResponse response = page_response(200, "Your account", account_body(page), FormsLead::to_us);
  if (state.touched && state.session.persistent) {
    response.headers.add(
        "Set-Cookie",
        session_cookie(*browser.cookies.session, cookie_time(context.lifetimes, state.session)));
  }
  return response;
}

std::string_view note_for(std::string_view done) {
  if (done == "ended") return "The session was ended.";
  if (done == "others") return "All other sessions were ended.";
  if (done == "device") return "This browser is registered as a device.";
  return {};
}

// The account page's own forms: the action, if the form is of this session.
struct AccountForm {
  Browser browser;
  OAuthParams params;
};
std::optional<AccountForm> read_account_form(const ServerContext& context,
                                             const RoutedRequest& request) {
  OAuthResult<OAuthParams> form = read_own_form(context, request);
  if (!form.ok()) return std::nullopt;
  AccountForm read{browser_of(context, request), std::move(form).value()};
  const auto continuation =
      open_continuation(context, read.params.get_or_empty(kContinuationField));
  if (!continuation || !read.browser.cookies.session ||
      !is_current(*continuation, ContinuationStep::account, read.browser.cookies.session->id.str(),
                  read.browser.now)) {
    return std::nullopt;
  }
  return read;
}

HttpResponse back_to_account(const ServerContext& context, std::string_view done) {
  HttpResponse response = HttpResponse::redirect(
      303, tenant_path(context, kAccountPath) + "?done=" + std::string{done});
  response.headers.set("Cache-Control", "no-store");
  return response;
}

HttpResponse sign_in_first(const ServerContext& context, const Browser& browser) {
  return show_sign_in(context, browser, SignInPrompt{});
}

HttpResponse answer_change(const ServerContext& context, const Browser& browser,
                           const Status& changed, std::string_view done) {
  if (changed.ok()) return back_to_account(context, done);
  switch (changed.error().code()) {
    case ErrorCode::unauthenticated: return sign_in_first(context, browser);
    case ErrorCode::not_found: return back_to_account(context, done);  // it has ended already
    case ErrorCode::exhausted:
      if (changed.error().retry() == Retry::never) {
        return error_page(context, 400, invalid_request(changed.error().message()),
                          browser.request_id);
      }
      break;
    case ErrorCode::invalid_argument:
    case ErrorCode::denied:
    case ErrorCode::conflict:
    case ErrorCode::unavailable:
    case ErrorCode::timeout:
    case ErrorCode::protocol:
    case ErrorCode::corrupted:
    case ErrorCode::internal: break;
  }
  return failure_page(context, changed.error(), browser.request_id);
}

}  // namespace

Task<HttpResponse> account_endpoint(const ServerContext& context, RoutedRequest request) {
  const Browser browser = browser_of(context, request);
  Result<std::optional<AccountState>> state = read_value<std::optional<AccountState>>(
      context.store, [&](ReadTx& tx) { return load_account(tx, context, browser); });
  if (!state.ok()) co_return failure_page(context, state.error(), request.request_id);
  if (!state.value()) co_return sign_in_first(context, browser);

  if (state.value()->touched) {
    auto body = [&context, browser](WriteTx& tx) { return keep_alive(tx, context, browser); };
    const Result<Done> kept = co_await write_value<Done>(context.store, current_executor(),
                                                         Urgency::normal, std::move(body));
    if (!kept.ok()) co_return failure_page(context, kept.error(), request.request_id);
  }
  const OAuthResult<OAuthParams> query = OAuthParams::parse(request.http.query());
  const std::string done = query.ok() ? query.value().get_or_empty("done") : std::string{};
  co_return show_account(context, browser, *state.value(), note_for(done));
}

Task<HttpResponse> account_sessions_endpoint(const ServerContext& context, RoutedRequest request) {
  const std::optional<AccountForm> form = read_account_form(context, request);
  if (!form) co_return stale_form_page(context, request.request_id);
  const std::string action = form->params.get_or_empty(kActionField);
  const bool all = action == "end_others";
  if (!all && action != "end") co_return stale_form_page(context, request.request_id);

  SessionChoice choice;
  if (!all) choice.one = SessionId{form->params.get_or_empty("session")};
  const std::string_view done = all ? "others" : "ended";
  const Result<bool> any = read_value<bool>(context.store, [&](ReadTx& tx) {
    return has_sessions_to_end(tx, context, form->browser, choice);
  });
  if (!any.ok()) co_return answer_change(context, form->browser, Status{any.error()}, done);
  if (!any.value()) co_return back_to_account(context, done);

  auto body = [&context, browser = form->browser, choice](WriteTx& tx) {
    return end_sessions(tx, context, browser, choice);
  };
  const Result<Done> ended = co_await write_value<Done>(context.store, current_executor(),
                                                        Urgency::emergency, std::move(body));
  co_return answer_change(context, form->browser, ended, done);
}

Task<HttpResponse> account_devices_endpoint(const ServerContext& context, RoutedRequest request) {
  const std::optional<AccountForm> form = read_account_form(context, request);
  if (!form) co_return stale_form_page(context, request.request_id);
  auto body = [&context, browser = form->browser](WriteTx& tx) {
    return register_device(tx, context, browser);
  };
  const Result<DeviceCookie> registered = co_await write_value<DeviceCookie>(
      context.store, current_executor(), Urgency::normal, std::move(body));
  if (!registered.ok()) {
    co_return answer_change(context, form->browser, Status{registered.error()}, "device");
  }
  HttpResponse response = back_to_account(context, "device");
  response.headers.add("Set-Cookie", device_cookie(registered.value()));
  co_return response;
}

}  // namespace curfew
