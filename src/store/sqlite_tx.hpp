// store/sqlite_tx.hpp: the operations of a transaction on one SQLite connection.
//
// Statements are prepared at their first use and kept with the connection: as many as there are
// different queries in the source.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/sql_text.hpp"
#include "store/sqlite_connection.hpp"
#include "store/store.hpp"
#include "store/table_versions.hpp"

namespace curfew {

// A connection with its prepared statements. Used by one thread at a time.
class SqliteSession {
 public:
  explicit SqliteSession(SqliteConnection connection) : connection_(std::move(connection)) {}

  enum class Operation { find, insert, put, update, erase, scan, count };
  // The statement of this operation; lives as long as this.
  [[nodiscard]] Result<SqliteStatement*> statement(Operation operation, const TableSpec& table,
                                                   const QueryShape& shape = {});
  // A whole command without parameters (BEGIN, COMMIT), kept by its text; `command` is a literal.
  Status run(const char* command);

  [[nodiscard]] SqliteConnection& connection() { return connection_; }

 private:
  struct Key {
    Operation operation;
    const TableSpec* table;
    QueryShape shape;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept;
  };

  SqliteConnection connection_;  // goes after the statements
  std::unordered_map<Key, SqliteStatement, KeyHash> statements_;
  std::unordered_map<const char*, SqliteStatement> commands_;
};

// One body's view. The transaction or savepoint around it is the caller's.
class SqliteTx final : public WriteTx {
 public:
  // `group`: what the bodies before this one have changed, and to which it adds; null for a reader.
  explicit SqliteTx(SqliteSession& session, ChangedTables* group = nullptr)
      : session_(session), group_(group) {}

  Result<std::optional<Row>> find(const TableSpec& table, const std::vector<Value>& key) override;
  Result<std::vector<Row>> scan(const Query& query) override;
  Result<std::uint64_t> count(const Query& query) override;
  Status insert(const TableSpec& table, const Row& row) override;
  Status put(const TableSpec& table, const Row& row) override;
  Result<bool> erase(const TableSpec& table, const std::vector<Value>& key) override;
  [[nodiscard]] bool may_have_changed(const TableSpec& table) const override {
    return group_ == nullptr || group_->has(table);
  }
  void on_commit(std::function<void()> action) override { actions_.push_back(std::move(action)); }

  [[nodiscard]] std::vector<std::function<void()>>& actions() { return actions_; }

  // The first refusal of the database itself (not a conflict). A body that met one has failed, even
  // if it thinks otherwise.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
  // What the body ended with, or the failure.
  [[nodiscard]] Status outcome(Status of_body) const {
    return failure_ ? Status{*failure_} : std::move(of_body);
  }

 private:
  [[nodiscard]] Result<SqliteStatement*> prepared(SqliteSession::Operation operation,
                                                  const TableSpec& table,
                                                  const QueryShape& shape = {});
  [[nodiscard]] Result<SqliteStatement*> prepared_for(SqliteSession::Operation operation,
                                                      const Query& query);
  [[nodiscard]] Result<bool> update_in_place(const TableSpec& table, const Row& row);
  Status store_row(SqliteSession::Operation operation, const TableSpec& table, const Row& row);
  [[nodiscard]] Error failed(int code, const TableSpec& table);
  void note_change(const TableSpec& table) {
    if (group_ != nullptr) group_->add(table);
  }

  SqliteSession& session_;
  ChangedTables* group_;
  std::vector<std::function<void()>> actions_;
  std::optional<Error> failure_;
};

}  // namespace curfew
