// io/http_server.hpp: HTTP/1.0 and 1.1 over TLS, loopback and Unix sockets, built for hostile
// peers.
//
// What a handler may rely on: the request is complete, unambiguous and within the limits; the
// handler runs on one I/O thread from its first line to its last, as long as whatever it awaits
// resumes on current_executor(); requests of one connection are handled one after the other.
//
// What a peer cannot do: hold a connection by being slow (each phase has a time limit), smuggle a
// second request (strict framing; a malformed request is answered with 400 and the connection
// ends), exhaust connections (beyond `connections_max` the one that has been idle longest is
// closed; one that was upgraded stays, so there is a smaller limit for those).
//
// Thread: start and stop from any thread but the I/O threads. Lifetime: the Runtime and everything
// that the handler refers to outlive the server and its requests in flight.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/task.hpp"
#include "io/http_types.hpp"
#include "io/runtime.hpp"

namespace curfew {

struct TlsListener {
  std::string address;     // numeric: "0.0.0.0", "::", "127.0.0.1"
  std::uint16_t port = 0;  // 0: the kernel chooses, see HttpServer::bound
  // Peers are asked for a certificate of theirs, and may come without: HttpPeer::certificates.
  bool asks_for_certificate = false;
};
// Plain HTTP; refused for an address that is not loopback.
struct PlainListener {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
};
// Mode 0600 from the first moment on. A socket file that nobody listens on is replaced.
struct UnixListener {
  std::string path;
};
using HttpListener = std::variant<TlsListener, PlainListener, UnixListener>;

struct TlsIdentity {
  std::string certificate_chain_pem;  // leaf first
  Secret private_key_pem;
};

struct HttpLimits {
  std::size_t header_bytes_max = limits::kHttpHeaderBytesMax;
  std::size_t body_bytes_max = limits::kHttpBodyBytesMax;
  std::size_t connections_max = limits::kHttpConnectionsMax;
  // Of these, connections that have become something else than HTTP; never more than half of what
  // may be open, divided among the I/O threads and rounded up, and one on each at least.
  std::size_t upgrades_max = limits::kHttpUpgradesMax;
  Duration handshake_time_max = limits::kTlsHandshakeTimeMax;
  Duration header_time_max = limits::kHttpHeaderTimeMax;
  Duration body_time_max = limits::kHttpBodyTimeMax;
  Duration write_time_max = limits::kHttpWriteTimeMax;
  Duration idle_time_max = limits::kHttpIdleTimeMax;
};

struct HttpServerOptions {
  std::vector<HttpListener> listeners;
  TlsIdentity tls;  // needed if there is a TlsListener
  HttpLimits limits;
  // Plain listeners stand behind a proxy that says in X-Forwarded-For whom it serves
  // (io/forwarded_for.hpp); what comes there without is answered with 400. Other listeners never
  // look at the header.
  bool forwarded_for = false;
};

// Called once per request, on the connection's I/O thread.
using HttpHandler = std::function<Task<HttpResponse>(HttpRequest)>;

// Where a listener really is, in the order of the options.
struct BoundListener {
  std::string address;     // or the path of the Unix socket
  std::uint16_t port = 0;  // 0 for a Unix socket
};

// Counters since start; for metrics.
struct HttpServerStats {
  std::uint64_t connections_open = 0;
  std::uint64_t connections_upgraded = 0;  // open now, of connections_open
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_evicted = 0;  // idle ones closed, and new ones refused, at the limit
  std::uint64_t requests = 0;             // that reached the handler
  std::uint64_t requests_rejected = 0;    // malformed, too large, too slow
};

class HttpServer {
 public:
  // Binds every listener and starts to serve. Errors: invalid_argument (an address, certificate or
  // key that cannot be used, a plain listener off loopback), conflict (the address is in use; the
  // message names it), unavailable (the system refuses).
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> start(Runtime& runtime,
                                                                 HttpServerOptions options,
                                                                 HttpHandler handler);
  // stop() with no time to drain, if it was not called before.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] const std::vector<BoundListener>& bound() const;
  [[nodiscard]] HttpServerStats stats() const;

  // Connections from now on get the new certificate; open ones keep theirs. Error:
  // invalid_argument.
  Status replace_tls(const TlsIdentity& identity);

  // Stops accepting, closes idle connections, lets requests in flight finish for up to
  // `drain_time`, then closes what is left. Streams end after the piece in hand; upgraded
  // connections are told to close, and have the same time for it. Returns false if something had
  // to be cut. A handler that is still running then goes on and its response is dropped.
  bool stop(Duration drain_time);

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace curfew
