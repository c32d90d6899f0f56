#include "revocation/run_machine.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "revocation/plan.hpp"

namespace curfew {

namespace {

// What the target answered says more than that it did: which gates had no lease, or that nobody is
// known there.
bool says_what_was_acknowledged(const Step& step, const AccessPath& path) {
  return path.kind == PathKind::gate || step.connector == kGlobalRevocationConnector;
}

// FNV-1a: spreads attempts in time; no security hangs on it.
std::uint64_t spread(std::string_view text, std::uint64_t number) {
  std::uint64_t hash = 14695981039346656037ULL ^ number;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  return hash ^ (hash >> 29U);
}

bool succeeded(StepState state) {
  return state == StepState::ended || state == StepState::acknowledged;
}

OrderKind order_kind_of(const Step& step) {
  switch (step.phase) {
    case StepPhase::prepare: return OrderKind::prior_value;
    case StepPhase::apply:
      return step.direction == StepDirection::give_back ? OrderKind::undo : OrderKind::apply;
    case StepPhase::observe: return OrderKind::observe;
  }
  return OrderKind::observe;
}

// One call of advance().
class Machine {
 public:
  Machine(RunData& data, TimePoint now, const RunPolicy& policy)
      : data_(data), now_(now), policy_(policy) {}

  Advanced finish() {
    start_steps();
    // A run may have nothing to do from the beginning.
    const RunState state = data_.run.state;
    const bool is_open = state == RunState::driving || state == RunState::restoring;
    if (advanced_.changed || (is_open && all_rest())) {
      advanced_.changed = true;
      settle_run();
      ++data_.run.change;
    }
    if (const auto wake = next_wake()) advanced_.effects.emplace_back(WakeAt{*wake});
    return std::move(advanced_);
  }

  // Nothing is in flight any more: what was ordered is ordered again.
  void on(const Resumed&) {
    for (Step& step : data_.steps) {
      if (step.state == StepState::running && !step.next_attempt_at) give_order(step);
      if (is_observed_again(step) && !step.observe_again_at) give_order(step);
    }
  }

  void on(const TimePassed&) {}  // start_steps() looks at the time

  void on(const PriorValueRead& event) {
    Step* step = awaited(event.step_id, event.order, StepPhase::prepare);
    if (step == nullptr) return;
    if (!event.result.ok()) return attempt_failed(*step, event.result.error());
    // Stored once: a second reading could already show what we wrote.
    if (!step->prior_value) step->prior_value = event.result.value();
    next_phase(*step, StepPhase::apply);
  }

  void on(const ApplyAnswered& event) {
    Step* step = awaited(event.step_id, event.order, StepPhase::apply);
    if (step == nullptr) return;
    if (!event.result.ok()) return attempt_failed(*step, event.result.error());
    step->applied_at = now_;
    step->evidence = event.result.value().evidence;
    if (step->direction == StepDirection::give_back) return rest(*step, StepState::acknowledged);
    step->written_value = event.result.value().written_value;
    next_phase(*step, StepPhase::observe);
  }

  void on(const ObserveAnswered& event) {
    Step* step = data_.find_step(event.step_id);
    if (step != nullptr && is_observed_again(*step)) return observed_again(*step, event);
    step = awaited(event.step_id, event.order, StepPhase::observe);
    if (step == nullptr) return;
    if (!event.result.ok()) return attempt_failed(*step, event.result.error());
    observed(*step, event.result.value());
  }

  void on(const RetryAsked& event) {
    Step* step = data_.find_step(event.step_id);
    if (step == nullptr ||
        (step->state != StepState::failed && step->state != StepState::waiting)) {
      return;
    }
    begin_again(*step);
    release_dependents(*step);
  }

  void on(const CloseAsked& event) {
    Step* step = data_.find_step(event.step_id);
    if (step == nullptr || succeeded(step->state) || !is_at_rest(step->state)) return;
    step->closed_by = event.actor_id;
    advanced_.changed = true;
  }

 private:
  // The step that this answer belongs to; null for an answer to an older order.
  Step* awaited(const StepId& id, std::uint64_t order, StepPhase phase) {
    Step* step = data_.find_step(id);
    const bool fits = step != nullptr && step->state == StepState::running &&
                      step->phase == phase && step->order == order && !step->next_attempt_at;
    return fits ? step : nullptr;
  }

  void give_order(Step& step) {
    ++step.order;
    step.next_attempt_at.reset();
    advanced_.changed = true;
    const OrderKind kind = is_observed_again(step) ? OrderKind::observe : order_kind_of(step);
    advanced_.effects.emplace_back(
        GiveOrder{step.id, step.order, kind, now_ + policy_.order_time_max});
  }

  void next_phase(Step& step, StepPhase phase) {
    step.phase = phase;
    give_order(step);
  }

