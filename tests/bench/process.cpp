#include "tests/bench/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

namespace curfew::bench {

namespace {

constexpr double kReadyMicrosMax = 120e6;
constexpr double kStopMicrosMax = 30e6;
constexpr int kPollMillis = 20;

Error failed(std::string message) {
  return Error::permanent(ErrorCode::unavailable, std::move(message));
}

double micros_of_clock(clockid_t clock) {
  timespec now{};
  if (::clock_gettime(clock, &now) != 0) return 0;
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

// The child's side between fork and exec: nothing here may allocate.
[[noreturn]] void become(char* const* words, int output, int log) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execv(words[0], words);
  ::_exit(127);
}

struct Started {
  pid_t pid = -1;
  int output = -1;
};

Result<Started> spawn(const std::vector<std::string>& args, const std::string& log) {
  std::array<int, 2> pipe_ends{};
  if (::pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return failed("no pipe");
  const int log_fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  std::vector<char*> words;
  for (const std::string& arg : args) words.push_back(const_cast<char*>(arg.c_str()));
  words.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) become(words.data(), pipe_ends[1], log_fd);
  ::close(pipe_ends[1]);
  ::close(log_fd);
  if (pid > 0) return Started{pid, pipe_ends[0]};
  ::close(pipe_ends[0]);
  return failed("cannot start " + args.front());
}

int exit_code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status); }

std::string text_of(const std::string& path) {
  std::ifstream file{path};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      ready_line_(std::move(other.ready_line_)) {}

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    stop();
    pid_ = std::exchange(other.pid_, -1);
    output_ = std::exchange(other.output_, -1);
    ready_line_ = std::move(other.ready_line_);
  }
  return *this;
}

Result<Child> Child::start(const std::vector<std::string>& args, std::string_view ready,
                           const std::string& log) {
  CURFEW_TRY(const Started started, spawn(args, log));
  Child child;
  child.pid_ = started.pid;
  child.output_ = started.output;
  const Status is_ready = child.await(ready);
  if (is_ready.ok()) return child;
  const int code = child.stop();
  return failed(args.front() + " " + is_ready.error().message() + " (ended with " +
                std::to_string(code) + "): " + text_of(log));
}

Status Child::await(std::string_view ready) {
  const double end = monotonic_micros() + kReadyMicrosMax;
  std::string printed;
  while (monotonic_micros() < end) {
    pollfd waiting{output_, POLLIN, 0};
    if (::poll(&waiting, 1, kPollMillis) <= 0) continue;
    std::array<char, 4096> piece{};
    const ssize_t size = ::read(output_, piece.data(), piece.size());
    if (size <= 0) return failed("ended before it was ready");
    printed.append(piece.data(), static_cast<std::size_t>(size));
    const std::size_t at = printed.find(ready);
    const std::size_t line_end = at == std::string::npos ? at : printed.find('\n', at);
    if (line_end == std::string::npos) continue;
    const std::size_t before = printed.rfind('\n', at);
    const std::size_t line = before == std::string::npos ? 0 : before + 1;
    ready_line_ = printed.substr(line, line_end - line);
    return Done{};
  }
  return failed("was not ready in time");
}

int Child::stop() {
  if (output_ >= 0) ::close(std::exchange(output_, -1));
  if (pid_ <= 0) return 0;
  const pid_t pid = std::exchange(pid_, -1);
  ::kill(pid, SIGTERM);
  const double end = monotonic_micros() + kStopMicrosMax;
  int status = 0;
  while (::waitpid(pid, &status, WNOHANG) == 0) {
    if (monotonic_micros() > end) ::kill(pid, SIGKILL);
    ::poll(nullptr, 0, kPollMillis);
  }
  return exit_code_of(status);
}

Status run_to_end(const std::vector<std::string>& args, const std::string& log) {
  CURFEW_TRY(const Started started, spawn(args, log));
  std::string printed;
  std::array<char, 4096> piece{};
  for (ssize_t size = 1; size > 0;) {
    size = ::read(started.output, piece.data(), piece.size());
    if (size > 0) printed.append(piece.data(), static_cast<std::size_t>(size));
  }
  ::close(started.output);
  int status = 0;
  ::waitpid(started.pid, &status, 0);
  if (exit_code_of(status) == 0) return Done{};
  return failed(args.front() + " ended with " + std::to_string(exit_code_of(status)) + ": " +
                printed + text_of(log));
}

double cpu_micros_of(pid_t pid) {
  clockid_t clock{};
  return ::clock_getcpuclockid(pid, &clock) == 0 ? micros_of_clock(clock) : 0;
}

double cpu_micros_of_threads(pid_t pid, std::string_view name) {
  double micros = 0;
  std::error_code ignored;
  const std::filesystem::path tasks = "/proc/" + std::to_string(pid) + "/task";
  for (const auto& task : std::filesystem::directory_iterator{tasks, ignored}) {
    if (!text_of(task.path() / "comm").starts_with(name)) continue;
    std::ifstream file{task.path() / "schedstat"};  // its first number: nanoseconds on a processor
    double nanos = 0;
    if (file >> nanos) micros += nanos / 1e3;
  }
  return micros;
}

std::uint64_t resident_bytes_of(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/statm"};
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  file >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

double idle_seconds_of_machine() {
  std::ifstream file{"/proc/uptime"};
  double up = 0;
  double idle = 0;
  file >> up >> idle;
  return idle;
}

double monotonic_micros() { return micros_of_clock(CLOCK_MONOTONIC); }
double own_thread_cpu_micros() { return micros_of_clock(CLOCK_THREAD_CPUTIME_ID); }
double own_cpu_micros() { return micros_of_clock(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace curfew::bench
