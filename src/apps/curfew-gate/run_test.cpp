// The gate as a process of its own, which is stopped, killed and asked to end.
#include "apps/curfew-gate/run.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>

#include <array>
#include <csignal>

#include "apps/curfew-gate/test_gate.hpp"
#include "gate/replica/lease.hpp"

namespace curfew {

using namespace testing;

namespace {

// Forked before anything has threads; runs the program once it is told with which machine.
class GateProcess {
 public:
  GateProcess() {
    REQUIRE(::pipe(pipe_.data()) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) be_the_gate();
    ::close(pipe_[0]);
  }
  ~GateProcess() {
    ::close(pipe_[1]);
    if (pid_ > 0) end(SIGKILL);
  }
  GateProcess(const GateProcess&) = delete;
  GateProcess& operator=(const GateProcess&) = delete;

  void run(const GateMachine& machine) const {
    const std::string words = machine.disk.path + "\n" + machine.replica() + "\n";
    REQUIRE(::write(pipe_[1], words.data(), words.size()) == static_cast<ssize_t>(words.size()));
  }
  void signal(int number) const { REQUIRE(::kill(pid_, number) == 0); }
  // Once it does nothing any more.
  void pause() const {
    signal(SIGSTOP);
    int status = 0;
    REQUIRE(::waitpid(pid_, &status, WUNTRACED) == pid_);
    REQUIRE(WIFSTOPPED(status));
  }
  // How it ended. Before its machine goes.
  int end(int number) {
    signal(number);
    int status = 0;
    REQUIRE(::waitpid(std::exchange(pid_, 0), &status, 0) > 0);
    return status;
  }

 private:
  [[nodiscard]] std::string line() const {
    std::string text;
    char c = 0;
    while (::read(pipe_[0], &c, 1) == 1 && c != '\n') text += c;
    return text;
  }
  [[noreturn]] void be_the_gate() const {
    ::close(pipe_[1]);
    const int nowhere = ::open("/dev/null", O_WRONLY);
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(nowhere, STDERR_FILENO);
    RunOptions options;
    options.data = line();
    options.replica = line();
    if (options.replica.empty()) ::_exit(9);
    ::_exit(run_gate(options).ok() ? 0 : 1);
  }

  std::array<int, 2> pipe_{};
  pid_t pid_ = 0;
};

bool may_judge(const GateMachine& machine) {
  const auto reader = machine.read();
  const MachineTime time = machine_time(read_boot_id().value(), SystemClock{});
  return reader.ok() && may_judge_by(HeldLease{reader->view()}, time);
}

}  // namespace

TEST_CASE("a gate that was killed, or does not run, passes nobody once the server says complete") {
  for (const int number : {SIGKILL, SIGSTOP}) {
    CAPTURE(number);
    GateProcess gate;
    TestFeedServer server{std::chrono::seconds{3}};
    const GateMachine machine{server};
    gate.run(machine);
    CHECK(eventually([&] { return may_judge(machine); }));
    if (number == SIGKILL) {
      CHECK(WIFSIGNALED(gate.end(SIGKILL)));
    } else {
      gate.pause();
    }
    const Position cut = server.block("john");
    CHECK(eventually([&] { return server.is_complete(cut); }));
    CHECK_FALSE(may_judge(machine));
    CHECK_FALSE(machine.is_blocked("john"));
    if (number == SIGKILL) continue;
    gate.signal(SIGCONT);
    CHECK(server.is_acknowledged(cut));
    CHECK(machine.is_blocked("john"));
    CHECK(eventually([&] { return may_judge(machine); }));
    gate.end(SIGKILL);
  }
}

TEST_CASE("a gate that is asked to end leaves no lease, and the next one goes on") {
  GateProcess first;
  GateProcess second;
  TestFeedServer server;
  const GateMachine machine{server};
  first.run(machine);
  CHECK(server.is_acknowledged(server.block("john")));
  CHECK(eventually([&] { return may_judge(machine); }));
  const int status = first.end(SIGTERM);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(machine.lease_end_ns() == 0);
  CHECK(machine.status().state == "stopped");
  second.run(machine);
  CHECK(server.is_acknowledged(server.block("mary")));
  CHECK(server.seen().snapshots == 1);
  second.end(SIGKILL);
}

}  // namespace curfew
