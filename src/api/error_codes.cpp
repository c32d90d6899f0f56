#include "api/error_codes.hpp"

#include "base/error.hpp"
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
  for (const std::string_view code : {error_code::kMissingScope, error_code::kMissingRight,
                                      error_code::kMethodNotAllowed, error_code::kRolledBack}) {
    codes.push_back(code);
  }
  for (const std::string_view rule : guard_rule_names()) codes.push_back(rule);
  return codes;
}

}  // namespace curfew
