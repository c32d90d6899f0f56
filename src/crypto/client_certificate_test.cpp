#include "crypto/client_certificate.hpp"

#include <doctest/doctest.h>

#include "crypto/test_certificate.hpp"

namespace curfew {
namespace {

using namespace std::chrono_literals;
using test::CertificateWish;
using test::TestCertificate;
using Strings = std::vector<std::string>;

const TimePoint kNow = from_unix_seconds(1'790'000'000);

bool is_for_clients(const TestCertificate& certificate) {
  return read_client_certificate(certificate.der())->is_for_clients;
}

TEST_CASE("5.15: a certificate's names and times are read") {
  const TestCertificate made{
      {.now = kNow,
       .common_name = "batch",
       .names = "DNS:Batch.test,URI:urn:app:1,IP:192.0.2.1,IP:2001:db8::1,email:ops@contoso.test"}};
  const auto read = read_client_certificate(made.der());
  REQUIRE(read.ok());
  CHECK(read->not_before == kNow - 1h);
  CHECK(read->not_after == kNow + 24h);
  CHECK(read->subject_dn == "CN=batch,O=Contoso");
  CHECK(read->san_dns == Strings{"Batch.test"});
  CHECK(read->san_uri == Strings{"urn:app:1"});
  CHECK(read->san_ip == Strings{"192.0.2.1", "2001:db8::1"});
  CHECK(read->san_email == Strings{"ops@contoso.test"});
}

TEST_CASE("5.15: only a certificate for clients, or for no purpose that it names, proves one") {
  CHECK(is_for_clients(TestCertificate{{.now = kNow}}));
  CHECK(is_for_clients(TestCertificate{{.now = kNow, .purpose = ""}}));
  CHECK(is_for_clients(TestCertificate{{.now = kNow, .purpose = "serverAuth,clientAuth"}}));
  CHECK(!is_for_clients(TestCertificate{{.now = kNow, .purpose = "serverAuth"}}));
  CHECK(!is_for_clients(TestCertificate{{.now = kNow, .is_authority = true}}));
}

TEST_CASE("5.15: what is no certificate, or more than one, is refused") {
  const std::string der = TestCertificate{{.now = kNow}}.der();
  CHECK(read_client_certificate(der).ok());
  for (const std::string& text :
       {std::string{}, std::string{"x"}, der + der, der.substr(0, der.size() - 1), der + "x",
        std::string(kCertificateBytesMax + 1, '0')}) {
    CHECK(!read_client_certificate(text).ok());
  }
}

TEST_CASE("5.15: a chain is trusted from an authority of ours, for clients, in its time") {
  const TestCertificate ours{
      {.now = kNow, .common_name = "ca", .purpose = "", .is_authority = true}};
  const TestCertificate theirs{
      {.now = kNow, .common_name = "ca", .purpose = "", .is_authority = true}};
  const auto authorities = CertificateAuthorities::read(ours.pem());
  REQUIRE(authorities.ok());
  const auto trusts = [&](const CertificateWish& wish, TimePoint at) {
    return authorities->check({TestCertificate{wish}.der()}, at).ok();
  };
  CHECK(trusts({.now = kNow, .issuer = &ours}, kNow));
  CHECK(!trusts({.now = kNow, .issuer = &theirs}, kNow));
  CHECK(!trusts({.now = kNow}, kNow));
  CHECK(!trusts({.now = kNow, .purpose = "serverAuth", .issuer = &ours}, kNow));
  CHECK(!trusts({.now = kNow, .issuer = &ours}, kNow + 25h));
  CHECK(!trusts({.now = kNow, .issuer = &ours}, kNow - 2h));
  CHECK(!authorities->check({}, kNow).ok());
  CHECK(!authorities->check({"x"}, kNow).ok());
  CHECK(!authorities->check({ours.der(), "x"}, kNow).ok());
}

TEST_CASE("5.15: a chain may come with what lies between, which nobody believes by itself") {
  const TestCertificate root{
      {.now = kNow, .common_name = "r", .purpose = "", .is_authority = true}};
  const TestCertificate between{
      {.now = kNow, .common_name = "m", .purpose = "", .is_authority = true, .issuer = &root}};
  const TestCertificate leaf{{.now = kNow, .issuer = &between}};
  const auto authorities = CertificateAuthorities::read(root.pem());
  REQUIRE(authorities.ok());
  CHECK(authorities->check({leaf.der(), between.der()}, kNow).ok());
  CHECK(!authorities->check({leaf.der()}, kNow).ok());
  const auto others = CertificateAuthorities::read(TestCertificate{{.now = kNow}}.pem());
  CHECK(!others->check({leaf.der(), between.der(), root.der()}, kNow).ok());
}

TEST_CASE("authorities are refused where there is none, and where one cannot be read") {
  CHECK(!CertificateAuthorities::read("").ok());
  CHECK(!CertificateAuthorities::read("no PEM").ok());
  const std::string pem = TestCertificate{{.now = kNow}}.pem();
  CHECK(CertificateAuthorities::read(pem + pem).ok());
  CHECK(!CertificateAuthorities::read(
             pem + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
             .ok());
}

TEST_CASE("an address has one spelling") {
  CHECK(one_spelling_of_ip("2001:0db8:0:0::1") == "2001:db8::1");
  CHECK(one_spelling_of_ip("192.0.2.1") == "192.0.2.1");
  CHECK(one_spelling_of_ip("192.0.2").empty());
  CHECK(one_spelling_of_ip(std::string{"192.0.2.1\0", 10}).empty());
}

}  // namespace
}  // namespace curfew
