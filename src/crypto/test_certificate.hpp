// crypto/test_certificate.hpp: for tests only: certificates that clients present, made on the spot:
// as asked for, also those that nobody should accept.
#pragma once

#include <doctest/doctest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "crypto/digest.hpp"

namespace curfew::test {

class TestCertificate;

struct CertificateWish {
  TimePoint now{};
  std::string common_name = "client";
  std::string names = {};              // "DNS:a.test,URI:urn:a,IP:192.0.2.1,email:a@b.test"
  std::string purpose = "clientAuth";  // extended key usage; empty: none
  bool is_authority = false;
  Duration before = std::chrono::hours{1};
  Duration after = std::chrono::hours{24};
  const TestCertificate* issuer = nullptr;  // null: itself
};

class TestCertificate {
 public:
  explicit TestCertificate(const CertificateWish& wish)
      : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), certificate_(X509_new(), X509_free) {
    X509* const x = certificate_.get();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++last_serial());
    ASN1_TIME_set(X509_getm_notBefore(x), to_unix_seconds(wish.now - wish.before));
    ASN1_TIME_set(X509_getm_notAfter(x), to_unix_seconds(wish.now + wish.after));
    X509_set_pubkey(x, key_.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "O", MBSTRING_ASC, bytes("Contoso"), -1,
                               -1, 0);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               bytes(wish.common_name.c_str()), -1, -1, 0);
    X509* const issuer = wish.issuer == nullptr ? x : wish.issuer->certificate_.get();
    EVP_PKEY* const signer = wish.issuer == nullptr ? key_.get() : wish.issuer->key_.get();
    X509_set_issuer_name(x, X509_get_subject_name(issuer));
    extend(NID_basic_constraints, wish.is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(NID_key_usage, wish.is_authority ? "critical,keyCertSign" : "critical,digitalSignature");
    if (!wish.purpose.empty()) extend(NID_ext_key_usage, wish.purpose);
    if (!wish.names.empty()) extend(NID_subject_alt_name, wish.names);
    REQUIRE(X509_sign(x, signer, EVP_sha256()) > 0);
  }

  [[nodiscard]] std::string der() const {
    std::string out(static_cast<std::size_t>(i2d_X509(certificate_.get(), nullptr)), '\0');
    auto* at = reinterpret_cast<unsigned char*>(out.data());
    i2d_X509(certificate_.get(), &at);
    return out;
  }
  [[nodiscard]] std::string pem() const {
    return text_of([this](BIO* bio) { PEM_write_bio_X509(bio, certificate_.get()); });
  }
  [[nodiscard]] std::string key_pem() const {
    return text_of([this](BIO* bio) {
      PEM_write_bio_PrivateKey(bio, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
  }
  [[nodiscard]] std::string x5t_s256() const { return sha256_base64url(der()); }

 private:
  static long& last_serial() {
    static long serial = 0;
    return serial;
  }
  static const unsigned char* bytes(const char* text) {
    return reinterpret_cast<const unsigned char*>(text);
  }
  void extend(int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate_.get(), certificate_.get(), nullptr, nullptr, 0);
    X509_EXTENSION* const made = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    REQUIRE(made != nullptr);
    X509_add_ext(certificate_.get(), made, -1);
    X509_EXTENSION_free(made);
  }
  template <typename Write>
  static std::string text_of(const Write& write) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio{BIO_new(BIO_s_mem()), BIO_free};
    write(bio.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<X509, decltype(&X509_free)> certificate_;
};

}  // namespace curfew::test
