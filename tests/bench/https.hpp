// tests/bench/https.hpp: one keep-alive HTTPS connection of the load generator.
//
// Has at most one request in flight. Blocking while it connects, non-blocking after.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace curfew::bench {

struct FreeSslContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsClient = std::unique_ptr<SSL_CTX, FreeSslContext>;

// A client that trusts only the authority in `ca_file`.
[[nodiscard]] Result<TlsClient> make_tls_client(const std::string& ca_file);

// Good until the connection's next send().
struct Answer {
  int status = 0;
  std::string_view head;
  std::string_view body;

  // The value of a header field; empty if there is none. `name` in lower case.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

class HttpsConnection {
 public:
  // To 127.0.0.1, where the certificate must be for "localhost".
  [[nodiscard]] static Result<HttpsConnection> open(SSL_CTX* context, std::uint16_t port);

  [[nodiscard]] int fd() const { return *fd_; }
  [[nodiscard]] Status send(std::string_view request);
  // Takes what has arrived; the answer once it is whole.
  [[nodiscard]] Result<std::optional<Answer>> receive();

 private:
  struct CloseFd {
    void operator()(const int* fd) const;
  };
  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  HttpsConnection() = default;
  [[nodiscard]] std::optional<Answer> whole_answer() const;

  std::unique_ptr<int, CloseFd> fd_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  std::string received_;
};

// The text of a POST with a form, and of the others.
struct RequestText {
  std::string_view method = "POST";
  std::string_view target;
  std::string_view content_type = "application/x-www-form-urlencoded";
  std::string_view more_headers = {};  // whole lines, each with its CR LF
  std::string_view body = {};
};
[[nodiscard]] std::string request_text(const RequestText& parts);

}  // namespace curfew::bench
