// base/target_limits.hpp: the limits of asking other servers to end what a person has, with their
// reasons; beside base/limits.hpp.
#pragma once

#include <chrono>
#include <cstddef>

namespace curfew::limits {

inline constexpr std::size_t kTargetsMax = 50;  // of a tenant: each is a step of every run
inline constexpr std::size_t kTargetNameBytesMax = 128;
inline constexpr std::size_t kTargetClientIdBytesMax = 256;
inline constexpr std::size_t kTargetTokenBytesMax = 4096;

inline constexpr auto kTargetCallTimeMax = std::chrono::seconds{10};
// Okta's profile: good for five minutes, and from five minutes before, for clocks that differ.
inline constexpr auto kTargetTokenTime = std::chrono::minutes{5};
inline constexpr auto kTargetClockSkew = std::chrono::minutes{5};

// Applications that take commands: each is a step of every run, too.
inline constexpr std::size_t kCommandPartiesMax = 50;
// OpenID Provider Commands, security considerations: at most two minutes.
inline constexpr auto kCommandTokenTime = std::chrono::minutes{2};

}  // namespace curfew::limits
