// api/access_token_check.hpp: is this text an access token of ours, and is it live now?
//
// The one way to it for our own APIs, userinfo, introspection and revocation. The signature may
// come from memory (api/token_keys.hpp); expiry and the validity rule are asked each time.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "api/context.hpp"
#include "api/token_keys.hpp"
#include "model/validity.hpp"

namespace curfew {

struct CheckedAccessToken {
  std::shared_ptr<const VerifiedAccessToken> token;
  Verdict verdict = Verdict::unstamped;

  [[nodiscard]] const AccessTokenClaims& claims() const { return token->claims; }
  // What the verdict is about.
  [[nodiscard]] const CredentialFacts& facts() const { return token->facts; }
};

// Nothing if it is not a token that this tenant issued.
[[nodiscard]] std::optional<CheckedAccessToken> check_access_token(const ServerContext& context,
                                                                   std::string_view compact);

// Looks like a JWT (header.payload.signature), so that it is worth parsing as one.
[[nodiscard]] bool looks_like_jwt(std::string_view token);

}  // namespace curfew
