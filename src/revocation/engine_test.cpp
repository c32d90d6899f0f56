#include "revocation/engine.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

#include "revocation/restore.hpp"
#include "revocation/run_store.hpp"
#include "revocation/scripted_connector.hpp"
#include "tests/support/revocation_world.hpp"

using namespace curfew;
using namespace std::chrono_literals;

namespace {

// An engine with one scripted target, in a process that can be killed.
struct EngineWorld : RevocationWorld {
  SimLoop loop{clock};
  std::function<Behaviour(OrderKind, const ConnectorOrder&)> script =
      [](OrderKind, const ConnectorOrder&) { return Behaviour::honest; };
  std::unique_ptr<ScriptedConnector> target = std::make_unique<ScriptedConnector>(
      loop, clock,
      [this](OrderKind kind, const ConnectorOrder& order) { return script(kind, order); });
  RunPolicy policy;
  std::uint64_t changes = 0;
  std::unique_ptr<RunEngine> engine;

  EngineWorld() { begin(); }
  void begin() {
    engine = std::make_unique<RunEngine>(EngineParts{tenant,
                                                     *store,
                                                     clock,
                                                     loop,
                                                     loop,
                                                     {{"scripted", target.get()}},
                                                     policy,
                                                     [this](const RunData&) { ++changes; }});
  }
  ~EngineWorld() { die(); }
  void die() {
    engine.reset();
    target->release_stalled();  // the peers see the connection break
    loop.drain();
  }
  void kill_and_restart() {
    die();
    begin();
    REQUIRE(engine->resume().ok());
  }
  RunId add_run(const std::string& id, std::size_t step_count = 1,
                const std::string& subject = "u") {
    RunData data;
    data.run.tenant_id = tenant;
    data.run.id = RunId{id};
    data.run.subject_id = UserId{subject};
    data.run.requested_at = data.run.cut_at = clock.now();
    for (std::uint32_t at = 0; at < step_count; ++at) {
      Step step;
      step.tenant_id = tenant;
      step.run_id = data.run.id;
      step.ordinal = at;
      step.id = StepId{id + "." + std::to_string(at)};
      step.connector = "scripted";
      step.target = "place" + std::to_string(at);
      step.subject = subject + "-at-" + step.target;
      data.steps.push_back(step);
      AccessPath path;
      path.tenant_id = tenant;
      path.run_id = data.run.id;
      path.ordinal = at;
      path.kind = PathKind::api_key;
      path.step_id = step.id;
      data.paths.push_back(path);
    }
    write([&](WriteTx& tx) { return save_run(tx, data); });
    return data.run.id;
  }
  RunData load(const RunId& id) {
    return read<RunData>([&](ReadTx& tx) { return load_run(tx, tenant, id); });
  }
  StepState state(const RunId& id, std::size_t step = 0) { return load(id).steps[step].state; }
};

}  // namespace

TEST_CASE("a driven run comes to rest, stored at each change, and leaves the memory") {
  EngineWorld world;
  const RunId id = world.add_run("r", 3);
  world.engine->drive(id);
  REQUIRE(world.loop.run_for(1s));
  CHECK(world.load(id).run.state == RunState::at_rest);
  for (std::size_t at = 0; at < 3; ++at) CHECK(world.state(id, at) == StepState::ended);
  CHECK(world.changes > 0);
  CHECK(world.changes < world.load(id).run.change);  // several events share one commit
  CHECK(world.engine->backlog() == 0);
  CHECK_FALSE(world.target->alive("u-at-place0"));
}

TEST_CASE("a target that stalls costs one attempt and stops no other step") {
  EngineWorld world;
  bool stalled = false;
  world.script = [&](OrderKind kind, const ConnectorOrder& order) {
    if (kind == OrderKind::apply && order.target == "place0" && !stalled) {
      stalled = true;
      return Behaviour::stalls;
    }
    return Behaviour::honest;
  };
  const RunId id = world.add_run("r", 2);
  world.engine->drive(id);
  REQUIRE(world.loop.run_for(1s));
  CHECK(world.state(id, 0) == StepState::running);
  CHECK(world.state(id, 1) == StepState::ended);
  REQUIRE(world.loop.run_for(60s));
  CHECK(world.state(id, 0) == StepState::ended);
}

