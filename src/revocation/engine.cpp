#include "revocation/engine.hpp"

#include <algorithm>
#include <iterator>

#include "base/log.hpp"
#include "model/key.hpp"
#include "revocation/crash_points.hpp"
#include "revocation/run_store.hpp"
#include "store/journal.hpp"

// What has come for a run is taken together: advance, store, act. While a state is being stored,
// the run's further events wait in its inbox, so that no effect runs ahead of the state that caused
// it.

namespace curfew {

namespace {

// A connector has to answer by its deadline; a little later the engine goes on without it.
constexpr Duration kDeadlineGrace = std::chrono::seconds{1};
// The disk refused: the state is stored again after this long.
constexpr Duration kSaveAgainAfter = std::chrono::seconds{1};

}  // namespace

// A run in memory.
struct RunEngine::Drive {
  RunData data;  // as it is stored
  std::deque<RunEvent> inbox;
  bool saving = false;
  bool reload = false;  // the store holds something newer than `data`
  std::size_t in_flight = 0;
  std::optional<AlarmId> wake_alarm;
};

// Events that were taken together, and what they come to.
struct RunEngine::Batch {
  std::vector<RunEvent> events;
  RunData data;
  std::vector<RunEffect> effects;
  bool changed = false;
};

// One order on its way to a connector.
struct RunEngine::Flight {
  RunId run_id;
  Place place;
  std::string connector;
  GiveOrder order;
  ConnectorOrder what;
  std::optional<AlarmId> watchdog;  // set once it has been delivered
};

RunEngine::RunEngine(EngineParts parts) : parts_(std::move(parts)) {}
RunEngine::~RunEngine() = default;

void RunEngine::on_executor(std::function<void()> work) {
  parts_.executor.post([life = std::weak_ptr<int>{life_}, work = std::move(work)] {
    if (const auto alive = life.lock()) work();
  });
}

Status RunEngine::resume() {
  std::vector<RunId> ids;
  CURFEW_TRY_STATUS(parts_.store.read([&](ReadTx& tx) -> Status {
    CURFEW_TRY(ids, runs_to_drive(tx, parts_.tenant_id));
    return Done{};
  }));
  for (const RunId& id : ids) drive(id);
  on_executor([this] { sweep(); });
  return Done{};
}

void RunEngine::drive(const RunId& id) {
  on_executor([this, id] { enqueue(id, std::nullopt); });
}

void RunEngine::drive_if_idle(const RunId& id) {
  on_executor([this, id] {
    if (!drives_.contains(id) && !early_events_.contains(id)) enqueue(id, std::nullopt);
  });
}

void RunEngine::send(const RunId& id, RunEvent event) {
  on_executor([this, id, event = std::move(event)] { enqueue(id, event); });
}

std::size_t RunEngine::backlog() const { return drives_.size() + waiting_.size(); }

// The run is driven from now on, or was already; the event reaches it either way.
void RunEngine::enqueue(const RunId& id, std::optional<RunEvent> event) {
  const auto driven = drives_.find(id);
  if (driven != drives_.end()) {
    // Without an event the store holds something new, such as a restore: take it up.
    driven->second->inbox.push_back(event ? std::move(*event) : RunEvent{Resumed{}});
    if (!event) driven->second->reload = true;
    return pump(id);
  }
  const auto early = early_events_.find(id);
  if (early == early_events_.end()) {
    waiting_.push_back(id);
    early_events_[id];
  }
  if (event) early_events_[id].push_back(std::move(*event));
  admit();
}

void RunEngine::admit() {
  while (!waiting_.empty() && drives_.size() < kDrivenRunsMax) {
    const RunId id = waiting_.front();
    waiting_.pop_front();
    begin(id);
  }
}

void RunEngine::begin(const RunId& id) {
  auto events = std::move(early_events_[id]);
  early_events_.erase(id);
  auto data = read_value<RunData>(parts_.store,
                                  [&](ReadTx& tx) { return load_run(tx, parts_.tenant_id, id); });
  if (!data.ok()) {
    log(LogLevel::error, "run.not_loaded", {{"run", id.str()}, {"error", data.error().message()}});
    return;
  }
  auto drive = std::make_unique<Drive>();
  drive->data = std::move(data).value();
  drive->inbox.emplace_back(Resumed{});
  for (RunEvent& event : events) drive->inbox.push_back(std::move(event));
  drives_.emplace(id, std::move(drive));
  pump(id);
}

bool RunEngine::read_again(Drive& drive) {
  const RunId id = drive.data.run.id;
  auto data = read_value<RunData>(parts_.store,
                                  [&](ReadTx& tx) { return load_run(tx, parts_.tenant_id, id); });
  if (data.ok()) {
    drive.data = std::move(data).value();
    drive.reload = false;
    return true;
  }
  log(LogLevel::error, "run.not_loaded", {{"run", id.str()}, {"error", data.error().message()}});
  set_alarm(parts_.clock.now() + kSaveAgainAfter, [this, id] { pump(id); });
  return false;
}

void RunEngine::pump(const RunId& id) {
  const auto found = drives_.find(id);
  if (found == drives_.end()) return;
  Drive& drive = *found->second;
  if (drive.reload && !drive.saving && !read_again(drive)) return;
  while (!drive.saving && !drive.inbox.empty()) {
    Batch batch;
    batch.data = drive.data;
    take_events(drive, batch);
    if (batch.changed) return save(drive, std::move(batch));
    for (const RunEffect& effect : batch.effects) perform(drive, effect);
  }
  release_if_done(id);
}

void RunEngine::take_events(Drive& drive, Batch& batch) {
  while (!drive.inbox.empty()) {
    RunEvent event = std::move(drive.inbox.front());
    drive.inbox.pop_front();
    Advanced advanced = advance(batch.data, event, parts_.clock.now(), parts_.policy);
    batch.changed = batch.changed || advanced.changed;
    std::move(advanced.effects.begin(), advanced.effects.end(), std::back_inserter(batch.effects));
    batch.events.push_back(std::move(event));
  }
}

void RunEngine::save(Drive& drive, Batch batch) {
  crash_point(CrashPoint::before_save);
  drive.saving = true;
  const RunId id = drive.data.run.id;
  const auto before = std::make_shared<const RunData>(drive.data);
  const auto after = std::make_shared<const Batch>(std::move(batch));
  parts_.store.write(
      Urgency::normal,
      [before, after](WriteTx& tx) { return save_changes(tx, *before, after->data); },
      [this, life = std::weak_ptr<int>{life_}, id, after](const Status& status) {
        const auto alive = life.lock();
        if (alive) on_executor([this, id, after, status] { saved(id, *after, status); });
      });
}

void RunEngine::saved(const RunId& id, const Batch& batch, const Status& status) {
  const auto found = drives_.find(id);
  if (found == drives_.end()) return;
  Drive& drive = *found->second;
  if (!status.ok()) return not_saved(drive, batch, status.error());
  drive.saving = false;
  drive.data = batch.data;
  crash_point(CrashPoint::after_save);
  parts_.on_change(drive.data);
  for (const RunEffect& effect : batch.effects) perform(drive, effect);
  pump(id);
}

// The events are taken again: at once where somebody else changed the run, such as a restore, and
// later where the disk refused.
void RunEngine::not_saved(Drive& drive, const Batch& batch, const Error& error) {
  const RunId id = drive.data.run.id;
  drive.inbox.insert(drive.inbox.begin(), batch.events.begin(), batch.events.end());
  if (error.code() == ErrorCode::conflict) {
    drive.saving = false;
    drive.reload = true;
    return on_executor([this, id] { pump(id); });
  }
  log(LogLevel::error, "run.not_saved", {{"run", id.str()}, {"error", error.message()}});
  set_alarm(parts_.clock.now() + kSaveAgainAfter, [this, id] {
    const auto again = drives_.find(id);
    if (again == drives_.end()) return;
    again->second->saving = false;
    pump(id);
  });
}

// A run whose steps are all at rest leaves the memory; its later observations are found by sweep().
void RunEngine::release_if_done(const RunId& id) {
  const auto found = drives_.find(id);
  if (found == drives_.end()) return;
  const Drive& drive = *found->second;
  const RunState state = drive.data.run.state;
  const bool resting = state == RunState::at_rest || state == RunState::restored;
  if (!resting || drive.saving || !drive.inbox.empty() || drive.in_flight > 0) return;
  if (drive.wake_alarm) alarms_.erase(*drive.wake_alarm);
  plan_sweep(drive.data.run.observe_again_at);
  drives_.erase(found);
  admit();
}

void RunEngine::plan_sweep(std::optional<TimePoint> at) {
  if (!at || (sweep_at_ && *sweep_at_ <= *at)) return;
  sweep_at_ = at;
  set_alarm(*at, [this] { sweep(); });
}

void RunEngine::sweep() {
  sweep_at_.reset();
  const TimePoint now = parts_.clock.now();
  auto found = read_value<DueObservations>(
      parts_.store, [&](ReadTx& tx) { return due_observations(tx, parts_.tenant_id, now); });
  if (!found.ok()) {
    log(LogLevel::error, "run.sweep_failed", {{"error", found.error().message()}});
    return plan_sweep(now + kSaveAgainAfter);
  }
  for (const RunId& id : found.value().due) {
    if (!drives_.contains(id)) enqueue(id, std::nullopt);
  }
  plan_sweep(found.value().next);
}

void RunEngine::perform(Drive& drive, const RunEffect& effect) {
  if (const auto* order = std::get_if<GiveOrder>(&effect)) return give(drive, *order);
  wake(drive, std::get<WakeAt>(effect).at);
}

void RunEngine::wake(Drive& drive, TimePoint at) {
  if (drive.wake_alarm && drive.wake_alarm->first == at) return;
  if (drive.wake_alarm) alarms_.erase(*drive.wake_alarm);
  drive.wake_alarm = set_alarm(at, [this, id = drive.data.run.id] {
    const auto found = drives_.find(id);
    if (found == drives_.end()) return;
    found->second->wake_alarm.reset();
    found->second->inbox.emplace_back(TimePassed{});
    pump(id);
  });
}

void RunEngine::give(Drive& drive, const GiveOrder& order) {
  const Step* step = drive.data.find_step(order.step_id);
  CURFEW_CHECK(step != nullptr);
  if (step->order != order.order) return;  // a later event has given a newer one
  Flight flight;
  flight.run_id = drive.data.run.id;
  flight.place = {step->subject, step->connector + "/" + step->target};
  flight.connector = step->connector;
  flight.order = order;
  flight.what = {drive.data.run.id,
                 step->id,
                 step->target,
                 step->subject,
                 drive.data.run.subject_id,
                 drive.data.run.cut_at,
                 order.deadline,
                 step->prior_value,
                 step->written_value};
  ++drive.in_flight;
  const Place place = flight.place;
  auto& queue = queues_[place];
  queue.push_back(std::move(flight));
  if (queue.size() == 1) deliver(place);
}

void RunEngine::deliver(const Place& place) {
  Flight& flight = queues_.at(place).front();
  // The time that it stood in the queue is not the connector's.
  flight.what.deadline = parts_.clock.now() + parts_.policy.order_time_max;
  flight.watchdog = set_alarm(flight.what.deadline + kDeadlineGrace, [this, flight] {
    fail(flight, Error::transient(ErrorCode::timeout, "the connector did not answer in time"));
  });
  const auto connector = parts_.connectors.find(flight.connector);
  if (connector == parts_.connectors.end()) {
    return fail(flight, Error{ErrorCode::not_found, Retry::after_human,
                              "there is no connector " + flight.connector});
  }
  if (const Status may = check_undo(flight); !may.ok()) return fail(flight, may.error());
  crash_point(CrashPoint::before_order);
  call(*connector->second, flight);
}

// Whatever was to be given back is not, once another hold stands on the subject.
Status RunEngine::check_undo(const Flight& flight) {
  if (flight.order.kind != OrderKind::undo) return Done{};
  CURFEW_TRY(const auto holds, read_value<std::vector<Hold>>(parts_.store, [&](ReadTx& tx) {
               return holds_on(tx, parts_.tenant_id, key_of(flight.what.subject_id));
             }));
  if (holds.empty()) return Done{};
  return Error{ErrorCode::conflict, Retry::after_human,
               "the subject is blocked by " + holds.front().owner +
                   ": nothing is given back at this target"};
}

void RunEngine::call(Connector& connector, const Flight& flight) {
  const StepId step_id = flight.order.step_id;
  const std::uint64_t number = flight.order.order;
  // A connector may answer in its caller's stack: the answer is always taken up later.
  const auto later = [this, life = std::weak_ptr<int>{life_}, flight](RunEvent event) {
    crash_point(CrashPoint::after_order);
    const auto alive = life.lock();
    if (!alive) return;
    on_executor([this, flight, event = std::move(event)] { answer(flight, event); });
  };
  switch (flight.order.kind) {
    case OrderKind::prior_value:
      return start<Result<std::string>>(connector.prior_value(flight.what),
                                        [=](Result<std::string> result) {
                                          later(PriorValueRead{step_id, number, std::move(result)});
                                        });
    case OrderKind::apply:
      return start<Result<Applied>>(connector.apply(flight.what), [=](Result<Applied> result) {
        later(ApplyAnswered{step_id, number, std::move(result)});
      });
    case OrderKind::undo:
      return start<Result<Applied>>(connector.undo(flight.what), [=](Result<Applied> result) {
        later(ApplyAnswered{step_id, number, std::move(result)});
      });
    case OrderKind::observe:
      return start<Result<Observation>>(
          connector.observe(flight.what), [=](Result<Observation> result) {
            later(ObserveAnswered{step_id, number, std::move(result)});
          });
  }
}

// Takes one answer for each flight; later ones find that it has landed.
void RunEngine::answer(const Flight& flight, RunEvent event) {
  const auto queue = queues_.find(flight.place);
  if (queue == queues_.end()) return;
  const Flight& first = queue->second.front();
  const bool still_awaited = first.run_id == flight.run_id &&
                             first.order.step_id == flight.order.step_id &&
                             first.order.order == flight.order.order;
  if (!still_awaited) return;
  if (first.watchdog) alarms_.erase(*first.watchdog);
  queue->second.pop_front();
  if (queue->second.empty()) {
    queues_.erase(queue);
  } else {
    on_executor([this, place = flight.place] {
      if (queues_.contains(place) && !queues_.at(place).front().watchdog) deliver(place);
    });
  }
  const auto drive = drives_.find(flight.run_id);
  if (drive == drives_.end()) return;
  --drive->second->in_flight;
  drive->second->inbox.push_back(std::move(event));
  pump(flight.run_id);
}

void RunEngine::fail(const Flight& flight, Error error) {
  const StepId& step_id = flight.order.step_id;
  const std::uint64_t number = flight.order.order;
  RunEvent event = [&]() -> RunEvent {
    switch (flight.order.kind) {
      case OrderKind::prior_value: return PriorValueRead{step_id, number, std::move(error)};
      case OrderKind::apply:
      case OrderKind::undo: return ApplyAnswered{step_id, number, std::move(error)};
      case OrderKind::observe: return ObserveAnswered{step_id, number, std::move(error)};
    }
    return TimePassed{};
  }();
  on_executor([this, flight, event = std::move(event)] { answer(flight, event); });
}

RunEngine::AlarmId RunEngine::set_alarm(TimePoint at, std::function<void()> work) {
  const AlarmId id{at, ++alarm_count_};
  alarms_.emplace(id, std::move(work));
  arm();
  return id;
}

void RunEngine::arm() {
  if (alarms_.empty()) return;
  const TimePoint first = alarms_.begin()->first.first;
  if (armed_at_ && *armed_at_ <= first) return;
  armed_at_ = first;
  parts_.timer.call_at(first, [this, life = std::weak_ptr<int>{life_}] {
    if (const auto alive = life.lock()) ring();
  });
}

void RunEngine::ring() {
  armed_at_.reset();
  const TimePoint now = parts_.clock.now();
  while (!alarms_.empty() && alarms_.begin()->first.first <= now) {
    const auto work = std::move(alarms_.begin()->second);
    alarms_.erase(alarms_.begin());
    work();
  }
  arm();
}

}  // namespace curfew
