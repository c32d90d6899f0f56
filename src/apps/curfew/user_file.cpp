#include <boost/json.hpp>

#include "apps/curfew/revoke.hpp"
#include "base/text.hpp"
#include "protocol/json/json.hpp"

// The formats of `--file`: JSON (an array of names, or of objects with userPrincipalName or id),
// CSV with a heading that has one of these columns, or one name a line; '#' begins a comment.

namespace curfew {

namespace {

constexpr std::size_t kUsersMax = 100'000;
constexpr std::size_t kFileMax = 64UL * 1024 * 1024;
constexpr std::array<std::string_view, 2> kNameMembers{"userPrincipalName", "id"};

Error refused(const std::string& name, std::size_t line, std::string_view what) {
  return Error::permanent(ErrorCode::invalid_argument,
                          name + ":" + std::to_string(line) + ": " + std::string{what});
}

Result<std::vector<std::string>> parse_json_users(std::string_view text, const std::string& name) {
  const auto value = parse_json(text, {.bytes_max = kFileMax});
  if (!value.ok()) return value.error().within(name);
  if (!value->is_array()) return refused(name, 1, "the JSON is no array of users");
  std::vector<std::string> users;
  for (const boost::json::value& item : value->as_array()) {
    const boost::json::value* found = item.is_string() ? &item : nullptr;
    for (const std::string_view member : kNameMembers) {
      if (found == nullptr && item.is_object()) found = item.as_object().if_contains(member);
    }
    if (found == nullptr || !found->is_string()) {
      return refused(name, 1,
                     "entry " + std::to_string(users.size() + 1) +
                         " is neither a name nor an object with userPrincipalName or id");
    }
    users.emplace_back(found->as_string());
  }
  return users;
}

// One line of CSV: fields in quotes may hold commas and doubled quotes. Nothing for an open quote.
std::optional<std::vector<std::string>> csv_fields(std::string_view line) {
  std::vector<std::string> fields{""};
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += '"';
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  if (quoted) return std::nullopt;
  return fields;
}

std::optional<std::size_t> name_column(const std::vector<std::string>& heading) {
  for (const std::string_view member : kNameMembers) {
    for (std::size_t i = 0; i < heading.size(); ++i) {
      if (ascii_iequals(trim_ascii(heading[i]), member)) return i;
    }
  }
  return std::nullopt;
}

Result<std::vector<std::string>> parse_lines(std::string_view text, const std::string& name) {
  std::vector<std::string> users;
  std::optional<std::size_t> column;
  std::size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = trim_ascii(line);
    if (line.empty() || line.front() == '#') continue;
    const auto fields = csv_fields(line);
    if (!fields) return refused(name, number, "a quote is not closed");
    if (users.empty() && !column) {
      column = name_column(*fields);
      if (column) continue;
      if (fields->size() > 1) {
        return refused(name, number, "the heading has no column userPrincipalName or id");
      }
      column = 0;
    }
    if (*column >= fields->size()) return refused(name, number, "the line is too short");
    users.emplace_back(trim_ascii((*fields)[*column]));
    if (users.back().empty()) return refused(name, number, "the name is empty");
  }
  return users;
}

}  // namespace

Result<std::vector<std::string>> parse_user_file(std::string_view text, const std::string& name) {
  if (text.size() > kFileMax) return refused(name, 1, "the file is over 64 MiB");
  if (!is_utf8(text)) return refused(name, 1, "the file is not UTF-8");
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const bool is_json = trim_ascii(text).starts_with('[');
  CURFEW_TRY(std::vector<std::string> users,
             is_json ? parse_json_users(text, name) : parse_lines(text, name));
  if (users.size() > kUsersMax) return refused(name, 1, "more than 100000 users");
  return users;
}

}  // namespace curfew
