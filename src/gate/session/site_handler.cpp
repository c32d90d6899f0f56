#include "gate/session/site_handler.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "gate/session/forward_auth.hpp"
#include "gate/session/return_to.hpp"
#include "gate/session/session_limits.hpp"
#include "gate/session/session_pages.hpp"
#include "protocol/jose/jwk.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"

namespace curfew {

namespace {

constexpr std::string_view kRetryAfter = "2";

HttpResponse without_body(int status) {
  HttpResponse response = HttpResponse::empty(status);
  response.headers.add("Cache-Control", "no-store");
  return response;
}

HttpResponse try_later() {
  HttpResponse response = without_body(503);
  response.headers.add("Retry-After", kRetryAfter);
  return response;
}

HttpResponse see_other(std::string_view location) {
  HttpResponse response = HttpResponse::redirect(303, location);
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("Referrer-Policy", "no-referrer");
  return response;
}

HttpResponse wrong_method(std::string_view allowed) {
  HttpResponse response = without_body(405);
  response.headers.add("Allow", allowed);
  return response;
}

void refused(std::string_view event, const Site& site, std::string_view why) {
  log(LogLevel::warning, event, {{"site", site.name}, {"why", why}});
}

std::vector<Cookie> cookies_of(const HttpRequest& request) {
  const auto header = request.header("Cookie");
  if (!header.ok() || !*header) return {};
  auto cookies = parse_cookies(**header);
  return cookies.ok() ? std::move(cookies).value() : std::vector<Cookie>{};
}

bool is_get(const HttpRequest& request) {
  return request.method == HttpMethod::get || request.method == HttpMethod::head;
}

// What the operator wrote into the web server's configuration: the address that it asks. The site
// stands there, because a client can send any host.
struct AuthOptions {
  AuthMode mode = AuthMode::api;
  ForwardedBy by = ForwardedBy::forwarded_headers;
  std::string site;          // the only one that this address is about
  std::string_view own_uri;  // with own_request: what was asked for
};

constexpr std::string_view kAuthPath = "auth";
constexpr std::string_view kSitePaths = "site/";  // .../NAME/auth, and what was asked for behind it

Error unbound(std::string_view what_to_do) {
  return Error::permanent(ErrorCode::invalid_argument,
                          "no site is named in the address that the web server asks, so that a "
                          "client's own Host header would pick one: " +
                              std::string{what_to_do});
}

// A guard that is misspelt is none: what is not known, or said twice, is refused.
Result<AuthOptions> options_in_query(std::string_view query) {
  CURFEW_TRY(const Form form, parse_form(query));
  AuthOptions options;
  for (const FormField& field : form.fields()) {
    const bool is_mode = field.name == "mode" && (field.value == "browser" || field.value == "api");
    const bool is_from = field.name == "from" && field.value == "original-url";
    const bool is_site = field.name == "site" && !field.value.empty();
    if (!(is_mode || is_from || is_site) || form.count(field.name) != 1) {
      return Error::permanent(ErrorCode::invalid_argument, "an option is unknown or repeated: " +
                                                               escape_for_display(field.name, 64));
    }
    if (is_mode && field.value == "browser") options.mode = AuthMode::browser;
    if (is_from) options.by = ForwardedBy::original_url;
    if (is_site) options.site = field.value;
  }
  if (options.site.empty()) return unbound("write ?site=NAME behind /.curfew/auth");
  return options;
}

// Envoy puts what was asked for behind a path: the query is the application's then, and so is
// everything behind `auth`. `behind` has what follows /.curfew/site/.
Result<AuthOptions> options_in_path(std::string_view behind) {
  const std::size_t end_of_name = behind.find('/');
  const std::string_view name = behind.substr(0, end_of_name);
  std::string_view rest = behind.substr(std::min(behind.size(), name.size() + 1));
  if (name.empty() || !rest.starts_with(kAuthPath)) {
    return unbound("write /.curfew/site/NAME/auth as Envoy's path_prefix");
  }
  rest.remove_prefix(kAuthPath.size());
  return AuthOptions{AuthMode::api, ForwardedBy::own_request, std::string{name}, rest};
}

Result<AuthOptions> auth_options(const HttpRequest& request) {
  const std::string_view behind = std::string_view{request.target}.substr(kGatePaths.size());
  if (behind.starts_with(kSitePaths)) return options_in_path(behind.substr(kSitePaths.size()));
  if (behind.substr(kAuthPath.size()).starts_with('/')) {
    return unbound("write /.curfew/site/NAME/auth as Envoy's path_prefix, not /.curfew/auth");
  }
  return options_in_query(request.query());
}

// Our own words: nothing in them is the client's.
HttpResponse malformed(const Error& error) {
  log(LogLevel::warning, "gate.auth_malformed", {{"why", error.message()}});
  HttpResponse response = without_body(400);
  response.headers.add("X-Curfew-Problem", error.message());
  return response;
}

// A page of the site itself sent it: what browsers say, which pages cannot change. Ours send no
// referrer, and browsers then send "null" as the origin of a form; so does a frame of somebody
// else, which is why the other header must be there.
bool is_of_same_origin(const Site& site, const HttpRequest& request) {
  const auto origin = request.header("Origin");
  const auto fetch_site = request.header("Sec-Fetch-Site");
  if (!origin.ok() || !fetch_site.ok()) return false;
  const bool is_said_to_be = *fetch_site && **fetch_site == "same-origin";
  if (*fetch_site && !is_said_to_be) return false;
  if (*origin && **origin != "null") return **origin == site.origin;
  return is_said_to_be;
}

HttpResponse unavailable_page(const Site& site, std::string again) {
  HttpResponse response = problem_page(
      site, {503, "Not possible just now", "Signing in does not work at the moment.", again});
  response.headers.add("Retry-After", kRetryAfter);
  return response;
}

}  // namespace

const Site* SiteHandler::site_of(std::string_view host) const {
  const auto found =
      std::ranges::find_if(parts_.sites, [&](const Site& site) { return site.host == host; });
  return found == parts_.sites.end() ? nullptr : &*found;
}

Result<KeySet> SiteHandler::issuer_keys() {
  CURFEW_TRY(const ReplicaView* const view, follower_.current());
  CURFEW_TRY(const std::string jwks, view->signing_keys());
  return parse_jwks(jwks);
}

Status SiteHandler::say_that_requests_go_on() { return uncut_notice_.give(); }

Task<Status> SiteHandler::server_knows(const Site& site, const ForwardedRequest& asked) {
  Status said = say_that_requests_go_on();
  // Nobody is kept from the sign-in page.
  if (!said.ok() && !shows_a_token(site, asked)) co_return Done{};
  for (int looks = 1; looks < session_limits::kToldLooksMax; ++looks) {
    // Not found: the gate's process has not begun yet, or puts the table back.
    const bool may_come = !said.ok() && (said.error().code() == ErrorCode::unavailable ||
                                         said.error().code() == ErrorCode::not_found);
    if (!may_come) break;
    co_await sleep_for(parts_.runtime, current_executor(), session_limits::kToldLookEvery);
    said = say_that_requests_go_on();
  }
  co_return said;
}

Task<HttpResponse> SiteHandler::auth(HttpRequest request) {
  if (!parts_.answers_web_servers) {
    log(LogLevel::warning, "gate.auth_is_off", {});
    co_return without_body(403);
  }
  const auto options = auth_options(request);
  if (!options.ok()) co_return malformed(options.error());
  const auto forwarded = read_forwarded(request, options->by, options->own_uri);
  if (!forwarded.ok()) co_return malformed(forwarded.error());
  const Site* const site = site_of(forwarded->host);
  if (site == nullptr || options->site != site->name) {
    log(LogLevel::warning, "gate.auth_of_another_site",
        {{"site", options->site}, {"host", forwarded->host}});
    co_return without_body(403);
  }
  if (const Status known = co_await server_knows(*site, *forwarded); !known.ok()) {
    log(LogLevel::warning, "gate.auth_unavailable", {{"why", known.error().message()}});
    co_return try_later();
  }
  const GateAnswer answer = judge_request(parts_.gate, *site, *forwarded);
  if (!answer.is_live()) {
    log(LogLevel::debug, "gate.auth_refused",
        {{"site", site->name}, {"status", answer.status}, {"why", answer.reason}});
  }
  co_return auth_answer(answer, *site, *forwarded, options->mode);
}

HttpResponse SiteHandler::sign_in(const Site& site, const HttpRequest& request,
                                  const ForwardedRequest& own) {
  const auto query = parse_form(request.query());
  const auto given = query.ok() ? query->single("return_to") : std::nullopt;
  const std::string return_to = return_path_of(given.value_or(std::string_view{"/"}));
  // Another tab has renewed the session meanwhile.
  if (judge_request(parts_.gate, site, own).is_live()) return see_other(site.origin + return_to);
  const auto view = follower_.current();
  if (!view.ok()) {
    refused("gate.sign_in_unavailable", site, view.error().message());
    return unavailable_page(site, sign_in_address(site.origin, return_to));
  }
  const TimePoint now = parts_.gate.time().now;
  const SiteSignIn begun = new_sign_in(return_to, now);
  HttpResponse response =
      see_other(authorization_location(site, parts_.provider, begun, (*view)->contiguous(), now));
  for (const std::string& cookie : sign_in_cookies(site, begun, cookies_of(request), now)) {
    response.headers.add("Set-Cookie", cookie);
  }
  return response;
}

// The session cookie of a token response that is good in every way.
Result<std::string> SiteHandler::accept(const Site& site, const SiteSignIn& sign_in,
                                        const HttpAnswer& answer) {
  if (answer.status != 200) {
    const auto body = parse_json_object(answer.body);
    const auto error = body.ok() ? get_string(*body, "error") : Result<std::string>{body.error()};
    return Error{ErrorCode::denied, Retry::after_human,
                 "the token endpoint answered " + std::to_string(answer.status) + " " +
                     (error.ok() ? escape_for_display(*error) : "")};
  }
  const MachineTime time = parts_.gate.time();
  CURFEW_TRY(const KeySet keys, issuer_keys());
  CURFEW_TRY(const RedeemedSession made,
             read_token_answer(site, parts_.provider, sign_in, answer.body, keys, time.now));
  GateRequest question;
  question.rules = &site.rules;
  const std::string authorization = "Bearer " + made.session.access_token;
  question.authorization = authorization;
  const GateAnswer judged = parts_.gate.check(question);
  // Who may not do what is asked later is signed in all the same: 403 is about that.
  const bool is_good = judged.is_live() || judged.status == 403;
  if (!is_good || judged.token == nullptr) {
    // Of ours and for us, it may be good at the next try; otherwise an operator has to look.
    const bool is_ours =
        judged.status == 503 || (judged.token != nullptr && is_for(*judged.token, *site.rules));
    return Error{ErrorCode::denied, is_ours ? Retry::later : Retry::after_human,
                 "the new token is refused: " + judged.reason};
  }
  if (judged.token->claims.sub != made.sub ||
      judged.token->claims.client_id.str() != site.client_id) {
    return Error::permanent(ErrorCode::protocol,
                            "the tokens are of different people, or of another client");
  }
  CURFEW_TRY(std::string cookie, session_cookie(site, made.session));
  log(LogLevel::info, "gate.signed_in",
      {{"site", site.name}, {"sub", made.sub}, {"sid", judged.token->claims.sid.str()}});
  return cookie;
}

Task<HttpResponse> SiteHandler::redeem(const Site& site, AuthorizationAnswer answer) {
  const std::string again = sign_in_address(site.origin, answer.sign_in.return_to);
  const TimePoint now = parts_.gate.time().now;
  Result<std::string> form = token_form(site, parts_.provider, answer, now);
  if (!form.ok()) {
    refused("gate.sign_in_failed", site, form.error().message());
    co_return unavailable_page(site, again);
  }
  const Result<HttpAnswer> tokens =
      co_await parts_.post(parts_.provider.token_endpoint, std::move(form).value());
  const Result<std::string> cookie =
      tokens.ok() ? accept(site, answer.sign_in, *tokens) : Result<std::string>{tokens.error()};
  if (cookie.ok()) {
    HttpResponse response = see_other(site.origin + answer.sign_in.return_to);
    response.headers.add("Set-Cookie", *cookie);
    co_return response;
  }
  const bool is_too_large = cookie.error().code() == ErrorCode::exhausted && tokens.ok();
  refused(is_too_large ? "gate.session_too_large" : "gate.sign_in_failed", site,
          cookie.error().message());
  if (is_too_large) {
    co_return problem_page(site, {502, "You cannot be signed in here",
                                  "Your account has more permissions than fit into a session. "
                                  "Whoever runs this site finds the sizes in the gate's log."});
  }
  if (cookie.error().retry() == Retry::later) co_return unavailable_page(site, again);
  co_return problem_page(
      site, {403, "You cannot be signed in here", "The sign-in was not accepted.", again});
}

Task<HttpResponse> SiteHandler::callback(const Site& site, HttpRequest request) {
  const auto query = parse_form(request.query());
  auto answer = query.ok() ? read_authorization_answer(site, parts_.provider, *query,
                                                       cookies_of(request), parts_.gate.time().now)
                           : Result<AuthorizationAnswer>{query.error()};
  if (!answer.ok()) {
    refused("gate.callback_refused", site, answer.error().message());
    co_return problem_page(site, {400, "This sign-in cannot be completed",
                                  "It was begun in another browser, took longer than ten minutes, "
                                  "was completed already, or cookies are off.",
                                  sign_in_address(site.origin, "/")});
  }
  const std::string id = answer->sign_in.id;
  HttpResponse response;
  if (answer->error.empty()) {
    response = co_await redeem(site, std::move(answer).value());
  } else {
    refused("gate.sign_in_refused", site, answer->error);
    response = problem_page(site, {403, "You are not signed in", "The sign-in was refused.",
                                   sign_in_address(site.origin, answer->sign_in.return_to)});
  }
  response.headers.add("Set-Cookie", no_sign_in_cookie(id));
  co_return response;
}

HttpResponse SiteHandler::sign_out(const Site& site, const HttpRequest& request) {
  if (is_get(request)) return sign_out_page(site);
  if (request.method != HttpMethod::post) return wrong_method("GET, HEAD, POST");
  if (!is_of_same_origin(site, request)) {
    refused("gate.sign_out_refused", site, "it was not posted by a page of the site");
    return problem_page(site,
                        {403, "You are still signed in", "Another site asked to sign you out.",
                         std::string{kGatePaths} + "sign-out"});
  }
  HttpResponse response =
      see_other(end_session_location(site, parts_.provider, session_of(site, cookies_of(request))));
  response.headers.add("Set-Cookie", no_session_cookie());
  return response;
}

Task<HttpResponse> SiteHandler::backchannel_logout(const Site& site, HttpRequest request) {
  const MachineTime arrived = parts_.gate.time();
  const Result<KeySet> keys = issuer_keys();
  if (!keys.ok()) co_return try_later();
  const auto form = parse_form(request.body);
  const auto compact = form.ok() ? form->single("logout_token") : std::nullopt;
  const auto token = check_logout_token(compact.value_or(std::string_view{}), *keys,
                                        {parts_.provider.issuer, site.client_id, arrived.now});
  if (!token.ok()) {
    refused("gate.logout_token_refused", site, token.error().message());
    co_return without_body(400);
  }
  const auto wait_until = arrived.since_boot + session_limits::kLogoutWaitMax;
  for (MachineTime time = arrived;; time = parts_.gate.time()) {
    const auto view = follower_.current();
    if (view.ok() && logouts_.is_settled(**view, *token, time)) co_return without_body(200);
    if (time.since_boot >= wait_until) co_return try_later();
    co_await sleep_for(parts_.runtime, current_executor(), session_limits::kLogoutLookEvery);
  }
}

Task<HttpResponse> SiteHandler::handle(HttpRequest request) {
  const std::string path{request.path()};
  if (!path.starts_with(kGatePaths)) co_return without_body(404);
  if (!is_from_front(request.peer)) co_return without_body(403);
  const std::string_view name = std::string_view{path}.substr(kGatePaths.size());
  if (name == kAuthPath || name.starts_with("auth/") || name.starts_with(kSitePaths)) {
    co_return co_await auth(std::move(request));
  }
  const auto own = read_forwarded(request, ForwardedBy::own_request, request.target);
  if (!own.ok()) co_return without_body(400);
  const Site* const site = site_of(own->host);
  if (site == nullptr) co_return without_body(404);
  if (name == "sign-out") co_return sign_out(*site, request);
  if (name == "backchannel-logout") {
    if (request.method != HttpMethod::post) co_return wrong_method("POST");
    co_return co_await backchannel_logout(*site, std::move(request));
  }
  const bool is_page =
      name == "sign-in" || name == "callback" || name == "signed-out" || name == "curfew.css";
  if (!is_page) co_return without_body(404);
  if (!is_get(request)) co_return wrong_method("GET, HEAD");
  if (name == "sign-in") co_return sign_in(*site, request, *own);
  if (name == "callback") co_return co_await callback(*site, std::move(request));
  co_return name == "signed-out" ? signed_out_page(*site) : stylesheet_answer();
}

}  // namespace curfew