  void attempt_failed(Step& step, const Error& error) {
    ++step.attempt_count;
    step.last_error = error.message();
    advanced_.changed = true;
    switch (error.retry()) {
      case Retry::never: return rest(step, StepState::failed);
      case Retry::after_human: return rest(step, StepState::waiting);
      case Retry::later: break;
    }
    if (step.attempt_count >= policy_.attempts_max) return rest(step, StepState::failed);
    step.next_attempt_at = now_ + backoff_of(step, policy_);
  }

  void observed(Step& step, const Observation& observation) {
    switch (observation.finding) {
      case Finding::gone:
        step.observed_at = now_;
        step.evidence = observation.evidence;
        return rest(step, StepState::ended);
      case Finding::unbounded: forget_bounds(step); [[fallthrough]];
      case Finding::unobservable:
        if (!observation.evidence.empty()) step.evidence = observation.evidence;
        return rest(step, StepState::acknowledged);
      case Finding::alive: break;
    }
    // The target said that it was done, and it is not: a failed attempt, to be made anew.
    step.evidence = observation.evidence;
    step.phase = StepPhase::apply;
    attempt_failed(step, Error::transient(ErrorCode::protocol,
                                          "the target said it was done, and still shows access"));
  }

  // A bound that was planned for does not hold for what is there.
  void forget_bounds(const Step& step) {
    for (AccessPath& path : data_.paths) {
      if (path.step_id == step.id) path.ends_by.reset();
    }
  }

  // An ended step that is being looked at once more.
  static bool is_observed_again(const Step& step) {
    return step.state == StepState::ended && step.phase == StepPhase::observe &&
           step.observing_again;
  }

  void observed_again(Step& step, const ObserveAnswered& event) {
    if (event.order != step.order) return;
    step.observing_again = false;
    advanced_.changed = true;
    if (event.result.ok() && event.result.value().finding == Finding::alive) {
      step.evidence = event.result.value().evidence;
      step.last_error = "the access had ended and came back";
      step.made_in_cut = false;
      begin_again(step);
      step.phase = StepPhase::apply;
      return;
    }
    ++step.observation_count;
    if (event.result.ok() && event.result.value().finding == Finding::gone) {
      step.observed_at = now_;
      step.evidence = event.result.value().evidence;
    }
    plan_observation(step);
  }

  void plan_observation(Step& step) {
    const std::size_t made = step.observation_count;
    step.observe_again_at.reset();
    if (step.direction == StepDirection::give_back) return;
    if (made < policy_.observe_again_after.size()) {
      step.observe_again_at = now_ + policy_.observe_again_after[made];
    }
  }

  void rest(Step& step, StepState state) {
    step.state = state;
    step.next_attempt_at.reset();
    advanced_.changed = true;
    if (succeeded(state)) {
      step.attempt_count = 0;
      step.last_error.clear();
    }
    if (state == StepState::ended) plan_observation(step);
  }

  // Back to the beginning of what is left to do. What was stored before the first write stays.
  void begin_again(Step& step) {
    step.state = StepState::planned;
    step.attempt_count = 0;
    step.next_attempt_at.reset();
    step.observe_again_at.reset();
    step.closed_by.clear();
    step.phase = first_phase(step);
    advanced_.changed = true;
  }

  static StepPhase first_phase(const Step& step) {
    if (step.made_in_cut) return StepPhase::observe;
    const bool has_prior = step.prior_value || step.direction == StepDirection::give_back;
    return has_prior ? StepPhase::apply : StepPhase::prepare;
  }

  // Steps that gave up because this one had are planned again.
  void release_dependents(const Step& released) {
    for (Step& step : data_.steps) {
      const bool names_it =
          std::find(step.after.begin(), step.after.end(), released.id.str()) != step.after.end();
      if (!names_it || step.state != StepState::waiting) continue;
      begin_again(step);
      release_dependents(step);
    }
  }

  enum class Predecessors { done, open, hopeless };
  Predecessors predecessors_of(const Step& step) {
    bool all_done = true;
    for (const std::string& id : step.after) {
      const Step* before = data_.find_step(StepId{id});
      if (before == nullptr || succeeded(before->state)) continue;
      if (is_at_rest(before->state)) return Predecessors::hopeless;
      all_done = false;
    }
    return all_done ? Predecessors::done : Predecessors::open;
  }

  void start(Step& step) {
    switch (predecessors_of(step)) {
      case Predecessors::open: return;
      case Predecessors::hopeless:
        step.last_error = "a step that must come before this one has not succeeded";
        return rest(step, StepState::waiting);
      case Predecessors::done: break;
    }
    step.state = StepState::running;
    give_order(step);
  }

  // Whatever the time and the predecessors allow now. In ordinal order, twice, because a step that
  // gives up may make a later one give up.
  void start_steps() {
    for (int pass = 0; pass < 2; ++pass) {
      for (Step& step : data_.steps) start_if_due(step);
    }
  }

