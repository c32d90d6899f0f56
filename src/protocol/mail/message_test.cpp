#include "protocol/mail/message.hpp"

#include <doctest/doctest.h>

#include "base/text.hpp"

namespace curfew {
namespace {

TEST_CASE("an address is a dot-atom at a domain, and nothing that means more to a mail server") {
  for (const char* good : {"a@b.c", "john.doe@contoso.com", "j+d_'%@mail.contoso-x.co.uk"}) {
    CAPTURE(good);
    CHECK(is_mail_address(good));
  }
  for (const char* bad : {"",
                          "@",
                          "a@",
                          "@b.c",
                          "a@b",
                          "a b@c.d",
                          "a@b.c>",
                          "<a@b.c",
                          "a\r\nRCPT TO:<x@y.z>@b.c",
                          "\"a b\"@c.d",
                          "a@[127.0.0.1]",
                          ".a@b.c",
                          "a.@b.c",
                          "a..b@c.d",
                          "a@b..c",
                          "a@-b.c",
                          "a@b.c, d@e.f",
                          "a@b@c.d",
                          "\xC3\xA4@b.c",
                          "a@b.c."}) {
    CAPTURE(bad);
    CHECK_FALSE(is_mail_address(bad));
  }
  CHECK(is_mail_address(std::string(64, 'a') + "@b.c"));
  CHECK_FALSE(is_mail_address(std::string(65, 'a') + "@b.c"));
  CHECK_FALSE(is_mail_address("a@" + std::string(64, 'b') + ".c"));
}

TEST_CASE("a mail's text cannot become a header or an end of the mail") {
  MailMessage message;
  message.from = "curfew@contoso.com";
  message.to = "john@example.com";
  message.subject = "one\r\nBcc: other@example.com";
  message.text = "first\n.\nBcc: x\n\xC3\xA4";
  message.id = "id-1";
  message.at = parse_rfc3339("2026-11-29T17:05:09Z").value();
  const std::string text = to_text(message);
  CHECK(text.find("Subject: one??Bcc: other@example.com\r\n") != std::string::npos);
  CHECK(text.find("Date: Sun, 29 Nov 2026 17:05:09 +0000\r\n") != std::string::npos);
  CHECK(text.find("Message-ID: <id-1@contoso.com>\r\n") != std::string::npos);
  const std::size_t end = text.find("\r\n\r\n");
  REQUIRE(end != std::string::npos);
  std::string body = text.substr(end + 4);
  CHECK(body.find('.') == std::string::npos);
  std::erase(body, '\r');
  std::erase(body, '\n');
  CHECK(base64_decode(body) == "first\r\n.\r\nBcc: x\r\n\xC3\xA4");
  message.text = std::string(500, 'x');
  const std::string longer = to_text(message);
  for (const std::string_view line : split(longer, '\n')) CHECK(line.size() <= 78);
}

}  // namespace
}  // namespace curfew
