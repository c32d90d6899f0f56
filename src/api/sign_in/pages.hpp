// api/sign_in/pages.hpp: the pages of signing in and out: what each shows, as HTML without script.
//
// Every text from outside is escaped here. Each page has one heading, labelled fields, an error
// summary that is announced (role=alert) and the right autocomplete words, so that password
// managers and screen readers work. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "io/http_types.hpp"

namespace curfew {

// Where a page's forms may lead. Pages that lead to an application leave form-action out: Chromium
// applies it to the redirect that follows, and to wherever the application sends the person next.
enum class FormsLead { to_us, to_application };

// The whole answer: no framing, no caching, no referrer, no script.
[[nodiscard]] HttpResponse page_response(int status, std::string_view title, std::string_view body,
                                         FormsLead forms);

// Names of our form fields.
inline constexpr std::string_view kContinuationField = "continuation";
inline constexpr std::string_view kUsernameField = "username";
inline constexpr std::string_view kPasswordField = "password";
inline constexpr std::string_view kKeepField = "keep";
inline constexpr std::string_view kNewPasswordField = "new_password";
inline constexpr std::string_view kRepeatedPasswordField = "repeated_password";
inline constexpr std::string_view kUserCodeField = "user_code";
inline constexpr std::string_view kConfirmField = "confirm";
inline constexpr std::string_view kActionField = "action";  // which button was pressed

struct SignInPage {
  std::string_view organisation;
  std::string_view action;        // path that the form posts to
  std::string_view continuation;  // sealed
  std::string_view application;   // its name; empty: our own account page
  std::string_view username;      // to start with
  std::string_view error;         // a sentence; empty: none
  bool keep_signed_in = false;
  std::string_view password_reset_path;
};
[[nodiscard]] std::string sign_in_body(const SignInPage& page);

struct ChangePasswordPage {
  std::string_view organisation;
  std::string_view action;
  std::string_view continuation;
  std::string_view username;
  std::string_view error;
};
[[nodiscard]] std::string change_password_body(const ChangePasswordPage& page);

struct ChooseAccountPage {
  std::string_view organisation;
  std::string_view action;
  std::string_view continuation;
  std::string_view application;
  std::string_view username;
  std::string_view display_name;
};
// Buttons: action=accept, action=other.
[[nodiscard]] std::string choose_account_body(const ChooseAccountPage& page);

struct ConsentPage {
  std::string_view organisation;
  std::string_view action;
  std::string_view continuation;
  std::string_view application;
  std::string_view username;
  std::string_view resource;  // its name; empty: none
  std::vector<std::string> permissions;
  bool reads_profile = false;
  bool stays = false;         // offline_access
  std::string_view leads_to;  // the redirect URI's host
  // Where the program on this computer waits that would manage the tenant; empty: none would.
  std::string_view local_program;
  bool registered_itself = false;  // nobody in the organisation has looked at the application
};
// Buttons: action=accept, action=deny.
[[nodiscard]] std::string consent_body(const ConsentPage& page);

struct DeviceCodePage {
  std::string_view organisation;
  std::string_view action;
  std::string_view continuation;
  std::string_view username;
  std::string_view user_code;  // to start with
  std::string_view error;
};
// Buttons: action=next, action=other.
[[nodiscard]] std::string device_code_body(const DeviceCodePage& page);

struct DeviceConfirmPage {
  std::string_view organisation;
  std::string_view action;
  std::string_view continuation;
  std::string_view application;
  std::string_view username;
  std::string_view user_code;
  std::string_view asked_from;  // the device's address
  std::string_view asked_by;    // its program, in words
  TimePoint asked_at{};
  TimePoint now{};
  std::string_view resource;  // its name; empty: none
  std::vector<std::string> permissions;
  bool reads_profile = false;
  bool stays = false;
  bool registered_itself = false;  // nobody of the organisation has looked at the application
};
// A box to tick, kConfirmField, beside the buttons action=approve and action=deny.
[[nodiscard]] std::string device_confirm_body(const DeviceConfirmPage& page);

// An application that registered itself, and gets an answer that is no code: the person sees who
// would get it before the browser goes there.
struct StrangerPage {
  std::string_view organisation;
  std::string_view application;
  std::string_view leads_to;  // host of the redirect URI
  std::string_view reason;    // a sentence
  std::string_view location;
  std::vector<std::pair<std::string, std::string>> posted;  // fields; none: a link leads there
};
[[nodiscard]] std::string stranger_body(const StrangerPage& page);

struct MessagePage {
  std::string_view organisation;
  std::string_view heading;
  std::string_view text;
  std::string_view hint;  // smaller, below; empty: none
  std::string_view link;  // a path of ours; empty: none
  std::string_view link_text;
  bool is_error = false;
};
[[nodiscard]] std::string message_body(const MessagePage& page);

struct SignOutPage {
  std::string_view organisation;
  std::string_view action;
  std::string_view continuation;
  std::string_view username;
  std::string_view application;           // that asked; empty: unknown
  std::vector<std::string> signed_in_to;  // names of applications with a session of their own
};
// Buttons: action=sign_out, action=stay.
[[nodiscard]] std::string sign_out_body(const SignOutPage& page);

struct SignedOutPage {
  std::string_view organisation;
  std::string_view hint;  // smaller; empty: none
  struct Frame {
    std::string name;
    std::string source;
  };
  std::vector<Frame> told;              // opened by the page, unseen: nothing of it runs as ours
  std::vector<std::string> told_by_us;  // without the browser
  std::vector<std::string> untold;      // applications that can only end by themselves
  std::string_view link;                // a path of ours, or where the application wants the person
  std::string_view link_text;
};
// allow_frames() says whose.
[[nodiscard]] std::string signed_out_body(const SignedOutPage& page);

// Lets the page open frames of these origins ("https://host:8443"), and of no others.
void allow_frames(HttpResponse& response, const std::vector<std::string>& origins);

struct SessionLine {
  std::string id;
  std::string device;   // in words
  std::string address;  // where from
  TimePoint began_at{};
  TimePoint last_seen_at{};
  bool is_this_one = false;
  bool on_registered_device = false;
  bool persistent = false;
};
struct AccountPage {
  std::string_view organisation;
  std::string_view base;  // "/{tenant}/account"
  std::string_view sign_out_path;
  std::string_view continuation;
  std::string_view username;
  std::string_view display_name;
  std::vector<SessionLine> sessions;
  std::string_view device_name;  // of this browser, where it is registered; else empty
  std::string_view note;         // what was just done; empty: nothing
  TimePoint now{};
};
// Forms: POST base/sessions with action=end&session=ID or action=end_others; POST base/devices.
[[nodiscard]] std::string account_body(const AccountPage& page);

}  // namespace curfew
