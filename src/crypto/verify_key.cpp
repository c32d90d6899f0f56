#include "crypto/verify_key.hpp"

#include <openssl/err.h>

#include <array>
#include <mutex>
#include <optional>

#include "base/check.hpp"
#include "crypto/digest.hpp"
#include "crypto/ecdsa_encoding.hpp"
#include "crypto/es256_fast.hpp"
#include "crypto/pkey.hpp"
#include "crypto/rs256_fast.hpp"

namespace curfew {

namespace {

// All before Ed25519's, which has nothing to prepare.
constexpr auto kPreparedAlgs = static_cast<std::size_t>(SignatureAlg::eddsa);

std::size_t slot(SignatureAlg alg) { return static_cast<std::size_t>(alg); }

}  // namespace

struct VerifyKey::Impl {
  // Keys that are seen once are many: what the library wants prepared is prepared when it is asked.
  static Result<std::shared_ptr<Impl>> make(const PublicKey& key, Es256Tables tables) {
    auto impl = std::make_shared<Impl>();
    impl->numbers = key;
    if (const auto* ec = std::get_if<EcPublicKey>(&key)) {
      impl->es256 = Es256FastVerifier::make(*ec, tables);
      if (impl->es256 != nullptr) return impl;
    }
    CURFEW_TRY(PkeyPtr pkey, to_pkey(key));
    std::call_once(impl->pkey_made, [&] { impl->pkey = std::move(pkey); });
    if (const auto* rsa = std::get_if<RsaPublicKey>(&key)) {
      impl->rs256 = Rs256FastVerifier::make(*rsa);
    }
    return impl;
  }

  [[nodiscard]] EVP_PKEY* library_key() const {
    std::call_once(pkey_made, [this] {
      Result<PkeyPtr> made = to_pkey(numbers);
      if (made.ok()) pkey = std::move(made).value();
    });
    return pkey.get();
  }

  // Prepared for `alg`, to be duplicated for each use, which is cheap and makes the key usable by
  // all threads. Null where the library refuses.
  [[nodiscard]] const EVP_PKEY_CTX* prepared(SignatureAlg alg) const {
    Template& wanted = templates[slot(alg)];
    std::call_once(wanted.made, [&] {
      EVP_PKEY* const key = library_key();
      if (key == nullptr) return;
      Result<PkeyCtxPtr> made = make_template(key, alg, PkeyUse::verify);
      if (made.ok()) wanted.context = std::move(made).value();
    });
    return wanted.context.get();
  }

  // By our own way for the two usual algorithms; nothing for others, or where it does not decide.
  [[nodiscard]] std::optional<bool> verify_fast(SignatureAlg alg, std::string_view data,
                                                std::string_view signature) const {
    const bool is_es256 = alg == SignatureAlg::es256 && es256 != nullptr;
    const bool is_rs256 = alg == SignatureAlg::rs256 && rs256 != nullptr;
    if (!is_es256 && !is_rs256) return std::nullopt;
    const Sha256Digest hash = sha256(data);
    const std::optional<bool> verdict = is_es256 ? es256->verify(as_view(hash), signature)
                                                 : rs256->verify(as_view(hash), signature);
    if (!verdict) ERR_clear_error();
    return verdict;
  }

  [[nodiscard]] bool verify_prehashed(SignatureAlg alg, std::string_view data,
                                      std::string_view signature) const {
    const EVP_PKEY_CTX* const mould = prepared(alg);
    if (mould == nullptr) return false;
    const PkeyCtxPtr context{EVP_PKEY_CTX_dup(mould)};
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
                                              library_key(), nullptr) == 1 &&
                      EVP_DigestVerify(context.get(), as_uchar(signature), signature.size(),
                                       as_uchar(data), data.size()) == 1;
    if (!good) ERR_clear_error();
    return good;
  }

  struct Template {
    std::once_flag made;
    PkeyCtxPtr context;
  };

  PublicKey numbers;
  std::unique_ptr<const Es256FastVerifier> es256;  // of keys on P-256
  std::unique_ptr<const Rs256FastVerifier> rs256;  // of RSA keys with the usual exponent
  mutable std::once_flag pkey_made;
  mutable PkeyPtr pkey;  // library_key()
  mutable std::array<Template, kPreparedAlgs> templates;
};

Result<VerifyKey> VerifyKey::from(const PublicKey& key) {
  CURFEW_TRY(std::shared_ptr<Impl> impl, Impl::make(key, Es256Tables::none));
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
  const EVP_PKEY* const pkey = impl_->library_key();
  const int size = i2d_PUBKEY(pkey, nullptr);
  CURFEW_CHECK(size > 0);
  std::string der(static_cast<std::size_t>(size), '\0');
  unsigned char* out = as_uchar(der.data());
  CURFEW_CHECK(i2d_PUBKEY(pkey, &out) == size);
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
  if (impl_->es256 == nullptr || impl_->es256->has_tables()) return *this;
  Result<std::shared_ptr<Impl>> copy = Impl::make(impl_->numbers, Es256Tables::made);
  CURFEW_CHECK(copy.ok());
  return copy.value()->es256 != nullptr ? VerifyKey{std::move(copy).value()} : *this;
}

}  // namespace curfew