TEST_CASE("a part that fails, in whatever way and for ever, stops none of the others") {
  for (const Behaviour behaviour :
       {Behaviour::lies, Behaviour::busy, Behaviour::needs_person, Behaviour::impossible,
        Behaviour::stalls, Behaviour::loses_answer, Behaviour::crashes, Behaviour::dies_after,
        Behaviour::too_late, Behaviour::unobservable}) {
    CAPTURE(static_cast<int>(behaviour));
    EngineWorld world;
    world.script = [&](OrderKind, const ConnectorOrder& order) {
      return order.target == "place0" ? behaviour : Behaviour::honest;
    };
    const RunId id = world.add_run("r", 4);
    world.engine->drive(id);
    REQUIRE(world.loop.run_for(1s));
    for (std::size_t at = 1; at < 4; ++at) CHECK(world.state(id, at) == StepState::ended);
    REQUIRE(world.loop.run_for(longest_drive(world.policy)));
    CHECK(world.load(id).run.state == RunState::at_rest);
    CHECK(is_at_rest(world.state(id)));
  }
}

TEST_CASE("a target that crashes and comes back is brought to its end") {
  for (const Behaviour crash : {Behaviour::crashes, Behaviour::dies_after, Behaviour::stalls}) {
    CAPTURE(static_cast<int>(crash));
    EngineWorld world;
    const TimePoint back_at = world.clock.now() + 20s;
    world.script = [&](OrderKind, const ConnectorOrder&) {
      return world.clock.now() < back_at ? crash : Behaviour::honest;
    };
    const RunId id = world.add_run("r");
    world.engine->drive(id);
    REQUIRE(world.loop.run_for(longest_drive(world.policy)));
    CHECK(world.state(id) == StepState::ended);
    CHECK_FALSE(world.target->alive("u-at-place0"));
    CHECK(world.load(id).steps[0].prior_value.has_value());
  }
}

TEST_CASE("an answer after the deadline is not taken for the answer to the next order") {
  EngineWorld world;
  int orders = 0;
  world.script = [&](OrderKind kind, const ConnectorOrder&) {
    return kind == OrderKind::apply && ++orders == 1 ? Behaviour::too_late : Behaviour::honest;
  };
  const RunId id = world.add_run("r");
  world.engine->drive(id);
  REQUIRE(world.loop.run_for(10min));
  CHECK(world.state(id) == StepState::ended);
  CHECK(world.target->order_count(OrderKind::apply) == 2);
}

TEST_CASE("every way of failing ends in a state that shows it, within the bound") {
  for (const Behaviour behaviour :
       {Behaviour::lies, Behaviour::busy, Behaviour::needs_person, Behaviour::impossible,
        Behaviour::stalls, Behaviour::crashes, Behaviour::dies_after, Behaviour::too_late}) {
    CAPTURE(static_cast<int>(behaviour));
    EngineWorld world;
    world.script = [&](OrderKind kind, const ConnectorOrder&) {
      return kind == OrderKind::apply ? behaviour : Behaviour::honest;
    };
    const RunId id = world.add_run("r");
    world.engine->drive(id);
    REQUIRE(world.loop.run_for(longest_drive(world.policy)));
    const StepState state = world.state(id);
    CHECK(is_at_rest(state));
    // What came late was done all the same, and is seen.
    if (behaviour != Behaviour::too_late) CHECK(state != StepState::ended);
    CHECK(world.load(id).run.state == RunState::at_rest);
    CHECK((state == StepState::ended) <= !world.target->alive("u-at-place0"));
  }
}

