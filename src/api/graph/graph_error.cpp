#include "api/graph/graph_error.hpp"

#include <algorithm>

#include "api/error_codes.hpp"
#include "base/log.hpp"
#include "protocol/json/writer.hpp"
#include "revocation/guard.hpp"

namespace curfew {

namespace {

std::string_view code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument: return graph_code::kBadRequest;
    case ErrorCode::unauthenticated: return graph_code::kUnauthenticated;
    case ErrorCode::denied: return graph_code::kDenied;
    case ErrorCode::not_found: return graph_code::kNotFound;
    case ErrorCode::conflict: return graph_code::kConflict;
    case ErrorCode::exhausted:
    case ErrorCode::unavailable:
    case ErrorCode::timeout:
    case ErrorCode::protocol: return graph_code::kUnavailable;
    case ErrorCode::corrupted:
    case ErrorCode::internal: return "InternalServerError";
  }
  CURFEW_CHECK(false);
}

// Graph's text first, because scripts look for it; ours after it says which rule it was.
std::string message_of(const Error& error) {
  const ErrorCode code = error.code();
  const bool is_ours =
      code == ErrorCode::internal || code == ErrorCode::corrupted || code == ErrorCode::protocol;
  if (is_ours) {
    log(LogLevel::error, "graph.failed", {{"why", error.message()}});
    return "The server could not do this; its log says why, under the request's id.";
  }
  if (code != ErrorCode::denied) return error.message();
  return "Insufficient privileges to complete the operation. " + error.message();
}

// Without a zone: so clients read it.
std::string inner_date(TimePoint now) {
  std::string text = to_rfc3339(now);
  constexpr std::size_t kToSeconds = 19;  // 2026-11-29T10:00:00
  return text.substr(0, std::min(text.size(), kToSeconds));
}

}  // namespace

GraphError::GraphError(const Error& error)
    : status(http_status_of(error.code())),
      code(code_of(error.code())),
      message(message_of(error)),
      is_guarded(guard_rule_of(error).has_value()) {}

GraphError::GraphError(const QueryError& error)
    : code(error.fault == QueryFault::unsupported ? graph_code::kUnsupportedQuery
                                                  : graph_code::kBadRequest),
      message(error.message) {}

GraphError GraphError::not_found(std::string_view id) {
  return {404, graph_code::kNotFound,
          "Resource '" + std::string{id.substr(0, 128)} +
              "' does not exist or one of its queried reference-property objects are not present."};
}

std::string to_json(const GraphError& error, const GraphTrace& trace) {
  std::string inner_text;
  JsonObjectWriter inner{inner_text};
  inner.string("date", inner_date(trace.now)).string("request-id", trace.request_id);
  inner.string("client-request-id", trace.client_request_id).end();
  std::string error_text;
  JsonObjectWriter middle{error_text};
  middle.string("code", error.code).string("message", error.message);
  if (!error.target.empty()) middle.string("target", error.target);
  middle.raw("innerError", inner_text).end();
  std::string text;
  JsonObjectWriter outer{text};
  outer.raw("error", error_text).end();
  return text;
}

HttpResponse to_response(const GraphError& error, const GraphTrace& trace) {
  HttpResponse response = HttpResponse::json(error.status, to_json(error, trace));
  if (error.status == 429 || error.status == 503) response.headers.set("Retry-After", "5");
  if (!error.location.empty()) response.headers.set("Location", error.location);
  return response;
}

}  // namespace curfew
