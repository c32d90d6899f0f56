// gate/token/token_rules.hpp: what a token must be for, beside being live: the part that another
// API than ours decides.
//
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gate/replica/lease.hpp"
#include "gate/token/gate_token.hpp"
#include "protocol/resource/denial.hpp"

namespace curfew {

// Empty lists ask for nothing, but for audiences: without one, no token is accepted.
struct TokenRules {
  std::vector<std::string> audiences;
  // A person's token has every scope; where only roles are given, one of the roles.
  std::vector<std::string> scopes;
  // An application's own token has one of the roles; where only scopes are given, it is refused.
  std::vector<std::string> roles;
  // Without a lease nobody passes, also at a gate that is best effort.
  LeaseNeed lease = LeaseNeed::as_the_gate;
};

// Rules that stay as they are, under a number that no others of this process have.
class FixedRules {
 public:
  explicit FixedRules(TokenRules rules);
  [[nodiscard]] const TokenRules& operator*() const { return rules_; }
  [[nodiscard]] const TokenRules* operator->() const { return &rules_; }
  [[nodiscard]] std::uint64_t number() const { return number_; }  // never 0

 private:
  TokenRules rules_;
  std::uint64_t number_;
};

// RFC 9068 4: the token names one of the audiences.
[[nodiscard]] bool is_for(const GateToken& token, const TokenRules& rules);
// RFC 6750 3.1, insufficient_scope; nothing where the token may do it.
[[nodiscard]] std::optional<Denial> check_permissions(const GateToken& token,
                                                      const TokenRules& rules);

}  // namespace curfew
