#include "api/gate_feed/telling_pace.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace curfew {

void TellingPace::begin(Duration now) {
  CURFEW_CHECK(!is_telling_);
  is_telling_ = true;
  began_ = now;
}

void TellingPace::end(Duration now, std::size_t gates) {
  CURFEW_CHECK(is_telling_);
  is_telling_ = false;
  const Duration most{gates / times_.gates_in_a_millisecond};
  const Duration took = std::min(now - began_, most);
  const bool is_short = took <= times_.short_round;
  const Duration pause =
      is_short ? Duration{0} : std::clamp(took, times_.pause_least, times_.pause_most);
  next_ = now + pause;
  apart_ = is_short ? Duration{0} : took + pause;
}

Duration TellingPace::wait(Duration now) const {
  CURFEW_CHECK(!is_telling_);
  return std::max(Duration{0}, next_ - now);
}

}  // namespace curfew
