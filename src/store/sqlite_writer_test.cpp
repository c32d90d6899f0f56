#include "store/sqlite_writer.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <string>
#include <vector>

#include "tests/conformance/sqlite_fixture.hpp"
#include "tests/conformance/store_suite.hpp"

namespace curfew {
namespace {

using conformance::code_of;
using conformance::count;
using conformance::counter;
using conformance::counters;
using conformance::query_of;
using conformance::SqliteFixture;

// Keeps the writer inside of a body until it is let go, so that later writes queue.
class HeldWriter {
 public:
  explicit HeldWriter(Store& store) {
    store.write(
        Urgency::normal,
        [this](WriteTx&) -> Status {
          begun_.set_value();
          go_.get_future().wait();
          return Done{};
        },
        [this](const Status&) { done_.set_value(); });
    begun_.get_future().wait();
  }
  void release() {
    go_.set_value();
    done_.get_future().wait();
  }

 private:
  std::promise<void> begun_;
  std::promise<void> go_;
  std::promise<void> done_;
};

// Queues writes and collects their outcomes.
class Outcomes {
 public:
  void write(Store& store, Urgency urgency, Store::WriteBody body) {
    auto promise = std::make_shared<std::promise<Status>>();
    futures_.push_back(promise->get_future());
    store.write(urgency, std::move(body),
                [promise](Status status) { promise->set_value(std::move(status)); });
  }
  Status get(std::size_t at) { return futures_.at(at).get(); }
  [[nodiscard]] std::size_t size() const { return futures_.size(); }

