// revocation/engine.hpp: drives runs: store the new state, then act; resume after a restart.
//
// Thread: the engine has none of its own. Everything in it happens on `executor`, which runs one
// work at a time; drive(), resume() and send() may be called from any thread. Lifetime: the engine
// and all that it refers to live until the executor has stopped.
//
// At most kDrivenRunsMax runs are in memory at a time; the others wait in the order of their cuts,
// which have already made us refuse their subjects. Steps of one subject at one target are done one
// after the other, in the order of the runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "revocation/connector.hpp"
#include "revocation/run_machine.hpp"
#include "store/store.hpp"

namespace curfew {

// Calls functions on the engine's executor at a wall time. A call may come late, and must come even
// if the time has passed already. Never in the caller's own stack.
class RunTimer {
 public:
  virtual ~RunTimer() = default;
  virtual void call_at(TimePoint at, std::function<void()> work) = 0;
};

inline constexpr std::size_t kDrivenRunsMax = 256;

struct EngineParts {
  TenantId tenant_id;
  Store& store;
  const Clock& clock;
  Executor& executor;
  RunTimer& timer;
  ConnectorSet connectors;
  RunPolicy policy;
  // On the executor, after each stored change.
  std::function<void(const RunData&)> on_change = [](const RunData&) {};
};

class RunEngine {
 public:
  explicit RunEngine(EngineParts parts);
  ~RunEngine();
  RunEngine(const RunEngine&) = delete;
  RunEngine& operator=(const RunEngine&) = delete;

  // Goes on with every run that the store says is not at rest. Once, at start.
  Status resume();
  // Goes on with a run that was just stored.
  void drive(const RunId& id);
  // Goes on with a run that was stored some time ago, unless that is being done.
  void drive_if_idle(const RunId& id);
  // RetryAsked and CloseAsked, once the caller has been guarded.
  void send(const RunId& id, RunEvent event);

  // Runs in memory or waiting: for metrics and for the end of a drill. On the executor's thread.
  [[nodiscard]] std::size_t backlog() const;

 private:
  struct Drive;
  struct Batch;
  struct Flight;
  using Place = std::pair<std::string, std::string>;  // subject and target
  using AlarmId = std::pair<TimePoint, std::uint64_t>;

  // From any thread: runs `work` on the executor, unless the engine has gone by then.
  void on_executor(std::function<void()> work);

  void enqueue(const RunId& id, std::optional<RunEvent> event);
  void admit();
  void begin(const RunId& id);
  void pump(const RunId& id);
  bool read_again(Drive& drive);
  void take_events(Drive& drive, Batch& batch);
  void save(Drive& drive, Batch batch);
  void saved(const RunId& id, const Batch& batch, const Status& status);
  void not_saved(Drive& drive, const Batch& batch, const Error& error);
  void release_if_done(const RunId& id);
  void plan_sweep(std::optional<TimePoint> at);
  void sweep();

  void perform(Drive& drive, const RunEffect& effect);
  void wake(Drive& drive, TimePoint at);
  void give(Drive& drive, const GiveOrder& order);
  void deliver(const Place& place);
  [[nodiscard]] Status check_undo(const Flight& flight);
  void call(Connector& connector, const Flight& flight);
  void answer(const Flight& flight, RunEvent event);
  void fail(const Flight& flight, Error error);

  AlarmId set_alarm(TimePoint at, std::function<void()> work);
  void arm();
  void ring();

  EngineParts parts_;
  std::map<RunId, std::unique_ptr<Drive>> drives_;
  std::deque<RunId> waiting_;
  std::map<RunId, std::vector<RunEvent>> early_events_;  // for runs in waiting_
  std::map<Place, std::deque<Flight>> queues_;           // the first of each is being done
  std::map<AlarmId, std::function<void()>> alarms_;
  std::uint64_t alarm_count_ = 0;
  std::optional<TimePoint> armed_at_;
  std::optional<TimePoint> sweep_at_;
  std::shared_ptr<int> life_ = std::make_shared<int>(0);  // gone with the engine
};

}  // namespace curfew
