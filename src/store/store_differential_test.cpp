#include <doctest/doctest.h>

#include <cstdlib>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "store/shape.hpp"
#include "store/store.hpp"
#include "tests/conformance/sqlite_fixture.hpp"
#include "tests/conformance/store_suite.hpp"

// The same random operations on the memory store and on SQLite: the same answers. The seed is shown
// when they differ; CURFEW_TEST_SEED runs one again.

namespace curfew {
namespace {

using conformance::test_tables;

std::uint64_t chosen_seed() {
  if (const char* given = std::getenv("CURFEW_TEST_SEED")) return std::strtoull(given, nullptr, 10);
  return std::random_device{}();
}

enum class Action { find, scan, count, insert, put, erase };

struct Operation {
  Action action = Action::find;
  const TableSpec* table = nullptr;
  Row row;                 // insert, put
  std::vector<Value> key;  // find, erase
  Query query;             // scan, count
};

struct Body {
  std::vector<Operation> operations;
  bool fails = false;
};

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  Body body() {
    Body body;
    for (std::size_t left = 1 + below(6); left != 0; --left) {
      body.operations.push_back(operation());
    }
    body.fails = below(5) == 0;
    return body;
  }

 private:
  std::uint64_t below(std::uint64_t end) { return random_() % end; }

  // Few different values, so that rows meet; some that are hard to compare.
  Value value_for(const ColumnSpec& column, bool may_be_null) {
    if (may_be_null && below(4) == 0) return {};
    if (column.type == ColumnType::integer) {
      static const std::vector<std::int64_t> numbers{INT64_MIN, -1, 0, 1, 2, 10, INT64_MAX};
      return numbers[below(numbers.size())];
    }
    static const std::vector<std::string> texts{"",  "a", "A",  "aa",   std::string{"a\0", 2},
                                                "b", "1", "10", "\xff", "\xc3\xa9"};
    return texts[below(texts.size())];
  }

  std::vector<Value> key_for(const TableSpec& table) {
    std::vector<Value> key;
    for (std::size_t at = 0; at < table.key_column_count; ++at) {
      key.push_back(value_for(table.columns[at], false));
    }
    return key;
  }

  Row row_for(const TableSpec& table) {
    Row row = key_for(table);
    for (std::size_t at = row.size(); at < table.columns.size(); ++at) {
      row.push_back(value_for(table.columns[at], table.columns[at].nullable));
    }
    return row;
  }

  Query query_for(const TableSpec& table) {
    Query query;
    query.table = &table;
    const std::size_t index = below(table.indexes.size() + 1);
    if (index != table.indexes.size()) query.index = table.indexes[index].name;
    const auto columns = order_columns(table, index_of(query));
    const std::size_t prefix = below(columns.size() + 1);
    for (std::size_t at = 0; at < prefix; ++at) {
      const ColumnSpec& column = table.columns[columns[at]];
      query.prefix.push_back(value_for(column, column.nullable));
    }
    if (prefix < columns.size()) {
      query.above = value_for(table.columns[columns[prefix]], true);
      query.below = value_for(table.columns[columns[prefix]], true);
      if (below(2) == 0) query.above = Value{};
      if (below(2) == 0) query.below = Value{};
    }
    query.descending = below(2) == 0;
    query.limit = below(4);
    return query;
  }

  Operation operation() {
    Operation made;
    made.table = test_tables()[below(test_tables().size())];
    made.action = static_cast<Action>(below(6));
    if (below(2) == 0) made.action = Action::put;
    made.row = row_for(*made.table);
    made.key = key_for(*made.table);
    made.query = query_for(*made.table);
    return made;
  }

  std::mt19937_64 random_;
};

void append(std::string& out, const Row& row) {
  for (const Value& value : row) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) out += std::to_string(*number);
    if (const auto* text = std::get_if<std::string>(&value)) out += '"' + *text + '"';
    out += is_null(value) ? "NULL," : ",";
  }
  out += "; ";
}

template <typename T>
std::string code_of_result(const Result<T>& result) {
  return std::string{result.ok() ? "ok" : to_string(result.error().code())} + ": ";
}

std::string answer_to(ReadTx& tx, const Operation& asked) {
  if (asked.action == Action::find) {
    const auto row = tx.find(*asked.table, asked.key);
    std::string out = code_of_result(row);
    if (row.ok() && *row) append(out, **row);
    return out;
  }
  if (asked.action == Action::count) {
    const auto rows = tx.count(asked.query);
    return code_of_result(rows) + std::to_string(rows.ok() ? *rows : 0);
  }
  const auto rows = tx.scan(asked.query);
  std::string out = code_of_result(rows);
  if (!rows.ok()) return out;
  for (const Row& row : *rows) append(out, row);
  return out;
}

// With the words for a key that is taken: whoever asked for it is told them.
std::string outcome_of(const Status& written) {
  const bool is_taken = !written.ok() && written.error().code() == ErrorCode::conflict;
  return code_of_result(written) + (is_taken ? ": " + written.error().message() : "");
}

std::string answer_to(WriteTx& tx, const Operation& asked) {
  if (asked.action == Action::insert) return outcome_of(tx.insert(*asked.table, asked.row));
  if (asked.action == Action::put) return outcome_of(tx.put(*asked.table, asked.row));
  if (asked.action == Action::erase) {
    const auto erased = tx.erase(*asked.table, asked.key);
    return code_of_result(erased) + (erased.ok() && *erased ? "gone" : "none");
  }
  return answer_to(static_cast<ReadTx&>(tx), asked);
}

// Every answer inside the body and the outcome of the whole.
std::string answers_of(Store& store, const Body& body) {
  std::string out;
  const Status status = conformance::write(store, [&](WriteTx& tx) -> Status {
    for (const Operation& operation : body.operations) out += answer_to(tx, operation) + "\n";
    if (body.fails) return Error::permanent(ErrorCode::denied, "undo");
    return Done{};
  });
  return out + code_of_result(status);
}

std::string all_rows(Store& store) {
  std::string out;
  for (const TableSpec* table : test_tables()) {
    std::vector<std::string_view> indexes{""};
    for (const IndexSpec& index : table->indexes) indexes.push_back(index.name);
    for (const std::string_view index : indexes) {
      for (const Row& row : conformance::scan(store, conformance::query_of(*table, index, {}))) {
        append(out, row);
      }
    }
  }
  return out;
}

TEST_CASE("memory and SQLite give the same answers to the same random operations") {
  const std::uint64_t seed = chosen_seed();
  CAPTURE(seed);
  Generator generator{seed};
  const auto memory = make_memory_store();
  const auto sqlite = conformance::make_sqlite_store();
  for (int number = 0; number < 1500; ++number) {
    CAPTURE(number);
    const Body body = generator.body();
    REQUIRE(answers_of(*memory, body) == answers_of(*sqlite, body));
    if (number % 100 == 0) REQUIRE(all_rows(*memory) == all_rows(*sqlite));
  }
  CHECK(all_rows(*memory) == all_rows(*sqlite));
  CHECK(all_rows(*memory).size() > 1000);
}

}  // namespace
}  // namespace curfew
