// apps/sim/dice.hpp: chance by seed, the same on every machine.
#pragma once

#include <cstdint>

namespace curfew {

// SplitMix64: small, and good enough to choose faults with.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }
  // 0 .. below - 1.
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }
  bool percent(std::uint64_t chance) { return below(100) < chance; }

 private:
  std::uint64_t state_;
};

}  // namespace curfew
