#include "protocol/odata/query_options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/text.hpp"
#include "protocol/http/form.hpp"
#include "protocol/http/percent.hpp"

namespace curfew {

namespace {

Error refused(std::string message) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(message));
}

Error too_many(std::string_view option, std::size_t count_max) {
  return Error::permanent(ErrorCode::exhausted, std::string{option} + " has more than " +
                                                    std::to_string(count_max) + " items");
}

std::string shown(std::string_view text) { return "'" + escape_for_display(text, 100) + "'"; }

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '@';
}

bool is_path(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, '/');
  return std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), is_name_character);
  });
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

// The pieces between `separator`s that are outside of parentheses.
std::vector<std::string_view> split_outside(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t depth = 0;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')' && depth > 0) --depth;
    if (text[i] != separator || depth > 0) continue;
    parts.push_back(text.substr(start, i - start));
    start = i + 1;
  }
  parts.push_back(text.substr(start));
  return parts;
}

Result<std::vector<std::string>> read_select(std::string_view value) {
  std::vector<std::string> paths;
  for (const std::string_view part : split(value, ',')) {
    const std::string_view path = trim_ascii(part);
    if (path != "*" && !is_path(path)) {
      return refused("$select has " + shown(path) +
                     ", which is not the name of a property; separate names by commas");
    }
    if (paths.size() == kSelectPathsMax) return too_many("$select", kSelectPathsMax);
    paths.emplace_back(path);
  }
  return paths;
}

Result<std::vector<OrderByPath>> read_order_by(std::string_view value) {
  std::vector<OrderByPath> paths;
  for (const std::string_view part : split(value, ',')) {
    const std::vector<std::string> words = split_words(part);
    const bool has_direction = words.size() == 2;
    const bool is_descending = has_direction && ascii_iequals(words[1], "desc");
    if (words.empty() || words.size() > 2 || !is_path(words[0]) ||
        (has_direction && !is_descending && !ascii_iequals(words[1], "asc"))) {
      return refused("$orderby has " + shown(trim_ascii(part)) +
                     ", which is not the name of a property, alone or with asc or desc");
    }
    if (paths.size() == kOrderByPathsMax) return too_many("$orderby", kOrderByPathsMax);
    paths.push_back({words[0], is_descending});
  }
  return paths;
}

// `inside`: the options between the parentheses of relationship(...).
Result<std::vector<std::string>> read_expand_options(std::string_view inside) {
  std::vector<std::string> select;
  for (const std::string_view part : split(inside, ';')) {
    const std::size_t equals = part.find('=');
    std::string_view name = trim_ascii(part.substr(0, equals));
    if (name.starts_with('$')) name.remove_prefix(1);
    if (equals == std::string_view::npos || !ascii_iequals(name, "select")) {
      return refused("$expand has the option " + shown(part) +
                     " in parentheses; only $select is supported there");
    }
    if (!select.empty()) return refused("$expand has $select twice for one relationship");
    CURFEW_TRY(select, read_select(part.substr(equals + 1)));
  }
  return select;
}

Result<std::vector<ExpandItem>> read_expand(std::string_view value) {
  std::vector<ExpandItem> items;
  for (const std::string_view part : split_outside(value, ',')) {
    const std::string_view text = trim_ascii(part);
    const std::size_t open = text.find('(');
    ExpandItem item;
    item.relationship = trim_ascii(text.substr(0, open));
    const bool has_options = open != std::string_view::npos;
    if (!is_path(item.relationship) || (has_options && !text.ends_with(')'))) {
      return refused("$expand has " + shown(text) +
                     ", which is not the name of a relationship, alone or with ($select=...)");
    }
    if (has_options) {
      CURFEW_TRY(item.select, read_expand_options(text.substr(open + 1, text.size() - open - 2)));
    }
    if (items.size() == kExpandMax) return too_many("$expand", kExpandMax);
    items.push_back(std::move(item));
  }
  return items;
}

// Where values go, and what they are checked against.
struct Reading {
  QueryOptions& options;
  const QueryLimits& limits;
};

Status read_filter_option(Reading reading, std::string_view value) {
  if (trim_ascii(value).empty()) return refused("$filter is empty");
  reading.options.filter = value;
  return Done{};
}

Status read_search_option(Reading reading, std::string_view value) {
  if (trim_ascii(value).empty()) return refused("$search is empty");
  reading.options.search = value;
  return Done{};
}

Status read_select_option(Reading reading, std::string_view value) {
  CURFEW_TRY(reading.options.select, read_select(value));
  return Done{};
}

Status read_order_by_option(Reading reading, std::string_view value) {
  CURFEW_TRY(reading.options.order_by, read_order_by(value));
  return Done{};
}

Status read_expand_option(Reading reading, std::string_view value) {
  CURFEW_TRY(reading.options.expand, read_expand(value));
  return Done{};
}

Status read_top(Reading reading, std::string_view value) {
  const std::optional<std::uint64_t> top = whole_number(trim_ascii(value));
  if (!top || *top < 1 || *top > reading.limits.top_max) {
    return refused("Invalid page size specified: " + shown(value) + ". Must be between 1 and " +
                   std::to_string(reading.limits.top_max) + " inclusive.");
  }
  reading.options.top = top;
  return Done{};
}

