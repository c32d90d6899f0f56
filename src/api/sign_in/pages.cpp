#include "api/sign_in/pages.hpp"

#include "api/sign_in/page_parts.hpp"
#include "api/sign_in/words.hpp"
#include "protocol/html/page.hpp"

namespace curfew {

using namespace page_parts;

namespace {

std::string stranger_note(std::string_view organisation, std::string_view leads_to) {
  std::string html = "<p class=\"note\">This application registered itself: nobody in <strong>" +
                     escape_html(organisation) +
                     "</strong> has looked at it, and it may call itself what it likes.";
  if (!leads_to.empty()) {
    html += " It is at <strong>" + escape_html(leads_to) +
            "</strong>. Go on only if you know that address.";
  }
  return html + "</p>\n";
}

std::string names_html(const std::vector<std::string>& names) {
  std::string html = "<ul>\n";
  for (const std::string& name : names) html += "<li>" + escape_html(name) + "</li>\n";
  return html + "</ul>\n";
}

// Without allow-top-navigation: an application's page must not lead the person away from ours.
std::string frame_html(const SignedOutPage::Frame& frame) {
  return "<iframe class=\"visually-hidden\" sandbox=\"allow-same-origin allow-scripts\"" +
         html_attribute("title", "Signing out of " + frame.name) +
         html_attribute("src", frame.source) + "></iframe>\n";
}

std::string local_program_html(const ConsentPage& page) {
  return heading("Let a program on this computer manage " + std::string{page.organisation} + "?") +
         "<p>The program on this computer that waits at <strong>" +
         escape_html(page.local_program) + "</strong> will be able to manage <strong>" +
         escape_html(page.organisation) +
         "</strong> with everything that your roles let you do.</p>\n<p>Any program on this "
         "computer can call itself " +
         escape_html(page.application) +
         ". Accept only if you have just started it yourself; if a link or a page led you here, "
         "decline.</p>\n";
}

// What the application would get: of a consent page or a device's.
template <typename Page>
std::string gets_html(const Page& page) {
  std::string html = "<ul>\n";
  for (const std::string& permission : page.permissions) {
    html += "<li>" + escape_html(permission);
    if (!page.resource.empty()) {
      html += " <span class=\"hint\">in " + escape_html(page.resource) + "</span>";
    }
    html += "</li>\n";
  }
  if (page.reads_profile) html += "<li>See your name, user name and e-mail address</li>\n";
  if (page.stays) html += "<li>Keep this access while you are not using it</li>\n";
  return html + "</ul>\n";
}

}  // namespace

HttpResponse page_response(int status, std::string_view title, std::string_view body,
                           FormsLead forms) {
  HttpResponse response = HttpResponse::html(status, render({.title = title, .body = body}));
  std::string policy{page_content_security_policy()};
  if (forms == FormsLead::to_us) policy += "; form-action 'self'";
  response.headers.set("Content-Security-Policy", policy);
  response.headers.set("X-Frame-Options", "DENY");
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("Referrer-Policy", "no-referrer");
  response.headers.set("X-Content-Type-Options", "nosniff");
  return response;
}

std::string sign_in_body(const SignInPage& page) {
  const bool wrong = !page.error.empty();
  std::string html = "<div class=\"card\">\n" + brand(page.organisation) + heading("Sign in");
  if (!page.application.empty()) {
    html += "<p>to continue to <strong>" + escape_html(page.application) + "</strong></p>\n";
  }
  html += error_summary(page.error) + form_start(page.action, page.continuation);
  Field username{kUsernameField, "User name", "text", "username", page.username};
  username.wrong = wrong;
  username.focus = page.username.empty();
  Field password{kPasswordField, "Password", "password", "current-password"};
  password.wrong = wrong;
  password.focus = !page.username.empty();
  html += field_html(username) + field_html(password);
  html += "<div class=\"field check\">\n<label" + html_attribute("for", kKeepField) + "><input" +
          html_attribute("id", kKeepField) + html_attribute("name", kKeepField) +
          " type=\"checkbox\" value=\"1\"" + (page.keep_signed_in ? " checked" : "") +
          html_attribute("aria-describedby", "keep-hint") +
          "> Keep me signed in</label>\n<p class=\"hint\" id=\"keep-hint\">Not on a shared "
          "computer.</p>\n</div>\n<div class=\"actions\">\n";
  html += button("sign_in", "Sign in", "button");
  return html + "</div>\n</form>\n<p class=\"hint\"><a" +
         html_attribute("href", page.password_reset_path) +
         ">Forgot your password?</a></p>\n</div>";
}

std::string change_password_body(const ChangePasswordPage& page) {
  std::string html = "<div class=\"card\">\n" + brand(page.organisation) +
                     heading("Choose a new password") +
                     paragraph(
                         "The one you signed in with can be used once only. Setting a new "
                         "one signs you out everywhere else.") +
                     error_summary(page.error) + form_start(page.action, page.continuation);
  html += new_password_fields(page.username, !page.error.empty());
  html += "<div class=\"actions\">\n" + button("change", "Set password and sign in", "button");
  return html + "</div>\n</form>\n</div>";
}

std::string choose_account_body(const ChooseAccountPage& page) {
  std::string html = "<div class=\"card\">\n" + brand(page.organisation) +
                     heading("Choose an account") + "<p>to continue to <strong>" +
                     escape_html(page.application) + "</strong></p>\n" +
                     form_start(page.action, page.continuation) + "<div class=\"stack\">\n";
  html += button("accept", "Continue as " + std::string{page.username}, "button");
  html += button("other", "Use another account", "button button-secondary");
  return html + "</div>\n</form>\n</div>";
}

std::string consent_body(const ConsentPage& page) {
  std::string html = "<div class=\"card\">\n" + brand(page.organisation) +
                     (page.local_program.empty()
                          ? heading(std::string{page.application} + " asks for your permission")
                          : local_program_html(page)) +
                     "<p>Signed in as <strong>" + escape_html(page.username) +
                     "</strong>. The application would be able to:</p>\n" + gets_html(page);
  if (page.registered_itself) html += stranger_note(page.organisation, page.leads_to);
  html += "<p class=\"hint\">Afterwards you return to " + escape_html(page.leads_to) +
          ". Your administrator can take this permission back at any time.</p>\n" +
          form_start(page.action, page.continuation) + "<div class=\"actions\">\n";
  html +=
      button("accept", "Accept", "button") + button("deny", "Decline", "button button-secondary");
  return html + "</div>\n</form>\n</div>";
}

std::string device_code_body(const DeviceCodePage& page) {
  std::string html = "<div class=\"card\">\n" + brand(page.organisation) +
                     heading("Sign in on a device") + error_summary(page.error) +
                     "<p>Signed in as <strong>" + escape_html(page.username) + "</strong>.</p>\n" +
                     form_start(page.action, page.continuation);
  Field code{kUserCodeField, "Code", "text", "off", page.user_code};
  code.hint = "Eight letters that the device in front of you shows, such as BCDF-GHJK.";
  code.focus = true;
  code.wrong = !page.error.empty();
  html += field_html(code) + "<div class=\"actions\">\n" + button("next", "Next", "button");
  return html + "</div>\n</form>\n" + form_start(page.action, page.continuation) +
         "<div class=\"actions\">\n" +
         button("other", "Use another account", "button button-secondary") +
         "</div>\n</form>\n</div>";
}

std::string device_confirm_body(const DeviceConfirmPage& page) {
  std::string html =
      "<div class=\"card\">\n" + brand(page.organisation) +
      heading("Let another device sign in to " + std::string{page.application} + "?") +
      "<p class=\"note\">Whoever holds that device will be in as <strong>" +
      escape_html(page.username) +
      "</strong>. Only go on if you started this yourself on a device in front of you. If somebody "
      "sent you the code, or a page or a message told you to enter it, cancel.</p>\n" +
      "<ul class=\"list\">\n<li class=\"row\"><span>Code</span> <strong>" +
      escape_html(page.user_code) + "</strong></li>\n<li class=\"row\"><span>Asked from</span> " +
      "<strong>" + escape_html(page.asked_from) + "</strong></li>\n" +
      "<li class=\"row\"><span>By</span> <strong>" + escape_html(page.asked_by) +
      "</strong></li>\n<li class=\"row\"><span>When</span> <span>" +
      time_html(page.asked_at, page.now) + "</span></li>\n</ul>\n" +
      (page.registered_itself ? stranger_note(page.organisation, "") : "") +
      "<p>The application would be able to:</p>\n" + gets_html(page) +
      form_start(page.action, page.continuation) + "<div class=\"field check\">\n<label" +
      html_attribute("for", kConfirmField) + "><input" + html_attribute("id", kConfirmField) +
      html_attribute("name", kConfirmField) + " type=\"checkbox\" value=\"1\" required>" +
      " I started this on a device in front of me</label>\n</div>\n<div class=\"actions\">\n" +
      "<button type=\"submit\" formnovalidate" + html_attribute("name", kActionField) +
      html_attribute("value", "deny") + html_attribute("class", "button") + ">Cancel</button>\n";
  html += button("approve", "Let the device sign in", "button button-secondary");
  return html + "</div>\n</form>\n</div>";
}

std::string message_body(const MessagePage& page) {
  std::string html = "<div class=\"card\">\n" + brand(page.organisation) + heading(page.heading);
  html += page.is_error ? error_summary(page.text) : paragraph(page.text);
  if (!page.hint.empty()) html += "<p class=\"hint\">" + escape_html(page.hint) + "</p>\n";
  if (!page.link.empty()) {
    html += "<div class=\"actions\"><a class=\"button button-secondary\"" +
            html_attribute("href", page.link) + ">" + escape_html(page.link_text) + "</a></div>\n";
  }
  return html + "</div>";
}

std::string stranger_body(const StrangerPage& page) {
  std::string html = "<div class=\"card\">\n" + brand(page.organisation) +
                     heading(std::string{page.application} + " cannot go on") +
                     error_summary(page.reason) + stranger_note(page.organisation, page.leads_to);
  const std::string leave = "Go to " + std::string{page.leads_to};
  if (page.posted.empty()) {
    return html + "<div class=\"actions\"><a class=\"button button-secondary\"" +
           html_attribute("href", page.location) + ">" + escape_html(leave) + "</a></div>\n</div>";
  }
  html += form_start(page.location);
  for (const auto& [name, value] : page.posted) html += hidden_input(name, value) + "\n";
  return html + "<div class=\"actions\"><button type=\"submit\"" +
         html_attribute("class", "button button-secondary") + ">" + escape_html(leave) +
         "</button></div>\n</form>\n</div>";
}

std::string sign_out_body(const SignOutPage& page) {
  std::string html = "<div class=\"card\">\n" + brand(page.organisation) + heading("Sign out?");
  html += "<p>You are signed in as <strong>" + escape_html(page.username) + "</strong>.";
  if (!page.application.empty()) {
    html += " <strong>" + escape_html(page.application) + "</strong> asks to sign you out.";
  }
  html += "</p>\n" + paragraph(
                         "Signing out ends this browser's session and every access that "
                         "applications got through it.");
  if (!page.signed_in_to.empty()) {
    html +=
        paragraph("You are also signed in to these applications:") + names_html(page.signed_in_to);
  }
  html += form_start(page.action, page.continuation) + "<div class=\"actions\">\n";
  html += button("sign_out", "Sign out", "button") +
          button("stay", "Stay signed in", "button button-secondary");
  return html + "</div>\n</form>\n</div>";
}

std::string signed_out_body(const SignedOutPage& page) {
  std::string html =
      "<div class=\"card\">\n" + brand(page.organisation) + heading("You are signed out") +
      paragraph("This browser has no session here any more. You can close this window.");
  if (!page.told.empty()) {
    std::vector<std::string> names;
    for (const SignedOutPage::Frame& frame : page.told) names.push_back(frame.name);
    html +=
        paragraph("This page asks these applications to sign you out, too:") + names_html(names);
  }
  if (!page.told_by_us.empty()) {
    html += paragraph("These applications are told to sign you out, too:") +
            names_html(page.told_by_us);
  }
  if (!page.untold.empty()) {
    html += paragraph(
                "These applications may keep you signed in until their own session ends. Sign out "
                "there as well:") +
            names_html(page.untold);
  }
  if (!page.hint.empty()) html += "<p class=\"hint\">" + escape_html(page.hint) + "</p>\n";
  html += "<div class=\"actions\"><a class=\"button button-secondary\"" +
          html_attribute("href", page.link) + ">" + escape_html(page.link_text) + "</a></div>\n";
  for (const SignedOutPage::Frame& frame : page.told) html += frame_html(frame);
  return html + "</div>";
}

void allow_frames(HttpResponse& response, const std::vector<std::string>& origins) {
  if (origins.empty()) return;
  std::string policy;
  for (const std::string_view part : response.headers.all("Content-Security-Policy")) policy = part;
  policy += "; frame-src";
  for (const std::string& origin : origins) policy += " " + origin;
  response.headers.set("Content-Security-Policy", policy);
}

}  // namespace curfew
