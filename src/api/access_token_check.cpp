#include "api/access_token_check.hpp"

#include "access/liveness.hpp"

namespace curfew {

bool looks_like_jwt(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return false;
  const std::size_t second = token.find('.', first + 1);
  return second != std::string_view::npos && token.find('.', second + 1) == std::string_view::npos;
}

std::optional<CheckedAccessToken> check_access_token(const ServerContext& context,
                                                     std::string_view compact) {
  auto verified = context.token_keys.verify_access_token(compact);
  if (!verified.ok()) return std::nullopt;
  CheckedAccessToken checked;
  checked.token = std::move(verified).value();
  const TimePoint now = context.clock.now();
  if (!is_issued_by(checked.claims(), context.issuer(), context.tenant_id.str(), now)) {
    return std::nullopt;
  }
  checked.verdict = verdict_now(context.live(), checked.token->facts, now);
  return checked;
}

}  // namespace curfew
