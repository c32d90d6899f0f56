// crypto/x509.hpp: a certificate authority for development and tests, its server certificates, and
// what a certificate says of its key.
//
// Accepted by curl, Node and Chromium once the authority is trusted: P-256, subject alternative
// names, serverAuth, at most 397 days. Production certificates come from the operator.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "crypto/verify_key.hpp"

namespace curfew {

struct CertifiedKey {
  std::string certificate_pem;  // one certificate, or a leaf followed by its issuer
  Secret private_key_pem;       // PKCS #8
};

// A new authority, valid for ten years from an hour before `now`.
[[nodiscard]] Result<CertifiedKey> make_development_ca(std::string_view common_name, TimePoint now);

// A server certificate for `names` (DNS names, IPv4 or IPv6 addresses, in order; the first is the
// common name), valid for 397 days from an hour before `now`, never longer than the authority.
// certificate_pem holds the leaf, then the authority. Error: invalid_argument for no or bad names,
// corrupted for a bad authority.
[[nodiscard]] Result<CertifiedKey> issue_server_certificate(const CertifiedKey& authority,
                                                            const std::vector<std::string>& names,
                                                            TimePoint now);

// When the first certificate in `pem` ends. Error: invalid_argument if there is none.
[[nodiscard]] Result<TimePoint> certificate_not_after(std::string_view pem);

// What somebody registers who has a certificate: its key, and the names that signatures call it by.
struct CertificateKey {
  VerifyKey key;
  std::string sha1;    // 20 bytes of the DER encoding's digest: JOSE's x5t. A name, not a proof
  std::string sha256;  // 32 bytes: x5t#S256
  TimePoint not_after{};
};
// Of the first certificate in `pem`; who issued it is not asked. Error: invalid_argument if there
// is none, or its key is not fit for use (crypto/verify_key.hpp).
[[nodiscard]] Result<CertificateKey> read_certificate_key(std::string_view pem);

}  // namespace curfew
