// model/position.hpp: a place in a tenant's journal; what credentials are stamped with.
//
// Dense, allocated in commit order, never reused. A generation starts when an operator fences a
// rolled-back server; positions compare as (generation, sequence). On the wire:
// "generation.sequence" in decimal, as a JSON string. {0, 0} is "no entry" and older than every
// real position.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace curfew {

struct Position {
  std::uint64_t generation = 0;
  std::uint64_t sequence = 0;

  friend auto operator<=>(const Position&, const Position&) = default;
  friend bool operator==(const Position&, const Position&) = default;

  [[nodiscard]] bool is_set() const { return generation != 0; }
  [[nodiscard]] Position next() const { return {generation, sequence + 1}; }
};

inline constexpr std::uint64_t kGenerationMax = (1ULL << 19) - 1;
inline constexpr std::uint64_t kSequenceMax = (1ULL << 44) - 1;

// "7.1042"; "0.0" where it is not set. Parsing refuses signs, leading zeros, spaces, values over
// the maxima, and any other sequence in generation 0.
[[nodiscard]] std::string to_string(Position position);
[[nodiscard]] std::optional<Position> parse_position(std::string_view text);

// One integer with the same order, for storage: generation in the upper 19 bits, never negative.
[[nodiscard]] std::int64_t pack(Position position);
[[nodiscard]] Position unpack_position(std::int64_t packed);

}  // namespace curfew
