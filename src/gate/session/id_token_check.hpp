// gate/session/id_token_check.hpp: the two kinds of tokens that a relying party gets beside access
// tokens: ID tokens and logout tokens, each verified as its standard says.
//
// Pure; any thread. Spec: OIDC Core 3.1.3.7, OIDC Back-Channel Logout 1.0 2.6.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "protocol/jose/jws_key.hpp"

namespace curfew {

struct IdTokenExpectation {
  std::string issuer;
  std::string client_id;
  std::string nonce;         // of this very sign-in; empty accepts none
  std::string access_token;  // that it came with
  TimePoint now{};
};
// Its `sub`. unauthenticated or invalid_argument, with the rule that was broken.
[[nodiscard]] Result<std::string> check_id_token(std::string_view compact, const KeySet& keys,
                                                 const IdTokenExpectation& expected);

struct LogoutToken {
  std::string sub;  // at least one of the two
  std::string sid;
  TimePoint issued_at{};
};
struct LogoutExpectation {
  std::string issuer;
  std::string client_id;
  TimePoint now{};
};
// Errors as above. A token that comes again is taken again: a logout twice is one.
[[nodiscard]] Result<LogoutToken> check_logout_token(std::string_view compact, const KeySet& keys,
                                                     const LogoutExpectation& expected);

}  // namespace curfew
