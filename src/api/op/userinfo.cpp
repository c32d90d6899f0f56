// The userinfo endpoint (OIDC Core 5.3): about the person whom the access token names, by its
// scopes.
#include <algorithm>

#include "api/authn.hpp"
#include "api/op/mint.hpp"
#include "api/op/oauth_answer.hpp"
#include "api/op/token_endpoints.hpp"
#include "protocol/http/authorization_header.hpp"
#include "protocol/http/form.hpp"
#include "protocol/oidc/userinfo.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

// RFC 6750 2.2: the token of a POST may be in its form. It is taken from there as if it had come in
// the header; in both places it is refused.
void move_token_to_header(HttpRequest& http) {
  const auto content_type = http.header("Content-Type");
  const bool is_form = http.method == HttpMethod::post && content_type.ok() && *content_type &&
                       is_form_content_type(**content_type);
  if (!is_form) return;
  const auto form = parse_form(http.body);
  if (!form.ok()) return;
  if (const auto token = form->single("access_token")) {
    http.headers.add("Authorization", "Bearer " + std::string{*token});
  }
}

bool has_scope(const Caller& caller, std::string_view scope) {
  return std::ranges::find(caller.scopes, scope) != caller.scopes.end();
}

HttpResponse refuse_scope(const RequestTrace& trace) {
  const OAuthError error = oauth_error(OAuthErrorCode::insufficient_scope, Aadsts::none,
                                       "The access token was not given the scope openid.");
  HttpResponse response = oauth_answer(error.http_status(), to_json(error, trace), trace);
  response.headers.set("WWW-Authenticate",
                       to_header({"", "", "insufficient_scope", error.description, ""}));
  return response;
}

Result<UserInfo> user_info_of(const ServerContext& context, const Caller& caller) {
  const UserId id{caller.actor.id};
  CURFEW_TRY(const User user, read_value<User>(context.store, [&](ReadTx& tx) {
               return require<User>(tx, "such user", context.tenant_id, id);
             }));
  UserInfo info;
  info.sub = info.oid = user.id.str();
  info.tid = context.tenant_id.str();
  if (has_scope(caller, "profile")) {
    info.preferred_username = user.user_principal_name;
    info.name = user.display_name;
  }
  if (has_scope(caller, "email")) {
    info.email = user.mail.value_or("");
    info.email_verified = is_verified_mail(user);
  }
  return info;
}

HttpResponse answer(const ServerContext& context, const RoutedRequest& request) {
  auto authenticated = authenticate(context, request, /*audience=*/"");
  if (auto* refusal = std::get_if<HttpResponse>(&authenticated)) return std::move(*refusal);
  const Caller& caller = std::get<Caller>(authenticated);
  const RequestTrace trace = trace_of(context, request);
  const bool is_person = caller.actor.kind == ActorKind::user;
  if (!is_person || !has_scope(caller, "openid")) return refuse_scope(trace);
  const Result<UserInfo> info = user_info_of(context, caller);
  if (!info.ok()) return oauth_refusal(oauth_error_of(info.error()), trace);
  return oauth_answer(200, to_json(*info), trace);
}

}  // namespace

Task<HttpResponse> userinfo_endpoint(const ServerContext& context, RoutedRequest request) {
  if (request.http.method == HttpMethod::options) co_return preflight_answer();
  move_token_to_header(request.http);
  HttpResponse response = answer(context, request);
  allow_any_origin(response);  // nothing here looks at cookies
  co_return response;
}

}  // namespace curfew
