#include "base/error.hpp"

#include "base/check.hpp"

namespace curfew {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument: return "invalid_argument";
    case ErrorCode::unauthenticated: return "unauthenticated";
    case ErrorCode::denied: return "denied";
    case ErrorCode::not_found: return "not_found";
    case ErrorCode::conflict: return "conflict";
    case ErrorCode::exhausted: return "exhausted";
    case ErrorCode::unavailable: return "unavailable";
    case ErrorCode::timeout: return "timeout";
    case ErrorCode::protocol: return "protocol";
    case ErrorCode::corrupted: return "corrupted";
    case ErrorCode::internal: return "internal";
  }
  CURFEW_CHECK(false);
}

std::string_view to_string(Retry retry) {
  switch (retry) {
    case Retry::never: return "never";
    case Retry::later: return "later";
    case Retry::after_human: return "after_human";
  }
  CURFEW_CHECK(false);
}

}  // namespace curfew
