// store/sqlite_writer.hpp: the one thread that writes: bodies queue, and are committed in groups.
//
// A group is whatever waits when the writer comes round, emergencies in front, at most
// kWriteGroupMax bodies, made durable by one commit. Emergencies are committed by themselves, ahead
// of the normal bodies, at least every other time: so they neither wait for the bodies of a full
// group nor fail together with one, and a stream of them does not stop the others for good.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "store/sqlite_tx.hpp"
#include "store/store.hpp"

namespace curfew {

class SqliteWriter {
 public:
  // Starts the thread. The session is used by nobody else.
  explicit SqliteWriter(SqliteSession session);
  SqliteWriter(const SqliteWriter&) = delete;
  SqliteWriter& operator=(const SqliteWriter&) = delete;
  // Runs what is queued, tells the callers, and joins. Later bodies are `unavailable`.
  ~SqliteWriter();

  // As in Store.
  void write(Urgency urgency, Store::WriteBody body, Store::WriteDone done);
  void set_group_hook(std::function<Status()> hook);
  [[nodiscard]] std::uint64_t version(const TableSpec& table) const { return versions_.of(table); }

 private:
  struct Job {
    Urgency urgency = Urgency::normal;
    Store::WriteBody body;
    Store::WriteDone done;
    std::optional<Status> outcome;
    std::vector<std::function<void()>> actions;
  };
  using Group = std::vector<Job>;

  void run();
  [[nodiscard]] Group next_group();  // empty: it is time to end
  void move_from(std::deque<Job>& queue, Group& group);
  void put_back(Group& group, std::size_t first);

  void carry_out(Group& group);
  void run_bodies(Group& group);
  void run_body(Job& job);
  void commit(Group& group);
  void after_commit(Group& group);

  SqliteSession session_;  // the thread's alone
  TableVersions versions_;
  ChangedTables changed_;  // by the group in hand; the thread's alone

  std::mutex mutex_;  // guards all below
  std::condition_variable wake_;
  std::deque<Job> normal_;
  std::deque<Job> emergencies_;
  std::function<Status()> hook_;
  bool ending_ = false;
  bool last_was_alone_ = false;  // the last group was of emergencies while normal bodies waited

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace curfew
