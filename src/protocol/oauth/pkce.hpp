// protocol/oauth/pkce.hpp: proof key for code exchange, S256 only (RFC 7636, RFC 9700 2.1.1).
//
// Pure; any thread. `plain` is never accepted, and an absent method means plain (RFC 7636 4.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/oauth/error.hpp"

namespace curfew {

// 43 characters of base64url: a SHA-256.
[[nodiscard]] bool is_code_challenge(std::string_view challenge);

// 43 to 128 characters of [A-Za-z0-9-._~] (RFC 7636 4.1).
[[nodiscard]] bool is_code_verifier(std::string_view verifier);

[[nodiscard]] std::string code_challenge_of(std::string_view verifier);

// The check at the token endpoint. Nothing if it passes; invalid_grant if the verifier is missing,
// malformed or wrong, and if one came for a code that had no challenge (RFC 9700 4.8.2: downgrade).
// Compares in constant time.
[[nodiscard]] std::optional<OAuthError> check_code_verifier(
    const std::optional<std::string>& code_challenge, std::optional<std::string_view> verifier);

}  // namespace curfew
