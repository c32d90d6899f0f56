// api/error_codes.hpp: the words that errors of the administrator's API, and of the router, are
// called by.
//
// One spelling: lower case, words joined by underscores; a guard's rule has "guard." in front.
// docs/openapi.yaml lists the same.
#pragma once

#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace curfew {

namespace error_code {
inline constexpr std::string_view kUnauthenticated = "unauthenticated";
inline constexpr std::string_view kOldSignIn = "insufficient_user_authentication";
inline constexpr std::string_view kMissingScope = "missing_scope";
inline constexpr std::string_view kMissingRight = "missing_right";
inline constexpr std::string_view kNotFound = "not_found";
inline constexpr std::string_view kMethodNotAllowed = "method_not_allowed";
inline constexpr std::string_view kTenantNotFound = "tenant_not_found";
inline constexpr std::string_view kRolledBack = "rolled_back";
}  // namespace error_code

// Every code of the administrator's API, each once: those above but the tenant's, which no address
// of that API names, those of ErrorCode, and the guard's rules.
[[nodiscard]] std::vector<std::string_view> admin_error_codes();

// What HTTP calls it, in every API that answers with an Error's own kind.
[[nodiscard]] int http_status_of(ErrorCode code);

}  // namespace curfew
