#include "api/sender/presented_certificate.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"

namespace curfew {

namespace {

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

}  // namespace

bool has_certificate(const HttpPeer& peer) {
  return peer.certificates && !peer.certificates->empty();
}

std::string x5t_s256_of(const HttpPeer& peer) {
  return has_certificate(peer) ? sha256_base64url(peer.certificates->front()) : std::string{};
}

bool has_name(const ClientCertificate& certificate, const ClientKey& row) {
  if (row.name.empty()) return false;
  switch (row.name_kind) {
    case CertificateName::none: return false;
    case CertificateName::subject_dn: return certificate.subject_dn == row.name;
    case CertificateName::san_dns:
      return std::ranges::any_of(certificate.san_dns, [&](const std::string& name) {
        return ascii_iequals(name, row.name);
      });
    case CertificateName::san_uri: return holds(certificate.san_uri, row.name);
    case CertificateName::san_ip: return holds(certificate.san_ip, one_spelling_of_ip(row.name));
    case CertificateName::san_email: return holds(certificate.san_email, row.name);
  }
  CURFEW_CHECK(false);
}

}  // namespace curfew
