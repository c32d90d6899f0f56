#include "api/sign_in/page_parts.hpp"

#include "api/sign_in/pages.hpp"
#include "protocol/html/page.hpp"

namespace curfew::page_parts {

std::string brand(std::string_view organisation) {
  return "<p class=\"brand\">" + escape_html(organisation) + "</p>\n";
}

std::string heading(std::string_view text) { return "<h1>" + escape_html(text) + "</h1>\n"; }

std::string paragraph(std::string_view text) { return "<p>" + escape_html(text) + "</p>\n"; }

std::string error_summary(std::string_view error) {
  if (error.empty()) return {};
  return "<div class=\"error\" id=\"error\" role=\"alert\">" + escape_html(error) + "</div>\n";
}

std::string form_start(std::string_view action) {
  return "<form method=\"post\"" + html_attribute("action", action) + ">\n";
}

std::string form_start(std::string_view action, std::string_view continuation) {
  return form_start(action) + hidden_input(kContinuationField, continuation) + "\n";
}

std::string button(std::string_view value, std::string_view text, std::string_view classes) {
  return "<button type=\"submit\"" + html_attribute("name", kActionField) +
         html_attribute("value", value) + html_attribute("class", classes) + ">" +
         escape_html(text) + "</button>\n";
}

namespace {

std::string described_by(const Field& field) {
  std::string ids = field.wrong ? "error" : "";
  if (!field.hint.empty()) ids += (ids.empty() ? "" : " ") + std::string{field.name} + "-hint";
  return ids.empty() ? std::string{} : html_attribute("aria-describedby", ids);
}

}  // namespace

std::string field_html(const Field& field) {
  std::string html = "<div class=\"field\">\n<label" + html_attribute("for", field.name) + ">" +
                     escape_html(field.label) + "</label>\n<input" +
                     html_attribute("id", field.name) + html_attribute("name", field.name) +
                     html_attribute("type", field.type) +
                     html_attribute("autocomplete", field.autocomplete);
  if (!field.value.empty()) html += html_attribute("value", field.value);
  html += described_by(field);
  if (field.wrong) html += " aria-invalid=\"true\"";
  if (field.type == "text") html += " autocapitalize=\"none\" spellcheck=\"false\"";
  if (field.focus) html += " autofocus";
  html += field.readonly ? " readonly" : " required";
  html += ">\n";
  if (!field.hint.empty()) {
    html += "<p class=\"hint\"" + html_attribute("id", std::string{field.name} + "-hint") + ">" +
            escape_html(field.hint) + "</p>\n";
  }
  return html + "</div>\n";
}

std::string new_password_fields(std::string_view username, bool is_wrong) {
  Field whose{kUsernameField, "User name", "text", "username", username};
  whose.readonly = true;
  Field first{kNewPasswordField, "New password", "password", "new-password"};
  first.hint = "At least 12 characters. A few words that only you would put together are best.";
  first.focus = true;
  first.wrong = is_wrong;
  Field again{kRepeatedPasswordField, "New password again", "password", "new-password"};
  again.wrong = is_wrong;
  return field_html(whose) + field_html(first) + field_html(again);
}

}  // namespace curfew::page_parts
