// revocation/connector.hpp: what code for one kind of target must do; the engine knows only this.
//
// A connector is one object for all targets of its kind. Every implementation must pass
// tests/conformance/connector_suite.hpp:
// - idempotent by order.step_id: an order may be given again after a crash or a lost answer, and
//   the target then is as if it had been given once;
// - bounded: the task ends by order.deadline, with `timeout` if the target did not answer;
// - classified: Retry::later only for what time can cure, after_human for what a person must do;
// - observe() and prior_value() change nothing at the target.
//
// Thread: called on the engine's executor; the tasks resume on it. Lifetime: a connector outlives
// the engine; an order is copied into the task.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "base/task.hpp"

namespace curfew {

struct ConnectorOrder {
  RunId run_id;
  StepId step_id;
  std::string target;   // Step::target
  std::string subject;  // Step::subject
  UserId subject_id;
  TimePoint cut_at{};
  TimePoint deadline{};                    // wall time of the engine's clock
  std::optional<std::string> prior_value;  // undo: what was there before
  std::optional<std::string>
      written_value;  // what apply() wrote, once it did: for undo, observe, and an apply anew
};

struct Applied {
  std::string evidence;       // what the target answered: its status, never its body
  std::string written_value;  // what is there now, in the form of prior_value()
};

enum class Finding {
  gone,          // the target shows that the access is gone
  alive,         // it shows that it is not
  unobservable,  // it has no way to show it
  unbounded,     // the same, and what is left may outlast the subject's tokens
};

struct Observation {
  Finding finding = Finding::unobservable;
  std::string evidence;
};

class Connector {
 public:
  virtual ~Connector() = default;

  // The state that apply() will overwrite, in the connector's own form; kept for undo().
  [[nodiscard]] virtual Task<Result<std::string>> prior_value(ConnectorOrder order) = 0;
  // Takes the access away at the target.
  [[nodiscard]] virtual Task<Result<Applied>> apply(ConnectorOrder order) = 0;
  // Reads back from the target whether the access is gone.
  [[nodiscard]] virtual Task<Result<Observation>> observe(ConnectorOrder order) = 0;
  // Writes order.prior_value back if the target still shows order.written_value; otherwise leaves
  // it and says so in the evidence. Old credentials stay dead.
  [[nodiscard]] virtual Task<Result<Applied>> undo(ConnectorOrder order) = 0;
};

// By Step::connector. Filled by hand in the program's wiring.
using ConnectorSet = std::map<std::string, Connector*, std::less<>>;

}  // namespace curfew
