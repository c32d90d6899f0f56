#include "crypto/verify_key.hpp"

#include <openssl/err.h>

#include <array>

#include "base/check.hpp"
#include "crypto/digest.hpp"
#include "crypto/ecdsa_encoding.hpp"
#include "crypto/es256_fast.hpp"
#include "crypto/pkey.hpp"
#include "crypto/rs256_fast.hpp"

namespace curfew {

namespace {

constexpr std::array kVerifyAlgs{SignatureAlg::es256, SignatureAlg::es384, SignatureAlg::es512,
                                 SignatureAlg::rs256, SignatureAlg::rs384, SignatureAlg::rs512,
                                 SignatureAlg::ps256, SignatureAlg::ps384, SignatureAlg::ps512,
                                 SignatureAlg::eddsa};

std::size_t slot(SignatureAlg alg) { return static_cast<std::size_t>(alg); }

}  // namespace

struct VerifyKey::Impl {
  PublicKey numbers;
  PkeyPtr pkey;
  // One prepared context for each algorithm that the key supports; verifying works on a duplicate,
  // which is cheap and makes the key usable by all threads.
  std::array<PkeyCtxPtr, kVerifyAlgs.size()> templates;
  // At most one of them, and only after with_precomputation.
  std::unique_ptr<const Es256FastVerifier> es256_fast;
  std::unique_ptr<const Rs256FastVerifier> rs256_fast;

  static Result<std::shared_ptr<Impl>> make(const PublicKey& key) {
    auto impl = std::make_shared<Impl>();
    impl->numbers = key;
    CURFEW_TRY(impl->pkey, to_pkey(key));
    for (const SignatureAlg alg : kVerifyAlgs) {
      if (alg == SignatureAlg::eddsa || !key_supports(key, alg)) continue;
      CURFEW_TRY(impl->templates[slot(alg)], make_template(impl->pkey.get(), alg, PkeyUse::verify));
    }
    return impl;
  }

  // By what was precomputed for the key; nothing where there is none, or it does not decide.
  [[nodiscard]] std::optional<bool> verify_fast(SignatureAlg alg, std::string_view data,
                                                std::string_view signature) const {
    std::optional<bool> verdict;
    if (alg == SignatureAlg::es256 && es256_fast != nullptr) {
      verdict = es256_fast->verify(as_view(sha256(data)), signature);
    } else if (alg == SignatureAlg::rs256 && rs256_fast != nullptr) {
      verdict = rs256_fast->verify(as_view(sha256(data)), signature);
    } else {
      return std::nullopt;
    }
    if (!verdict) ERR_clear_error();
    return verdict;
  }

  // False where there is nothing to precompute.
  bool precompute() {
    if (const auto* ec = std::get_if<EcPublicKey>(&numbers)) {
      es256_fast = Es256FastVerifier::make(*ec);
    } else if (const auto* rsa = std::get_if<RsaPublicKey>(&numbers)) {
      rs256_fast = Rs256FastVerifier::make(*rsa);
    }
    return is_precomputed();
  }
  [[nodiscard]] bool is_precomputed() const {
    return es256_fast != nullptr || rs256_fast != nullptr;
  }

  [[nodiscard]] bool verify_prehashed(SignatureAlg alg, std::string_view data,
                                      std::string_view signature) const {
    const PkeyCtxPtr context{EVP_PKEY_CTX_dup(templates[slot(alg)].get())};
    CURFEW_CHECK(context != nullptr);
    const HashedData hash = hash_for(alg, data);
    const bool good = EVP_PKEY_verify(context.get(), as_uchar(signature), signature.size(),
                                      hash.bytes, hash.size) == 1;
    if (!good) ERR_clear_error();
    return good;
  }

  [[nodiscard]] bool verify_ed25519(std::string_view data, std::string_view signature) const {
    const MdCtxPtr context{EVP_MD_CTX_new()};
    CURFEW_CHECK(context != nullptr);
    const bool good = EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr,
                                              pkey.get(), nullptr) == 1 &&
                      EVP_DigestVerify(context.get(), as_uchar(signature), signature.size(),
                                       as_uchar(data), data.size()) == 1;
    if (!good) ERR_clear_error();
    return good;
  }
};

Result<VerifyKey> VerifyKey::from(const PublicKey& key) {
  CURFEW_TRY(std::shared_ptr<Impl> impl, Impl::make(key));
  return VerifyKey{std::move(impl)};
}

Result<VerifyKey> VerifyKey::from_spki(std::string_view der) {
  const unsigned char* position = as_uchar(der);
  const PkeyPtr pkey{d2i_PUBKEY(nullptr, &position, static_cast<long>(der.size()))};
  if (pkey == nullptr) {
    return openssl_error(ErrorCode::invalid_argument, "not a SubjectPublicKeyInfo");
  }
  if (position != as_uchar(der) + der.size()) {
    return Error::permanent(ErrorCode::invalid_argument, "bytes after a SubjectPublicKeyInfo");
  }
  CURFEW_TRY(const PublicKey numbers, public_key_of(pkey.get()));
  return from(numbers);
}

const PublicKey& VerifyKey::public_key() const { return impl_->numbers; }

std::string VerifyKey::to_spki() const {
  const int size = i2d_PUBKEY(impl_->pkey.get(), nullptr);
  CURFEW_CHECK(size > 0);
  std::string der(static_cast<std::size_t>(size), '\0');
  unsigned char* out = as_uchar(der.data());
  CURFEW_CHECK(i2d_PUBKEY(impl_->pkey.get(), &out) == size);
  return der;
}

bool VerifyKey::supports(SignatureAlg alg) const { return key_supports(impl_->numbers, alg); }

bool VerifyKey::verify(SignatureAlg alg, std::string_view data, std::string_view signature) const {
  if (!supports(alg)) return false;
  if (alg == SignatureAlg::eddsa) return impl_->verify_ed25519(data, signature);
  if (const auto verdict = impl_->verify_fast(alg, data, signature)) return *verdict;
  if (!is_ecdsa(alg)) return impl_->verify_prehashed(alg, data, signature);
  const auto der = ecdsa_raw_to_der(signature, field_bytes(curve_of(alg)));
  return der && impl_->verify_prehashed(alg, data, *der);
}

VerifyKey VerifyKey::with_precomputation() const {
  if (impl_->is_precomputed()) return *this;
  Result<std::shared_ptr<Impl>> copy = Impl::make(impl_->numbers);
  CURFEW_CHECK(copy.ok());
  return copy.value()->precompute() ? VerifyKey{std::move(copy).value()} : *this;
}

}  // namespace curfew
