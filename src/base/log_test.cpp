#include "base/log.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "base/secret.hpp"
#include "base/text.hpp"

namespace curfew {

namespace {

static_assert(!std::is_constructible_v<LogField, std::string_view, Secret>);

// Sends the log into a pipe while it lives, and drops it afterwards.
class CapturedLog {
 public:
  explicit CapturedLog(LogLevel least) {
    REQUIRE(::pipe(ends_.data()) == 0);
    REQUIRE(::fcntl(ends_[0], F_SETFL, O_NONBLOCK) == 0);
    configure_log(least, ends_[1]);
  }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;
  ~CapturedLog() {
    configure_log(LogLevel::info, -1);
    ::close(ends_[0]);
    ::close(ends_[1]);
  }

  std::string read_all() {
    std::string text;
    std::array<char, 4096> block{};
    for (;;) {
      const ssize_t count = ::read(ends_[0], block.data(), block.size());
      if (count <= 0) return text;
      text.append(block.data(), static_cast<std::size_t>(count));
    }
  }

 private:
  std::array<int, 2> ends_{};
};

// What follows the time of the one line that was logged.
std::string after_time(const std::string& line) {
  const std::string_view head = "{\"at\":\"2026-11-23T14:05:00.123Z\"";
  REQUIRE(line.size() > head.size());
  REQUIRE(line.starts_with("{\"at\":\""));
  REQUIRE(parse_rfc3339(line.substr(7, 24)));
  return line.substr(head.size());
}

}  // namespace

TEST_CASE("an event is one line of JSON with time, level, name and fields in order") {
  CapturedLog captured{LogLevel::info};
  log(LogLevel::warning, "lease.late",
      {{"gate", "g-1"}, {"late_ms", 250}, {"strict", true}, {"position", std::int64_t{-1}}});
  CHECK(after_time(captured.read_all()) ==
        ",\"level\":\"warning\",\"event\":\"lease.late\",\"gate\":\"g-1\",\"late_ms\":250,"
        "\"strict\":true,\"position\":-1}\n");
}

TEST_CASE("a value cannot forge a line or a field") {
  CapturedLog captured{LogLevel::info};
  log(LogLevel::info, "x",
      {{"name", std::string_view{"a\",\"level\":\"error\n\\ it's \x1b \xff"}}});
  CHECK(after_time(captured.read_all()) ==
        ",\"level\":\"info\",\"event\":\"x\","
        "\"name\":\"a\\\",\\\"level\\\":\\\"error\\\\x0a\\\\ it's \\\\x1b \\\\xff\"}\n");
}

TEST_CASE("a long value is cut, so that a line stays one write") {
  CapturedLog captured{LogLevel::info};
  log(LogLevel::info, "x", {{"name", std::string(100'000, 'y')}});
  const std::string line = captured.read_all();
  CHECK(line.size() < 4096);
  CHECK(line.ends_with("yyy...\"}\n"));
}

TEST_CASE("levels below the configured one are dropped") {
  CapturedLog captured{LogLevel::warning};
  log(LogLevel::debug, "d");
  log(LogLevel::info, "i");
  CHECK(captured.read_all().empty());
  log(LogLevel::warning, "w");
  log(LogLevel::error, "e");
  CHECK(split(captured.read_all(), '\n').size() == 3);
}

TEST_CASE("a log that cannot be written harms nobody") {
  configure_log(LogLevel::info, 1'000'000);
  log(LogLevel::error, "lost");
  configure_log(LogLevel::info, -1);
  log(LogLevel::error, "dropped");
}

TEST_CASE("lines of several threads are not mixed") {
  CapturedLog captured{LogLevel::info};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      const std::string value(50, static_cast<char>('a' + t));
      for (int i = 0; i < 50; ++i) log(LogLevel::info, "x", {{"v", value}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string text = captured.read_all();
  const std::vector<std::string_view> lines = split(text, '\n');
  CHECK(lines.size() == 201);
  for (const std::string_view line : lines) {
    if (line.empty()) continue;
    const char letter = line[line.size() - 3];
    CHECK(line.ends_with("\"v\":\"" + std::string(50, letter) + "\"}"));
  }
}

}  // namespace curfew
