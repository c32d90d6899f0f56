#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "io/file.hpp"
#include "io/unique_fd.hpp"
#include "store/migrations.hpp"
#include "store/sqlite_connection.hpp"
#include "store/store.hpp"

namespace curfew {

namespace {

Error system_error(std::string_view doing, const std::string& path) {
  return Error::transient(ErrorCode::unavailable,
                          std::string{doing} + " " + path + ": " + std::strerror(errno));
}

Status sync(const std::string& path, int flags) {
  const UniqueFd fd{::open(path.c_str(), flags | O_CLOEXEC)};
  if (!fd.valid() || ::fsync(fd.get()) != 0) return system_error("syncing", path);
  return Done{};
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Also the log of a database that is gone: SQLite would play it into the new file.
Status refuse_existing(const std::string& target) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    const std::string path = target + suffix;
    struct stat status{};
    if (::lstat(path.c_str(), &status) == 0) {
      return Error{ErrorCode::conflict, Retry::after_human, path + " exists"};
    }
  }
  return Done{};
}

Status check_integrity(SqliteConnection& connection, const std::string& path) {
  CURFEW_TRY(SqliteStatement statement, connection.prepare("PRAGMA integrity_check(1)"));
  const int code = statement.step();
  if (code != SQLITE_ROW) return sqlite_error(code, "checking " + path);
  if (statement.text(0) != "ok") {
    return Error{ErrorCode::corrupted, Retry::after_human,
                 path + " is damaged: " + statement.text(0)};
  }
  return Done{};
}

// A damaged page can come up at any statement.
Status check_ours(const std::string& path) {
  CURFEW_TRY(SqliteConnection connection, SqliteConnection::open(path, SqliteAccess::read));
  CURFEW_TRY_STATUS(check_integrity(connection, path));
  CURFEW_TRY(const int version, schema_version(connection));
  if (version == 0) {
    return Error{ErrorCode::corrupted, Retry::after_human, path + " is an empty database"};
  }
  return Done{};
}

// All pages in one read transaction: one state, whatever is written meanwhile.
Status copy_pages(const std::string& source, const std::string& target) {
  CURFEW_TRY(SqliteConnection from, SqliteConnection::open(source, SqliteAccess::read));
  CURFEW_TRY(SqliteConnection to, SqliteConnection::open(target, SqliteAccess::write));
  sqlite3_backup* backup = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  if (backup == nullptr) {
    return sqlite_error(sqlite3_extended_errcode(to.handle()), "beginning a backup");
  }
  const int stepped = sqlite3_backup_step(backup, -1);
  const int finished = sqlite3_backup_finish(backup);
  if (stepped != SQLITE_DONE) return sqlite_error(stepped, "copying " + source);
  if (finished != SQLITE_OK) return sqlite_error(finished, "copying " + source);
  // One file by itself, without a log beside it; the store sets WAL again when it opens it.
  return to.execute("PRAGMA journal_mode = DELETE");
}

Status copy_into_place(const std::string& source, const std::string& partial,
                       const std::string& target) {
  {
    const UniqueFd fd{::open(partial.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                             S_IRUSR | S_IWUSR)};
    if (!fd.valid()) return system_error("creating", partial);
  }
  CURFEW_TRY_STATUS(copy_pages(source, partial));
  CURFEW_TRY_STATUS(check_ours(partial));
  CURFEW_TRY_STATUS(sync(partial, O_RDONLY));
  // link and not rename: it does not replace a file that came in between.
  if (::link(partial.c_str(), target.c_str()) != 0) {
    if (errno != EEXIST) return system_error("creating", target);
    return Error{ErrorCode::conflict, Retry::after_human, target + " exists"};
  }
  return Done{};
}

Status copy_database(const std::string& source, const std::string& target) {
  CURFEW_TRY_STATUS(refuse_existing(target));
  const std::string partial = target + ".partial";
  ::unlink(partial.c_str());  // of an attempt that was cut off
  const Status copied = copy_into_place(source, partial, target);
  for (const char* suffix : {"", "-journal"}) ::unlink((partial + suffix).c_str());
  if (!copied.ok()) return copied;
  return sync(folder_of(target), O_RDONLY | O_DIRECTORY);
}

}  // namespace

Status backup_sqlite(const std::string& source, const std::string& target) {
  const Status status = copy_database(source, target);
  return status.ok() ? status : Status{status.error().within("backup of " + source)};
}

Status restore_sqlite(const std::string& backup, const std::string& target) {
  CURFEW_TRY(const FileLock lock, FileLock::acquire(target + ".lock"));
  Status status = check_ours(backup);
  if (status.ok()) status = copy_database(backup, target);
  return status.ok() ? status : Status{status.error().within("restore to " + target)};
}

}  // namespace curfew
