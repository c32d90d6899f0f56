// api/sign_in/page_parts.hpp: what the pages of a person's browser are put together from.
//
// Texts are escaped here. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace curfew::page_parts {

[[nodiscard]] std::string brand(std::string_view organisation);
[[nodiscard]] std::string heading(std::string_view text);
[[nodiscard]] std::string paragraph(std::string_view text);
// Announced by screen readers; fields that are wrong refer to it with aria-describedby.
[[nodiscard]] std::string error_summary(std::string_view error);
[[nodiscard]] std::string form_start(std::string_view action);
[[nodiscard]] std::string form_start(std::string_view action, std::string_view continuation);
// A submit button: action=`value`.
[[nodiscard]] std::string button(std::string_view value, std::string_view text,
                                 std::string_view classes);

struct Field {
  std::string_view name;
  std::string_view label;
  std::string_view type = "text";
  std::string_view autocomplete = {};
  std::string_view value = {};
  std::string_view hint = {};
  bool focus = false;
  bool wrong = false;
  bool readonly = false;
};

[[nodiscard]] std::string field_html(const Field& field);

// Whose password it is, and the new one twice.
[[nodiscard]] std::string new_password_fields(std::string_view username, bool is_wrong);

}  // namespace curfew::page_parts
