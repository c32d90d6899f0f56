#include "io/http_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include "base/text.hpp"
#include "io/http_grammar.hpp"

namespace curfew {

namespace {

void append_number(std::string& out, std::size_t number, int base = 10) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base);
  out.append(digits.data(), end.ptr);
}

bool is_field_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

bool is_server_field(std::string_view name) {
  switch (name.size()) {  // the sizes of the four names
    case 4: return ascii_iequals(name, "Date");
    case 10: return ascii_iequals(name, "Connection");
    case 14: return ascii_iequals(name, "Content-Length");
    case 17: return ascii_iequals(name, "Transfer-Encoding");
    default: return false;
  }
}

bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

bool is_chunked(const HttpFraming& framing) { return framing.http_1_1; }

Status append_response(std::string& out, const HttpResponse& response, const HttpFraming& framing) {
  const std::size_t start = out.size();
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::size_t>(response.status));
  out.append(" ").append(reason_phrase(response.status)).append("\r\n");
  for (std::size_t i = 0; i < response.headers.size(); ++i) {
    const auto [name, value] = response.headers.at(i);
    if (!is_field_name(name) || !is_field_text(value) || is_server_field(name)) {
      out.resize(start);
      return Error::permanent(ErrorCode::internal, "a response header cannot be sent");
    }
    out.append(name).append(": ").append(value).append("\r\n");
  }
  out.append("Date: ").append(framing.date).append("\r\n");
  if (response.upgrade) {
    out.append("Connection: Upgrade\r\n");
  } else if (!framing.keep_alive) {
    out.append("Connection: close\r\n");
  } else if (!framing.http_1_1) {
    out.append("Connection: keep-alive\r\n");
  }
  if (response.stream) {
    out.append(is_chunked(framing) ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n");
    return Done{};
  }
  if (has_body(response.status)) {
    out.append("Content-Length: ");
    append_number(out, response.body.size());
    out.append("\r\n");
  }
  out.append("\r\n");
  if (has_body(response.status) && framing.method != HttpMethod::head) out.append(response.body);
  return Done{};
}

void append_chunk(std::string& out, std::string_view piece) {
  if (piece.empty()) return;
  append_number(out, piece.size(), 16);
  out.append("\r\n").append(piece).append("\r\n");
}

std::string http_date(TimePoint at) {
  // Not strftime: its names follow the locale.
  static constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = to_unix_seconds(at);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  const auto two = [](int number) {
    return std::string{static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
  };
  return std::string{kDays.at(static_cast<std::size_t>(parts.tm_wday))} + ", " +
         two(parts.tm_mday) + " " + kMonths.at(static_cast<std::size_t>(parts.tm_mon)) + " " +
         std::to_string(parts.tm_year + 1900) + " " + two(parts.tm_hour) + ":" + two(parts.tm_min) +
         ":" + two(parts.tm_sec) + " GMT";
}

}  // namespace curfew
