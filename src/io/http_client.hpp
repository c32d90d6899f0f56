// io/http_client.hpp: blocking HTTP calls for command line tools, over TLS or a Unix socket
// (libcurl).
//
// Safe by default: only https, or http where it cannot leave the machine (a Unix socket, a loopback
// address); certificate and host name are verified; redirects are not followed; every call has a
// deadline and a size limit. Connections are kept and reused by later calls of the same client.
//
// Thread: one at a time per client; it blocks, so never on an I/O thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "io/address_network.hpp"
#include "io/http_types.hpp"

namespace curfew {

// An answer that is kept in memory; streams are limited by piece only.
inline constexpr std::size_t kHttpAnswerBytesMax = 64UL * 1024 * 1024;

struct HttpCall {
  HttpMethod method = HttpMethod::get;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  Secret bearer;  // if not empty: sent as "Authorization: Bearer ..." (RFC 6750 2.1)
  std::string body;
  std::string ca_file;            // PEM; empty: the system's authorities
  std::string unix_socket_path;   // if not empty: connect there; the URL's host goes into Host only
  bool follow_redirects = false;  // at most 5, never to another scheme than https, without `bearer`
                                  // on another host
  std::size_t answer_bytes_max = kHttpAnswerBytesMax;
  // For addresses that somebody else chose: whatever the name resolves to, no connection is made
  // but to an address of the public internet (io/public_address.hpp), and through no proxy.
  bool public_addresses_only = false;
  std::vector<AddressNetwork> networks;  // those of these as well
};

struct HttpAnswer {
  int status = 0;
  HttpHeaders headers;
  std::string body;  // empty after a streamed call
};

class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Any status is an answer. Errors: timeout / later, unavailable / later (cannot resolve, connect
  // or finish), denied / after_human (the certificate is not trusted), protocol (the peer breaks
  // HTTP), exhausted (longer than answer_bytes_max), invalid_argument (URL or header of ours).
  [[nodiscard]] Result<HttpAnswer> send(const HttpCall& call, Duration deadline);

  // The same for an answer without end (Server-Sent Events): `on_piece` gets the body as it comes
  // and returns false to end the call, which is then a success. With a status other than 200 the
  // body is collected into the answer instead. Timeout: no byte for `silence_max`.
  [[nodiscard]] Result<HttpAnswer> stream(const HttpCall& call, Duration silence_max,
                                          std::function<bool(std::string_view)> on_piece);

  // Whether anything of the last call's request went out: if it failed, the peer may have got it.
  [[nodiscard]] bool has_sent() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace curfew
