// revocation/run_machine.hpp: what happens next in a run; pure: state and event in, new state and
// effects out.
//
// The engine stores the new state before it carries out an effect. Whatever was in flight when the
// process died is ordered again by the event `Resumed`; every order has a number, and an answer to
// an older order is ignored, so that late, doubled and lost answers are all the same to the run.
//
//   planned -> running(prepare -> apply -> observe) -> ended | acknowledged | waiting | failed
//
// A success that cannot be seen at the target counts as a failed attempt. Attempts are bounded;
// what is given up is `failed`, visible, and may be tried again by a person. What was observed as
// ended is observed again later, a bounded number of times, and is driven again where the access
// has come back. A failing step never stops another, except one that names it in `after`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/run.hpp"
#include "revocation/connector.hpp"

namespace curfew {

struct RunPolicy {
  std::uint32_t attempts_max = 8;
  Duration backoff_first = std::chrono::seconds{1};  // doubles with each failed attempt
  Duration backoff_max = std::chrono::minutes{5};
  Duration order_time_max = std::chrono::seconds{30};  // for one order to a connector
  // How long after the end each repeated observation is made.
  std::vector<Duration> observe_again_after = {std::chrono::minutes{10}, std::chrono::hours{24}};
};

struct RunData {
  Run run;
  std::vector<Step> steps;  // by ordinal
  std::vector<AccessPath> paths;

  [[nodiscard]] Step* find_step(const StepId& id);
  [[nodiscard]] const Step* find_step(const StepId& id) const;
};

// Events.
struct Resumed {};  // begun, or loaded after a start: nothing is in flight
struct TimePassed {};
struct PriorValueRead {
  StepId step_id;
  std::uint64_t order = 0;
  Result<std::string> result;
};
struct ApplyAnswered {  // also of undo()
  StepId step_id;
  std::uint64_t order = 0;
  Result<Applied> result;
};
struct ObserveAnswered {
  StepId step_id;
  std::uint64_t order = 0;
  Result<Observation> result;
};
struct RetryAsked {  // by a person, of a failed or waiting step
  StepId step_id;
};
struct CloseAsked {  // by a person: the step stays as it is and is not listed any more
  StepId step_id;
  std::string actor_id;
};
using RunEvent = std::variant<Resumed, TimePassed, PriorValueRead, ApplyAnswered, ObserveAnswered,
                              RetryAsked, CloseAsked>;

// Effects.
enum class OrderKind { prior_value, apply, observe, undo };
struct GiveOrder {
  StepId step_id;
  std::uint64_t order = 0;
  OrderKind kind = OrderKind::apply;
  TimePoint deadline{};
};
struct WakeAt {
  TimePoint at{};
};
using RunEffect = std::variant<GiveOrder, WakeAt>;

struct Advanced {
  bool changed = false;  // the run differs from what is stored
  std::vector<RunEffect> effects;
};

// Changes `data` and says what to do. Never fails: an event that does not fit is ignored.
[[nodiscard]] Advanced advance(RunData& data, const RunEvent& event, TimePoint now,
                               const RunPolicy& policy);

// Until when attempt `attempt_count` + 1 waits: doubling, cut at backoff_max, shortened by up to a
// quarter by a jitter that only depends on the step and the attempt.
[[nodiscard]] Duration backoff_of(const Step& step, const RunPolicy& policy);

// An upper bound of the time from Resumed to rest of a step with no predecessor whose connector
// never answers.
[[nodiscard]] Duration longest_drive(const RunPolicy& policy);

}  // namespace curfew
