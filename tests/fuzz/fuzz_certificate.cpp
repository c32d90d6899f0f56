// tests/fuzz/fuzz_certificate.cpp: certificates that strangers present in TLS, and PEM files of
// authorities.
//
// Covers: crypto/client_certificate.cpp
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/sender/presented_certificate.hpp"
#include "base/check.hpp"
#include "crypto/client_certificate.hpp"
#include "crypto/x509.hpp"

using namespace curfew;

namespace {

const TimePoint kNow = from_unix_seconds(1'790'000'000);

// An authority whose key nobody has: nothing of the input comes from it.
const CertificateAuthorities& authorities() {
  static const CertificateAuthorities made = [] {
    const CertifiedKey authority = make_development_ca("fuzz", kNow).value();
    return CertificateAuthorities::read(authority.certificate_pem).value();
  }();
  return made;
}

void check_names(const std::vector<std::string>& names) {
  CURFEW_CHECK(names.size() <= kCertificateNamesMax);
  for (const std::string& name : names) {
    CURFEW_CHECK(!name.empty());
    for (const char c : name) CURFEW_CHECK(c > 0x20 && c < 0x7F);
  }
}

void check_certificate(const std::string& der) {
  CURFEW_CHECK(!authorities().check({der}, kNow).ok());
  CURFEW_CHECK(!authorities().check({der, der}, kNow).ok());
  const auto read = read_client_certificate(der);
  if (!read.ok()) return;
  CURFEW_CHECK(der.size() <= kCertificateBytesMax);
  check_names(read->san_dns);
  check_names(read->san_uri);
  check_names(read->san_email);
  check_names(read->san_ip);
  for (const std::string& address : read->san_ip) {
    CURFEW_CHECK(one_spelling_of_ip(address) == address);
  }
  CURFEW_CHECK(!read_client_certificate(der + "x").ok());
  ClientKey row;
  row.name_kind = CertificateName::subject_dn;
  CURFEW_CHECK(!has_name(*read, row));  // no name is nobody's
  row.name = read->subject_dn;
  CURFEW_CHECK(has_name(*read, row) == !row.name.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(data), size};
  check_certificate(text);
  static_cast<void>(CertificateAuthorities::read(text));
  static_cast<void>(one_spelling_of_ip(text));
  return 0;
}
