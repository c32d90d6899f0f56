// apps/curfew-gate/test_gate.hpp: for tests only: an enrolled folder, a replica in shared memory,
// and the feed of a gate that runs in this process.
#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "apps/curfew-gate/gate_feed.hpp"
#include "apps/curfew-gate/test_feed_server.hpp"
#include "base/log.hpp"
#include "gate/replica/reader.hpp"
#include "io/file.hpp"

namespace curfew::testing {

// A folder of its own, gone afterwards.
struct OwnFolder {
  explicit OwnFolder(const std::string& where) {
    std::string pattern = where + "/curfew-gate-test-XXXXXX";
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~OwnFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  OwnFolder(const OwnFolder&) = delete;
  OwnFolder& operator=(const OwnFolder&) = delete;

  std::string path;
};

// A gate's machine: what lies there outlives the runs of the program.
struct GateMachine {
  explicit GateMachine(const TestFeedServer& server) : disk("/tmp"), memory("/dev/shm") {
    const GateKey key = folder().enrolling_key().value();
    REQUIRE(folder().enrolled(server.enrolment(), key, server.ca_pem()).ok());
  }

  [[nodiscard]] GateFolder folder() const { return GateFolder{disk.path}; }
  [[nodiscard]] GateIdentity identity() const { return folder().enrolled_identity().value(); }
  [[nodiscard]] std::string replica() const { return memory.path + "/replica"; }
  [[nodiscard]] ReaderRules rules() const {
    return {{"tenant", TestFeedServer::kIssuer}, {::geteuid()}};
  }
  [[nodiscard]] Result<ReplicaReader> read() const {
    return ReplicaReader::open(replica(), rules());
  }
  [[nodiscard]] bool is_blocked(const std::string& user) const {
    const auto reader = read();
    return reader.ok() && reader->view().find({KeyKind::user, user}).is_blocked;
  }
  [[nodiscard]] Position position() const {
    const auto reader = read();
    return reader.ok() ? reader->view().contiguous() : Position{};
  }
  [[nodiscard]] std::uint64_t lease_end_ns() const {
    const auto reader = read();
    return reader.ok() ? reader->view().lease_boot_end_ns() : 0;
  }
  [[nodiscard]] RunStatus status() const { return last_status(folder()).value_or(RunStatus{}); }

  OwnFolder disk;
  OwnFolder memory;
};

// One run of the program, from its start to its end.
class RunningGate {
 public:
  explicit RunningGate(const GateMachine& machine, std::vector<std::string> servers = {},
                       FeedTimes times = quick()) {
    configure_log(LogLevel::error, -1);
    ReplicaOptions options;
    options.path = machine.replica();
    options.table = {machine.rules().identity, read_boot_id().value(), std::nullopt};
    replica = FileReplica::open(options).value();
    GateFeedOptions feed{.folder = machine.folder(), .identity = machine.identity()};
    feed.servers = servers.empty() ? feed.identity.servers : std::move(servers);
    feed.trust = make_client_tls_context(machine.folder().ca_file()).value();
    feed.replica_path = options.path;
    feed.times = times;
    feed_.emplace(runtime_, pool_, std::move(feed), *replica);
    runtime_.executor(0).post(
        [this] { start<Done>(feed_->follow(), [this](Done) { ended_.set_value(); }); });
  }
  ~RunningGate() { stop(); }
  RunningGate(const RunningGate&) = delete;
  RunningGate& operator=(const RunningGate&) = delete;

  static FeedTimes quick() {
    FeedTimes times;
    times.beat = Duration{50};
    // Whoever stands still on a slow machine keeps its connection.
    const Duration patience = std::chrono::seconds{kTestTimeMax};
    times.lease_answer_max = times.greeting_max = times.connect_max = patience;
    times.websocket = {patience, patience, patience, patience};
    return times;
  }
  void stop() {
    if (!feed_) return;
    runtime_.executor(0).post([this] { feed_->stop(); });
    ended_.get_future().wait();
    runtime_.stop_and_wait();
    feed_.reset();
  }

  std::unique_ptr<FileReplica> replica;

 private:
  Runtime runtime_{1};
  OffloadPool pool_{{.name = "gate-test", .threads = 2, .waiting_max = 16}};
  std::promise<void> ended_;
  std::optional<GateFeed> feed_;
};

}  // namespace curfew::testing