Status read_skip(Reading reading, std::string_view value) {
  const std::optional<std::uint64_t> skip = whole_number(trim_ascii(value));
  if (!skip || *skip > reading.limits.skip_max) {
    return refused("Invalid value for $skip: " + shown(value) + ". Must be between 0 and " +
                   std::to_string(reading.limits.skip_max) + " inclusive.");
  }
  reading.options.skip = skip;
  return Done{};
}

Status read_count(Reading reading, std::string_view value) {
  const std::string_view word = trim_ascii(value);
  const bool is_true = ascii_iequals(word, "true");
  if (!is_true && !ascii_iequals(word, "false")) {
    return refused("Invalid value for $count: " + shown(value) + ". Must be true or false.");
  }
  reading.options.count = is_true;
  return Done{};
}

Status read_skip_token(Reading reading, std::string_view value) {
  if (value.empty()) return refused("$skiptoken is empty");
  reading.options.skip_token = value;
  return Done{};
}

// Empty is allowed: some clients ask for a first delta by it.
Status read_delta_token(Reading reading, std::string_view value) {
  reading.options.delta_token = value;
  return Done{};
}

Status read_format(Reading reading, std::string_view value) {
  const std::string_view type = trim_ascii(value.substr(0, value.find(';')));
  if (!ascii_iequals(type, "json") && !ascii_iequals(type, "application/json")) {
    return refused("Invalid value for $format: " + shown(value) + ". Only json is supported.");
  }
  reading.options.format = "json";
  return Done{};
}

Status read_id(Reading reading, std::string_view value) {
  if (value.empty()) return refused("$id is empty");
  reading.options.id = value;
  return Done{};
}

struct Option {
  std::string_view name;
  Status (*read)(Reading reading, std::string_view value);
};

constexpr std::string_view kSkip = "$skip";
constexpr std::string_view kSkipToken = "$skiptoken";
constexpr std::string_view kDeltaToken = "$deltatoken";
constexpr std::string_view kId = "$id";

constexpr std::array kOptions{
    Option{"$select", read_select_option},
    Option{"$filter", read_filter_option},
    Option{"$search", read_search_option},
    Option{"$orderby", read_order_by_option},
    Option{"$expand", read_expand_option},
    Option{"$top", read_top},
    Option{kSkip, read_skip},
    Option{"$count", read_count},
    Option{kSkipToken, read_skip_token},
    Option{kDeltaToken, read_delta_token},
    Option{"$format", read_format},
    Option{kId, read_id},
};

// With or without '$'; but "id" alone is nobody's option, and "@id" is $id.
const Option* find_option(std::string_view name) {
  for (const Option& option : kOptions) {
    if (ascii_iequals(option.name, name)) return &option;
    const std::string_view bare = option.name.substr(1);
    if (option.name == kId) {
      if (name.starts_with('@') && ascii_iequals(bare, name.substr(1))) return &option;
    } else if (ascii_iequals(bare, name)) {
      return &option;
    }
  }
  return nullptr;
}

bool is_given(const QueryOptions& options, std::string_view name) {
  return std::any_of(options.given.begin(), options.given.end(),
                     [name](const QueryField& field) { return field.name == name; });
}

Status read_field(const FormField& field, Reading reading) {
  const Option* option = find_option(field.name);
  if (option != nullptr) {
    if (is_given(reading.options, option->name)) {
      return refused("the query option " + std::string{option->name} + " is given more than once");
    }
    CURFEW_TRY_STATUS(option->read(reading, field.value));
    reading.options.given.push_back({std::string{option->name}, field.value});
    return Done{};
  }
  if (field.name.starts_with('$')) {
    return refused("the query option " + shown(field.name) + " is not supported");
  }
  reading.options.unknown.push_back(field.name);
  reading.options.given.push_back({field.name, field.value});
  return Done{};
}

void append_field(std::string& query, std::string_view name, std::string_view value) {
  if (!query.empty()) query += '&';
  // '$' stays as it is: PowerShell looks for "$top" in the text of a link.
  if (name.starts_with('$')) {
    query += '$';
    name.remove_prefix(1);
  }
  query += percent_encode(name) + "=" + percent_encode(value);
}

std::string query_with(const QueryOptions& options, std::string_view name, std::string_view value) {
  std::string query;
  for (const QueryField& field : options.given) {
    if (field.name == kSkip || field.name == kSkipToken || field.name == kDeltaToken) continue;
    append_field(query, field.name, field.value);
  }
  append_field(query, name, value);
  return query;
}

}  // namespace

Result<QueryOptions> parse_query_options(std::string_view query, const QueryLimits& limits) {
  if (query.size() > kQueryBytesMax) {
    return Error::permanent(ErrorCode::exhausted, "the query is longer than " +
                                                      std::to_string(kQueryBytesMax) + " bytes");
  }
  const Result<Form> form = parse_form(query);
  if (!form.ok()) return form.error().within("reading the query");
  QueryOptions options;
  for (const FormField& field : form->fields()) {
    CURFEW_TRY_STATUS(read_field(field, {options, limits}));
  }
  return options;
}

std::string next_page_query(const QueryOptions& options, std::string_view skip_token) {
  return query_with(options, kSkipToken, skip_token);
}

std::string delta_query(const QueryOptions& options, std::string_view delta_token) {
  return query_with(options, kDeltaToken, delta_token);
}

}  // namespace curfew
