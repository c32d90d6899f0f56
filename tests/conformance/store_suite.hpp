// tests/conformance/store_suite.hpp: what every Store must do, run against each implementation.
//
// Each function is the body of one TEST_CASE of an implementation's test; `make` opens an empty
// store with test_tables() for every sub-case.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "store/store.hpp"
#include "tests/conformance/store_specs.hpp"

namespace curfew::conformance {

using MakeStore = std::function<std::unique_ptr<Store>()>;

// One body, normal urgency, awaited.
inline Status write(Store& store, Store::WriteBody body) {
  return store.write_and_wait(Urgency::normal, std::move(body));
}
inline void put_all(Store& store, const TableSpec& table, const std::vector<Row>& rows) {
  const Status status = write(store, [&](WriteTx& tx) -> Status {
    for (const Row& row : rows) {
      CURFEW_TRY_STATUS(tx.put(table, row));
    }
    return Done{};
  });
  REQUIRE(status.ok());
}
inline std::optional<Row> find(Store& store, const TableSpec& table, std::vector<Value> key) {
  auto row = read_value<std::optional<Row>>(store, [&](ReadTx& tx) { return tx.find(table, key); });
  REQUIRE(row.ok());
  return *row;
}
inline std::vector<Row> scan(Store& store, const Query& query) {
  auto rows = read_value<std::vector<Row>>(store, [&](ReadTx& tx) { return tx.scan(query); });
  REQUIRE(rows.ok());
  return *rows;
}
inline std::uint64_t count(Store& store, const Query& query) {
  auto rows = read_value<std::uint64_t>(store, [&](ReadTx& tx) { return tx.count(query); });
  REQUIRE(rows.ok());
  return *rows;
}
inline ErrorCode code_of(const Status& status) {
  REQUIRE_FALSE(status.ok());
  return status.error().code();
}
// The text of one column of each row, joined: short to compare.
inline std::string column_of(const std::vector<Row>& rows, std::size_t column) {
  std::string out;
  for (const Row& row : rows) {
    const Value& value = row[column];
    if (!out.empty()) out += ' ';
    if (const auto* text = std::get_if<std::string>(&value)) out += *text;
    if (const auto* number = std::get_if<std::int64_t>(&value)) out += std::to_string(*number);
    if (std::holds_alternative<std::monostate>(value)) out += "-";
  }
  return out;
}
inline Query query_of(const TableSpec& table, std::string_view index, std::vector<Value> prefix) {
  Query query;
  query.table = &table;
  query.index = index;
  query.prefix = std::move(prefix);
  return query;
}

inline void single_rows(const MakeStore& make) {
  const auto store = make();

  SUBCASE("a row that was put is found by its key, and by no other") {
    put_all(*store, people(), {person("t", "1", "ann", 30)});
    CHECK(find(*store, people(), {"t", "1"}) == person("t", "1", "ann", 30));
    CHECK_FALSE(find(*store, people(), {"t", "2"}));
    CHECK_FALSE(find(*store, people(), {"u", "1"}));
  }
  SUBCASE("put replaces the whole row") {
    put_all(*store, people(), {person("t", "1", "ann", 30, "b1", "jpg")});
    put_all(*store, people(), {person("t", "1", "anna")});
    CHECK(find(*store, people(), {"t", "1"}) == person("t", "1", "anna"));
    CHECK(scan(*store, query_of(people(), "people_by_age", {"t", 30})).empty());
  }
  SUBCASE("insert refuses a key that is taken and leaves the row") {
    put_all(*store, people(), {person("t", "1", "ann")});
    const Status status =
        write(*store, [](WriteTx& tx) { return tx.insert(people(), person("t", "1", "bob")); });
    CHECK(code_of(status) == ErrorCode::conflict);
    CHECK(find(*store, people(), {"t", "1"}) == person("t", "1", "ann"));
  }
  SUBCASE("erase says whether there was a row") {
    put_all(*store, people(), {person("t", "1", "ann")});
    CHECK(write(*store, [](WriteTx& tx) -> Status {
            CHECK(tx.erase(people(), {"t", "1"}).value());
            CHECK_FALSE(tx.erase(people(), {"t", "1"}).value());
            return Done{};
          }).ok());
    CHECK_FALSE(find(*store, people(), {"t", "1"}));
    CHECK(scan(*store, query_of(people(), "people_by_name", {"t"})).empty());
  }
  SUBCASE("a body reads its own writes") {
    CHECK(write(*store, [](WriteTx& tx) -> Status {
            CURFEW_TRY_STATUS(tx.insert(people(), person("t", "1", "ann", 5)));
            CHECK(tx.find(people(), {"t", "1"}).value() == person("t", "1", "ann", 5));
            CHECK(tx.count(query_of(people(), "people_by_age", {"t", 5})).value() == 1);
            return Done{};
          }).ok());
  }
  SUBCASE("keys of three columns with words that SQL reserves") {
    put_all(*store, members(),
            {member("t", "g", 1, "x"), member("t", "g", 2), member("t", "h", 1)});
    CHECK(find(*store, members(), {"t", "g", 1}) == member("t", "g", 1, "x"));
    CHECK(column_of(scan(*store, query_of(members(), "", {"t", "g"})), 2) == "1 2");
    CHECK(column_of(scan(*store, query_of(members(), "group_by_number", {"t", 1})), 1) == "g h");
  }
}

inline void unique_indexes(const MakeStore& make) {
  const auto store = make();
  put_all(*store, people(), {person("t", "1", "ann", {}, "b1"), person("t", "2", "bob")});

  SUBCASE("insert and put refuse another row's values, and change nothing") {
    CHECK(code_of(write(*store, [](WriteTx& tx) {
            return tx.insert(people(), person("t", "3", "ann"));
          })) == ErrorCode::conflict);
    CHECK(code_of(write(*store, [](WriteTx& tx) {
            return tx.put(people(), person("t", "2", "ann"));
          })) == ErrorCode::conflict);
    CHECK(find(*store, people(), {"t", "2"}) == person("t", "2", "bob"));
    CHECK_FALSE(find(*store, people(), {"t", "3"}));
  }
  SUBCASE("a row may keep its own values") {
    put_all(*store, people(), {person("t", "1", "ann", 31, "b1")});
    CHECK(find(*store, people(), {"t", "1"}) == person("t", "1", "ann", 31, "b1"));
  }
  SUBCASE("the same values in another tenant are no conflict") {
    put_all(*store, people(), {person("u", "1", "ann", {}, "b1")});
    CHECK(count(*store, query_of(people(), "", {})) == 3);
  }
  SUBCASE("rows with NULL do not take part") {
    put_all(*store, people(), {person("t", "3", "cid"), person("t", "4", "dan")});
    CHECK(count(*store, query_of(people(), "people_by_badge", {"t", Value{}})) == 3);
  }
  SUBCASE("values are free again after an erase, within the same body") {
    CHECK(write(*store, [](WriteTx& tx) -> Status {
            CURFEW_TRY_STATUS(tx.erase(people(), {"t", "1"}));
            return tx.insert(people(), person("t", "9", "ann", {}, "b1"));
          }).ok());
  }
  SUBCASE("a body may survive a conflict and go on") {
    CHECK(write(*store, [](WriteTx& tx) -> Status {
            CHECK(code_of(tx.insert(people(), person("t", "3", "ann"))) == ErrorCode::conflict);
            return tx.insert(people(), person("t", "3", "cid"));
          }).ok());
    CHECK(find(*store, people(), {"t", "3"}) == person("t", "3", "cid"));
  }
}

inline void scans(const MakeStore& make) {
  const auto store = make();
  put_all(*store, people(),
          {person("t", "5", "eve", 40), person("t", "1", "dan", 20), person("t", "3", "ann", 30),
           person("t", "2", "cid", 30), person("t", "4", "bob"), person("u", "1", "zoe", 30)});
  Query query = query_of(people(), "people_by_age", {"t"});

  SUBCASE("the primary key orders by default, over all tenants without a prefix") {
    CHECK(column_of(scan(*store, query_of(people(), "", {})), 1) == "1 2 3 4 5 1");
    CHECK(column_of(scan(*store, query_of(people(), "", {"t"})), 1) == "1 2 3 4 5");
  }
  SUBCASE("an index orders by its columns, NULL first, ties by the key") {
    CHECK(column_of(scan(*store, query), 1) == "4 1 2 3 5");
    query.descending = true;
    CHECK(column_of(scan(*store, query), 1) == "5 3 2 1 4");
  }
  SUBCASE("bounds exclude their own value, and NULL") {
    query.above = 20;
    CHECK(column_of(scan(*store, query), 1) == "2 3 5");
    query.below = 40;
    CHECK(column_of(scan(*store, query), 1) == "2 3");
    query.above = {};
    CHECK(column_of(scan(*store, query), 1) == "1 2 3");
    query.descending = true;
    CHECK(column_of(scan(*store, query), 1) == "3 2 1");
  }
  SUBCASE("bounds that leave nothing between them give nothing") {
    query.above = 30;
    query.below = 30;
    CHECK(scan(*store, query).empty());
    query.below = 20;
    CHECK(scan(*store, query).empty());
    query.descending = true;
    CHECK(scan(*store, query).empty());
  }
  SUBCASE("a NULL in the prefix finds the rows with NULL") {
    query.prefix.emplace_back();
    CHECK(column_of(scan(*store, query), 1) == "4");
  }
  SUBCASE("a limit cuts scan and count alike") {
    query.limit = 2;
    CHECK(column_of(scan(*store, query), 1) == "4 1");
    CHECK(count(*store, query) == 2);
    query.descending = true;
    CHECK(column_of(scan(*store, query), 1) == "5 3");
    query.limit = 0;
    CHECK(count(*store, query) == 5);
  }
  SUBCASE("past its own columns an index goes on with the key: ties can be paged") {
    query.prefix.emplace_back(30);
    query.above = "2";
    CHECK(column_of(scan(*store, query), 1) == "3");
    query.prefix.emplace_back("2");
    query.above = {};
    CHECK(column_of(scan(*store, query), 1) == "2");
  }
  SUBCASE("pages by the last key seen give every row once") {
    Query page = query_of(people(), "", {"t"});
    page.limit = 2;
    std::string seen;
    for (auto rows = scan(*store, page); !rows.empty(); rows = scan(*store, page)) {
      seen += column_of(rows, 1) + "|";
      page.above = rows.back()[1];
    }
    CHECK(seen == "1 2|3 4|5|");
  }
}

inline void values(const MakeStore& make) {
  const auto store = make();
  using namespace std::string_literals;

  SUBCASE("whole numbers to their limits, in their order") {
    constexpr std::int64_t kLow = std::numeric_limits<std::int64_t>::min();
    constexpr std::int64_t kHigh = std::numeric_limits<std::int64_t>::max();
    put_all(*store, counters(), {counter(kHigh), counter(0), counter(kLow), counter(-1)});
    CHECK(find(*store, counters(), {kLow}) == counter(kLow));
    CHECK(column_of(scan(*store, query_of(counters(), "", {})), 0) ==
          std::to_string(kLow) + " -1 0 " + std::to_string(kHigh));
  }
  SUBCASE("empty text is not NULL") {
    put_all(*store, people(), {person("t", "", "", {}, "", "")});
    CHECK(find(*store, people(), {"t", ""}) == person("t", "", "", {}, "", ""));
    CHECK(count(*store, query_of(people(), "people_by_badge", {"t", ""})) == 1);
  }
  SUBCASE("NUL bytes and invalid UTF-8 come back as they were, in text and in bytes") {
    const std::string odd = "a\0b\xff\xc0\x80"s;
    put_all(*store, people(), {person("t", odd, odd, {}, odd, odd), person("t", "a", "a")});
    CHECK(find(*store, people(), {"t", odd}) == person("t", odd, odd, {}, odd, odd));
    CHECK(find(*store, people(), {"t", "a"}) == person("t", "a", "a"));
  }
  SUBCASE("text is ordered by its bytes, without regard to language or case") {
    const std::vector<std::string> ordered{"",      "\0"s, "A",    "B",        "a",   "a\0"s,
                                           "a\0z"s, "aa",  "\x7f", "\xc3\xa9", "\xff"};
    std::vector<Row> rows;
    for (auto name = ordered.rbegin(); name != ordered.rend(); ++name) {
      rows.push_back(person("t", *name, *name));
    }
    put_all(*store, people(), rows);
    std::vector<std::string> by_key;
    for (const Row& row : scan(*store, query_of(people(), "", {}))) {
      by_key.push_back(std::get<std::string>(row[1]));
    }
    CHECK(by_key == ordered);
    std::vector<std::string> by_index;
    for (const Row& row : scan(*store, query_of(people(), "people_by_name", {}))) {
      by_index.push_back(std::get<std::string>(row[2]));
    }
    CHECK(by_index == ordered);
  }
  SUBCASE("a mebibyte of text") {
    const std::string large(1UL << 20, 'x');
    put_all(*store, people(), {person("t", "1", large, {}, {}, large)});
    CHECK(find(*store, people(), {"t", "1"}) == person("t", "1", large, {}, {}, large));
  }
}

inline void misfits(const MakeStore& make) {
  const auto store = make();
  const auto refused = [&](const Store::WriteBody& body) {
    CHECK(code_of(write(*store, body)) == ErrorCode::internal);
    CHECK(count(*store, query_of(people(), "", {})) == 0);
  };
  SUBCASE("rows and keys that do not fit their table are refused") {
    refused([](WriteTx& tx) { return tx.put(people(), {"t", "1"}); });
    refused([](WriteTx& tx) { return tx.put(people(), person("t", "1", "ann", "30")); });
    refused([](WriteTx& tx) { return tx.insert(people(), {"t", "1", 7, {}, {}, {}}); });
    refused([](WriteTx& tx) { return tx.insert(people(), {"t", {}, "ann", {}, {}, {}}); });
    refused([](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(tx.erase(people(), {"t"}));
      return Done{};
    });
    refused([](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(tx.find(people(), {"t", 1}));
      return Done{};
    });
  }
  SUBCASE("queries that do not fit their table are refused") {
    const auto query_refused = [&](const Query& query) {
      CHECK(code_of(store->read([&](ReadTx& tx) -> Status {
              CURFEW_TRY_STATUS(tx.scan(query));
              return Done{};
            })) == ErrorCode::internal);
      CHECK(code_of(store->read([&](ReadTx& tx) -> Status {
              CURFEW_TRY_STATUS(tx.count(query));
              return Done{};
            })) == ErrorCode::internal);
    };
    query_refused(Query{});
    query_refused(query_of(people(), "no_such_index", {}));
    query_refused(query_of(people(), "", {"t", "1", "ann"}));
    query_refused(query_of(people(), "people_by_age", {"t", "30"}));
    Query bounded = query_of(people(), "", {"t", "1"});
    bounded.above = "x";
    query_refused(bounded);
    bounded = query_of(people(), "people_by_age", {"t"});
    bounded.below = "x";
    query_refused(bounded);
  }
}

inline void bodies(const MakeStore& make) {
  const auto store = make();

  SUBCASE("a failing body leaves nothing, and its error reaches its caller") {
    put_all(*store, people(), {person("t", "1", "ann", 30), person("t", "2", "bob")});
    const Status status = write(*store, [](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(tx.insert(people(), person("t", "3", "cid")));
      CURFEW_TRY_STATUS(tx.put(people(), person("t", "1", "anna", 31)));
      CURFEW_TRY_STATUS(tx.put(people(), person("t", "1", "anne", 32)));
      CURFEW_TRY_STATUS(tx.erase(people(), {"t", "2"}));
      return Error::permanent(ErrorCode::denied, "not you");
    });
    CHECK(code_of(status) == ErrorCode::denied);
    CHECK(status.error().message() == "not you");
    CHECK(column_of(scan(*store, query_of(people(), "people_by_name", {"t"})), 2) == "ann bob");
    CHECK(count(*store, query_of(people(), "people_by_age", {"t", 30})) == 1);
  }
  SUBCASE("a failing body amid others takes none of them along") {
    std::vector<std::future<Status>> outcomes;
    for (int number = 0; number < 100; ++number) {
      auto promise = std::make_shared<std::promise<Status>>();
      outcomes.push_back(promise->get_future());
      store->write(
          Urgency::normal,
          [number](WriteTx& tx) -> Status {
            CURFEW_TRY_STATUS(tx.insert(counters(), counter(number)));
            if (number % 3 == 0) return Error::permanent(ErrorCode::denied, "no");
            return Done{};
          },
          [promise](Status status) { promise->set_value(std::move(status)); });
    }
    for (int number = 0; number < 100; ++number) {
      CHECK(outcomes[static_cast<std::size_t>(number)].get().ok() == (number % 3 != 0));
      CHECK(find(*store, counters(), {number}).has_value() == (number % 3 != 0));
    }
  }
  SUBCASE("a read body's error reaches its caller") {
    CHECK(code_of(store->read([](ReadTx&) -> Status {
            return Error::permanent(ErrorCode::not_found, "nobody");
          })) == ErrorCode::not_found);
  }
}

inline void after_the_commit(const MakeStore& make) {
  const auto store = make();
  std::vector<std::string> order;  // of the writer's thread, read after write_and_wait

  SUBCASE("actions in the order given, then the hook, then the caller") {
    store->set_group_hook([&]() -> Status {
      order.emplace_back("hook");
      return Done{};
    });
    std::promise<void> told;
    store->write(
        Urgency::normal,
        [&](WriteTx& tx) -> Status {
          tx.on_commit([&] { order.emplace_back("first"); });
          tx.on_commit([&] { order.emplace_back("second"); });
          order.emplace_back("body");
          return tx.put(counters(), counter(1));
        },
        [&](const Status& status) {
          order.emplace_back(status.ok() ? "told" : "failed");
          told.set_value();
        });
    told.get_future().wait();
    CHECK(order == std::vector<std::string>{"body", "first", "second", "hook", "told"});
  }
  SUBCASE("the rows of a commit are visible before its actions run") {
    std::atomic<bool> seen{false};
    CHECK(write(*store, [&](WriteTx& tx) -> Status {
            tx.on_commit([&] {
              std::thread([&] { seen = find(*store, counters(), {1}).has_value(); }).join();
            });
            return tx.put(counters(), counter(1));
          }).ok());
    CHECK(seen);
  }
  SUBCASE("neither actions nor hook run for a body that failed") {
    store->set_group_hook([&]() -> Status {
      order.emplace_back("hook");
      return Done{};
    });
    CHECK_FALSE(write(*store, [&](WriteTx& tx) -> Status {
                  tx.on_commit([&] { order.emplace_back("action"); });
                  return Error::permanent(ErrorCode::denied, "no");
                }).ok());
    CHECK(order.empty());
  }
  SUBCASE("the hook's error is what the caller gets") {
    store->set_group_hook(
        []() -> Status { return Error::transient(ErrorCode::unavailable, "no witness"); });
    const Status status = write(*store, [](WriteTx& tx) { return tx.put(counters(), counter(1)); });
    CHECK(code_of(status) == ErrorCode::unavailable);
    CHECK(status.error().message() == "no witness");
  }
  SUBCASE("a caller may write again from where it is told") {
    std::promise<Status> second;
    store->write(
        Urgency::normal, [](WriteTx& tx) { return tx.put(counters(), counter(1)); },
        [&](const Status&) {
          store->write(
              Urgency::emergency, [](WriteTx& tx) { return tx.put(counters(), counter(2)); },
              [&](Status status) { second.set_value(std::move(status)); });
        });
    CHECK(second.get_future().get().ok());
    CHECK(count(*store, query_of(counters(), "", {})) == 2);
  }
}

inline void versions(const MakeStore& make) {
  const std::unique_ptr<Store> store = make();
  put_all(*store, counters(), {counter(1)});
  const std::uint64_t before = store->version(counters());

  SUBCASE("reading changes no version") {
    CHECK(find(*store, counters(), {1}) == counter(1));
    CHECK(store->version(counters()) == before);
  }
  SUBCASE("insert, put and erase change that of their table, and of no other") {
    const std::uint64_t others = store->version(people());
    const std::vector<Store::WriteBody> changes{
        [](WriteTx& tx) { return tx.insert(counters(), counter(2)); },
        [](WriteTx& tx) { return tx.put(counters(), counter(2, "two")); },
        [](WriteTx& tx) -> Status {
          CURFEW_TRY_STATUS(tx.erase(counters(), {2}));
          return Done{};
        }};
    std::uint64_t last = before;
    for (const auto& change : changes) {
      REQUIRE(write(*store, change).ok());
      CHECK(store->version(counters()) > last);
      last = store->version(counters());
    }
    CHECK(store->version(people()) == others);
  }
  SUBCASE("a transaction that only reads never vouches for what was published") {
    REQUIRE(store
                ->read([](ReadTx& tx) -> Status {
                  CHECK(tx.may_have_changed(counters()));
                  return Done{};
                })
                .ok());
  }
  SUBCASE("a transaction knows which tables it may have changed") {
    REQUIRE(write(*store, [&](WriteTx& tx) -> Status {
              CHECK_FALSE(tx.may_have_changed(counters()));
              CURFEW_TRY_STATUS(tx.put(counters(), counter(1, "new")));
              CHECK(tx.may_have_changed(counters()));
              CHECK_FALSE(tx.may_have_changed(people()));
              return Done{};
            }).ok());
    REQUIRE(write(*store, [](WriteTx& tx) -> Status {
              CHECK_FALSE(tx.may_have_changed(counters()));
              return Done{};
            }).ok());
  }
  SUBCASE("who sees what on_commit published, sees the new version") {
    std::uint64_t during = 0;
    std::uint64_t published = 0;
    REQUIRE(write(*store, [&](WriteTx& tx) -> Status {
              CURFEW_TRY_STATUS(tx.put(counters(), counter(1, "new")));
              during = store->version(counters());
              tx.on_commit([&] { published = store->version(counters()); });
              return Done{};
            }).ok());
    CHECK(during == before);
    CHECK(published > before);
  }
}

inline void readers_beside_a_writer(const MakeStore& make) {
  const auto store = make();
  constexpr std::int64_t kRows = 8;
  constexpr int kRounds = 300;

  SUBCASE("a reader sees all of a body or nothing, and never goes back") {
    const auto all_at = [&](std::int64_t round) {
      return write(*store, [round](WriteTx& tx) -> Status {
        for (std::int64_t row = 0; row < kRows; ++row) {
          CURFEW_TRY_STATUS(tx.put(members(), member("t", "g", row, std::to_string(round))));
        }
        return Done{};
      });
    };
    REQUIRE(all_at(0).ok());
    std::atomic<bool> stop{false};
    std::atomic<int> torn{0};
    std::atomic<int> backwards{0};
    const auto watch = [&] {
      std::int64_t last = 0;
      do {
        const Status status = store->read([&](ReadTx& tx) -> Status {
          CURFEW_TRY(const auto first, tx.find(members(), {"t", "g", 0}));
          CURFEW_TRY(const auto rows, tx.scan(query_of(members(), "", {"t", "g"})));
          for (const Row& row : rows) torn += static_cast<int>(row[3] != first->at(3));
          const std::int64_t round = std::stoll(std::get<std::string>(first->at(3)));
          backwards += static_cast<int>(round < last);
          last = round;
          return Done{};
        });
        torn += static_cast<int>(!status.ok());
        std::this_thread::yield();  // leaves a gap for a writer that waits for readers
      } while (!stop);
    };
    std::thread one{watch};
    std::thread two{watch};
    bool all_written = true;
    for (std::int64_t round = 1; round <= kRounds; ++round) all_written &= all_at(round).ok();
    stop = true;
    one.join();
    two.join();
    CHECK(all_written);
    CHECK(torn == 0);
    CHECK(backwards == 0);
  }
  SUBCASE("writers from many threads: each addition counts once") {
    put_all(*store, members(), {member("t", "sum", 0, "0")});
    const auto add_one = [](WriteTx& tx) -> Status {
      CURFEW_TRY(const auto row, tx.find(members(), {"t", "sum", 0}));
      const std::int64_t sum = std::stoll(std::get<std::string>(row->at(3)));
      return tx.put(members(), member("t", "sum", 0, std::to_string(sum + 1)));
    };
    std::vector<std::thread> writers;
    std::atomic<int> failed{0};
    for (int writer = 0; writer < 4; ++writer) {
      writers.emplace_back([&] {
        for (int time = 0; time < 50; ++time)
          failed += static_cast<int>(!write(*store, add_one).ok());
      });
    }
    for (std::thread& writer : writers) writer.join();
    CHECK(failed == 0);
    CHECK(find(*store, members(), {"t", "sum", 0}) == member("t", "sum", 0, "200"));
  }
}

}  // namespace curfew::conformance
