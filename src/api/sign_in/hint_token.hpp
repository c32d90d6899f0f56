// api/sign_in/hint_token.hpp: an ID token of ours that somebody hands back as a hint.
//
// It proves nothing about who holds it: it may be expired, and lies in logs and histories. It only
// says whom and which session a request means (OIDC Core 3.1.2.1, RP-Initiated Logout 2).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/context.hpp"

namespace curfew {

struct HintToken {
  std::string subject;
  std::string session_id;              // empty: it names none
  std::vector<std::string> audiences;  // client ids
};

// Nothing unless we signed it, with a key that is still published, for this tenant's issuer. It may
// be expired. An access token is no hint.
[[nodiscard]] std::optional<HintToken> read_hint_token(const ServerContext& context,
                                                       std::string_view compact);

}  // namespace curfew
