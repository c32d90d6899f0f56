// crypto/client_certificate.hpp: the certificates that others present in TLS: what one says, and
// whether it comes from an authority that is trusted.
//
// That the peer holds the certificate's key was proved in the handshake. Who it is nobody asked
// there, so what is read here is a stranger's word until it was compared with what is known, or
// its chain was checked.
//
// Pure; any thread. Limits: kCertificateBytesMax, kCertificateNamesMax. Spec: RFC 5280 4.2, RFC
// 8705 2.1 and 2.2, RFC 4514.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

struct x509_store_st;

namespace curfew {

inline constexpr std::size_t kCertificateBytesMax = 16UL * 1024;
inline constexpr std::size_t kCertificateNamesMax = 100;  // of one kind

struct ClientCertificate {
  TimePoint not_before{};
  TimePoint not_after{};
  // Its extensions, where it has them, let it sign (key usage) and prove a client (extended key
  // usage); and it is no authority's.
  bool is_for_clients = false;
  std::string subject_dn;  // RFC 4514; empty: none
  std::vector<std::string> san_dns;
  std::vector<std::string> san_uri;
  std::vector<std::string> san_ip;  // "192.0.2.1", "2001:db8::1"
  std::vector<std::string> san_email;
};

// `der`: one certificate and nothing after it. Names with other characters than visible ASCII are
// left out: nobody is known by them. invalid_argument if it is none, or is too large.
[[nodiscard]] Result<ClientCertificate> read_client_certificate(std::string_view der);

// The same address in the one spelling of `san_ip`; empty if it is none.
[[nodiscard]] std::string one_spelling_of_ip(std::string_view text);

class CertificateAuthorities {
 public:
  // invalid_argument if the PEM holds no certificate, or one that cannot be read.
  [[nodiscard]] static Result<CertificateAuthorities> read(std::string_view pem);

  // `chain`: DER, the client's own first. denied unless it leads to one of the authorities, for a
  // client, with every certificate in its time at `now`. Revocation lists are not asked.
  [[nodiscard]] Status check(const std::vector<std::string>& chain, TimePoint now) const;

 private:
  explicit CertificateAuthorities(std::shared_ptr<x509_store_st> store)
      : store_(std::move(store)) {}

  std::shared_ptr<x509_store_st> store_;  // not changed once made
};

}  // namespace curfew
