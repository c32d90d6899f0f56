// protocol/html/page.hpp: the frame of every page of ours, and the escaping that keeps it ours.
//
// Pages work without script, in light and dark, from 320 px wide, and with a keyboard. They refer
// to one stylesheet, so that the content security policy allows neither inline style nor script.
//
// Pure; any thread. Spec: HTML 13.1 (writing), WCAG 2.2 AA.
#pragma once

#include <string>
#include <string_view>

namespace curfew {

// Text for element content and for attribute values in double quotes: & < > " ' become character
// references, and so do NUL and invalid UTF-8 (U+FFFD). Not for script, style or URLs.
[[nodiscard]] std::string escape_html(std::string_view text);

// name="value", escaped, with a space in front: ` href="..."`. `name` is a literal of ours.
[[nodiscard]] std::string html_attribute(std::string_view name, std::string_view value);

// <input type="hidden" name=".." value="..">.
[[nodiscard]] std::string hidden_input(std::string_view name, std::string_view value);

struct Page {
  std::string_view title;  // escaped here
  std::string_view body;   // HTML of the caller, inside <main>
  std::string_view lang = "en";
  std::string_view stylesheet_path = "/assets/curfew.css";
};
[[nodiscard]] std::string render(const Page& page);

// What the stylesheet path serves, as text/css. Classes: card, field, button, button-secondary,
// button-danger, error, note, hint, list, row, what, actions, stack, check,
// badge, brand, visually-hidden.
[[nodiscard]] std::string_view stylesheet();

// The Content-Security-Policy of our pages. There is no form-action: Chromium applies it to the
// redirect that follows a form, and that goes to the client's own origin.
[[nodiscard]] std::string_view page_content_security_policy();

}  // namespace curfew
