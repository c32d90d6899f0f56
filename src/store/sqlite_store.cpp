#include "store/sqlite_store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <utility>
#include <vector>

#include "io/file.hpp"
#include "store/sqlite_writer.hpp"

namespace curfew {

namespace {

// Connections that wait for their next reader; more than the threads of a large server. Each keeps
// some file handles and up to 8 MiB of pages.
constexpr std::size_t kIdleReadersMax = 64;

// FULL: a commit is on disk before anybody is told. The log file shrinks back to 64 MiB after a
// long reader made it grow.
constexpr const char* kWriterSettings =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864; "
    "PRAGMA secure_delete = FAST;";

// Connections for readers; one is lent for each read, so that nested reads and any number of
// threads work, and all are closed with the pool.
class SqliteReaders {
 public:
  explicit SqliteReaders(std::string path) : path_(std::move(path)) {}

  Result<std::unique_ptr<SqliteSession>> take() {
    {
      const std::lock_guard lock{mutex_};
      if (!idle_.empty()) {
        std::unique_ptr<SqliteSession> session = std::move(idle_.back());
        idle_.pop_back();
        return session;
      }
    }
    CURFEW_TRY(SqliteConnection connection, SqliteConnection::open(path_, SqliteAccess::read));
    return std::make_unique<SqliteSession>(std::move(connection));
  }

  void give_back(std::unique_ptr<SqliteSession> session) {
    const std::lock_guard lock{mutex_};
    if (idle_.size() < kIdleReadersMax) idle_.push_back(std::move(session));
  }

 private:
  const std::string path_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<SqliteSession>> idle_;  // the last used first: its pages are warm
};

class SqliteStore final : public Store {
 public:
  SqliteStore(FileLock lock, SqliteSession writer, std::string path)
      : lock_(std::move(lock)), writer_(std::move(writer)), readers_(std::move(path)) {}

  Status read(const ReadBody& body) override {
    CURFEW_TRY(std::unique_ptr<SqliteSession> session, readers_.take());
    CURFEW_TRY_STATUS(session->run("BEGIN"));
    SqliteTx tx{*session};
    Status status = tx.outcome(body(tx));
    const Status ended = session->run("COMMIT");
    if (!ended.ok()) return ended;  // and the connection is closed rather than given back
    readers_.give_back(std::move(session));
    return status;
  }

  void write(Urgency urgency, WriteBody body, WriteDone done) override {
    writer_.write(urgency, std::move(body), std::move(done));
  }

  void set_group_hook(std::function<Status()> hook) override {
    writer_.set_group_hook(std::move(hook));
  }

  std::uint64_t version(const TableSpec& table) const override { return writer_.version(table); }

 private:
  // In this order: the readers are closed first, then the writer, which drains its queue and, as
  // the last connection, moves the log into the file; the lock goes last.
  FileLock lock_;
  SqliteWriter writer_;
  SqliteReaders readers_;
};

// Makes an empty file that only we may read, before SQLite makes one by the umask.
Status ensure_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (fd < 0) {
    const bool transient = errno != EACCES && errno != ENOENT && errno != ELOOP;
    return Error{ErrorCode::unavailable, transient ? Retry::later : Retry::after_human,
                 "the database file " + path + " cannot be opened"};
  }
  ::close(fd);
  return Done{};
}

Result<SqliteConnection> open_writer(const std::string& path, const SqliteSchema& schema) {
  CURFEW_TRY_STATUS(ensure_file(path));
  CURFEW_TRY(SqliteConnection connection, SqliteConnection::open(path, SqliteAccess::write));
  CURFEW_TRY_STATUS(connection.execute(kWriterSettings));
  CURFEW_TRY_STATUS(migrate(connection, schema.migrations));
  CURFEW_TRY_STATUS(check_schema(connection, schema.tables));
  if (schema.pages_max != 0) {
    CURFEW_TRY_STATUS(
        connection.execute("PRAGMA max_page_count = " + std::to_string(schema.pages_max)));
  }
  return connection;
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store_with(const SqliteOptions& options,
                                                      const SqliteSchema& schema) {
  CURFEW_TRY(FileLock lock, FileLock::acquire(options.path + ".lock"));
  Result<SqliteConnection> writer = open_writer(options.path, schema);
  if (!writer.ok()) return writer.error().within("database " + options.path);
  std::unique_ptr<Store> store = std::make_unique<SqliteStore>(
      std::move(lock), SqliteSession{std::move(writer).value()}, options.path);
  return store;
}

}  // namespace curfew
