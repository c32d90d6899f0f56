#include "protocol/html/page.hpp"

#include "base/text.hpp"

namespace curfew {

namespace {

// The size of the UTF-8 character at the front of `text`; 0 if there is no valid one.
std::size_t character_size(std::string_view text) {
  for (std::size_t size = 1; size <= 4 && size <= text.size(); ++size) {
    if (is_utf8(text.substr(0, size))) return size;
  }
  return 0;
}

void append_escaped(std::string& html, char c) {
  switch (c) {
    case '&': html += "&amp;"; return;
    case '<': html += "&lt;"; return;
    case '>': html += "&gt;"; return;
    case '"': html += "&quot;"; return;
    case '\'': html += "&#39;"; return;
    case '\0': html += "\xEF\xBF\xBD"; return;
    default: html += c; return;
  }
}

// A clock. In the page itself: a browser that finds none asks for one at each visit.
constexpr std::string_view kIcon =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Ccircle cx='8' cy='8' r='7.5' fill='%231f5fbf'/%3E"
    "%3Cpath d='M8 3.5V8l3 2' stroke='%23fff' stroke-width='1.6' fill='none'/%3E%3C/svg%3E";

}  // namespace

std::string escape_html(std::string_view text) {
  std::string html;
  html.reserve(text.size());
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    if (size == 1) {
      append_escaped(html, text[0]);
    } else if (size == 0) {
      html += "\xEF\xBF\xBD";
    } else {
      html += text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return html;
}

std::string html_attribute(std::string_view name, std::string_view value) {
  return " " + std::string{name} + "=\"" + escape_html(value) + "\"";
}

std::string hidden_input(std::string_view name, std::string_view value) {
  return "<input type=\"hidden\"" + html_attribute("name", name) + html_attribute("value", value) +
         ">";
}

std::string render(const Page& page) {
  std::string html = "<!DOCTYPE html>\n<html";
  html += html_attribute("lang", page.lang);
  html +=
      ">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>";
  html += escape_html(page.title);
  html += "</title>\n<link rel=\"icon\"";
  html += html_attribute("href", kIcon);
  html += ">\n<link rel=\"stylesheet\"";
  html += html_attribute("href", page.stylesheet_path);
  html += ">\n</head>\n<body>\n<main>\n";
  html += page.body;
  html += "\n</main>\n</body>\n</html>\n";
  return html;
}

std::string_view page_content_security_policy() {
  return "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
         "frame-ancestors 'none'";
}

}  // namespace curfew
