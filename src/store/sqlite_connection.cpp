#include "store/sqlite_connection.hpp"

#include <chrono>
#include <utility>

namespace curfew {

namespace {

// Only another process can make us wait: a backup that begins, an administrator's shell.
constexpr std::chrono::milliseconds kSqliteBusyWait{5000};

// For every connection: damaged pages are noticed rather than followed, and what a file's schema
// says cannot run functions that we did not call.
constexpr const char* kSettings =
    "PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; "
    "PRAGMA cache_size = -8192;";

// Without statistics of its memory, which nobody reads and every allocation of every thread would
// take one lock for. Before the library's first use; a later call is refused and harmless.
void configure_library() {
  [[maybe_unused]] static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int flags_of(SqliteAccess access) {
  switch (access) {
    case SqliteAccess::read: return SQLITE_OPEN_READONLY;
    case SqliteAccess::write: return SQLITE_OPEN_READWRITE;
    case SqliteAccess::memory: return SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY;
  }
  return SQLITE_OPEN_READONLY;
}

}  // namespace

Error sqlite_error(int code, std::string_view doing) {
  const std::string message =
      std::string{doing} + ": " + sqlite3_errstr(code) + " (" + std::to_string(code) + ")";
  switch (code & 0xFF) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_INTERRUPT: return Error::transient(ErrorCode::unavailable, message);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Error{ErrorCode::corrupted, Retry::after_human, message};
    case SQLITE_CONSTRAINT: return Error::permanent(ErrorCode::conflict, message);
    case SQLITE_TOOBIG: return Error::permanent(ErrorCode::exhausted, message);
    default: return Error::permanent(ErrorCode::internal, message);
  }
}

void SqliteStatement::bind(int at, const Value& value, ColumnType type) {
  sqlite3_stmt* handle = handle_.get();
  int code = SQLITE_OK;
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    code = sqlite3_bind_int64(handle, at, *number);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    code = type == ColumnType::bytes
               ? sqlite3_bind_blob64(handle, at, text->data(), text->size(), SQLITE_STATIC)
               : sqlite3_bind_text64(handle, at, text->data(), text->size(), SQLITE_STATIC,
                                     SQLITE_UTF8);
  } else {
    code = sqlite3_bind_null(handle, at);
  }
  keep(code);
}

void SqliteStatement::bind_integer(int at, std::int64_t value) {
  keep(sqlite3_bind_int64(handle_.get(), at, value));
}

void SqliteStatement::keep(int code) {
  if (bind_code_ == SQLITE_OK) bind_code_ = code;
}

int SqliteStatement::step() {
  return bind_code_ == SQLITE_OK ? sqlite3_step(handle_.get()) : bind_code_;
}

Value SqliteStatement::column(int at, ColumnType type) const {
  if (sqlite3_column_type(handle_.get(), at) == SQLITE_NULL) return {};
  if (type == ColumnType::integer) return integer(at);
  return text(at);
}

std::string SqliteStatement::text(int at) const {
  // column_blob gives the stored bytes of text, too; null for an empty value.
  const void* data = sqlite3_column_blob(handle_.get(), at);
  const int size = sqlite3_column_bytes(handle_.get(), at);
  if (data == nullptr || size <= 0) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

std::int64_t SqliteStatement::integer(int at) const {
  return sqlite3_column_int64(handle_.get(), at);
}

void SqliteStatement::reset() {
  // The code repeats what step() said.
  static_cast<void>(sqlite3_reset(handle_.get()));
  static_cast<void>(sqlite3_clear_bindings(handle_.get()));
  bind_code_ = SQLITE_OK;
}

Result<SqliteConnection> SqliteConnection::open(const std::string& path, SqliteAccess access) {
  configure_library();
  sqlite3* raw = nullptr;
  const int flags = flags_of(access) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const std::string name = access == SqliteAccess::memory ? ":memory:" : path;
  const int code = sqlite3_open_v2(name.c_str(), &raw, flags, nullptr);
  SqliteConnection connection;
  connection.handle_.reset(raw);  // also after an error there is a handle to close
  if (code != SQLITE_OK) return sqlite_error(code, "opening database " + name);
  sqlite3_busy_timeout(raw, static_cast<int>(kSqliteBusyWait.count()));
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  const Status status = connection.execute(kSettings);
  if (!status.ok()) return status.error().within("opening database " + name);
  return connection;
}

Status SqliteConnection::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return Done{};
  // Statements of ours without values: SQLite's own message may be shown, and helps.
  return sqlite_error(code,
                      std::string{"database statement failed: "} + sqlite3_errmsg(handle_.get()));
}

Result<SqliteStatement> SqliteConnection::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  SqliteStatement statement;
  statement.handle_.reset(raw);
  if (code != SQLITE_OK) {
    return sqlite_error(
        code, std::string{"preparing a database statement: "} + sqlite3_errmsg(handle_.get()));
  }
  return statement;
}

}  // namespace curfew
