// model/token_status.hpp: the places of access tokens in the status lists that we publish.
//
// A resource application may ask for its tokens to be in a list (App::status_list). Each token then
// has a place of its own, taken before it is signed, at random among those that nobody has; and the
// list says, of each place, whether the validity rule refuses the token for anything but its age.
//
// Spec: Token Status List (draft-ietf-oauth-status-list).
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/position.hpp"

namespace curfew {

// A list of one resource. Lists of a generation that a fence has ended are dead as a whole: the
// rows of what was issued then may be lost with the rest.
struct StatusListName {
  AppId app_id;  // the resource
  std::uint64_t generation = 0;
  std::uint32_t number = 0;  // from 1

  friend auto operator<=>(const StatusListName&, const StatusListName&) = default;
  friend bool operator==(const StatusListName&, const StatusListName&) = default;
};

// The place of one token, with everything that the rule needs to know of it.
struct TokenStatus {
  TenantId tenant_id;
  AppId app_id;
  std::uint64_t generation = 0;
  std::uint32_t list = 0;
  std::uint32_t idx = 0;
  std::vector<std::string> keys;  // as to_string(Key): all that the token names
  Position auth_as_of;
  Position as_of;
  TimePoint expires_at{};
};

// 4 KiB before compression: few revoked tokens do not stand out by the list that they are in, and
// one list is computed in some 100 ms where it is full.
inline constexpr std::uint32_t kStatusListSize = 32'768;
// Said to be invalid in every list, and nobody's place: named by a token that a revocation overtook
// while it was made, so that no copy of the list calls it valid.
inline constexpr std::uint32_t kDeadIdx = 0;
// Of one resource: room for some million tokens that are alive at once.
inline constexpr std::uint32_t kStatusListsMax = 64;
// Places that are tried before another list is begun: a first one is two thirds full then.
inline constexpr int kStatusPlaceTries = 16;

// How long a reader may go by a list that it has got, as the list says.
inline constexpr Duration kStatusListTtl = std::chrono::seconds{30};
// A signed copy is handed out for so long, and a cache on the way may keep it for so long.
inline constexpr Duration kStatusListRenewal = std::chrono::seconds{15};
// From `iat` to `exp`. Nobody who looks at `exp` goes by a list for longer than this after it was
// true, whatever lies between us and them; whoever keeps to the ttl gets along with less.
inline constexpr Duration kStatusListLife = std::chrono::seconds{60};
static_assert(kStatusListLife >= kStatusListTtl + 2 * kStatusListRenewal);

// What was computed is signed anew for so long, and then computed anew if the journal stands still.
inline constexpr Duration kStatusListComputedFor = std::chrono::seconds{60};
// Resources add a leeway to a token's `exp`; for so long a list goes on saying what became of it.
inline constexpr Duration kStatusToldAfterExpiry = std::chrono::minutes{5};
// And its place is nobody else's until nobody has a list any more that says so.
inline constexpr Duration kStatusKeptAfterExpiry =
    kStatusToldAfterExpiry + kStatusListComputedFor + kStatusListLife;

}  // namespace curfew
