#include "api/password_reset/reset_pages.hpp"

#include "api/sign_in/page_parts.hpp"
#include "api/sign_in/pages.hpp"
#include "protocol/html/page.hpp"

namespace curfew {

using namespace page_parts;

std::string ask_for_reset_body(const AskForResetPage& page) {
  Field username{kUsernameField, "User name", "text", "username", page.username};
  username.focus = true;
  username.wrong = !page.error.empty();
  return "<div class=\"card\">\n" + brand(page.organisation) + heading("Set a new password") +
         paragraph(
             "We send a link to the e-mail address that is registered for your account, if "
             "there is one.") +
         error_summary(page.error) + form_start(page.action) + field_html(username) +
         "<div class=\"actions\">\n" + button("ask", "Send the link", "button") +
         "</div>\n</form>\n<p class=\"hint\"><a" + html_attribute("href", page.sign_in_path) +
         ">Back to sign-in</a></p>\n</div>";
}

std::string set_password_body(const SetPasswordPage& page) {
  return "<div class=\"card\">\n" + brand(page.organisation) + heading("Choose a new password") +
         paragraph(
             "Setting it signs you out everywhere: on every device, and in every application.") +
         error_summary(page.error) + form_start(page.action) +
         hidden_input(kResetCodeField, page.code) + "\n" +
         new_password_fields(page.username, !page.error.empty()) + "<div class=\"actions\">\n" +
         button("set", "Set password", "button") + "</div>\n</form>\n</div>";
}

}  // namespace curfew
