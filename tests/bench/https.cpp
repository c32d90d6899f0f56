#include "tests/bench/https.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <utility>

#include "base/text.hpp"

namespace curfew::bench {

namespace {

constexpr int kWriteWaitMillis = 10'000;

Error failed(std::string message) {
  return Error::permanent(ErrorCode::protocol, std::move(message));
}

Result<int> connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed("no socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return failed("no connection to port " + std::to_string(port));
}

std::size_t number_in(std::string_view text) {
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Result<TlsClient> make_tls_client(const std::string& ca_file) {
  TlsClient context{SSL_CTX_new(TLS_client_method())};
  if (!context || SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr) != 1) {
    return failed("no TLS client with the authority in " + ca_file);
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  return context;
}

std::string_view Answer::header(std::string_view name) const {
  for (std::string_view line : split(head, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !ascii_iequals(line.substr(0, colon), name)) continue;
    std::string_view value = trim_ascii(line.substr(colon + 1));
    if (value.ends_with('\r')) value.remove_suffix(1);
    return value;
  }
  return {};
}

void HttpsConnection::CloseFd::operator()(const int* fd) const {
  ::close(*fd);
  delete fd;
}

Result<HttpsConnection> HttpsConnection::open(SSL_CTX* context, std::uint16_t port) {
  CURFEW_TRY(const int fd, connect_to(port));
  HttpsConnection connection;
  connection.fd_.reset(new int{fd});
  connection.ssl_.reset(SSL_new(context));
  SSL* const ssl = connection.ssl_.get();
  if (SSL_set1_host(ssl, "localhost") != 1 || SSL_set_tlsext_host_name(ssl, "localhost") != 1 ||
      SSL_set_fd(ssl, fd) != 1 || SSL_connect(ssl) != 1) {
    return failed("no TLS connection to port " + std::to_string(port));
  }
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  return connection;
}

Status HttpsConnection::send(std::string_view request) {
  received_.clear();
  while (!request.empty()) {
    std::size_t written = 0;
    if (SSL_write_ex(ssl_.get(), request.data(), request.size(), &written) == 1) {
      request.remove_prefix(written);
      continue;
    }
    const int why = SSL_get_error(ssl_.get(), 0);
    pollfd waiting{*fd_, POLLOUT, 0};
    if (why != SSL_ERROR_WANT_WRITE || ::poll(&waiting, 1, kWriteWaitMillis) != 1) {
      return failed("the server does not take a request");
    }
  }
  return Done{};
}

Result<std::optional<Answer>> HttpsConnection::receive() {
  std::array<char, 16384> piece;  // NOLINT(*-member-init): written before it is read
  for (;;) {
    std::size_t size = 0;
    if (SSL_read_ex(ssl_.get(), piece.data(), piece.size(), &size) != 1) break;
    received_.append(piece.data(), size);
  }
  const int why = SSL_get_error(ssl_.get(), 0);
  if (why != SSL_ERROR_WANT_READ) return failed("the server closed a connection");
  return whole_answer();
}

std::optional<Answer> HttpsConnection::whole_answer() const {
  const std::string_view all = received_;
  const std::size_t end = all.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  Answer answer;
  answer.head = all.substr(0, end + 2);
  answer.status = static_cast<int>(number_in(all.substr(9, 3)));
  const std::size_t size = number_in(answer.header("content-length"));
  if (all.size() < end + 4 + size) return std::nullopt;
  answer.body = all.substr(end + 4, size);
  return answer;
}

std::string request_text(const RequestText& parts) {
  std::string text;
  text.reserve(parts.body.size() + parts.target.size() + parts.more_headers.size() + 200);
  text.append(parts.method).append(" ").append(parts.target).append(" HTTP/1.1\r\n");
  text.append("Host: localhost\r\n").append(parts.more_headers);
  if (!parts.body.empty()) {
    text.append("Content-Type: ").append(parts.content_type).append("\r\n");
    text.append("Content-Length: ").append(std::to_string(parts.body.size())).append("\r\n");
  }
  return text.append("\r\n").append(parts.body);
}

}  // namespace curfew::bench
