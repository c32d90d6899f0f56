// tests/fuzz/fuzz_user_file.cpp: the names that an import file is read as are those that are in it:
// a second reader of CSV agrees, and written in each format they are read again as the same.
//
// Covers: apps/curfew/user_file.cpp
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/curfew/user_file.hpp"
#include "base/check.hpp"
#include "base/text.hpp"
#include "protocol/json/writer.hpp"

using namespace curfew;

namespace {

using Names = std::vector<std::string>;

// A line of CSV by its states, written apart from the product's reader: a field is in quotes as a
// whole or not at all, blanks around it do not count.
std::optional<Names> csv_by_states(std::string_view line) {
  enum class At { start, bare, quoted, closed, blanks };
  Names fields{""};
  At at = At::start;
  for (const char c : line) {
    const bool is_blank = c == ' ' || c == '\t';
    if (at == At::quoted && c != '"') {
      fields.back() += c;
    } else if (c == '"') {
      if (at == At::bare || at == At::blanks) return std::nullopt;
      if (at == At::closed) fields.back() += '"';  // it was the first of a doubled one
      at = at == At::quoted ? At::closed : At::quoted;
    } else if (c == ',') {
      fields.emplace_back();
      at = At::start;
    } else if (at == At::closed || at == At::blanks) {
      if (!is_blank) return std::nullopt;
      at = At::blanks;
    } else if (at == At::bare || !is_blank) {
      fields.back() += c;
      at = At::bare;
    }
  }
  if (at == At::quoted) return std::nullopt;
  return fields;
}

// The input as the one line below a heading with as many columns, the first of them the id.
void check_csv_line(std::string_view line) {
  if (line.find_first_of("\r\n") != std::string_view::npos || !is_utf8(line)) return;
  const std::string_view trimmed = trim_ascii(line);
  if (trimmed.empty() || trimmed.front() == '#') return;
  const auto expected = csv_by_states(trimmed);
  std::string text = "id";
  for (std::size_t i = 1; expected && i < expected->size(); ++i) text += ",x";
  const auto users = parse_user_file(text.append("\n").append(line), "f");
  const bool has_name = expected && !trim_ascii(expected->front()).empty();
  CURFEW_CHECK(users.ok() == has_name);
  if (has_name) CURFEW_CHECK(*users == Names{std::string{trim_ascii(expected->front())}});
}

void check_again(const std::string& text, const Names& users) {
  const auto again = parse_user_file(text, "f");
  CURFEW_CHECK(again.ok() && *again == users);
}

void check_written(const Names& users) {
  std::string json = "[";
  for (const std::string& user : users) {
    if (json.size() > 1) json += ',';
    append_json_string(json, user);
  }
  check_again(json + "]", users);
  std::string csv = "userPrincipalName,note\r\n";
  for (const std::string& user : users) {
    if (user.find_first_of("\r\n") != std::string::npos) return;  // JSON alone can say these
    csv += '"';
    for (const char c : user) csv += c == '"' ? std::string{"\"\""} : std::string{c};
    csv += "\",\"x, y\"\r\n";
  }
  check_again(csv, users);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check_csv_line(text);
  const auto users = parse_user_file(text, "f");
  if (!users.ok()) {
    CURFEW_CHECK(users.error().message().starts_with("f:"));
    return 0;
  }
  CURFEW_CHECK(users->size() <= kUserFileUsersMax);
  for (const std::string& user : *users) {
    CURFEW_CHECK(!user.empty() && is_utf8(user) && trim_ascii(user) == user);
  }
  check_written(*users);
  return 0;
}
