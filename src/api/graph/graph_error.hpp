// api/graph/graph_error.hpp: how a Graph call is refused, and a value or such a refusal.
//
// On the wire: {"error":{"code","message","innerError":{"date","request-id","client-request-id"}}}.
// Codes are Graph's own; clients tell cases apart by them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "io/http_types.hpp"
#include "protocol/odata/property.hpp"

namespace curfew {

namespace graph_code {
inline constexpr std::string_view kBadRequest = "Request_BadRequest";
inline constexpr std::string_view kUnsupportedQuery = "Request_UnsupportedQuery";
inline constexpr std::string_view kUnauthenticated = "InvalidAuthenticationToken";
inline constexpr std::string_view kDenied = "Authorization_RequestDenied";
inline constexpr std::string_view kNotFound = "Request_ResourceNotFound";
inline constexpr std::string_view kUnknownSegment = "ResourceNotFound";
inline constexpr std::string_view kConflict = "Request_MultipleObjectsWithSameKeyValue";
inline constexpr std::string_view kMalformedQuery = "BadRequest";
inline constexpr std::string_view kExpiredPage = "Directory_ExpiredPageToken";
inline constexpr std::string_view kResyncRequired = "resyncRequired";
inline constexpr std::string_view kStateNotFound = "syncStateNotFound";
inline constexpr std::string_view kUnavailable = "ServiceUnavailable";
inline constexpr std::string_view kMethodNotAllowed = "Request_MethodNotAllowed";
}  // namespace graph_code

struct GraphError {
  int status = 400;
  std::string code{graph_code::kBadRequest};
  std::string message;
  std::string target;       // the property or parameter that is meant; may be empty
  std::string location;     // where to begin anew: the Location header; may be empty
  bool is_guarded = false;  // refused by a rule of the guard, which is in the audit already

  GraphError() = default;
  GraphError(int status_in, std::string_view code_in, std::string message_in)
      : status(status_in), code(code_in), message(std::move(message_in)) {}
  // What our own modules say, in Graph's words.
  // NOLINTNEXTLINE(google-explicit-constructor): `return error;` is the point.
  GraphError(const Error& error);
  // NOLINTNEXTLINE(google-explicit-constructor)
  GraphError(const QueryError& error);

  [[nodiscard]] static GraphError bad_request(std::string message) {
    return {400, graph_code::kBadRequest, std::move(message)};
  }
  // "Resource '<id>' does not exist ...": also for what the caller may not know of.
  [[nodiscard]] static GraphError not_found(std::string_view id);
};

// As Result of base/result.hpp, for the CURFEW_TRY macros.
template <typename T>
class [[nodiscard]] GraphResult {
 public:
  using Value = T;

  GraphResult() = default;
  // NOLINTBEGIN(google-explicit-constructor)
  GraphResult(T value) : state_(std::in_place_index<1>, std::move(value)) {}
  GraphResult(GraphError error) : state_(std::in_place_index<2>, std::move(error)) {}
  GraphResult(const Error& error) : state_(std::in_place_index<2>, error) {}
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return state_.index() == 1; }
  // Preconditions: ok() is as the name says. Checked.
  [[nodiscard]] T& value() & {
    CURFEW_CHECK(ok());
    return *std::get_if<1>(&state_);
  }
  [[nodiscard]] const T& value() const& {
    CURFEW_CHECK(ok());
    return *std::get_if<1>(&state_);
  }
  [[nodiscard]] T&& value() && {
    CURFEW_CHECK(ok());
    return std::move(*std::get_if<1>(&state_));
  }
  [[nodiscard]] const GraphError& error() const {
    CURFEW_CHECK(state_.index() == 2);
    return *std::get_if<2>(&state_);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<std::monostate, T, GraphError> state_;
};

// What ties an answer to its request.
struct GraphTrace {
  std::string request_id;
  std::string client_request_id;  // the client's own, or the same as request_id
  TimePoint now{};
};

[[nodiscard]] std::string to_json(const GraphError& error, const GraphTrace& trace);
[[nodiscard]] HttpResponse to_response(const GraphError& error, const GraphTrace& trace);

}  // namespace curfew
