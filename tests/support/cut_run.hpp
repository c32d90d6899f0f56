// tests/support/cut_run.hpp: a run about one person that has been cut, and the orders for its
// steps, as the engine gives them: for tests of connectors whose steps a cut makes.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "revocation/connector.hpp"
#include "revocation/cut.hpp"
#include "tests/support/revocation_world.hpp"

namespace curfew {

// About the user "u", by the Global Administrator "admin", whom the world must have.
inline RunData cut_run(RevocationWorld& world, RunMode mode = RunMode::revoke) {
  CutOrder order;
  order.run_id = RunId{"run"};
  order.subject_id = UserId{"u"};
  order.actor = world.actor("admin", {Role::global_administrator});
  order.options.mode = mode;
  RunData data;
  world.write([&](WriteTx& tx) -> Status {
    CURFEW_TRY(CutOutcome outcome,
               cut(tx, world.journal, world.audit, PlanPolicy{}, order, world.clock.now()));
    data = std::move(outcome.data);
    return Done{};
  });
  return data;
}

// The run's first step at this connector; null if it has none.
inline const Step* step_at(const RunData& data, std::string_view connector) {
  const auto found = std::ranges::find(data.steps, connector, &Step::connector);
  return found == data.steps.end() ? nullptr : &*found;
}

inline ConnectorOrder order_for(const RunData& data, const Step& step, TimePoint now) {
  ConnectorOrder made;
  made.run_id = data.run.id;
  made.step_id = step.id;
  made.target = step.target;
  made.subject = step.subject;
  made.subject_id = data.run.subject_id;
  made.deadline = now + std::chrono::seconds{30};
  return made;
}

}  // namespace curfew
