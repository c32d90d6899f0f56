// tests/bench/gate_program.hpp: a real `curfew-gate run` with its replica in shared memory, and a
// program beside it that asks about tokens in a loop.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gate/token/token_gate.hpp"
#include "tests/bench/enrolment.hpp"

namespace curfew::bench {

// A folder in shared memory that goes with the object.
class MemoryFolder {
 public:
  [[nodiscard]] static Result<std::unique_ptr<MemoryFolder>> make();
  ~MemoryFolder();
  MemoryFolder(const MemoryFolder&) = delete;
  MemoryFolder& operator=(const MemoryFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit MemoryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// The program, running. It connects after the call.
struct GateProgram {
  std::unique_ptr<MemoryFolder> memory;
  Child process;

  [[nodiscard]] std::string replica() const { return memory->path() + "/replica"; }
};
[[nodiscard]] Result<GateProgram> run_gate_program(const Options& options,
                                                   const std::string& folder);

// What libcurfew is, without its C interface: TokenGate::check by that replica.
class GateReader {
 public:
  [[nodiscard]] static Result<std::unique_ptr<GateReader>> make(const std::string& replica,
                                                                const GateIdentity& identity,
                                                                std::vector<std::string> tokens,
                                                                std::string audience);
  ~GateReader() { stop(); }
  GateReader(const GateReader&) = delete;
  GateReader& operator=(const GateReader&) = delete;

  // Until every token is accepted. Error: not in so many microseconds; why.
  Status await_accepted(double micros_max);
  // From another thread, until stop(): asks for each of the first `begun` tokens, again and again,
  // until it is refused. `begun` outlives that.
  void watch(const std::atomic<std::size_t>& begun);
  void stop();
  // Waits until the first `count` were refused as not live, and stops.
  Status await_refused(std::size_t count);
  // When each was, by monotonic_micros(); after stop().
  [[nodiscard]] const std::vector<double>& refused() const { return refused_; }

 private:
  GateReader(std::unique_ptr<TokenGate> gate, std::vector<std::string> headers)
      : gate_(std::move(gate)), headers_(std::move(headers)), refused_(headers_.size()) {}
  [[nodiscard]] GateAnswer ask(std::size_t token) const;
  void ask_in_a_loop(const std::atomic<std::size_t>& begun);

  std::unique_ptr<TokenGate> gate_;
  std::vector<std::string> headers_;
  std::vector<double> refused_;
  std::atomic<std::size_t> refused_count_{0};
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

}  // namespace curfew::bench
