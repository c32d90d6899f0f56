// store/store.hpp: durable state behind one interface: snapshot reads anywhere, writes in groups.
//
// Threads: read() runs its body in the calling thread, on a consistent snapshot, and never waits
// for a writer. write() hands its body to the one writer, which runs many bodies in one durable
// commit; each body is all or nothing by itself. A body is plain synchronous code: no I/O, no
// waiting, and short, because everybody queues behind it; it must not call the store, only its
// transaction.
//
// Order after a commit: every on_commit action of the group in commit order, then the group hook
// (the witness file), then the callers are told. So whoever reads in-memory state that on_commit
// publishes, and then reads the store, sees rows at least as new as that state; and nobody is told
// of a commit that the witness does not know.
//
// Errors: a body's error undoes that body only and is handed to its caller. `unavailable` / later:
// the disk refused (full, I/O error): nothing was stored; the store goes on and tries the next
// group.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"
#include "store/spec.hpp"

namespace curfew {

class ReadTx {
 public:
  virtual ~ReadTx() = default;
  // `key`: the values of the primary key's columns.
  [[nodiscard]] virtual Result<std::optional<Row>> find(const TableSpec& table,
                                                        const std::vector<Value>& key) = 0;
  [[nodiscard]] virtual Result<std::vector<Row>> scan(const Query& query) = 0;
  [[nodiscard]] virtual Result<std::uint64_t> count(const Query& query) = 0;
  // False only in a transaction that writes, of a table that this group has not changed so far, in
  // this body or in one before it: what is seen of the table is then what the last commit left, and
  // what on_commit actions have published of it. The default is that it may have been.
  [[nodiscard]] virtual bool may_have_changed(const TableSpec& /*table*/) const { return true; }
};

class WriteTx : public ReadTx {
 public:
  // `conflict` if a row has this primary key, or the same values in a unique index.
  virtual Status insert(const TableSpec& table, const Row& row) = 0;
  // Inserts, or replaces the row with the same primary key. `conflict`: another row's unique index.
  virtual Status put(const TableSpec& table, const Row& row) = 0;
  // Whether there was such a row.
  virtual Result<bool> erase(const TableSpec& table, const std::vector<Value>& key) = 0;
  // Runs on the writer after the commit is durable and before any caller is told; dropped when the
  // body fails or the commit does. Must not fail and must not touch the store.
  virtual void on_commit(std::function<void()> action) = 0;
};

enum class Urgency {
  normal,
  emergency,  // taking access away: goes in front of every normal write that has not begun
};

class Store {
 public:
  using ReadBody = std::function<Status(ReadTx&)>;
  using WriteBody = std::function<Status(WriteTx&)>;
  using WriteDone = std::function<void(Status)>;

  virtual ~Store() = default;

  // Runs `body` now, in this thread, on one snapshot.
  virtual Status read(const ReadBody& body) = 0;

  // Queues `body`; `done` is called once, on the writer's thread. `exhausted` / later at once (in
  // the caller's thread) when more than kWriteQueueMax bodies wait; an emergency is always queued.
  virtual void write(Urgency urgency, WriteBody body, WriteDone done) = 0;

  // A number that grows with each commit that changed the table: once the commit can be read,
  // before its on_commit actions. So what was read in a snapshot that began after the version was
  // seen may be used again for as long as the version is the same: it is as new as everything that
  // on_commit actions have published by then (model/validity.hpp: a stamp, then the data that it
  // vouches for). The default is never the same twice: nothing may be used again.
  [[nodiscard]] virtual std::uint64_t version(const TableSpec& table) const;

  // Called on the writer after the on_commit actions of a group and before its callers are told. An
  // error is handed to every caller of the group instead of success. Set before the first write.
  virtual void set_group_hook(std::function<Status()> hook) = 0;

  // write() for code that can wait, such as start-up, tools and tests: never on an I/O thread.
  Status write_and_wait(Urgency urgency, WriteBody body);
};

inline constexpr std::size_t kWriteQueueMax = 20'000;  // some seconds of work; more would time out
inline constexpr std::size_t kWriteGroupMax = 256;     // bodies in one commit: bounds the wait

// Reads a value: `auto user = read_value<User>(store, [&](ReadTx& tx) { return load_user(tx, id);
// })`.
template <typename T, typename Body>
[[nodiscard]] Result<T> read_value(Store& store, Body&& body) {
  std::optional<T> value;
  const Status status = store.read([&](ReadTx& tx) -> Status {
    Result<T> result = body(tx);
    if (!result.ok()) return result.error();
    value.emplace(std::move(result).value());
    return Done{};
  });
  if (!status.ok()) return status.error();
  return std::move(*value);
}

// Writes and gives the body's value once it is durable; resumes through `executor`. `body` is
// `Result<T>(WriteTx&)` and is run on the writer's thread: it owns what it captures.
template <typename T, typename Body>
[[nodiscard]] Task<Result<T>> write_value(Store& store, Executor& executor, Urgency urgency,
                                          Body body) {
  auto value = std::make_shared<std::optional<T>>();
  std::function<void(std::function<void(Status)>)> begin =
      [&store, urgency, value, body](std::function<void(Status)> done) {
        store.write(
            urgency,
            [value, body](WriteTx& tx) -> Status {
              Result<T> result = body(tx);
              if (!result.ok()) return result.error();
              value->emplace(std::move(result).value());
              return Done{};
            },
            std::move(done));
      };
  const Status status = co_await await_callback<Status>(executor, std::move(begin));
  if (!status.ok()) co_return status.error();
  co_return std::move(**value);
}

// The reference implementation: everything in memory, gone with the process. Bodies run at once in
// the caller's thread, one at a time.
[[nodiscard]] std::unique_ptr<Store> make_memory_store();

struct SqliteOptions {
  std::string path;  // the database file; its folder must exist
};
// Opens or creates the file, brings its schema up to date, starts the writer. Errors: `conflict`
// where another process holds it or a newer version wrote it, `corrupted` where it is damaged.
[[nodiscard]] Result<std::unique_ptr<Store>> open_sqlite_store(const SqliteOptions& options);

// A consistent copy of a live database at `target` (which must not exist: `conflict`), one file
// that only its owner can read, checked page by page, durable when it returns. Needs no store to be
// open and does not hold up one that is.
[[nodiscard]] Status backup_sqlite(const std::string& source, const std::string& target);

// Puts a backup in the place of a database that is gone. `corrupted`: the backup is damaged or not
// one of ours. `conflict`: anything of a database is at `target`, or a server holds it; nothing is
// overwritten. What is restored is older than what gates and nodes have seen: fence before issuing.
[[nodiscard]] Status restore_sqlite(const std::string& backup, const std::string& target);

}  // namespace curfew
