#include "apps/curfew/terminal.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "base/text.hpp"
#include "protocol/json/json.hpp"

namespace curfew {

namespace {

constexpr std::size_t kCellBytesMax = 200;

void write_text(FILE* out, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), out);
  std::fputc('\n', out);
  std::fflush(out);
}

std::string format_local(TimePoint at, const char* format) {
  const std::time_t seconds = to_unix_seconds(at);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  std::array<char, 64> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), format, &local);
  return {text.data(), length};
}

std::string format_utc(TimePoint at, const char* format) {
  const std::time_t seconds = to_unix_seconds(at);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  std::array<char, 64> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), format, &utc);
  return {text.data(), length};
}

std::string size_of_distance(Duration distance) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(distance).count();
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 2 * 3600) return std::to_string(seconds / 60) + " min";
  if (seconds < 48 * 3600) return std::to_string(seconds / 3600) + " h";
  return std::to_string(seconds / 86400) + " days";
}

}  // namespace

std::string read_line(std::size_t bytes_max) {
  std::string line;
  while (line.size() < bytes_max) {
    const int c = std::getchar();
    if (c == EOF || c == '\n') break;
    line += static_cast<char>(c);
  }
  return line;
}

const boost::json::value* member_at(const boost::json::value& value, std::string_view path) {
  const boost::json::value* at = &value;
  for (const std::string_view name : split(path, '.')) {
    at = at->is_object() ? at->as_object().if_contains(name) : nullptr;
    if (at == nullptr) return nullptr;
  }
  return at;
}

Terminal::Terminal(Style style, std::string_view program) : style_(style), program_(program) {
  is_live_ = style == Style::automatic && ::isatty(STDOUT_FILENO) == 1;
  has_colour_ = is_live_ && std::getenv("NO_COLOR") == nullptr;
}

bool Terminal::can_ask() const {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
}

void Terminal::line(std::string_view text) const { write_text(stdout, text); }
void Terminal::note(std::string_view text) const { write_text(stderr, text); }
void Terminal::json(const boost::json::value& value) const {
  write_text(stdout, serialize_json(value));
}

void Terminal::table(const std::vector<ColumnView>& columns, const boost::json::array& rows) const {
  std::vector<std::vector<std::string>> cells;
  std::vector<std::size_t> widths;
  const TimePoint now = SystemClock{}.now();
  for (const ColumnView& column : columns) widths.push_back(column.title.size());
  for (const boost::json::value& row : rows) {
    std::vector<std::string> line_cells;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const boost::json::value* const value = member_at(row, columns[i].member);
      line_cells.push_back(is_live_ ? reader_text(value, now) : cell_text(value));
      widths[i] = std::max(widths[i], line_cells.back().size());
    }
    cells.push_back(std::move(line_cells));
  }
  if (!is_live_) {
    for (const auto& line_cells : cells) line(join(line_cells, "\t"));
    return;
  }
  const auto padded = [&](const auto& texts) {
    std::string out;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      out += texts[i];
      if (i + 1 < columns.size()) out.append(widths[i] - texts[i].size() + 2, ' ');
    }
    return out;
  };
  std::vector<std::string> titles;
  for (const ColumnView& column : columns) titles.emplace_back(column.title);
  line(bold(padded(titles)));
  for (const auto& line_cells : cells) line(padded(line_cells));
}

Exit exit_of(const Error& error) {
  if (error.code() == ErrorCode::denied || error.code() == ErrorCode::unauthenticated) {
    return Exit::denied;
  }
  return error.code() == ErrorCode::invalid_argument ? Exit::usage : Exit::failed;
}

Exit Terminal::fail(const Error& error) const {
  if (is_json()) {
    json({{"error", {{"code", to_string(error.code())}, {"message", error.message()}}}});
  }
  note(program_ + ": " + error.message());
  return exit_of(error);
}

std::string Terminal::ask(std::string_view question) const {
  std::fwrite(question.data(), 1, question.size(), stderr);
  std::fflush(stderr);
  return read_line();
}

bool Terminal::agrees(const std::string& wanted, const std::string& what,
                      const std::string& verb) const {
  if (!can_ask()) {
    note(program_ + ": this needs --yes where nobody can be asked; nothing was changed");
    return false;
  }
  const bool agreed = ask("Type " + what + " to " + verb + " (" + wanted + "): ") == wanted;
  if (!agreed) note(program_ + ": cancelled; nothing was changed");
  return agreed;
}

std::string Terminal::bold(std::string_view text) const { return colour(text, 1); }

std::string Terminal::colour(std::string_view text, int code) const {
  if (!has_colour_) return std::string{text};
  return "\x1b[" + std::to_string(code) + "m" + std::string{text} + "\x1b[0m";
}

std::string visible_text(std::string_view text, std::size_t bytes_max) {
  constexpr std::string_view kQuotes = "'\"";
  std::string shown;
  while (true) {
    const std::size_t quote = std::min(text.find_first_of(kQuotes), text.size());
    const std::size_t room = bytes_max - std::min(bytes_max, shown.size());
    shown += escape_for_display(text.substr(0, quote), room);
    if (quote == text.size() || shown.size() >= bytes_max) return shown;
    shown += text[quote];
    text.remove_prefix(quote + 1);
  }
}

std::string cell_text(const boost::json::value* value) {
  if (value == nullptr || value->is_null()) return "-";
  if (value->is_string()) {
    const auto& text = value->as_string();
    return visible_text({text.data(), text.size()}, kCellBytesMax);
  }
  if (value->is_bool()) return value->as_bool() ? "yes" : "no";
  if (!value->is_array()) return serialize_json(*value);
  std::vector<std::string> parts;
  for (const boost::json::value& item : value->as_array()) parts.push_back(cell_text(&item));
  return parts.empty() ? "-" : join(parts, ",");
}

std::string reader_text(const boost::json::value* value, TimePoint now) {
  const std::string text = cell_text(value);
  const auto moment = value != nullptr && value->is_string() ? parse_rfc3339(text) : std::nullopt;
  return moment ? show_time(*moment, now) : text;
}

std::string show_time(TimePoint at, TimePoint now) {
  const bool is_today = format_local(at, "%F") == format_local(now, "%F") &&
                        format_utc(at, "%F") == format_utc(now, "%F");
  const bool zone_is_utc = format_local(at, "%z") == "+0000";
  const char* const format = is_today ? "%T" : "%F %T";
  if (zone_is_utc) return format_utc(at, format) + " UTC";
  return format_local(at, format) + " (" + format_utc(at, format) + " UTC)";
}

std::string show_distance(TimePoint at, TimePoint now) {
  return at >= now ? "in " + size_of_distance(at - now) : size_of_distance(now - at) + " ago";
}

}  // namespace curfew
