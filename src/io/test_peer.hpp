// io/test_peer.hpp: for tests only: a raw client on a real socket, and a certificate made on the
// spot.
//
// Every blocking call gives up after kTestTimeMax, so that a broken server fails a test instead of
// hanging it. The limit is far above what any passing test needs and decides no outcome.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "io/http_server.hpp"
#include "io/unique_fd.hpp"

namespace curfew::testing {

inline constexpr time_t kTestTimeMax = 30;

// A self-signed P-256 certificate for localhost and 127.0.0.1.
inline TlsIdentity make_identity() {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"), EVP_PKEY_free};
  const std::unique_ptr<X509, decltype(&X509_free)> certificate{X509_new(), X509_free};
  X509* x = certificate.get();
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  X509_gmtime_adj(X509_getm_notBefore(x), -3600);
  X509_gmtime_adj(X509_getm_notAfter(x), 24L * 3600);
  X509_set_pubkey(x, key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(x, X509_get_subject_name(x));
  for (const auto& [nid, value] : {std::pair{NID_basic_constraints, "critical,CA:TRUE"},
                                   std::pair{NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1"}}) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
    X509_add_ext(x, extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(x, key.get(), EVP_sha256());
  const auto pem = [](auto write) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio{BIO_new(BIO_s_mem()), BIO_free};
    write(bio.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return std::string(data, static_cast<std::size_t>(size));
  };
  return {.certificate_chain_pem = pem([x](BIO* bio) { PEM_write_bio_X509(bio, x); }),
          .private_key_pem = Secret{pem([&key](BIO* bio) {
            PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })}};
}

struct RawResponse {
  int status = 0;
  std::string head;
  std::string body;

  [[nodiscard]] bool has(std::string_view line) const {
    return head.find("\r\n" + std::string{line} + "\r\n") != std::string::npos;
  }
};

// A blocking connection that sends exactly the given bytes.
class RawClient {
 public:
  static RawClient tcp(std::uint16_t port, int receive_buffer = 0) {
    UniqueFd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (receive_buffer > 0) {
      ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool connected =
        ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    return RawClient{std::move(fd), connected};
  }
  static RawClient unix_socket(const std::string& path) {
    UniqueFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    const bool connected =
        ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    return RawClient{std::move(fd), connected};
  }

  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] int fd() const { return fd_.get(); }

  // False if the handshake fails. `context` outlives the client.
  bool start_tls(SSL_CTX* context, SSL_SESSION* session = nullptr) {
    ssl_.reset(SSL_new(context));
    if (session != nullptr) SSL_set_session(ssl_.get(), session);
    SSL_set_fd(ssl_.get(), fd_.get());
    return SSL_connect(ssl_.get()) == 1;
  }
  [[nodiscard]] SSL* ssl() const { return ssl_.get(); }

  // False if the connection is lost.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ssl_
                               ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                               : ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // The next response; status 0 if the connection ends before its head does.
  RawResponse response(bool is_head = false) {
    RawResponse result;
    const std::size_t end = need("\r\n\r\n");
    if (end == std::string::npos) return result;
    result.head = take(end + 4);
    result.status = std::atoi(result.head.c_str() + 9);
    if (is_head || result.status < 200 || result.status == 204) return result;
    const std::size_t length = result.head.find("Content-Length: ");
    if (length != std::string::npos) {
      const auto size = static_cast<std::size_t>(std::atol(result.head.c_str() + length + 16));
      result.body = exactly(size);
      return result;
    }
    for (std::string piece = chunk(); !piece.empty(); piece = chunk()) result.body += piece;
    return result;
  }

  // The head of a streamed response, whose pieces chunk() then returns.
  std::string head() {
    const std::size_t end = need("\r\n\r\n");
    return end == std::string::npos ? std::string{} : take(end + 4);
  }
  // The next chunk; empty after the last one, or if the connection ends.
  std::string chunk() {
    const std::size_t line = need("\r\n");
    if (line == std::string::npos) return {};
    const auto size = static_cast<std::size_t>(std::strtoul(received_.c_str(), nullptr, 16));
    const std::string whole = exactly(line + 2 + size + 2);
    return whole.size() < line + 2 ? std::string{} : whole.substr(line + 2, size);
  }

  // Everything until the server ends the connection. ended() is then true if it did so in an
  // orderly way, false if it reset the connection or did nothing.
  std::string read_to_end() {
    while (more()) {
    }
    return take(received_.size());
  }
  [[nodiscard]] bool ended() const { return ended_; }

  // So many bytes; fewer if the connection ends.
  std::string exactly(std::size_t size) {
    while (received_.size() < size && more()) {
    }
    return take(size);
  }

  void finish_sending() { ::shutdown(fd_.get(), SHUT_WR); }

 private:
  struct SslFree {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  RawClient(UniqueFd fd, bool connected) : fd_(std::move(fd)), connected_(connected) {
    const timeval limit{.tv_sec = kTestTimeMax, .tv_usec = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }

  bool more() {
    std::array<char, 16384> buffer{};
    const ssize_t size = ssl_ ? SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()))
                              : ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (size <= 0) {
      ended_ = size == 0;
      return false;
    }
    received_.append(buffer.data(), static_cast<std::size_t>(size));
    return true;
  }
  std::size_t need(std::string_view mark) {
    std::size_t at = received_.find(mark);
    while (at == std::string::npos && more()) at = received_.find(mark);
    return at;
  }
  std::string take(std::size_t size) {
    std::string front = received_.substr(0, size);
    received_.erase(0, size);
    return front;
  }

  UniqueFd fd_;
  bool connected_ = false;
  bool ended_ = false;
  std::unique_ptr<SSL, SslFree> ssl_;
  std::string received_;
};

// A directory of its own that goes with its content.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = "/tmp/curfew-io-test-XXXXXX";
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    const std::string command = "rm -rf '" + path_ + "'";
    [[maybe_unused]] const int outcome = std::system(command.c_str());
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] std::string path(std::string_view name) const {
    return path_ + "/" + std::string{name};
  }

 private:
  std::string path_;
};

}  // namespace curfew::testing
