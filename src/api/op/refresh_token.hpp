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

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/secret.hpp"
#include "model/session.hpp"

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

// Whether the generation is the grant's last but one, superseded so short a while ago that it may
// be a client whose answer was lost. A clock that was set back makes no second grace of it: the
// rotation lies no further ahead than it may lie behind.
[[nodiscard]] bool is_in_grace(const Grant& grant, std::uint64_t generation, Duration grace,
                               TimePoint now);

}  // namespace curfew
