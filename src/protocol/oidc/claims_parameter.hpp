// protocol/oidc/claims_parameter.hpp: the `claims` request parameter, as far as we act on it.
//
// Unknown members are ignored (OIDC Core 5.5). Here also comes back what a resource asked for in a
// claims challenge: a token not older than `nbf`, computed from a state not older than `as_of`.
//
// Pure; any thread. Limits: kClaimsBytesMax and the JSON limits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/position.hpp"

namespace curfew {

inline constexpr std::size_t kClaimsBytesMax = 8UL * 1024;

struct ClaimsRequest {
  // access_token.nbf: issued at or after this, seconds since 1970. A number or decimal text.
  std::optional<std::int64_t> not_before;
  // access_token.as_of: computed at or after this position of the journal.
  std::optional<Position> minimum_as_of;
  // access_token.xms_cc has "cp1" in any case: the client understands claims challenges.
  bool handles_challenges = false;
  // Values of access_token.acrs: authentication contexts that the resource insists on.
  std::vector<std::string> authentication_contexts;
  // Of an `acr` that is essential, in id_token or access_token: any one of the values of each list
  // must be reached (OIDC Core 5.5.1.1). Without values, or as a wish, it is in none of them.
  std::vector<std::vector<std::string>> essential_acrs;
  // Names of id_token members that were asked for; the essential ones are in both.
  std::vector<std::string> id_token_members;
  std::vector<std::string> essential_id_token_members;
  // id_token.sub.value: the one person who may answer this request (OIDC Core 5.5.1).
  std::optional<std::string> required_subject;
};

// Empty text is an empty request. invalid_argument if it is no JSON object, repeats a name, is too
// large or too deep, or if a member that we act on has a wrong type.
[[nodiscard]] Result<ClaimsRequest> parse_claims_parameter(std::string_view json);

// The claims challenge of a resource: {"access_token":{"nbf":{"essential":true,"value":"..."},
// "as_of":{"value":"7.1042"}}}. as_of is left out when unset.
[[nodiscard]] std::string claims_challenge_json(std::int64_t not_before, Position as_of);

}  // namespace curfew
