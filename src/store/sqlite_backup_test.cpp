#include <doctest/doctest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "store/store.hpp"
#include "tests/conformance/sqlite_fixture.hpp"
#include "tests/conformance/store_suite.hpp"

namespace curfew {
namespace {

using conformance::code_of;
using conformance::count;
using conformance::counter;
using conformance::counters;
using conformance::member;
using conformance::members;
using conformance::open_test_store;
using conformance::query_of;
using conformance::SqliteFixture;
using conformance::TemporaryFolder;

void fill(Store& store, std::int64_t rows) {
  const Status status = conformance::write(store, [rows](WriteTx& tx) -> Status {
    for (std::int64_t number = 0; number < rows; ++number) {
      CURFEW_TRY_STATUS(tx.put(counters(), counter(number, std::string(500, 'x'))));
    }
    return Done{};
  });
  REQUIRE(status.ok());
}

TEST_SUITE("SQLite backup") {
  TEST_CASE("a backup of a live store has its rows and can be restored and opened") {
    SqliteFixture store;
    const TemporaryFolder folder;
    fill(store, 100);
    REQUIRE(backup_sqlite(store.path(), folder.file("b")).ok());
    REQUIRE(conformance::write(store, [](WriteTx& tx) {
              return tx.put(counters(), counter(-1));
            }).ok());
    REQUIRE(restore_sqlite(folder.file("b"), folder.file("r.db")).ok());
    auto restored = open_test_store(folder.file("r.db"));
    REQUIRE(restored.ok());
    CHECK(count(**restored, query_of(counters(), "", {})) == 100);
  }

  TEST_CASE("a backup is one file that only its owner can read") {
    SqliteFixture store;
    const TemporaryFolder folder;
    fill(store, 1);
    const mode_t before = ::umask(0);
    REQUIRE(backup_sqlite(store.path(), folder.file("b")).ok());
    ::umask(before);
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator{folder.file("")}) {
      ++files;
      struct stat status{};
      REQUIRE(::stat(entry.path().c_str(), &status) == 0);
      CHECK((status.st_mode & 0777U) == 0600U);
    }
    CHECK(files == 1);
  }

  TEST_CASE("a backup beside a busy writer is one state") {
    SqliteFixture store;
    const TemporaryFolder folder;
    fill(store, 2000);
    std::atomic<bool> stop{false};
    std::atomic<std::int64_t> round{0};
    std::thread writer{[&] {
      while (!stop) {
        const std::string note = std::to_string(++round);
        static_cast<void>(conformance::write(store, [&](WriteTx& tx) -> Status {
          CURFEW_TRY_STATUS(tx.put(members(), member("t", "a", 1, note)));
          return tx.put(members(), member("z", "z", 1, note));
        }));
      }
    }};
    while (round < 3) std::this_thread::yield();
    for (int backup = 0; backup < 5; ++backup) {
      const std::string path = folder.file("b" + std::to_string(backup));
      CHECK(backup_sqlite(store.path(), path).ok());
      auto opened = open_test_store(path);
      REQUIRE(opened.ok());
      CHECK(conformance::find(**opened, members(), {"t", "a", 1})->at(3) ==
            conformance::find(**opened, members(), {"z", "z", 1})->at(3));
    }
    stop = true;
    writer.join();
  }

  TEST_CASE("nothing is overwritten, not even what is left of a database") {
    SqliteFixture store;
    const TemporaryFolder folder;
    fill(store, 1);
    REQUIRE(backup_sqlite(store.path(), folder.file("b")).ok());
    CHECK(code_of(backup_sqlite(store.path(), folder.file("b"))) == ErrorCode::conflict);
    CHECK(code_of(restore_sqlite(folder.file("b"), store.path())) == ErrorCode::conflict);
    for (const char* name : {"r.db", "r.db-wal", "r.db-journal"}) {
      CAPTURE(name);
      std::ofstream{folder.file(name)} << "x";
      CHECK(code_of(restore_sqlite(folder.file("b"), folder.file("r.db"))) == ErrorCode::conflict);
      std::filesystem::remove(folder.file(name));
    }
    CHECK(restore_sqlite(folder.file("b"), folder.file("r.db")).ok());
  }

  TEST_CASE("a damaged backup is not restored") {
    SqliteFixture store;
    const TemporaryFolder folder;
    fill(store, 500);
    REQUIRE(backup_sqlite(store.path(), folder.file("b")).ok());
    const auto size = std::filesystem::file_size(folder.file("b"));
    SUBCASE("cut off") { std::filesystem::resize_file(folder.file("b"), size / 2); }
    SUBCASE("a page in the middle") {
      std::fstream file{folder.file("b"), std::ios::in | std::ios::out | std::ios::binary};
      file.seekp(static_cast<std::streamoff>(size / 4096 / 2 * 4096));
      file << std::string(4096, '\x55');
    }
    SUBCASE("no database at all") { std::ofstream{folder.file("b")} << "hello"; }
    CHECK(code_of(restore_sqlite(folder.file("b"), folder.file("r.db"))) == ErrorCode::corrupted);
    CHECK_FALSE(std::filesystem::exists(folder.file("r.db")));
    CHECK_FALSE(std::filesystem::exists(folder.file("r.db.partial")));
  }

  TEST_CASE("an empty or foreign database is not restored") {
    const TemporaryFolder folder;
    {
      std::ofstream{folder.file("b")}.flush();
    }
    CHECK(code_of(restore_sqlite(folder.file("b"), folder.file("r.db"))) == ErrorCode::corrupted);
  }

  TEST_CASE("a source that does not exist makes no target") {
    const TemporaryFolder folder;
    CHECK_FALSE(backup_sqlite(folder.file("none"), folder.file("b")).ok());
    CHECK(std::filesystem::is_empty(folder.file("")));
  }
}

}  // namespace
}  // namespace curfew
