#include "crypto/x509.hpp"

#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "crypto/openssl.hpp"

namespace curfew {

namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;
using StorePtr = OpensslPtr<X509_STORE, X509_STORE_free>;
using StoreCtxPtr = OpensslPtr<X509_STORE_CTX, X509_STORE_CTX_free>;

const TimePoint kNow = from_unix_seconds(1'790'000'000);

X509Ptr first_certificate(std::string_view pem) {
  const BioPtr memory{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  return X509Ptr{PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)};
}

// What a TLS client asks of a certificate: chain, purpose, time, and one of its names.
bool accepts(const CertifiedKey& authority, const CertifiedKey& server, TimePoint at,
             const std::string& host, const std::string& address = {}) {
  const StorePtr store{X509_STORE_new()};
  const X509Ptr ca = first_certificate(authority.certificate_pem);
  const X509Ptr leaf = first_certificate(server.certificate_pem);
  X509_STORE_add_cert(store.get(), ca.get());
  const StoreCtxPtr context{X509_STORE_CTX_new()};
  X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr);
  X509_VERIFY_PARAM* const param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
  X509_VERIFY_PARAM_set_time(param, to_unix_seconds(at));
  if (!host.empty()) X509_VERIFY_PARAM_set1_host(param, host.c_str(), host.size());
  if (!address.empty()) X509_VERIFY_PARAM_set1_ip_asc(param, address.c_str());
  return X509_verify_cert(context.get()) == 1;
}

const CertifiedKey& authority() {
  static const CertifiedKey ca = make_development_ca("Curfew development", kNow).value();
  return ca;
}

CertifiedKey server(const Strings& names) {
  return issue_server_certificate(authority(), names, kNow).value();
}

}  // namespace

TEST_CASE("a strict client accepts the certificate under each of its names and under no other") {
  const CertifiedKey cert = server({"localhost", "login.test", "*.apps.test", "127.0.0.1", "::1"});
  CHECK(accepts(authority(), cert, kNow, "localhost"));
  CHECK(accepts(authority(), cert, kNow, "login.test"));
  CHECK(accepts(authority(), cert, kNow, "a.apps.test"));
  CHECK(accepts(authority(), cert, kNow, "", "127.0.0.1"));
  CHECK(accepts(authority(), cert, kNow, "", "::1"));
  CHECK_FALSE(accepts(authority(), cert, kNow, "evil.test"));
  CHECK_FALSE(accepts(authority(), cert, kNow, "", "127.0.0.2"));
  CHECK_FALSE(accepts(authority(), cert, kNow, "127.0.0.1"));
}

TEST_CASE("another authority of the same name does not vouch for it") {
  const CertifiedKey other = make_development_ca("Curfew development", kNow).value();
  CHECK_FALSE(accepts(other, server({"localhost"}), kNow, "localhost"));
}

TEST_CASE("a server certificate cannot issue certificates") {
  const CertifiedKey leaf = server({"localhost"});
  const CertifiedKey child = issue_server_certificate(leaf, {"localhost"}, kNow).value();
  CHECK_FALSE(accepts(leaf, child, kNow, "localhost"));
}

TEST_CASE("a leaf lives 397 days, from an hour ago, and never longer than its authority") {
  const CertifiedKey cert = server({"localhost"});
  const TimePoint end = certificate_not_after(cert.certificate_pem).value();
  CHECK(end == kNow - 1h + 24h * 397);
  CHECK(accepts(authority(), cert, kNow - 59min, "localhost"));
  CHECK_FALSE(accepts(authority(), cert, kNow - 61min, "localhost"));
  CHECK(accepts(authority(), cert, end - 1s, "localhost"));
  CHECK_FALSE(accepts(authority(), cert, end + 1s, "localhost"));
  const TimePoint ca_end = certificate_not_after(authority().certificate_pem).value();
  const CertifiedKey late =
      issue_server_certificate(authority(), {"localhost"}, ca_end - 24h).value();
  CHECK(certificate_not_after(late.certificate_pem).value() == ca_end);
  CHECK_FALSE(issue_server_certificate(authority(), {"localhost"}, ca_end).ok());
}

TEST_CASE("the chain holds the leaf and its issuer, and the keys are its own") {
  const CertifiedKey cert = server({"localhost"});
  CHECK(cert.certificate_pem.ends_with(authority().certificate_pem));
  CHECK_FALSE(issue_server_certificate({authority().certificate_pem, cert.private_key_pem},
                                       {"localhost"}, kNow)
                  .ok());
  CHECK(cert.private_key_pem.reveal().starts_with("-----BEGIN PRIVATE KEY-----"));
}

TEST_CASE("names that are no DNS names or addresses are refused") {
  for (const std::string& name : Strings{"",
                                         " ",
                                         "a b",
                                         "a,DNS:evil.test",
                                         "-a.test",
                                         "a-.test",
                                         "a..b",
                                         ".a",
                                         "a.",
                                         "*",
                                         "*.*.a",
                                         "a.*.b",
                                         "a_b.test",
                                         "http://a.test",
                                         "a.test:443",
                                         "caf\xc3\xa9.test",
                                         std::string{"a.test\0.evil.test", 17},
                                         std::string{"127.0.0.1\0.test", 15},
                                         std::string(64, 'a'),
                                         std::string(300, 'a')}) {
    CAPTURE(name);
    CHECK(issue_server_certificate(authority(), {"localhost", name}, kNow).error().code() ==
          ErrorCode::invalid_argument);
  }
  for (const Strings& names : {Strings{}, Strings{""}, Strings(101, "a.test")}) {
    CHECK(issue_server_certificate(authority(), names, kNow).error().code() ==
          ErrorCode::invalid_argument);
  }
}

TEST_CASE("text that holds no certificate is refused") {
  CHECK_FALSE(certificate_not_after("").ok());
  CHECK_FALSE(certificate_not_after("-----BEGIN CERTIFICATE-----").ok());
  CHECK_FALSE(issue_server_certificate({"", Secret{}}, {"localhost"}, kNow).ok());
  CHECK_FALSE(make_development_ca("", kNow).ok());
}

TEST_CASE("a certificate says its key, its names for JOSE and its end") {
  const CertifiedKey cert = server({"client.test"});
  const auto read = read_certificate_key(cert.certificate_pem);
  REQUIRE(read.ok());
  const X509Ptr leaf = first_certificate(cert.certificate_pem);
  std::string sha1(20, '\0');
  std::string sha256(32, '\0');
  X509_digest(leaf.get(), EVP_sha1(), as_uchar(sha1.data()), nullptr);
  X509_digest(leaf.get(), EVP_sha256(), as_uchar(sha256.data()), nullptr);
  CHECK(read->sha1 == sha1);
  CHECK(read->sha256 == sha256);
  CHECK(read->not_after == certificate_not_after(cert.certificate_pem).value());
  std::string spki = read->key.to_spki();
  const unsigned char* der = as_uchar(spki);
  const PkeyPtr key{d2i_PUBKEY(nullptr, &der, static_cast<long>(spki.size()))};
  CHECK(EVP_PKEY_eq(key.get(), X509_get0_pubkey(leaf.get())) == 1);
}

TEST_CASE("what is no certificate gives no key") {
  CHECK_FALSE(read_certificate_key("").ok());
  CHECK_FALSE(
      read_certificate_key("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----").ok());
  CHECK_FALSE(read_certificate_key(server({"a.test"}).private_key_pem.reveal()).ok());
}

}  // namespace curfew
