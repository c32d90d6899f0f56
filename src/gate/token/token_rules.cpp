#include "gate/token/token_rules.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

namespace curfew {

namespace {

bool holds(const std::vector<std::string>& list, const std::string& word) {
  return std::ranges::find(list, word) != list.end();
}

bool has_one_of(const std::vector<std::string>& held, const std::vector<std::string>& wanted) {
  return std::ranges::any_of(wanted, [&](const std::string& word) { return holds(held, word); });
}

bool may(const GateToken& token, const TokenRules& rules) {
  if (rules.scopes.empty() && rules.roles.empty()) return true;
  const bool by_roles = token.claims.app_only || rules.scopes.empty();
  if (by_roles) return has_one_of(token.claims.roles, rules.roles);
  return std::ranges::all_of(rules.scopes,
                             [&](const std::string& scope) { return holds(token.scopes, scope); });
}

std::uint64_t next_number() {
  static std::atomic<std::uint64_t> newest{0};
  return ++newest;
}

}  // namespace

FixedRules::FixedRules(TokenRules rules) : rules_(std::move(rules)), number_(next_number()) {}

bool is_for(const GateToken& token, const TokenRules& rules) {
  return has_one_of(token.audiences, rules.audiences);
}

std::optional<Denial> check_permissions(const GateToken& token, const TokenRules& rules) {
  if (may(token, rules)) return std::nullopt;
  return Denial{403, "insufficient_scope",
                "The access token has not the scopes or roles that are needed here.", "",
                !token.claims.cnf_jkt.empty()};
}

}  // namespace curfew
