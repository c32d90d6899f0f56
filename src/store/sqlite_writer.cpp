#include "store/sqlite_writer.hpp"

#include <utility>

#include "base/log.hpp"

namespace curfew {

SqliteWriter::SqliteWriter(SqliteSession session)
    : session_(std::move(session)), thread_([this] { run(); }) {}

SqliteWriter::~SqliteWriter() {
  {
    const std::lock_guard lock{mutex_};
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void SqliteWriter::set_group_hook(std::function<Status()> hook) {
  const std::lock_guard lock{mutex_};
  hook_ = std::move(hook);
}

void SqliteWriter::write(Urgency urgency, Store::WriteBody body, Store::WriteDone done) {
  std::unique_lock lock{mutex_};
  const auto refuse = [&](ErrorCode code, const char* why) {
    lock.unlock();
    done(Error::transient(code, why));
  };
  const bool full = normal_.size() + emergencies_.size() >= kWriteQueueMax;
  if (ending_) return refuse(ErrorCode::unavailable, "the store is closing");
  if (urgency == Urgency::normal && full) {
    return refuse(ErrorCode::exhausted, "too many writes wait for the store");
  }
  auto& queue = urgency == Urgency::emergency ? emergencies_ : normal_;
  queue.push_back({urgency, std::move(body), std::move(done), std::nullopt, {}});
  lock.unlock();
  wake_.notify_one();
}

void SqliteWriter::run() {
  while (true) {
    Group group = next_group();
    if (group.empty()) return;
    carry_out(group);
    for (Job& job : group) job.done(std::move(*job.outcome));
  }
}

SqliteWriter::Group SqliteWriter::next_group() {
  std::unique_lock lock{mutex_};
  wake_.wait(lock, [this] { return ending_ || !normal_.empty() || !emergencies_.empty(); });
  Group group;
  const bool alone = !emergencies_.empty() && !normal_.empty() && !last_was_alone_;
  last_was_alone_ = alone;
  move_from(emergencies_, group);
  if (!alone) move_from(normal_, group);
  return group;
}

void SqliteWriter::move_from(std::deque<Job>& queue, Group& group) {
  while (!queue.empty() && group.size() < kWriteGroupMax) {
    group.push_back(std::move(queue.front()));
    queue.pop_front();
  }
}

// Bodies that have not begun, back to the places that they came from.
void SqliteWriter::put_back(Group& group, std::size_t first) {
  const std::lock_guard lock{mutex_};
  for (; group.size() > first; group.pop_back()) {
    auto& queue = group.back().urgency == Urgency::emergency ? emergencies_ : normal_;
    queue.push_front(std::move(group.back()));
  }
}

// Gives each job of the group its outcome; the group may become shorter.
void SqliteWriter::carry_out(Group& group) {
  const Status begun = session_.run("BEGIN IMMEDIATE");
  if (!begun.ok()) {
    for (Job& job : group) job.outcome = begun;
    return;
  }
  changed_.clear();
  run_bodies(group);
  commit(group);
  after_commit(group);
}

void SqliteWriter::run_bodies(Group& group) {
  for (std::size_t at = 0; at < group.size(); ++at) {
    run_body(group[at]);
    if (!session_.connection().idle()) continue;
    // A full disk or the like made SQLite undo the whole transaction: those who ran have failed,
    // the others go into the next group.
    const Status lost =
        group[at].outcome->ok()
            ? Status{Error::transient(ErrorCode::unavailable, "the database gave a transaction up")}
            : *group[at].outcome;
    for (std::size_t ran = 0; ran < at; ++ran) {
      if (group[ran].outcome->ok()) group[ran].outcome = lost;
    }
    group[at].outcome = lost;
    put_back(group, at + 1);
    return;
  }
}

void SqliteWriter::run_body(Job& job) {
  Status status = session_.run("SAVEPOINT body");
  if (status.ok()) {
    SqliteTx tx{session_, &changed_};
    status = tx.outcome(job.body(tx));
    job.actions = std::move(tx.actions());
    if (status.ok()) status = session_.run("RELEASE body");
    if (!status.ok() && !session_.connection().idle()) {
      const Status undone = session_.run("ROLLBACK TO body");
      const Status released = undone.ok() ? session_.run("RELEASE body") : undone;
      // What cannot be undone alone must not be committed with the others.
      if (!released.ok()) static_cast<void>(session_.run("ROLLBACK"));
    }
  }
  job.outcome = std::move(status);
}

void SqliteWriter::commit(Group& group) {
  if (session_.connection().idle()) return;  // given up: nobody's outcome is success
  bool any = false;
  for (const Job& job : group) any = any || job.outcome->ok();
  const Status committed = session_.run(any ? "COMMIT" : "ROLLBACK");
  if (committed.ok()) return;
  if (!session_.connection().idle()) static_cast<void>(session_.run("ROLLBACK"));
  log(LogLevel::error, "store.commit_failed", {{"error", committed.error().message()}});
  for (Job& job : group) {
    if (job.outcome->ok()) job.outcome = committed;
  }
}

void SqliteWriter::after_commit(Group& group) {
  bool any = false;
  // Also what a body changed that then failed: too many raises are harmless.
  versions_.raise(changed_);
  for (const Job& job : group) {
    if (!job.outcome->ok()) continue;
    any = true;
    for (const auto& action : job.actions) action();
  }
  if (!any) return;
  std::function<Status()> hook;
  {
    const std::lock_guard lock{mutex_};
    hook = hook_;
  }
  if (!hook) return;
  const Status seen = hook();
  if (seen.ok()) return;
  for (Job& job : group) {
    if (job.outcome->ok()) job.outcome = seen;
  }
}

}  // namespace curfew
