#include "apps/curfew/user_file.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "protocol/json/json.hpp"

namespace curfew {

namespace {

constexpr std::array<std::string_view, 2> kNameMembers{"userPrincipalName", "id"};

Error refused(const std::string& name, std::size_t line, std::string_view what) {
  return Error::permanent(ErrorCode::invalid_argument,
                          name + ":" + std::to_string(line) + ": " + std::string{what});
}

// The name that an entry of the array gives; nullptr for none.
const boost::json::string* name_of(const boost::json::value& item) {
  const boost::json::value* found = item.is_string() ? &item : nullptr;
  for (const std::string_view member : kNameMembers) {
    if (found == nullptr && item.is_object()) found = item.as_object().if_contains(member);
  }
  return found == nullptr ? nullptr : found->if_string();
}

Result<std::vector<std::string>> parse_json_users(std::string_view text, const std::string& name) {
  const auto value = parse_json(text, {.bytes_max = kUserFileBytesMax});
  if (!value.ok()) return value.error().within(name);
  if (!value->is_array()) return refused(name, 1, "the JSON is no array of users");
  std::vector<std::string> users;
  for (const boost::json::value& item : value->as_array()) {
    const std::string entry = "entry " + std::to_string(users.size() + 1);
    const boost::json::string* const found = name_of(item);
    if (found == nullptr) {
      return refused(name, 1,
                     entry + " is neither a name nor an object with userPrincipalName or id");
    }
    users.emplace_back(trim_ascii({found->data(), found->size()}));
    if (users.back().empty()) return refused(name, 1, "the name of " + entry + " is empty");
  }
  return users;
}

// Takes the field at the front of `rest`, without the blanks around it; what is left begins with a
// comma or is empty. Nothing for quotes that are not closed or do not stand around the whole field.
std::optional<std::string> take_csv_field(std::string_view& rest) {
  const std::size_t start = std::min(rest.find_first_not_of(" \t"), rest.size());
  if (start == rest.size() || rest[start] != '"') {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const std::string_view field = trim_ascii(rest.substr(0, end));
    if (field.find('"') != std::string_view::npos) return std::nullopt;
    rest.remove_prefix(end);
    return std::string{field};
  }
  rest.remove_prefix(start + 1);
  std::string field;
  while (true) {
    const std::size_t quote = rest.find('"');
    if (quote == std::string_view::npos) return std::nullopt;
    field += rest.substr(0, quote);
    rest.remove_prefix(quote + 1);
    if (!rest.starts_with('"')) break;  // a doubled quote is one of the text
    field += '"';
    rest.remove_prefix(1);
  }
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  if (!rest.empty() && rest.front() != ',') return std::nullopt;
  return field;
}

// One line of CSV (RFC 4180 without line breaks inside of a field).
std::optional<std::vector<std::string>> csv_fields(std::string_view line) {
  std::vector<std::string> fields;
  while (true) {
    std::optional<std::string> field = take_csv_field(line);
    if (!field) return std::nullopt;
    fields.push_back(*std::move(field));
    if (line.empty()) return fields;
    line.remove_prefix(1);
  }
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
  std::size_t width = 0;
  std::size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = trim_ascii(line);
    if (line.empty() || line.front() == '#') continue;
    const auto fields = csv_fields(line);
    if (!fields) {
      return refused(name, number, "quotes must be closed and stand around a whole field");
    }
    if (!column) {
      width = fields->size();
      column = name_column(*fields);
      if (column) continue;
      if (fields->size() > 1) {
        return refused(name, number, "the heading has no column userPrincipalName or id");
      }
      column = 0;
    }
    if (fields->size() != width) {
      return refused(name, number, "the line has another number of fields than the first one");
    }
    users.emplace_back(trim_ascii((*fields)[*column]));
    if (users.back().empty()) return refused(name, number, "the name is empty");
  }
  return users;
}

}  // namespace

Result<std::vector<std::string>> parse_user_file(std::string_view text, const std::string& name) {
  if (text.size() > kUserFileBytesMax) return refused(name, 1, "the file is over 64 MiB");
  if (!is_utf8(text)) return refused(name, 1, "the file is not UTF-8");
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::string_view start = trim_ascii(text);
  const bool is_json = start.starts_with('[') || start.starts_with('{');
  CURFEW_TRY(std::vector<std::string> users,
             is_json ? parse_json_users(text, name) : parse_lines(text, name));
  if (users.size() > kUserFileUsersMax) return refused(name, 1, "more than 100000 users");
  return users;
}

}  // namespace curfew
