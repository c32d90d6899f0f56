#include "store/sqlite_offline.hpp"

#include <utility>

#include "io/file.hpp"
#include "store/migrations.hpp"
#include "store/schema.hpp"
#include "store/sqlite_connection.hpp"
#include "store/sqlite_tx.hpp"

namespace curfew {

namespace {

Status read_in(const std::string& path, const Store::ReadBody& body) {
  CURFEW_TRY(SqliteConnection connection, SqliteConnection::open(path, SqliteAccess::read));
  CURFEW_TRY_STATUS(check_schema(connection, all_tables()));
  SqliteSession session{std::move(connection)};
  CURFEW_TRY_STATUS(session.run("BEGIN"));
  SqliteTx tx{session};
  Status status = tx.outcome(body(tx));
  CURFEW_TRY_STATUS(session.run("COMMIT"));
  return status;
}

}  // namespace

Status read_sqlite(const std::string& path, const Store::ReadBody& body) {
  const Status status = read_in(path, body);
  return status.ok() ? status : Status{status.error().within("database " + path)};
}

Status compact_sqlite(const std::string& path) {
  CURFEW_TRY(const FileLock lock, FileLock::acquire(path + ".lock"));
  CURFEW_TRY(SqliteConnection connection, SqliteConnection::open(path, SqliteAccess::write));
  // The log is emptied too: it has the pages that were written before.
  return connection.execute("PRAGMA secure_delete = ON; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
}

}  // namespace curfew
