#include "protocol/mail/message.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "io/http_writer.hpp"

namespace curfew {

namespace {

constexpr std::size_t kLocalPartBytesMax = 64;  // RFC 5321 4.5.3.1.1
constexpr std::size_t kLabelBytesMax = 63;      // RFC 1035 2.3.4
constexpr std::size_t kBase64LineBytes = 76;    // RFC 2045 6.8

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_atom(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-/=?^_`{|}~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return is_alnum(c) || kOthers.find(c) != std::string_view::npos;
  });
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= kLabelBytesMax && text.front() != '-' &&
         text.back() != '-' &&
         std::ranges::all_of(text, [](char c) { return is_alnum(c) || c == '-'; });
}

std::string plain_header(std::string_view text) {
  std::string plain{text};
  for (char& c : plain) {
    if (c < 0x20 || c > 0x7E) c = '?';
  }
  return plain;
}

// RFC 5322 3.3: as in HTTP but for the zone.
std::string mail_date(TimePoint at) {
  constexpr std::string_view kHttpZone = "GMT";
  std::string text = http_date(at);
  text.replace(text.size() - kHttpZone.size(), kHttpZone.size(), "+0000");
  return text;
}

std::string base64_lines(std::string_view text) {
  const std::string encoded = base64_encode(text);
  std::string lines;
  for (std::size_t at = 0; at < encoded.size(); at += kBase64LineBytes) {
    lines += encoded.substr(at, kBase64LineBytes) + "\r\n";
  }
  return lines;
}

}  // namespace

bool is_mail_address(std::string_view text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || text.size() > kMailAddressBytesMax) return false;
  const std::string_view local = text.substr(0, at);
  const auto labels = split(text.substr(at + 1), '.');
  return local.size() <= kLocalPartBytesMax && std::ranges::all_of(split(local, '.'), is_atom) &&
         labels.size() >= 2 && std::ranges::all_of(labels, is_label);
}

std::string to_text(const MailMessage& message) {
  const std::string domain = message.from.substr(message.from.rfind('@') + 1);
  std::string body;
  for (const char c : message.text) {
    if (c == '\n') body += '\r';
    body += c;
  }
  return "From: <" + message.from + ">\r\nTo: <" + message.to +
         ">\r\nSubject: " + plain_header(message.subject) + "\r\nDate: " + mail_date(message.at) +
         "\r\nMessage-ID: <" + message.id + "@" + domain +
         ">\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
         "Content-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n" +
         base64_lines(body);
}

}  // namespace curfew
