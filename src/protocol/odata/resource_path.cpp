#include "protocol/odata/resource_path.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "protocol/http/percent.hpp"

namespace curfew {

namespace {

Error malformed(std::string_view segment, std::string_view rule) {
  return Error::permanent(
      ErrorCode::invalid_argument,
      "the path segment '" + escape_for_display(segment, 100) + "' " + std::string{rule});
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }
bool is_name_character(char c) { return is_letter(c) || is_digit(c); }
// Of a value in parentheses without quotes: a GUID, a number, an opaque id.
bool is_bare_character(char c) { return is_name_character(c) || c == '-' || c == '.'; }

bool is_name(std::string_view text) {
  return !text.empty() && is_letter(text[0]) &&
         std::all_of(text.begin(), text.end(), is_name_character);
}

Result<std::string> decode_segment(std::string_view raw) {
  if (raw.empty()) {
    return Error::permanent(ErrorCode::invalid_argument, "the path has an empty segment");
  }
  std::optional<std::string> text = percent_decode(raw);
  if (!text) return malformed(raw, "has a malformed percent sequence");
  if (!is_utf8(*text)) return malformed(raw, "is not UTF-8");
  if (std::any_of(text->begin(), text->end(), is_control)) {
    return malformed(raw, "has a control character");
  }
  return *std::move(text);
}

Result<SegmentKind> special_kind(std::string_view text) {
  if (ascii_iequals(text, "$count")) return SegmentKind::count;
  if (ascii_iequals(text, "$ref")) return SegmentKind::ref;
  if (ascii_iequals(text, "$batch")) return SegmentKind::batch;
  if (ascii_iequals(text, "$metadata")) return SegmentKind::metadata;
  return malformed(text, "is not known; write a key that begins with '$' in parentheses, ('key')");
}

// microsoft.graph.delta and graph.group: the namespace goes to `qualifier`. Other names with dots
// are keys, "graph.smith@contoso.com" too.
void divide_name(PathSegment& segment) {
  const std::string lower = ascii_lower(segment.name);
  if (!lower.starts_with("microsoft.graph.") && !lower.starts_with("graph.")) return;
  const std::vector<std::string_view> parts = split(segment.name, '.');
  if (!std::all_of(parts.begin(), parts.end(), is_name)) return;
  const std::size_t dot = segment.name.rfind('.');
  segment.qualifier = segment.name.substr(0, dot);
  segment.name = segment.name.substr(dot + 1);
}

// Takes one value from the front of `rest`: quoted with doubled quotes inside, or bare.
std::optional<std::string> take_value(std::string_view& rest) {
  std::string value;
  if (!rest.starts_with('\'')) {
    while (!rest.empty() && is_bare_character(rest[0])) {
      value += rest[0];
      rest.remove_prefix(1);
    }
    return value.empty() ? std::nullopt : std::optional{value};
  }
  rest.remove_prefix(1);
  while (!rest.empty()) {
    const char c = rest[0];
    rest.remove_prefix(1);
    if (c != '\'') {
      value += c;
    } else if (rest.starts_with('\'')) {
      value += c;
      rest.remove_prefix(1);
    } else {
      return value;
    }
  }
  return std::nullopt;
}

// Takes "name=" from the front, if it is there.
std::optional<std::string_view> take_key_name(std::string_view& rest) {
  const std::size_t equals = rest.find('=');
  if (equals == std::string_view::npos || !is_name(rest.substr(0, equals))) return std::nullopt;
  const std::string_view name = rest.substr(0, equals);
  rest.remove_prefix(equals + 1);
  return name;
}

bool has_key(const PathSegment& segment, std::string_view name) {
  return std::any_of(segment.keys.begin(), segment.keys.end(),
                     [name](const SegmentKey& key) { return ascii_iequals(key.name, name); });
}

// `inside`: what is between the parentheses.
Status read_keys(std::string_view inside, PathSegment& segment) {
  constexpr std::string_view kShape = "has no key in its parentheses: ('value') or (name='value')";
  std::string_view rest = inside;
  while (!rest.empty()) {
    const std::optional<std::string_view> name = take_key_name(rest);
    std::optional<std::string> value = take_value(rest);
    if (!value) return malformed(segment.text, kShape);
    if (!name) {
      if (!segment.keys.empty() || !rest.empty()) return malformed(segment.text, kShape);
      segment.key = *std::move(value);
      return Done{};
    }
    if (has_key(segment, *name)) return malformed(segment.text, "names a key twice");
    if (segment.keys.size() == kSegmentKeysMax) {
      return malformed(segment.text, "has too many keys");
    }
    segment.keys.push_back({std::string{*name}, *std::move(value)});
    if (rest.empty()) break;
    if (!rest.starts_with(',') || rest.size() == 1) return malformed(segment.text, kShape);
    rest.remove_prefix(1);
  }
  return Done{};
}

Result<PathSegment> read_segment(std::string_view raw) {
  PathSegment segment;
  CURFEW_TRY(segment.text, decode_segment(raw));
  segment.name = segment.text;
  if (segment.text.starts_with('$')) {
    CURFEW_TRY(segment.kind, special_kind(segment.text));
    return segment;
  }
  const std::size_t open = segment.text.find('(');
  // Parentheses after something that is no name belong to a key.
  if (open != std::string::npos && open > 0 &&
      std::all_of(segment.text.begin(), segment.text.begin() + static_cast<std::ptrdiff_t>(open),
                  [](char c) { return is_name_character(c) || c == '.'; })) {
    if (!segment.text.ends_with(')')) {
      return malformed(segment.text,
                       "has parentheses that do not end it; write '/' in a key as %2F");
    }
    segment.has_parentheses = true;
    segment.name = segment.text.substr(0, open);
    const std::string_view inside =
        std::string_view{segment.text}.substr(open + 1, segment.text.size() - open - 2);
    CURFEW_TRY_STATUS(read_keys(inside, segment));
  }
  divide_name(segment);
  return segment;
}

}  // namespace

bool PathSegment::is(std::string_view other) const {
  return kind == SegmentKind::plain && ascii_iequals(name, other);
}

bool PathSegment::is_operation(std::string_view other) const {
  return is(other) && !key && keys.empty();
}

bool PathSegment::is_cast(std::string_view type) const {
  return is_operation(type) && !has_parentheses &&
         (ascii_iequals(qualifier, "microsoft.graph") || ascii_iequals(qualifier, "graph"));
}

std::optional<std::string_view> PathSegment::alternate_key(std::string_view key_name) const {
  if (keys.size() != 1 || !ascii_iequals(keys[0].name, key_name)) return std::nullopt;
  return keys[0].value;
}

Result<std::vector<PathSegment>> parse_resource_path(std::string_view path) {
  if (path.size() > kResourcePathBytesMax) {
    return Error::permanent(
        ErrorCode::exhausted,
        "the path is longer than " + std::to_string(kResourcePathBytesMax) + " bytes");
  }
  std::vector<PathSegment> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.empty()) return segments;
  if (path.ends_with('/')) path.remove_suffix(1);
  for (const std::string_view raw : split(path, '/')) {
    if (segments.size() == kResourcePathSegmentsMax) {
      return Error::permanent(
          ErrorCode::exhausted,
          "the path has more than " + std::to_string(kResourcePathSegmentsMax) + " segments");
    }
    CURFEW_TRY(PathSegment segment, read_segment(raw));
    segments.push_back(std::move(segment));
  }
  return segments;
}

}  // namespace curfew