 private:
  std::vector<std::future<Status>> futures_;
};

Store::WriteBody put_counter(std::int64_t number, std::size_t bytes = 0) {
  return [=](WriteTx& tx) { return tx.put(counters(), counter(number, std::string(bytes, 'x'))); };
}

TEST_SUITE("SQLite writer") {
  TEST_CASE("a body knows what the ones before it in its group have changed, undone or not") {
    SqliteFixture store;
    Outcomes outcomes;
    std::vector<bool> seen;
    const auto look = [&seen](WriteTx& tx) -> Status {
      seen.push_back(tx.may_have_changed(counters()));
      return Done{};
    };
    HeldWriter held{store};
    outcomes.write(store, Urgency::normal, look);
    outcomes.write(store, Urgency::normal, [](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(tx.put(counters(), counter(1)));
      return Error::permanent(ErrorCode::denied, "undone");
    });
    outcomes.write(store, Urgency::normal, look);
    held.release();
    for (std::size_t at = 0; at < outcomes.size(); ++at) static_cast<void>(outcomes.get(at));
    CHECK(seen == std::vector{false, true});
    REQUIRE(conformance::write(store, look).ok());
    CHECK_FALSE(seen.back());
  }
  TEST_CASE("emergencies overtake normal writes that have not begun") {
    SqliteFixture store;
    std::string order;
    const auto note = [&order](char name) {
      return [&order, name](WriteTx&) -> Status {
        order += name;
        return Done{};
      };
    };
    Outcomes outcomes;
    HeldWriter held{store};
    outcomes.write(store, Urgency::normal, note('a'));
    outcomes.write(store, Urgency::emergency, note('E'));
    outcomes.write(store, Urgency::normal, note('b'));
    outcomes.write(store, Urgency::emergency, note('F'));
    held.release();
    for (std::size_t at = 0; at < outcomes.size(); ++at) CHECK(outcomes.get(at).ok());
    CHECK(order == "EFab");
  }

  TEST_CASE("what queued while the writer was busy is committed in one group") {
    SqliteFixture store;
    int groups = 0;
    store.set_group_hook([&groups]() -> Status {
      ++groups;
      return Done{};
    });
    Outcomes outcomes;
    HeldWriter held{store};
    for (std::int64_t number = 0; number < 200; ++number) {
      outcomes.write(store, Urgency::normal, put_counter(number));
    }
    held.release();
    for (std::size_t at = 0; at < outcomes.size(); ++at) CHECK(outcomes.get(at).ok());
    CHECK(groups == 2);
  }

  TEST_CASE("emergencies are durable before the normal bodies that wait with them begin") {
    SqliteFixture store;
    std::atomic<bool> told{false};
    bool told_before = false;
    Outcomes outcomes;
    HeldWriter held{store};
    outcomes.write(store, Urgency::normal, [&](WriteTx&) -> Status {
      told_before = told;
      return Done{};
    });
    store.write(Urgency::emergency, put_counter(1), [&](const Status&) { told = true; });
    held.release();
    CHECK(outcomes.get(0).ok());
    CHECK(told_before);
  }

  TEST_CASE("a stream of emergencies does not stop the others for good") {
    SqliteFixture store;
    std::atomic<bool> stop{false};
    std::promise<void> ended;
    std::function<void(Status)> again = [&](const Status&) {
      if (stop) {
        ended.set_value();
      } else {
        store.write(Urgency::emergency, put_counter(1), again);
      }
    };
    store.write(Urgency::emergency, put_counter(1), again);
    for (std::int64_t number = 2; number < 20; ++number) {
      CHECK(conformance::write(store, put_counter(number)).ok());
    }
    stop = true;
    ended.get_future().wait();
  }

  TEST_CASE("a full queue refuses normal writes at once and takes every emergency") {
    SqliteFixture store;
    Outcomes outcomes;
    HeldWriter held{store};
    for (std::size_t waiting = 0; waiting < kWriteQueueMax; ++waiting) {
      store.write(Urgency::normal, [](WriteTx&) -> Status { return Done{}; }, [](const Status&) {});
    }
    outcomes.write(store, Urgency::normal, put_counter(1));
    const Status refused = outcomes.get(0);
    CHECK(code_of(refused) == ErrorCode::exhausted);
    CHECK(refused.error().retry() == Retry::later);
    outcomes.write(store, Urgency::emergency, put_counter(2));
    held.release();
    CHECK(outcomes.get(1).ok());
    CHECK(count(store, query_of(counters(), "", {})) == 1);
  }

  TEST_CASE("closing runs what is queued and tells everybody") {
    SqliteFixture store;
    Outcomes outcomes;
    {
      HeldWriter held{store};
      for (std::int64_t number = 0; number < 600; ++number) {
        outcomes.write(store, Urgency::normal, put_counter(number));
      }
      held.release();
    }
    store.close();
    for (std::size_t at = 0; at < outcomes.size(); ++at) CHECK(outcomes.get(at).ok());
    auto again = conformance::open_test_store(store.path());
    REQUIRE(again.ok());
    CHECK(count(**again, query_of(counters(), "", {})) == 600);
  }

  TEST_CASE("a full disk: nobody of the group is told success, and the store goes on") {
    SqliteFixture store{24};
    Outcomes outcomes;
    HeldWriter held{store};
    outcomes.write(store, Urgency::normal, put_counter(1, 10));
    outcomes.write(store, Urgency::normal, put_counter(2, 1'000'000));
    outcomes.write(store, Urgency::normal, put_counter(3, 10));
    held.release();
    const Status too_large = outcomes.get(1);
    CHECK(code_of(too_large) == ErrorCode::unavailable);
    CHECK(too_large.error().retry() == Retry::later);
    const bool first = outcomes.get(0).ok();
    const bool third = outcomes.get(2).ok();
    CHECK(conformance::find(store, counters(), {1}).has_value() == first);
    CHECK_FALSE(conformance::find(store, counters(), {2}).has_value());
    CHECK(conformance::find(store, counters(), {3}).has_value() == third);
    CHECK(third);  // it had not begun when the disk refused
    CHECK(conformance::write(store, put_counter(4, 10)).ok());
  }

  TEST_CASE("bodies that had not begun when the disk refused keep their order") {
    SqliteFixture store{24};
    std::string order;
    Outcomes outcomes;
    HeldWriter held{store};
    outcomes.write(store, Urgency::normal, put_counter(1, 1'000'000));
    for (const char name : {'a', 'b', 'c'}) {
      outcomes.write(store, Urgency::normal, [&order, name](WriteTx&) -> Status {
        order += name;
        return Done{};
      });
    }
    held.release();
    CHECK_FALSE(outcomes.get(0).ok());
    for (std::size_t at = 1; at < outcomes.size(); ++at) CHECK(outcomes.get(at).ok());
    CHECK(order == "abc");
  }

  TEST_CASE("a body that meets a full disk fails, even if it says success") {
    SqliteFixture store{24};
    bool acted = false;
    const Status status = conformance::write(store, [&acted](WriteTx& tx) -> Status {
      tx.on_commit([&acted] { acted = true; });
      CHECK_FALSE(tx.put(counters(), counter(1, std::string(1'000'000, 'x'))).ok());
      return Done{};
    });
    CHECK(code_of(status) == ErrorCode::unavailable);
    CHECK_FALSE(acted);
  }

  TEST_CASE("emergencies are not drawn into the failure of a large normal write") {
    SqliteFixture store{24};
    Outcomes outcomes;
    HeldWriter held{store};
    outcomes.write(store, Urgency::normal, put_counter(1, 1'000'000));
    outcomes.write(store, Urgency::emergency, put_counter(2, 10));
    held.release();
    CHECK_FALSE(outcomes.get(0).ok());
    CHECK(outcomes.get(1).ok());
  }
}

}  // namespace
}  // namespace curfew
