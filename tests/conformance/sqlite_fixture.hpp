// tests/conformance/sqlite_fixture.hpp: SQLite stores with the test tables, in folders that go
// away.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "store/ddl.hpp"
#include "store/sqlite_store.hpp"
#include "tests/conformance/store_specs.hpp"

namespace curfew::conformance {

// An empty private folder, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "curfew-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// One migration that makes test_tables().
inline std::span<const Migration> test_migrations() {
  static const std::string sql = [] {
    std::string all;
    for (const TableSpec* table : test_tables()) all += ddl_of(*table);
    return all;
  }();
  static const std::array migrations{Migration{1, "test", sql}};
  return migrations;
}

inline Result<std::unique_ptr<Store>> open_test_store(const std::string& path,
                                                      std::int64_t pages_max = 0) {
  return open_sqlite_store_with({path}, {test_migrations(), test_tables(), pages_max});
}

// A store in a folder of its own.
class SqliteFixture final : public Store {
 public:
  explicit SqliteFixture(std::int64_t pages_max = 0) {
    auto opened = open_test_store(folder_.file("test.db"), pages_max);
    REQUIRE(opened.ok());
    store_ = std::move(opened).value();
  }
  Status read(const ReadBody& body) override { return store_->read(body); }
  void write(Urgency urgency, WriteBody body, WriteDone done) override {
    store_->write(urgency, std::move(body), std::move(done));
  }
  void set_group_hook(std::function<Status()> hook) override {
    store_->set_group_hook(std::move(hook));
  }
  std::uint64_t version(const TableSpec& table) const override { return store_->version(table); }
  [[nodiscard]] std::string path() const { return folder_.file("test.db"); }
  void close() { store_.reset(); }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
};

inline std::unique_ptr<Store> make_sqlite_store() { return std::make_unique<SqliteFixture>(); }

}  // namespace curfew::conformance
