#include "tests/bench/gate_program.hpp"

#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

namespace curfew::bench {

namespace {

constexpr long kAskAgainNanos = 100'000;  // a program that only asks would have a processor alone
constexpr int kLookAgainMillis = 1;
constexpr double kWaitMicrosMax = 60e6;

Error failed(std::string message) {
  return Error::permanent(ErrorCode::timeout, std::move(message));
}

}  // namespace

Result<std::unique_ptr<MemoryFolder>> MemoryFolder::make() {
  std::string path = "/dev/shm/curfew-bench-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) return failed("no folder can be made in /dev/shm");
  return std::unique_ptr<MemoryFolder>{new MemoryFolder{std::move(path)}};
}

MemoryFolder::~MemoryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Result<GateProgram> run_gate_program(const Options& options, const std::string& folder) {
  GateProgram program;
  CURFEW_TRY(program.memory, MemoryFolder::make());
  CURFEW_TRY(program.process,
             Child::start({options.bin + "/curfew-gate", "run", "--data", folder, "--replica",
                           program.replica(), "--log-level", "warning"},
                          "Curfew's gate", folder + ".log"));
  return program;
}

Result<std::unique_ptr<GateReader>> GateReader::make(const std::string& replica,
                                                     const GateIdentity& identity,
                                                     std::vector<std::string> tokens,
                                                     std::string audience) {
  TokenGateConfig config;
  config.replica_path = replica;
  config.reader = {{identity.tenant_id, identity.issuer}, {::getuid()}};
  config.rules.audiences = {std::move(audience)};
  CURFEW_TRY(const BootId boot_id, read_boot_id());
  CURFEW_TRY(auto gate, TokenGate::make(std::move(config), [boot_id] {
               return machine_time(boot_id, SystemClock{});
             }));
  for (std::string& token : tokens) token.insert(0, "Bearer ");
  return std::unique_ptr<GateReader>{new GateReader{std::move(gate), std::move(tokens)}};
}

GateAnswer GateReader::ask(std::size_t token) const {
  GateRequest request;
  request.authorization = headers_[token];
  return gate_->check(request);
}

Status GateReader::await_accepted(double micros_max) {
  const double end = monotonic_micros() + micros_max;
  for (std::size_t at = 0; at < headers_.size();) {
    const GateAnswer answer = ask(at);
    if (answer.is_live()) {
      ++at;
    } else if (monotonic_micros() > end) {
      return failed("a gate does not accept what nobody has revoked: " + answer.reason);
    } else {
      ::poll(nullptr, 0, kLookAgainMillis);
    }
  }
  return Done{};
}

void GateReader::watch(const std::atomic<std::size_t>& begun) {
  thread_ = std::thread{[this, &begun] { ask_in_a_loop(begun); }};
}

// Only a verdict counts: a gate that cannot judge refuses as well.
void GateReader::ask_in_a_loop(const std::atomic<std::size_t>& begun) {
  std::size_t first = 0;  // all before it were refused
  while (!is_stopping_) {
    const std::size_t end = begun;
    for (std::size_t at = first; at < end; ++at) {
      if (refused_[at] != 0) continue;
      const GateAnswer answer = ask(at);
      if (answer.is_live() || answer.verdict.empty()) continue;
      refused_[at] = monotonic_micros();
      ++refused_count_;
    }
    while (first < end && refused_[first] != 0) ++first;
    const timespec pause{0, kAskAgainNanos};
    ::nanosleep(&pause, nullptr);
  }
}

void GateReader::stop() {
  is_stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

Status GateReader::await_refused(std::size_t count) {
  const double end = monotonic_micros() + kWaitMicrosMax;
  while (refused_count_ < count && monotonic_micros() < end) {
    ::poll(nullptr, 0, kLookAgainMillis);
  }
  stop();
  if (refused_count_ >= count) return Done{};
  return failed("the reader beside curfew-gate still accepts what was revoked");
}

}  // namespace curfew::bench