  void start_if_due(Step& step) {
    if (step.state == StepState::planned) return start(step);
    if (step.state == StepState::running && step.next_attempt_at && *step.next_attempt_at <= now_) {
      return give_order(step);
    }
    if (step.state == StepState::ended && step.observe_again_at && *step.observe_again_at <= now_) {
      step.observe_again_at.reset();
      step.observing_again = true;
      give_order(step);
    }
  }

  bool all_rest() const {
    return std::all_of(data_.steps.begin(), data_.steps.end(),
                       [](const Step& step) { return is_at_rest(step.state); });
  }

  void settle_run() {
    Run& run = data_.run;
    const bool rests = all_rest();
    if (run.state == RunState::driving && rests) {
      run.state = RunState::at_rest;
      run.rested_at = now_;
    } else if (run.state == RunState::at_rest && !rests) {
      run.state = RunState::driving;
      run.rested_at.reset();
    } else if (run.state == RunState::restoring && rests) {
      run.state = RunState::restored;
    } else if (run.state == RunState::restored && !rests) {
      run.state = RunState::restoring;
    }
    run.observe_again_at = earliest_observation();
    // What an undo gave back stays as the undo left it: the steps only say what was so before.
    if (run.restored_at) return;
    for (AccessPath& path : data_.paths) settle_path(path);
  }

  std::optional<TimePoint> earliest_observation() const {
    std::optional<TimePoint> earliest;
    for (const Step& step : data_.steps) {
      // One that is being made counts as due: a restart has to make it again.
      const auto due = step.observing_again ? std::optional{now_} : step.observe_again_at;
      if (due && (!earliest || *due < *earliest)) earliest = due;
    }
    return earliest;
  }

  void settle_path(AccessPath& path) {
    if (!path.step_id) return;
    const Step* step = data_.find_step(*path.step_id);
    if (step == nullptr) return;
    path.ended_at.reset();
    path.observed_at.reset();
    path.reason.clear();
    switch (step->state) {
      case StepState::planned:
      case StepState::running: path.state = PathState::open; break;
      case StepState::ended:
        path.state = PathState::ended;
        path.ended_at = step->made_in_cut ? data_.run.cut_at : step->applied_at;
        path.observed_at = step->observed_at;
        break;
      case StepState::acknowledged:
        path.state = path.ends_by ? PathState::ends_by : PathState::unknown;
        path.reason = says_what_was_acknowledged(*step, path)
                          ? step->evidence
                          : "the target acknowledged it, and has no way to show it";
        break;
      case StepState::waiting:
      case StepState::failed:
        path.state = PathState::waiting;
        path.reason = step->last_error;
        break;
    }
  }

  std::optional<TimePoint> next_wake() const {
    std::optional<TimePoint> earliest;
    const auto note = [&](const std::optional<TimePoint>& at) {
      if (at && (!earliest || *at < *earliest)) earliest = at;
    };
    for (const Step& step : data_.steps) {
      if (step.state == StepState::running) note(step.next_attempt_at);
      if (step.state == StepState::ended) note(step.observe_again_at);
    }
    return earliest;
  }

  RunData& data_;
  TimePoint now_;
  const RunPolicy& policy_;
  Advanced advanced_;
};

}  // namespace

Step* RunData::find_step(const StepId& id) {
  return const_cast<Step*>(std::as_const(*this).find_step(id));
}

const Step* RunData::find_step(const StepId& id) const {
  const auto found =
      std::find_if(steps.begin(), steps.end(), [&](const Step& step) { return step.id == id; });
  return found == steps.end() ? nullptr : &*found;
}

Advanced advance(RunData& data, const RunEvent& event, TimePoint now, const RunPolicy& policy) {
  Machine machine{data, now, policy};
  std::visit([&](const auto& one) { machine.on(one); }, event);
  return machine.finish();
}

Duration backoff_of(const Step& step, const RunPolicy& policy) {
  Duration wait = policy.backoff_first;
  for (std::uint32_t attempt = 1; attempt < step.attempt_count && wait < policy.backoff_max;
       ++attempt) {
    wait *= 2;
  }
  wait = std::min(wait, policy.backoff_max);
  const auto quarter = static_cast<std::uint64_t>(wait.count() / 4);
  const std::uint64_t shorter =
      quarter == 0 ? 0 : spread(step.id.str(), step.attempt_count) % (quarter + 1);
  return wait - Duration{static_cast<Duration::rep>(shorter)};
}

Duration longest_drive(const RunPolicy& policy) {
  // Three phases can each be answered at their last moment in every attempt.
  const auto attempts = static_cast<Duration::rep>(policy.attempts_max);
  return (policy.order_time_max * 3 + policy.backoff_max) * attempts;
}

}  // namespace curfew
