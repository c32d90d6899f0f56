#include "protocol/oauth/params.hpp"

#include <set>

#include "base/text.hpp"

namespace curfew {

OAuthResult<OAuthParams> OAuthParams::parse(std::string_view form_text) {
  Result<Form> form = parse_form(form_text);
  if (!form) return invalid_request("The request is malformed: " + form.error().message() + ".");
  return OAuthParams{std::move(form).value()};
}

OAuthResult<OAuthParams> OAuthParams::parse_body(std::string_view content_type,
                                                 std::string_view body) {
  if (!is_form_content_type(content_type)) {
    return invalid_request("The content type must be application/x-www-form-urlencoded.");
  }
  return parse(body);
}

std::optional<std::string_view> OAuthParams::get(std::string_view name) const {
  const std::optional<std::string_view> value = form_.single(name);
  return value && value->empty() ? std::nullopt : value;
}

std::string OAuthParams::get_or_empty(std::string_view name) const {
  return std::string{get(name).value_or("")};
}

std::vector<std::string> OAuthParams::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const FormField& field : form_.fields()) {
    if (field.name == name && !field.value.empty()) values.push_back(field.value);
  }
  return values;
}

bool OAuthParams::is_repeated(std::string_view name) const { return form_.count(name) > 1; }

std::optional<OAuthError> OAuthParams::first_repeated() const {
  std::set<std::string_view> seen;
  for (const FormField& field : form_.fields()) {
    if (field.name == "resource" || seen.insert(field.name).second) continue;
    return invalid_request("The parameter '" + escape_for_display(field.name, 64) +
                           "' occurs more than once.");
  }
  return std::nullopt;
}

}  // namespace curfew
