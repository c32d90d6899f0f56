// store/sqlite_connection.hpp: one SQLite connection and its prepared statements, with our errors.
//
// A connection and everything made from it belongs to one thread at a time; statements go before
// their connection.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "store/spec.hpp"

namespace curfew {

// What an SQLite result code means to us: `unavailable` / later where the disk or memory refused,
// `corrupted` where stored bytes are damaged, `conflict` for constraints, `internal` for a
// statement that does not fit. The message has SQLite's words for the code and never a value.
[[nodiscard]] Error sqlite_error(int code, std::string_view doing);

class SqliteStatement {
 public:
  // `at` counts from 1, as in SQL. A text must live until reset(): it is not copied. What SQLite
  // refuses to bind (over 1 GB) makes step() fail.
  void bind(int at, const Value& value, ColumnType type);
  void bind_integer(int at, std::int64_t value);

  // SQLITE_ROW, SQLITE_DONE or an extended error code.
  [[nodiscard]] int step();
  // Of the row that step() came to; `at` counts from 0.
  [[nodiscard]] Value column(int at, ColumnType type) const;
  [[nodiscard]] std::string text(int at) const;
  [[nodiscard]] std::int64_t integer(int at) const;

  // Ready for the next use; forgets what was bound.
  void reset();

 private:
  friend class SqliteConnection;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  void keep(int code);

  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  int bind_code_ = SQLITE_OK;  // the first refusal since reset()
};

// Resets a statement at the end of a scope, however it is left.
class SqliteUse {
 public:
  explicit SqliteUse(SqliteStatement& statement) : statement_(statement) {}
  SqliteUse(const SqliteUse&) = delete;
  SqliteUse& operator=(const SqliteUse&) = delete;
  ~SqliteUse() { statement_.reset(); }

 private:
  SqliteStatement& statement_;
};

enum class SqliteAccess {
  read,    // of an existing file
  write,   // of an existing file
  memory,  // a private database that goes with the connection; the path is ignored
};

class SqliteConnection {
 public:
  // Waits up to kSqliteBusyWait for other processes' locks, here and in every later statement.
  [[nodiscard]] static Result<SqliteConnection> open(const std::string& path, SqliteAccess access);

  // Runs one or more statements and drops their rows.
  Status execute(const std::string& sql);
  [[nodiscard]] Result<SqliteStatement> prepare(std::string_view sql);
  // True outside of a transaction; also after SQLite gave a transaction up by itself.
  [[nodiscard]] bool idle() const { return sqlite3_get_autocommit(handle_.get()) != 0; }
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace curfew
