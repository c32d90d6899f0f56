#include "api/error_codes.hpp"

#include "base/check.hpp"
#include "revocation/guard.hpp"

namespace curfew {

std::vector<std::string_view> admin_error_codes() {
  std::vector<std::string_view> codes;
  for (const ErrorCode code :
       {ErrorCode::invalid_argument, ErrorCode::unauthenticated, ErrorCode::denied,
        ErrorCode::not_found, ErrorCode::conflict, ErrorCode::exhausted, ErrorCode::unavailable,
        ErrorCode::timeout, ErrorCode::protocol, ErrorCode::corrupted, ErrorCode::internal}) {
    codes.push_back(to_string(code));
  }
  for (const std::string_view code :
       {error_code::kMissingScope, error_code::kMissingRight, error_code::kOldSignIn,
        error_code::kMethodNotAllowed, error_code::kRolledBack}) {
    codes.push_back(code);
  }
  for (const std::string_view rule : guard_rule_names()) codes.push_back(rule);
  return codes;
}

int http_status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument: return 400;
    case ErrorCode::unauthenticated: return 401;
    case ErrorCode::denied: return 403;
    case ErrorCode::not_found: return 404;
    case ErrorCode::conflict: return 409;
    case ErrorCode::exhausted:
    case ErrorCode::unavailable: return 503;
    case ErrorCode::timeout: return 504;
    case ErrorCode::protocol: return 502;
    case ErrorCode::corrupted:
    case ErrorCode::internal: return 500;
  }
  CURFEW_CHECK(false);
}

}  // namespace curfew
