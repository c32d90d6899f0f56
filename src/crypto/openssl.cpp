#include "crypto/openssl.hpp"

#include <openssl/err.h>
#include <openssl/kdf.h>

#include <array>
#include <string>

#include "base/check.hpp"

namespace curfew {

namespace {

template <typename T>
T* present(T* algorithm) {
  CURFEW_CHECK(algorithm != nullptr);
  return algorithm;
}

OpensslAlgorithms fetch_algorithms() {
  return {.sha1 = present(EVP_MD_fetch(nullptr, "SHA1", nullptr)),
          .sha256 = present(EVP_MD_fetch(nullptr, "SHA256", nullptr)),
          .sha384 = present(EVP_MD_fetch(nullptr, "SHA384", nullptr)),
          .sha512 = present(EVP_MD_fetch(nullptr, "SHA512", nullptr)),
          .hmac = present(EVP_MAC_fetch(nullptr, "HMAC", nullptr)),
          .hkdf = present(EVP_KDF_fetch(nullptr, "HKDF", nullptr)),
          .aes_256_gcm = present(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr))};
}

}  // namespace

const OpensslAlgorithms& openssl_algorithms() {
  // Never freed: other threads may still hash while the process ends.
  static const OpensslAlgorithms algorithms = fetch_algorithms();
  return algorithms;
}

const EVP_MD* hash_of(SignatureAlg alg) {
  switch (alg) {
    case SignatureAlg::es256:
    case SignatureAlg::rs256:
    case SignatureAlg::ps256:
    case SignatureAlg::hs256: return openssl_algorithms().sha256;
    case SignatureAlg::es384:
    case SignatureAlg::rs384:
    case SignatureAlg::ps384:
    case SignatureAlg::hs384: return openssl_algorithms().sha384;
    case SignatureAlg::es512:
    case SignatureAlg::rs512:
    case SignatureAlg::ps512:
    case SignatureAlg::hs512: return openssl_algorithms().sha512;
    case SignatureAlg::eddsa: break;
  }
  CURFEW_CHECK(false);
  return nullptr;
}

Error openssl_error(ErrorCode code, std::string_view what) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  std::string message{what};
  if (reason != nullptr) message += ": " + std::string{reason};
  ERR_clear_error();
  return Error::permanent(code, std::move(message));
}

std::optional<TimePoint> time_of(const ASN1_TIME* time) {
  const Asn1TimePtr epoch{ASN1_TIME_set(nullptr, 0)};
  int days = 0;
  int seconds = 0;
  if (epoch == nullptr || ASN1_TIME_diff(&days, &seconds, epoch.get(), time) != 1) {
    return std::nullopt;
  }
  return from_unix_seconds(std::int64_t{days} * 86'400 + seconds);
}

}  // namespace curfew
