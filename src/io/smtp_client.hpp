// io/smtp_client.hpp: hands one mail to a mail server (RFC 5321), over TLS (libcurl).
//
// Safe by default: smtps, or smtp with STARTTLS demanded; without TLS only where the bytes cannot
// leave the machine. Certificate and host name are verified, and every call has a deadline.
//
// Thread: one send() at a time; it blocks, so never on an I/O thread. cancel() from any thread.
#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"

namespace curfew {

struct SmtpServer {
  std::string url;       // "smtps://mail.contoso.com", "smtp://mail.contoso.com:587"
  std::string username;  // empty: the server asks for none
  Secret password;
  std::string ca_file;  // PEM; empty: the system's authorities. Given: TLS on loopback as well
};

// invalid_argument unless it is smtps:// or smtp:// with a host and without credentials.
[[nodiscard]] Status check_smtp_url(const std::string& url);

struct SmtpMail {
  std::string from;  // addresses without brackets, printable ASCII without spaces
  std::string to;
  std::string message;  // RFC 5322, lines end with CRLF
};

class SmtpClient {
 public:
  explicit SmtpClient(SmtpServer server);
  ~SmtpClient();
  SmtpClient(const SmtpClient&) = delete;
  SmtpClient& operator=(const SmtpClient&) = delete;

  // Done: the server has taken the mail over. An error says that it did not, or that nobody knows:
  // trying again may deliver it twice. Errors: those of curl_error(); denied / never where the
  // server refuses this mail for good (5xx).
  [[nodiscard]] Status send(const SmtpMail& mail, Duration deadline);

  // What is being sent ends within about a second, and nothing is sent any more.
  void cancel();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace curfew
