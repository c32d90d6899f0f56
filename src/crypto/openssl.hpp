// crypto/openssl.hpp: private to this module: owners for OpenSSL's objects, algorithms fetched
// once.
//
// EVP_sha256() and its like fetch implicitly at every use, which is slow and contends between
// threads; the objects here are fetched once and live as long as the process.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "crypto/signature_alg.hpp"

namespace curfew {

template <auto Free>
struct OpensslFree {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <typename T, auto Free>
using OpensslPtr = std::unique_ptr<T, OpensslFree<Free>>;

using PkeyPtr = OpensslPtr<EVP_PKEY, EVP_PKEY_free>;
using PkeyCtxPtr = OpensslPtr<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using MdCtxPtr = OpensslPtr<EVP_MD_CTX, EVP_MD_CTX_free>;
using CipherCtxPtr = OpensslPtr<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using BignumPtr = OpensslPtr<BIGNUM, BN_free>;
using BioPtr = OpensslPtr<BIO, BIO_free_all>;
using X509Ptr = OpensslPtr<X509, X509_free>;
using GeneralNamesPtr = OpensslPtr<GENERAL_NAMES, GENERAL_NAMES_free>;
using Asn1TimePtr = OpensslPtr<ASN1_TIME, ASN1_TIME_free>;

struct OpensslAlgorithms {
  EVP_MD* sha1;
  EVP_MD* sha256;
  EVP_MD* sha384;
  EVP_MD* sha512;
  EVP_MAC* hmac;
  EVP_KDF* hkdf;
  EVP_CIPHER* aes_256_gcm;
};
// A missing algorithm means that the machine's OpenSSL is unusable; the process ends.
[[nodiscard]] const OpensslAlgorithms& openssl_algorithms();

// The hash that an algorithm is built on. Precondition: not Ed25519, which hashes inside.
[[nodiscard]] const EVP_MD* hash_of(SignatureAlg alg);

// `what` and the library's reason, with the thread's error queue emptied.
[[nodiscard]] Error openssl_error(ErrorCode code, std::string_view what);

// Nothing: it is no time.
[[nodiscard]] std::optional<TimePoint> time_of(const ASN1_TIME* time);

[[nodiscard]] inline const unsigned char* as_uchar(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
[[nodiscard]] inline unsigned char* as_uchar(char* bytes) {
  return reinterpret_cast<unsigned char*>(bytes);
}

}  // namespace curfew
