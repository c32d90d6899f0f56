#include "gate/forward_auth/forward_auth.hpp"

#include <algorithm>
#include <optional>

namespace curfew {

namespace {

// What the proxy says of the request that it asks about.
struct Original {
  std::string method;
  std::string url;  // empty where it does not say
};

std::string single(const HttpRequest& http, std::string_view name) {
  const auto header = http.header(name);
  return header.ok() && *header ? std::string{**header} : std::string{};
}

Original original_of(const HttpRequest& http, AskedAbout asked_about) {
  if (asked_about == AskedAbout::original) {
    return {single(http, "X-Original-Method"), single(http, "X-Original-URL")};
  }
  Original original{single(http, "X-Forwarded-Method"), {}};
  const std::string proto = single(http, "X-Forwarded-Proto");
  const std::string host = single(http, "X-Forwarded-Host");
  const std::string uri = single(http, "X-Forwarded-Uri");
  if (proto.empty() || host.empty() || !uri.starts_with('/')) return original;
  original.url = proto + "://" + host + uri;
  return original;
}

// What cannot stand in a header is left out.
void set_if_plain(HttpResponse& response, std::string_view name, std::string_view value) {
  const bool is_plain = std::ranges::all_of(value, [](char c) { return c >= 0x20 && c < 0x7F; });
  if (!value.empty() && is_plain) response.headers.set(name, value);
}

HttpResponse let_through(const GateToken& token) {
  HttpResponse response = HttpResponse::empty(204);
  set_if_plain(response, "X-Curfew-Subject", token.claims.sub);
  set_if_plain(response, "X-Curfew-Object-Id", token.claims.oid);
  set_if_plain(response, "X-Curfew-Client-Id", token.claims.client_id.str());
  set_if_plain(response, "X-Curfew-Scopes", token.claims.scp);
  set_if_plain(response, "X-Curfew-Roles", token.roles_text);
  return response;
}

HttpResponse refuse(const GateAnswer& answer) {
  HttpResponse response = HttpResponse::empty(answer.status);
  set_if_plain(response, "WWW-Authenticate", answer.www_authenticate);
  if (answer.retry_after) {
    response.headers.set("Retry-After", std::to_string(*answer.retry_after));
  }
  response.headers.set("Cache-Control", "no-store");
  return response;
}

}  // namespace

HttpResponse ForwardAuth::answer(const HttpRequest& http) {
  const std::string_view path = http.path();
  if (!path.starts_with(kForwardAuthPath)) return HttpResponse::empty(404);
  const auto rules = rules_.find(path.substr(kForwardAuthPath.size()));
  if (rules == rules_.end()) return HttpResponse::empty(404);

  const auto authorization = http.header("Authorization");
  const auto dpop = http.header("DPoP");
  const Original original = original_of(http, asked_about_);
  GateRequest request;
  request.has_repeated_header = !authorization.ok() || !dpop.ok();
  if (authorization.ok()) request.authorization = *authorization;
  if (dpop.ok()) request.sender.dpop = *dpop;
  request.sender.method = original.method;
  request.sender.url = original.url;
  request.rules = &rules->second;
  const GateAnswer answer = gate_.check(request);
  return answer.is_live() ? let_through(*answer.token) : refuse(answer);
}

}  // namespace curfew