TEST_CASE("a step whose connector is missing waits for a person") {
  EngineWorld world;
  const RunId id = world.add_run("r");
  RunData data = world.load(id);
  data.steps[0].connector = "unknown";
  world.write([&](WriteTx& tx) { return save_run(tx, data); });
  world.engine->drive(id);
  REQUIRE(world.loop.run_for(1s));
  CHECK(world.state(id) == StepState::waiting);
  CHECK(world.load(id).steps[0].last_error.find("unknown") != std::string::npos);
}

TEST_CASE("killed after any number of steps and started again, the run comes to the same end") {
  for (int killed_after = 0; killed_after < 40; ++killed_after) {
    CAPTURE(killed_after);
    EngineWorld world;
    const RunId id = world.add_run("r", 2);
    world.engine->drive(id);
    for (int step = 0; step < killed_after; ++step) {
      if (!world.loop.step()) break;
    }
    world.kill_and_restart();
    REQUIRE(world.loop.run_for(5min));
    CHECK(world.load(id).run.state == RunState::at_rest);
    CHECK(world.state(id, 0) == StepState::ended);
    CHECK(world.state(id, 1) == StepState::ended);
    CHECK(world.load(id).steps[0].prior_value == "enabled");
  }
}

TEST_CASE("two runs on one subject reach one target one after the other, in their order") {
  EngineWorld world;
  bool first_is_held = true;
  world.script = [&](OrderKind, const ConnectorOrder& order) {
    if (order.run_id == RunId{"a"} && first_is_held) {
      first_is_held = false;
      return Behaviour::slow;
    }
    return Behaviour::honest;
  };
  world.engine->drive(world.add_run("a"));
  world.engine->drive(world.add_run("b"));
  REQUIRE(world.loop.run_for(1s));
  CHECK(world.target->order_log() == std::vector<std::string>{"a.0"});
  REQUIRE(world.loop.run_for(1min));
  CHECK(world.state(RunId{"a"}) == StepState::ended);
  CHECK(world.state(RunId{"b"}) == StepState::ended);
}

TEST_CASE("more runs than fit into memory are all driven") {
  EngineWorld world;
  world.script = [](OrderKind, const ConnectorOrder&) { return Behaviour::slow; };
  const std::size_t count = kDrivenRunsMax + 20;
  for (std::size_t at = 0; at < count; ++at) {
    const std::string name = "r" + std::to_string(at);
    world.engine->drive(world.add_run(name, 1, name));
  }
  world.loop.run_ready();
  CHECK(world.engine->backlog() == count);
  REQUIRE(world.loop.run_for(10min));
  CHECK(world.engine->backlog() == 0);
  for (std::size_t at = 0; at < count; ++at) {
    CHECK(world.state(RunId{"r" + std::to_string(at)}) == StepState::ended);
  }
}

TEST_CASE("a person's retry takes a given-up step up again, also after a restart") {
  EngineWorld world;
  Behaviour now = Behaviour::needs_person;
  world.script = [&](OrderKind, const ConnectorOrder&) { return now; };
  const RunId id = world.add_run("r");
  world.engine->drive(id);
  REQUIRE(world.loop.run_for(1min));
  CHECK(world.state(id) == StepState::waiting);
  world.kill_and_restart();
  now = Behaviour::honest;
  world.engine->send(id, RetryAsked{StepId{"r.0"}});
  REQUIRE(world.loop.run_for(1min));
  CHECK(world.state(id) == StepState::ended);
}

TEST_CASE("access that comes back is found and taken again, also across a restart") {
  EngineWorld world;
  const RunId id = world.add_run("r");
  world.engine->drive(id);
  REQUIRE(world.loop.run_for(1min));
  CHECK(world.engine->backlog() == 0);
  world.target->set_alive("u-at-place0", true);
  world.kill_and_restart();
  REQUIRE(world.loop.run_for(1h));
  CHECK_FALSE(world.target->alive("u-at-place0"));
  CHECK(world.state(id) == StepState::ended);
  REQUIRE(world.loop.run_for(72h));
  CHECK_FALSE(world.load(id).run.observe_again_at);
}

