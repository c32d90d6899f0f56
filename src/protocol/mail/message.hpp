// protocol/mail/message.hpp: a mail as text: one recipient, plain text in UTF-8.
//
// Pure; any thread. Spec: RFC 5322 (message), RFC 2045 (MIME), RFC 3834 (automatic mail).
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace curfew {

// An address as people have one: a dot-atom, "@" and a domain of two or more labels; at most 254
// bytes. No quoted local parts, no comments, no address literals (RFC 5321 4.1.2).
inline constexpr std::size_t kMailAddressBytesMax = 254;  // RFC 5321 4.5.3.1.3
[[nodiscard]] bool is_mail_address(std::string_view text);

struct MailMessage {
  std::string from;     // is_mail_address()
  std::string to;       // is_mail_address()
  std::string subject;  // printable ASCII; anything else becomes "?"
  std::string text;     // lines end with \n; any UTF-8
  std::string id;       // unique: letters, digits and "-"
  TimePoint at{};
};

// Headers and body with CRLF; the body in base64, so that no line of it means anything to SMTP.
[[nodiscard]] std::string to_text(const MailMessage& message);

}  // namespace curfew
