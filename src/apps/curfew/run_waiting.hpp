// apps/curfew/run_waiting.hpp: what a run that is followed waits for, said now and then.
//
// Pure; one thread.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "base/clock.hpp"

namespace curfew {

// One line: each step that is not done, with the latest moment at which what it ends can still
// work, or else when it is tried again, as far as the run says it. Empty: there is none.
[[nodiscard]] std::string waiting_words(const boost::json::object& run_data, TimePoint now);

// Nothing in the first two seconds, in which most runs are over; then once each thirty.
class WaitingPace {
 public:
  explicit WaitingPace(Duration began) : due_(began + std::chrono::seconds{2}) {}
  // True: it is said now.
  [[nodiscard]] bool take(Duration now) {
    if (now < due_) return false;
    due_ = now + std::chrono::seconds{30};
    return true;
  }

 private:
  Duration due_;
};

}  // namespace curfew
