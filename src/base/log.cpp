#include "base/log.hpp"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>

#include "base/check.hpp"
#include "base/text.hpp"

namespace curfew {

namespace {

// Far above any honest value; keeps a line under the 4096 bytes that a pipe takes whole, so that
// the lines of several processes on one pipe stay apart.
constexpr std::size_t kLogValueBytesMax = 1024;

// The one setting of the process that is not handed down: a line must never be lost because some
// deep caller has no logger.
std::atomic<LogLevel> least_level{LogLevel::info};
std::atomic<int> log_fd{STDERR_FILENO};

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
  }
  CURFEW_CHECK(false);
}

// Everything but quotes and backslashes as escape_for_display shows it; those as JSON writes them,
// so that an ordinary sentence stays readable.
void append_string(std::string& line, std::string_view value) {
  const bool cut = value.size() > kLogValueBytesMax;
  std::string_view rest = value.substr(0, kLogValueBytesMax);
  line += '"';
  while (!rest.empty()) {
    const std::string_view plain = rest.substr(0, rest.find_first_of("\"'\\"));
    for (const char c : escape_for_display(plain, 4 * plain.size())) {
      if (c == '\\') line += '\\';
      line += c;
    }
    rest.remove_prefix(plain.size());
    if (rest.empty()) break;
    if (rest.front() != '\'') line += '\\';
    line += rest.front();
    rest.remove_prefix(1);
  }
  line += cut ? "...\"" : "\"";
}

void append_value(std::string& line, const LogField& field) {
  if (const auto* text = std::get_if<std::string>(&field.value)) append_string(line, *text);
  if (const auto* number = std::get_if<std::int64_t>(&field.value)) line += std::to_string(*number);
  if (const auto* truth = std::get_if<bool>(&field.value)) line += *truth ? "true" : "false";
}

void append_field(std::string& line, const LogField& field) {
  if (line.size() > 1) line += ',';
  append_string(line, field.name);
  line += ':';
  append_value(line, field);
}

// What cannot be written is lost: a full disk under the log must not stop a revocation.
void write_line(int fd, std::string_view line) {
  while (::write(fd, line.data(), line.size()) < 0 && errno == EINTR) {
  }
}

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view name) {
  for (const LogLevel level :
       {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error}) {
    if (name_of(level) == name) return level;
  }
  return std::nullopt;
}

void configure_log(LogLevel least, int fd) {
  least_level = least;
  log_fd = fd;
}

void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  const int fd = log_fd;
  if (fd < 0 || level < least_level.load()) return;
  std::string line = "{";
  append_field(line, {"at", to_rfc3339(SystemClock{}.now())});
  append_field(line, {"level", name_of(level)});
  append_field(line, {"event", event});
  for (const LogField& field : fields) append_field(line, field);
  line += "}\n";
  write_line(fd, line);
}

}  // namespace curfew
