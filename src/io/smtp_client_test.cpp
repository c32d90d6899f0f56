#include "io/smtp_client.hpp"

#include <doctest/doctest.h>

#include "io/test_peer.hpp"

// That mail arrives, over TLS and with a password, is tested with a real mail server
// (tests/e2e/test_password_reset.py).

using namespace curfew;

namespace {

constexpr std::chrono::seconds kLong{testing::kTestTimeMax};

const SmtpMail kMail{"from@contoso.com", "to@example.com", "Subject: x\r\n\r\nx\r\n"};

SmtpServer nobody_there() {
  SmtpServer server;
  server.url = "smtp://127.0.0.1:1";
  return server;
}

TEST_CASE("a mail server is smtps or smtp, and its credentials are not in the address") {
  for (const char* good : {"smtps://mail.contoso.com", "smtp://mail.contoso.com:587",
                           "smtp://127.0.0.1:25", "smtps://[::1]:465"}) {
    CAPTURE(good);
    CHECK(check_smtp_url(good).ok());
  }
  for (const char* bad : {"", "mail.contoso.com:x", "http://mail.contoso.com", "file:///etc/passwd",
                          "smtp://user:secret@mail.contoso.com", "smtp://"}) {
    CAPTURE(bad);
    CHECK_FALSE(check_smtp_url(bad).ok());
  }
}

TEST_CASE("an address that would be another command to the server is not sent") {
  SmtpClient client{nobody_there()};
  for (const std::string& address :
       {std::string{}, std::string{"a b@example.com"}, std::string{"a@b.c>\r\nRCPT TO:<x@y.z"},
        std::string{"<a@b.c"}}) {
    CAPTURE(address);
    SmtpMail mail = kMail;
    mail.to = address;
    CHECK(client.send(mail, kLong).error().code() == ErrorCode::invalid_argument);
    mail = kMail;
    mail.from = address;
    CHECK(client.send(mail, kLong).error().code() == ErrorCode::invalid_argument);
  }
}

TEST_CASE("where nobody listens the mail may be tried later, and after a cancel nothing is sent") {
  SmtpClient client{nobody_there()};
  const Status refused = client.send(kMail, kLong);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().retry() == Retry::later);
  client.cancel();
  CHECK_FALSE(client.send(kMail, kLong).ok());
}

}  // namespace
