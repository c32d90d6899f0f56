// access/authentication_context.hpp: what a sign-in is worth, as one word for resources and clients
// to ask for (OIDC Core 2, `acr`); pure.
//
// There is one word, because there is one way to sign in: a password. It promises no second factor
// and nothing about how the person was identified at first. Whoever insists on more is told that it
// cannot be reached (RFC 9470 5), never given a token that claims it.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace curfew {

// A password was typed in, and was right, at auth_time.
inline constexpr std::string_view kPasswordAcr = "urn:curfew:acr:password";

// In the order of their worth; discovery lists the same.
inline constexpr std::array kAcrValues{kPasswordAcr};

// Of a sign-in by these methods (RFC 8176); empty where they reach none.
[[nodiscard]] std::string_view acr_of(std::span<const std::string> amr);

// Each list of alternatives has one that the sign-in reaches.
[[nodiscard]] bool reaches_all(std::string_view acr,
                               const std::vector<std::vector<std::string>>& essential);
// Each list has one that some sign-in could reach.
[[nodiscard]] bool can_be_reached(const std::vector<std::vector<std::string>>& essential);

}  // namespace curfew
