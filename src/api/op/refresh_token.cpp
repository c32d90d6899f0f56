#include "api/op/refresh_token.hpp"

#include <charconv>
#include <vector>

#include "base/text.hpp"
#include "crypto/hmac.hpp"

namespace curfew {

namespace {

constexpr std::string_view kVersion = "1";
constexpr std::size_t kTokenBytesMax = 256;

// Neither a tenant's nor a grant's id holds '|' (GUIDs and base64url), so the fields cannot run
// into each other.
std::string mac_of(const Secret& key, const TenantId& tenant_id, const GrantId& grant_id,
                   std::string_view generation) {
  std::string text = "refresh token ";
  text.append(kVersion).append("|").append(tenant_id.str()).append("|");
  text.append(grant_id.str()).append("|").append(generation);
  return base64url_encode(as_view(hmac_sha256(key.reveal(), text)));
}

}  // namespace

std::string make_refresh_token(const Secret& key, const TenantId& tenant_id,
                               const RefreshTokenName& name) {
  const std::string generation = std::to_string(name.generation);
  std::string token{kVersion};
  token.append(".").append(name.grant_id.str()).append(".").append(generation).append(".");
  return token + mac_of(key, tenant_id, name.grant_id, generation);
}

std::optional<RefreshTokenName> read_refresh_token(const Secret& key, const TenantId& tenant_id,
                                                   std::string_view token) {
  if (token.size() > kTokenBytesMax) return std::nullopt;
  const std::vector<std::string_view> parts = split(token, '.');
  if (parts.size() != 4 || parts[0] != kVersion) return std::nullopt;
  RefreshTokenName name;
  name.grant_id = GrantId{std::string{parts[1]}};
  // The MAC is over the very text, so a number that is spelled otherwise does not pass.
  const std::string expected = mac_of(key, tenant_id, name.grant_id, parts[2]);
  if (!equal_constant_time(expected, parts[3])) return std::nullopt;
  const char* const end = parts[2].data() + parts[2].size();
  const auto [stop, error] = std::from_chars(parts[2].data(), end, name.generation);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return name;
}

bool is_in_grace(const Grant& grant, std::uint64_t generation, Duration grace, TimePoint now) {
  const Duration since = now - grant.rotated_at;
  return generation + 1 == grant.generation && since >= -grace && since <= grace;
}

}  // namespace curfew
