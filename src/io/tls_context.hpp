// io/tls_context.hpp: the TLS settings of our own sockets in one place (OpenSSL SSL_CTX), of both
// sides.
//
// TLS 1.2 with forward secret AEAD suites, and 1.3. No compression, no renegotiation, no early data
// (a replayed request must not reach a handler). Resumption by stateless tickets under keys that
// live as long as the context. ALPN: http/1.1. Idle connections give their record buffers back.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "io/http_server.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace curfew {

struct SslFree {
  void operator()(ssl_st* ssl) const;
};
using SslPtr = std::unique_ptr<ssl_st, SslFree>;

// Thread-safe once made.
using TlsContext = std::shared_ptr<ssl_ctx_st>;

// Whether peers are asked for a certificate of theirs. One that comes is proved to be theirs by the
// handshake, and neither its issuer nor its time nor its purpose is looked at; none need come. Such
// connections are never resumed, so that what was presented was presented just now.
enum class PeerCertificate { not_asked, asked };
inline constexpr std::size_t kPeerCertificatesBytesMax = 32UL * 1024;  // of a whole chain
inline constexpr std::size_t kPeerCertificatesMax = 6;

// invalid_argument: the PEM cannot be read, or the key is not the certificate's.
[[nodiscard]] Result<TlsContext> make_tls_context(
    const TlsIdentity& identity, PeerCertificate peers = PeerCertificate::not_asked);

// After the handshake: DER, the peer's own first; empty if it presented none.
[[nodiscard]] std::vector<std::string> peer_certificates(const ssl_st& ssl);

// The server's end of a handshake on the connected, non-blocking socket `fd`, which it does not
// own.
[[nodiscard]] Result<SslPtr> make_server_ssl(const TlsContext& context, int fd);

// For connections to others. Peers are verified against the authorities in the PEM file, or against
// the system's if `ca_file` is empty. Reads files, so it is made once. invalid_argument: the file
// cannot be read, or holds no certificate.
[[nodiscard]] Result<TlsContext> make_client_tls_context(const std::string& ca_file);

// The client's end, for a peer that must be `host`: a DNS name, which is sent as well (SNI), or a
// numeric address. ALPN offers http/1.1 alone. `fd` as above.
[[nodiscard]] Result<SslPtr> make_client_ssl(const TlsContext& context, int fd,
                                             const std::string& host);
// After a handshake that failed: why the peer's certificate is not believed; empty if that was not
// the reason.
[[nodiscard]] std::string certificate_problem(const ssl_st& ssl);

}  // namespace curfew
