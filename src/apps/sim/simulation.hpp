// apps/sim/simulation.hpp: one seeded life of some runs among peers that lie, stall, die and come
// back, in a process that is killed at its saves.
//
// Checked at every moment: nothing is reported ended that lives (safety). Checked at the end, once
// the faults have stopped: every run is at rest and what can be ended is (liveness), within the
// time and the number of orders that the policy allows (boundedness); a prior value is the one from
// before the first write; an undo gives back only where no other run holds the subject.
//
// The same seed is the same life.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace curfew {

struct SimulationCounts {
  std::uint64_t runs = 0;
  std::uint64_t steps = 0;
  std::uint64_t orders = 0;
  std::uint64_t crashes = 0;
  std::uint64_t refused_saves = 0;
  std::uint64_t revivals = 0;
  std::uint64_t retried = 0;  // steps that a person asked for again
  std::uint64_t restored = 0;
  std::uint64_t ended = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t given_up = 0;  // waiting or failed

  void add(const SimulationCounts& other);
};

struct SimulationOutcome {
  SimulationCounts counts;
  std::optional<std::string> violation;  // what broke, and when
};

[[nodiscard]] SimulationOutcome simulate(std::uint64_t seed);

}  // namespace curfew
