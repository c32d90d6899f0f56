#include "apps/curfew-gate/gate_memory.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "apps/curfew-gate/run_records.hpp"
#include "apps/curfew-gate/test_gate.hpp"

namespace curfew {

using namespace testing;

namespace {

constexpr const char* kIssuer = "https://s.test/t/v2.0";

GateMemory memory_at(std::uint64_t sequence) {
  const ChainMark mark{{3, sequence}, "hash"};
  return {{mark, {mark, "a.signed.head"}}, R"({"keys":[]})"};
}

RunStatus status_of(std::int64_t pid) {
  RunStatus status;
  status.pid = pid;
  return status;
}

// A folder, and the records of one run after another.
struct Records {
  Records() : disk("/tmp"), memory("/dev/shm") {}
  [[nodiscard]] RunRecords next() {
    return {pool, executor, GateFolder{disk.path}, kIssuer, replica()};
  }
  [[nodiscard]] std::string replica() const { return memory.path + "/replica"; }
  void store(RunRecords& records, const GateMemory& what) {
    std::promise<bool> stored;
    start<Status>(records.store(what, status_of(1), std::nullopt),
                  [&](const Status& status) { stored.set_value(status.ok()); });
    CHECK(stored.get_future().get());
  }

  OwnFolder disk;
  OwnFolder memory;
  InlineExecutor executor;
  OffloadPool pool{{.name = "records", .threads = 1, .waiting_max = 4}};
};

}  // namespace

TEST_CASE("a gate's memory is read as it was written") {
  const GateMemory memory = memory_at(42);
  CHECK(read_gate_memory(to_json_text(memory, kIssuer), kIssuer).value() == memory);
  CHECK(read_gate_memory(to_json_text({}, kIssuer), kIssuer).value() == GateMemory{});
}

TEST_CASE("a damaged memory, and that of another server, is not believed") {
  const std::string text = to_json_text(memory_at(42), kIssuer);
  CHECK(read_gate_memory(text, "https://other.test").error().code() == ErrorCode::conflict);
  for (const std::string& wrong :
       {std::string{}, std::string{"{}"}, text.substr(0, text.size() / 2),
        std::string{R"({"issuer":"https://s.test/t/v2.0","applied":{"position":"x"}})"}}) {
    CAPTURE(wrong);
    CHECK(read_gate_memory(wrong, kIssuer).error().code() == ErrorCode::corrupted);
  }
}

TEST_CASE("of the memory in the folder and the one beside the replica the newer counts") {
  Records at;
  {
    RunRecords first = at.next();
    CHECK(first.load().value() == GateMemory{});
    at.store(first, memory_at(5));
    REQUIRE(first.store_quickly(memory_at(6).follower, memory_at(6).jwks).ok());
  }
  CHECK(at.next().load().value() == memory_at(6));
  // Gone with the machine's memory.
  std::filesystem::remove(quick_memory_path(at.replica()));
  CHECK(at.next().load().value() == memory_at(5));
  {
    RunRecords second = at.next();
    static_cast<void>(second.load());
    at.store(second, memory_at(9));
    REQUIRE(second.store_quickly(memory_at(7).follower, "").ok());
  }
  CHECK(at.next().load().value() == memory_at(9));
}

TEST_CASE("one damaged memory is made up for by the other, two are said") {
  Records at;
  RunRecords first = at.next();
  static_cast<void>(first.load());
  at.store(first, memory_at(5));
  std::ofstream{quick_memory_path(at.replica())} << "x";
  CHECK(at.next().load().value() == memory_at(5));
  std::ofstream{at.disk.path + "/feed.json"} << "x";
  const auto lost = at.next().load();
  REQUIRE_FALSE(lost.ok());
  CHECK(lost.error().message().find("feed.json") != std::string::npos);
}

TEST_CASE("only what has changed is written") {
  Records at;
  RunRecords records = at.next();
  static_cast<void>(records.load());
  CHECK(records.has_changed(memory_at(1), {}));
  at.store(records, memory_at(1));
  CHECK_FALSE(records.has_changed(memory_at(1), status_of(1)));
  CHECK(records.has_changed(memory_at(2), status_of(1)));
  CHECK(records.has_changed(memory_at(1), status_of(2)));
}

TEST_CASE("the names of what is blocked are read as they were written, whole or not at all") {
  const std::vector<GateBlock> blocks{{{KeyKind::user, "john"}, {3, 5}},
                                      {{KeyKind::assignment, "mary@mail"}, {3, 9}}};
  const std::string text = blocks_text(blocks, kIssuer);
  CHECK(read_blocks(text, kIssuer).value() == blocks);
  CHECK(read_blocks(text, "https://other.test").error().code() == ErrorCode::conflict);
  CHECK(read_blocks(text.substr(0, 60), kIssuer).error().code() == ErrorCode::corrupted);
  std::string wrong = text;
  wrong.replace(wrong.find("user/"), 5, "what/");
  CHECK(read_blocks(wrong, kIssuer).error().code() == ErrorCode::corrupted);
}

TEST_CASE("a run's status is read as it was written, and a damaged one is none") {
  RunStatus status;
  status.pid = 4711;
  status.started_at = from_unix_millis(5);
  status.replica = "/run/x/replica";
  status.state = "diverged";
  status.since = from_unix_millis(6);
  status.server = "https://s.test";
  status.last_error = "it \"broke\"";
  status.last_error_at = from_unix_millis(7);
  status.divergence = "other entries";
  CHECK(read_run_status(to_json_text(status)).value() == status);
  CHECK(read_run_status("{}").error().code() == ErrorCode::corrupted);
}

}  // namespace curfew
