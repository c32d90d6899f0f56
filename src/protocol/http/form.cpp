#include "protocol/http/form.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "protocol/http/percent.hpp"

namespace curfew {

namespace {

Error malformed(std::string_view rule) {
  return Error::permanent(ErrorCode::invalid_argument, "the form " + std::string{rule});
}

Result<std::string> decode_part(std::string_view part) {
  std::optional<std::string> text = form_decode(part);
  if (!text) return malformed("has a malformed percent sequence");
  if (!is_utf8(*text)) return malformed("is not UTF-8");
  if (text->find('\0') != std::string::npos) return malformed("has a NUL character");
  return *std::move(text);
}

std::string_view unquoted(std::string_view text) {
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"')) {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

}  // namespace

std::size_t Form::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(fields_.begin(), fields_.end(),
                    [name](const FormField& field) { return field.name == name; }));
}

std::optional<std::string_view> Form::single(std::string_view name) const {
  std::optional<std::string_view> found;
  for (const FormField& field : fields_) {
    if (field.name != name) continue;
    if (found) return std::nullopt;
    found = field.value;
  }
  return found;
}

void Form::add(std::string_view name, std::string_view value) {
  fields_.push_back({std::string{name}, std::string{value}});
}

std::string Form::encode() const {
  std::string text;
  for (const FormField& field : fields_) {
    if (!text.empty()) text += '&';
    text += percent_encode(field.name);
    text += '=';
    text += percent_encode(field.value);
  }
  return text;
}

Result<Form> parse_form(std::string_view text) {
  std::vector<FormField> fields;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view piece = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (piece.empty()) continue;
    if (fields.size() == limits::kFormFieldsMax) {
      return Error::permanent(ErrorCode::exhausted, "the form has too many fields");
    }
    const std::size_t equals = std::min(piece.find('='), piece.size());
    CURFEW_TRY(std::string name, decode_part(piece.substr(0, equals)));
    CURFEW_TRY(std::string value, decode_part(piece.substr(std::min(equals + 1, piece.size()))));
    if (name.empty()) return malformed("has a field without a name");
    fields.push_back({std::move(name), std::move(value)});
  }
  return Form{std::move(fields)};
}

bool is_form_content_type(std::string_view content_type) {
  const std::vector<std::string_view> parts = split(content_type, ';');
  if (!ascii_iequals(trim_ascii(parts.front()), "application/x-www-form-urlencoded")) return false;
  return std::all_of(parts.begin() + 1, parts.end(), [](std::string_view part) {
    const std::string_view parameter = trim_ascii(part);
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) return parameter.empty();
    if (!ascii_iequals(parameter.substr(0, equals), "charset")) return true;
    return ascii_iequals(unquoted(parameter.substr(equals + 1)), "utf-8");
  });
}

}  // namespace curfew
