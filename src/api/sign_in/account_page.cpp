#include <algorithm>

#include "api/sign_in/pages.hpp"
#include "api/sign_in/words.hpp"
#include "protocol/html/page.hpp"

namespace curfew {

namespace {

std::string form(std::string_view action, std::string_view continuation, std::string_view inside) {
  return "<form method=\"post\"" + html_attribute("action", action) + ">" +
         hidden_input(kContinuationField, continuation) + std::string{inside} + "</form>\n";
}

std::string end_button(const AccountPage& page, const SessionLine& line) {
  const std::string inside = hidden_input("session", line.id) +
                             "<button type=\"submit\" name=\"action\" value=\"end\" "
                             "class=\"button button-secondary\"" +
                             html_attribute("aria-label", "End the session on " + line.device) +
                             ">End</button>";
  return form(std::string{page.base} + "/sessions", page.continuation, inside);
}

std::string session_row(const AccountPage& page, const SessionLine& line) {
  std::string html =
      "<li class=\"row\">\n<div class=\"what\">\n<strong>" + escape_html(line.device) + "</strong>";
  if (line.is_this_one) html += " <span class=\"badge\">This browser</span>";
  if (line.on_registered_device) html += " <span class=\"badge\">Registered device</span>";
  html += "<br>\n<span class=\"hint\">Address</span> " +
          (line.address.empty() ? std::string{"unknown"} : escape_html(line.address)) + "<br>\n";
  html += "<span class=\"hint\">Last seen</span> " + time_html(line.last_seen_at, page.now) +
          "<br>\n<span class=\"hint\">Signed in</span> " + time_html(line.began_at, page.now);
  if (line.persistent) html += "<br>\n<span class=\"hint\">Stays signed in</span>";
  html += "\n</div>\n";
  if (!line.is_this_one) html += end_button(page, line);
  return html + "</li>\n";
}

std::string device_section(const AccountPage& page) {
  std::string html = "<div class=\"card\">\n<h2>This browser as a device</h2>\n";
  if (!page.device_name.empty()) {
    return html + "<p>Registered as <strong>" + escape_html(page.device_name) +
           "</strong>. An administrator who disables the device ends every session on it.</p>\n"
           "</div>\n";
  }
  html +=
      "<p>Register this browser, so that your sessions on it can be ended together if the "
      "computer is lost.</p>\n<div class=\"actions\">\n";
  html += form(std::string{page.base} + "/devices", page.continuation,
               "<button type=\"submit\" name=\"action\" value=\"register\" "
               "class=\"button button-secondary\">Register this browser as a device</button>");
  return html + "</div>\n</div>\n";
}

}  // namespace

std::string account_body(const AccountPage& page) {
  const auto others = std::ranges::count_if(
      page.sessions, [](const SessionLine& line) { return !line.is_this_one; });
  std::string html = "<div class=\"card\">\n<p class=\"brand\">" + escape_html(page.organisation) +
                     "</p>\n<h1>Your account</h1>\n<p><strong>" + escape_html(page.display_name) +
                     "</strong><br>\n<span class=\"hint\">" + escape_html(page.username) +
                     "</span></p>\n";
  if (!page.note.empty()) {
    html += "<div class=\"note\" role=\"status\">" + escape_html(page.note) + "</div>\n";
  }
  html += "<div class=\"actions\">\n" +
          form(page.sign_out_path, page.continuation,
               "<button type=\"submit\" name=\"action\" value=\"sign_out\" class=\"button\">Sign "
               "out</button>") +
          "</div>\n</div>\n";
  html +=
      "<div class=\"card\">\n<h2>Where you are signed in</h2>\n"
      "<p class=\"hint\">End what you do not know. Ending a session also ends the access that "
      "applications got through it.</p>\n<ul class=\"list\">\n";
  for (const SessionLine& line : page.sessions) html += session_row(page, line);
  html += "</ul>\n";
  if (others > 0) {
    html += "<div class=\"actions\">\n" +
            form(std::string{page.base} + "/sessions", page.continuation,
                 "<button type=\"submit\" name=\"action\" value=\"end_others\" "
                 "class=\"button button-danger\">End all other sessions</button>") +
            "</div>\n";
  }
  return html + "</div>\n" + device_section(page);
}

}  // namespace curfew
