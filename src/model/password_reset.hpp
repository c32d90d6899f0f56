// model/password_reset.hpp: how a person who lost their password comes back by themselves, and what
// is sent to them by mail.
//
// The email method is an authenticator that somebody registered for the person. It proves nothing
// at a sign-in: a code is sent there, and whoever brings the code back sets a new password. The
// code is a credential and judged like all others; stored is its SHA-256. Values only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/actor.hpp"
#include "model/position.hpp"

namespace curfew {

// One for each person, as in Graph.
struct EmailMethod {
  TenantId tenant_id;
  UserId user_id;
  // Of this very address, a new one each time one is set: the authenticator key.
  std::string authenticator_id;
  std::string email_address;
  // When this address was set, and by whom: whoever sets it can set the password.
  TimePoint created_at{};
  ActorKind created_by_kind = ActorKind::system;
  std::string created_by_id;
};

// The newest one of a person; an older one is overwritten. Removed by its use.
struct PasswordResetCode {
  TenantId tenant_id;
  UserId user_id;
  std::string hash;              // base64url of SHA-256
  std::string authenticator_id;  // of the email method that it was sent to
  Position auth_as_of;           // read before the person and the method were
  TimePoint created_at{};
  TimePoint expires_at{};
};

enum class LetterKind {
  reset_link,          // somebody asks for one for the name `username`, whether it exists or not
  password_was_set,    // tells a person that their password was changed, and by whom
  method_was_removed,  // tells the address that was registered until now
};
[[nodiscard]] std::string_view to_string(LetterKind kind);
[[nodiscard]] bool parse_enum(std::string_view text, LetterKind& out);

// A mail to be sent: the row stands until the mail server has taken the mail over, or until
// `expires_at`. It never holds a code: one is made when the mail is.
struct Letter {
  TenantId tenant_id;
  std::string id;
  LetterKind kind = LetterKind::reset_link;
  std::string username;  // as typed, in lower case; of a notice: the account's
  std::string address;   // of a notice: as it was registered then
  std::string made_by;   // of a notice: words for the person
  TimePoint created_at{};
  TimePoint next_try_at{};
  TimePoint expires_at{};
  std::uint32_t tries = 0;
};

}  // namespace curfew
