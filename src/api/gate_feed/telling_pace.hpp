// api/gate_feed/telling_pace.hpp: when gates may be told again, by how long telling all of them
// took.
//
// An entry that comes alone is told at once. Where a round over all gates takes long, because there
// are many, what comes meanwhile waits for its end, and then for as long as it took: one message
// has all of it, and half of the time is left for whatever else the server has to do. So the work
// for a gate is bounded by time, not by the number of entries. A few gates are never kept waiting:
// where their round took long, the server was busy with something else.
//
// Pure; one thread. Times are of one clock that does not go back, such as Clock::since_boot().
#pragma once

#include <cstddef>

#include "base/clock.hpp"

namespace curfew {

struct TellingTimes {
  Duration short_round{2};  // one that took no more is followed by no pause
  Duration pause_least{1};
  Duration pause_most{10};  // no entry waits longer for a round to begin
  // As many as a slow machine tells; what a round takes beyond that is not for its gates.
  std::size_t gates_in_a_millisecond = 50;
};

class TellingPace {
 public:
  explicit TellingPace(const TellingTimes& times) : times_(times) {}

  // A round begins; it is not over before end(), where `gates` were told.
  void begin(Duration now);
  void end(Duration now, std::size_t gates);
  [[nodiscard]] bool is_telling() const { return is_telling_; }
  // How long the next round has to wait. Precondition: none is under way.
  [[nodiscard]] Duration wait(Duration now) const;
  // How far apart a gate's acknowledgements may be, so that reading them takes no more than telling
  // does: so many rounds, as the last one was. Zero where each entry goes out by itself.
  [[nodiscard]] Duration ack_pause() const { return apart_ * kRoundsOfAck; }

 private:
  static constexpr int kRoundsOfAck = 8;

  TellingTimes times_;
  bool is_telling_ = false;
  Duration began_{};
  Duration next_{};   // not before
  Duration apart_{};  // from the beginning of one round to that of the next
};

}  // namespace curfew
