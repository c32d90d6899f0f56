// connectors/slow_receivers.hpp: who took long to answer the last time: they wait among the slow
// ones, so that they hold up nobody but each other (connectors/outside_call.hpp).
//
// Not thread-safe: on one executor.
#pragma once

#include <chrono>
#include <cstddef>
#include <set>
#include <string>

#include "base/clock.hpp"

namespace curfew {

class SlowReceivers {
 public:
  // `receiver`: an application's or a target's id. `took`: from the call to its answer, or failure.
  void note(const std::string& receiver, Duration took) {
    if (took <= kPromptAnswer) {
      slow_.erase(receiver);
    } else if (slow_.size() < kSlowMax) {
      slow_.insert(receiver);
    }
  }
  [[nodiscard]] bool contains(const std::string& receiver) const {
    return slow_.contains(receiver);
  }

 private:
  static constexpr Duration kPromptAnswer = std::chrono::seconds{1};
  // More that are slow at once are not told apart.
  static constexpr std::size_t kSlowMax = 10'000;

  std::set<std::string> slow_;
};

}  // namespace curfew
