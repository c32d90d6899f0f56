// api/password_reset/reset_pages.hpp: the two forms of a reset by oneself, as HTML without script;
// for what there is to say beside them see message_body() in api/sign_in/pages.hpp.
//
// Every text from outside is escaped here. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace curfew {

inline constexpr std::string_view kResetCodeField = "code";

struct AskForResetPage {
  std::string_view organisation;
  std::string_view action;    // path that the form posts to
  std::string_view username;  // to start with
  std::string_view error;     // a sentence; empty: none
  std::string_view sign_in_path;
};
[[nodiscard]] std::string ask_for_reset_body(const AskForResetPage& page);

struct SetPasswordPage {
  std::string_view organisation;
  std::string_view action;
  std::string_view code;
  std::string_view username;
  std::string_view error;
};
[[nodiscard]] std::string set_password_body(const SetPasswordPage& page);

}  // namespace curfew
