// tests/bench/process.hpp: programs that a measurement starts, and what they use of the machine.
//
// A child dies with the bench, however that ends. CPU time is user and system time of all threads,
// counted by the kernel in nanoseconds.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace curfew::bench {

class Child {
 public:
  Child() = default;
  ~Child() { stop(); }
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Starts args[0] and waits for a line of its output that holds `ready`. Its standard error goes
  // to the file `log`. Errors say what it printed instead.
  [[nodiscard]] static Result<Child> start(const std::vector<std::string>& args,
                                           std::string_view ready, const std::string& log);

  [[nodiscard]] pid_t pid() const { return pid_; }
  // The line that said it was ready.
  [[nodiscard]] const std::string& ready_line() const { return ready_line_; }
  // SIGTERM, and SIGKILL where that does not help in time. Its exit code; negative for a signal.
  int stop();

 private:
  Status await(std::string_view ready);

  pid_t pid_ = -1;
  int output_ = -1;
  std::string ready_line_;
};

// Runs args to the end. Errors: it did not end with 0; the message has what it printed.
[[nodiscard]] Status run_to_end(const std::vector<std::string>& args, const std::string& log);

// CPU time of a whole process so far, in microseconds.
[[nodiscard]] double cpu_micros_of(pid_t pid);
// Of its living threads whose name begins so.
[[nodiscard]] double cpu_micros_of_threads(pid_t pid, std::string_view name);
[[nodiscard]] std::uint64_t resident_bytes_of(pid_t pid);

// Seconds that all processors together have been idle since the machine was started.
[[nodiscard]] double idle_seconds_of_machine();

[[nodiscard]] double monotonic_micros();
// Of the calling thread.
[[nodiscard]] double own_thread_cpu_micros();
[[nodiscard]] double own_cpu_micros();

}  // namespace curfew::bench
