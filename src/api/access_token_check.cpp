#include "api/access_token_check.hpp"

#include "access/liveness.hpp"

namespace curfew {

namespace {

// Between the clocks of several nodes.
constexpr Duration kClockSkewMax = std::chrono::seconds{60};

}  // namespace

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
  const AccessTokenClaims& claims = checked.claims();
  const TimePoint now = context.clock.now();
  const bool is_ours = claims.iss == context.issuer() && claims.tid == context.tenant_id;
  if (!is_ours || from_unix_seconds(claims.nbf) > now + kClockSkewMax) return std::nullopt;
  checked.verdict = verdict_now(context.live(), checked.token->facts, now);
  return checked;
}

}  // namespace curfew
