#include "api/op/oauth_answer.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "protocol/http/form.hpp"

namespace curfew {

namespace {

constexpr std::string_view kClientRequestId = "client-request-id";
constexpr std::string_view kExposedHeaders =
    "x-ms-request-id, x-ms-httpver, client-request-id, DPoP-Nonce, WWW-Authenticate";

bool is_guid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_hyphen_place = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = ascii_lower(text[i]);
    const bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (is_hyphen_place ? c != '-' : !is_hex) return false;
  }
  return true;
}

std::optional<std::string> id_in_query(const HttpRequest& request) {
  if (request.query().find(kClientRequestId) == std::string_view::npos) return std::nullopt;
  const Result<Form> query = parse_form(request.query());
  if (!query.ok()) return std::nullopt;
  const auto id = query->single(kClientRequestId);
  return id ? std::optional{std::string{*id}} : std::nullopt;
}

std::string correlation_id_of(const RoutedRequest& request) {
  const auto header = request.http.header(kClientRequestId);
  if (header.ok() && *header && is_guid(**header)) return std::string{**header};
  const std::optional<std::string> in_query = id_in_query(request.http);
  return in_query && is_guid(*in_query) ? *in_query : request.request_id;
}

}  // namespace

RequestTrace trace_of(const ServerContext& context, const RoutedRequest& request) {
  return {context.clock.now(), request.request_id, correlation_id_of(request)};
}

HttpResponse oauth_answer(int status, std::string json, const RequestTrace& trace) {
  HttpResponse response = HttpResponse::json(status, std::move(json));
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("Pragma", "no-cache");
  response.headers.set(kClientRequestId, trace.correlation_id);
  return response;
}

HttpResponse oauth_refusal(const OAuthError& error, const RequestTrace& trace) {
  HttpResponse response = oauth_answer(error.http_status(), to_json(error, trace), trace);
  if (error.http_status() == 401)
    response.headers.set("WWW-Authenticate", "Basic realm=\"curfew\"");
  return response;
}

OAuthError oauth_error_of(const Error& error) {
  OAuthError answer;
  switch (error.code()) {
    case ErrorCode::exhausted:
    case ErrorCode::unavailable:
    case ErrorCode::timeout:
      answer.code = OAuthErrorCode::temporarily_unavailable;
      answer.description = "The server cannot answer now.";
      break;
    case ErrorCode::invalid_argument:
    case ErrorCode::unauthenticated:
    case ErrorCode::denied:
    case ErrorCode::not_found:
    case ErrorCode::conflict:
    case ErrorCode::protocol:
    case ErrorCode::corrupted:
    case ErrorCode::internal:
      answer.code = OAuthErrorCode::server_error;
      answer.description = "The server failed.";
      break;
  }
  log(LogLevel::error, "oauth.server_error",
      {{"code", to_string(error.code())}, {"message", error.message()}});
  return answer;
}

std::optional<std::string> spa_origin_of(const App& app, const HttpRequest& request) {
  const auto origin = request.header("Origin");
  if (!origin.ok() || !*origin) return std::nullopt;
  const auto& known = app.spa_origins;
  if (std::ranges::find(known, **origin) == known.end()) return std::nullopt;
  return std::string{**origin};
}

void allow_origin(HttpResponse& response, std::string_view origin) {
  response.headers.set("Access-Control-Allow-Origin", origin);
  response.headers.set("Access-Control-Expose-Headers", kExposedHeaders);
  response.headers.set("Vary", "Origin");
}

void allow_any_origin(HttpResponse& response) {
  response.headers.set("Access-Control-Allow-Origin", "*");
  response.headers.set("Access-Control-Expose-Headers", kExposedHeaders);
}

HttpResponse preflight_answer(std::string_view methods) {
  HttpResponse response = HttpResponse::empty(204);
  response.headers.set("Access-Control-Allow-Origin", "*");
  response.headers.set("Access-Control-Allow-Methods", methods);
  // "*" does not cover Authorization (Fetch standard 4.8).
  response.headers.set("Access-Control-Allow-Headers", "*, Authorization");
  response.headers.set("Access-Control-Max-Age", "600");
  return response;
}

}  // namespace curfew