TEST_CASE("nothing is given back at a target while another hold stands on the subject") {
  EngineWorld world;
  world.add_user("u");
  const RunId id = world.add_run("r");
  world.engine->drive(id);
  REQUIRE(world.loop.run_for(1min));
  const auto undone = [&] {
    world.write([&](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(
          restore_run(tx, world.journal, world.audit, id, world.root(), world.clock.now()));
      return Done{};
    });
  };
  undone();
  CHECK(world.load(id).run.state == RunState::restoring);
  // Between the undo's transaction and its order, somebody blocks the subject.
  Removal block;
  block.kind = RemovalKind::disable_user;
  block.user_id = UserId{"u"};
  REQUIRE(world.take(block).ok());
  world.engine->drive(id);
  REQUIRE(world.loop.run_for(1h));
  CHECK_FALSE(world.target->alive("u-at-place0"));
  CHECK(world.load(id).steps.back().state == StepState::waiting);
}

TEST_CASE("of two undone runs the last gives back what was there before the first") {
  for (const bool first_first : {true, false}) {
    EngineWorld world;
    world.add_user("u");
    const auto block = [&](const std::string& id) {
      Removal removal;
      removal.kind = RemovalKind::revoke_user;
      removal.user_id = UserId{"u"};
      removal.hold_owner = "run:" + id;
      REQUIRE(world.take(removal).ok());
      world.engine->drive(world.add_run(id));
      REQUIRE(world.loop.run_for(1min));
    };
    const auto undo = [&](const std::string& id) {
      std::vector<RunId> released;
      world.write([&](WriteTx& tx) -> Status {
        CURFEW_TRY(const RestoredRun restored,
                   restore_run(tx, world.journal, world.audit, RunId{id}, world.root(),
                               world.clock.now()));
        released = restored.released;
        return Done{};
      });
      world.engine->drive(RunId{id});
      for (const RunId& also : released) world.engine->drive(also);
      REQUIRE(world.loop.run_for(1h));
    };
    block("one");
    block("two");
    undo(first_first ? "one" : "two");
    CHECK_FALSE(world.target->alive("u-at-place0"));
    undo(first_first ? "two" : "one");
    CHECK(world.target->alive("u-at-place0"));
    CHECK(world.load(RunId{"one"}).run.state == RunState::restored);
    CHECK(world.load(RunId{"two"}).run.state == RunState::restored);
  }
}

TEST_CASE("an undo gives the prior value back and ends as restored") {
  EngineWorld world;
  world.add_user("u");
  const RunId id = world.add_run("r");
  world.engine->drive(id);
  REQUIRE(world.loop.run_for(1min));
  REQUIRE_FALSE(world.target->alive("u-at-place0"));
  CHECK(world.load(id).paths.front().state == PathState::ended);
  world.write([&](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(
        restore_run(tx, world.journal, world.audit, id, world.root(), world.clock.now()));
    return Done{};
  });
  world.engine->drive(id);
  REQUIRE(world.loop.run_for(72h));
  CHECK(world.target->alive("u-at-place0"));
  CHECK(world.load(id).run.state == RunState::restored);
  CHECK(world.load(id).paths.front().state == PathState::unknown);
  CHECK(world.load(id).paths.front().reason.starts_with("given back by the undo at "));
}

TEST_CASE("a change by somebody else while a state is being saved is not overwritten") {
  EngineWorld world;
  const RunId id = world.add_run("r");
  RunData stale = world.load(id);
  world.engine->drive(id);
  REQUIRE(world.loop.run_for(1min));
  const Status late = world.store->write_and_wait(
      Urgency::normal, [&](WriteTx& tx) { return save_changes(tx, stale, stale); });
  REQUIRE_FALSE(late.ok());
  CHECK(late.error().code() == ErrorCode::conflict);
  CHECK(world.state(id) == StepState::ended);
}
