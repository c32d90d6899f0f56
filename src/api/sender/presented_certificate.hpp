// api/sender/presented_certificate.hpp: the TLS client certificate that a request came with (RFC
// 8705), and whether it is one that a client is known by.
//
// Believed is the connection alone: no header says anything about a certificate here.
#pragma once

#include <string>

#include "crypto/client_certificate.hpp"
#include "io/http_types.hpp"
#include "model/application.hpp"

namespace curfew {

[[nodiscard]] bool has_certificate(const HttpPeer& peer);

// "x5t#S256" of the peer's own certificate: base64url of the SHA-256 of its DER; empty without one.
[[nodiscard]] std::string x5t_s256_of(const HttpPeer& peer);

// The certificate has the name that the row stands for (RFC 8705 2.1.2): a DNS name in any case, an
// address in any spelling, everything else byte for byte. False for a row that is a key.
[[nodiscard]] bool has_name(const ClientCertificate& certificate, const ClientKey& row);

}  // namespace curfew
