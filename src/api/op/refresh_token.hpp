// api/op/refresh_token.hpp: refresh tokens: computed, not stored.
//
// "1.<grant id>.<generation>.<base64url HMAC-SHA256>", the MAC being over version, tenant, grant
// and generation under a key of its own. The store keeps the generation alone, so a copy of the
// database holds nothing that could be presented, and asking twice for the successor of one token
// gives the same text.
//
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/id.hpp"
#include "base/secret.hpp"

namespace curfew {

struct RefreshTokenName {
  GrantId grant_id;
  std::uint64_t generation = 0;
};

[[nodiscard]] std::string make_refresh_token(const Secret& key, const TenantId& tenant_id,
                                             const RefreshTokenName& name);

// What the token names; nothing unless we made it, for this tenant. Says nothing about whether it
// is still good.
[[nodiscard]] std::optional<RefreshTokenName> read_refresh_token(const Secret& key,
                                                                 const TenantId& tenant_id,
                                                                 std::string_view token);

}  // namespace curfew
