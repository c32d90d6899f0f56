#include "crypto/sign_key.hpp"

#include <mutex>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "crypto/ecdsa_encoding.hpp"
#include "crypto/pkey.hpp"

namespace curfew {

namespace {

constexpr std::size_t kNewRsaBits = 2048;

using Pkcs8Ptr = OpensslPtr<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;

PkeyPtr generate_pkey(SignatureAlg alg) {
  if (alg == SignatureAlg::eddsa) return PkeyPtr{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
  if (is_rsa(alg)) return PkeyPtr{EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", kNewRsaBits)};
  switch (curve_of(alg)) {
    case EcCurve::p256: return PkeyPtr{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")};
    case EcCurve::p384: return PkeyPtr{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384")};
    case EcCurve::p521: return PkeyPtr{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-521")};
  }
  return nullptr;
}

Error bad_private_key(std::string_view what) { return openssl_error(ErrorCode::corrupted, what); }

// Contexts that are ready to sign. Copying the template takes a sixth of an ES256 signature's time,
// so each thread that signs takes one that another left. Never more than sign at once.
class ContextPool {
 public:
  explicit ContextPool(PkeyCtxPtr prepared) : prepared_(std::move(prepared)) {}

  // Null if the library fails.
  [[nodiscard]] PkeyCtxPtr take() {
    const std::lock_guard lock{mutex_};
    if (idle_.empty()) return PkeyCtxPtr{EVP_PKEY_CTX_dup(prepared_.get())};
    PkeyCtxPtr context = std::move(idle_.back());
    idle_.pop_back();
    return context;
  }

  // For a context that worked.
  void give_back(PkeyCtxPtr context) {
    const std::lock_guard lock{mutex_};
    idle_.push_back(std::move(context));
  }

 private:
  PkeyCtxPtr prepared_;  // null for Ed25519, which is never asked for
  std::mutex mutex_;     // guards idle_, and the template while it is copied
  std::vector<PkeyCtxPtr> idle_;
};

}  // namespace

struct SigningKey::Impl {
  SignatureAlg alg;
  PkeyPtr pkey;
  VerifyKey verify_key;
  mutable ContextPool contexts;

  Impl(SignatureAlg its_alg, PkeyPtr its_pkey, VerifyKey its_verify_key, PkeyCtxPtr prepared)
      : alg(its_alg),
        pkey(std::move(its_pkey)),
        verify_key(std::move(its_verify_key)),
        contexts(std::move(prepared)) {}

  static Result<std::shared_ptr<const Impl>> make(SignatureAlg alg, PkeyPtr pkey) {
    CURFEW_TRY(const PublicKey numbers, public_key_of(pkey.get()));
    if (!key_supports(numbers, alg)) {
      return Error::permanent(ErrorCode::corrupted,
                              "the private key is not one for " + std::string{to_string(alg)});
    }
    CURFEW_TRY(VerifyKey verify_key, VerifyKey::from(numbers));
    PkeyCtxPtr prepared;
    if (alg != SignatureAlg::eddsa) {
      CURFEW_TRY(prepared, make_template(pkey.get(), alg, PkeyUse::sign));
    }
    return std::shared_ptr<const Impl>{
        std::make_shared<Impl>(alg, std::move(pkey), std::move(verify_key), std::move(prepared))};
  }

  [[nodiscard]] Result<std::string> sign_prehashed(std::string_view data) const {
    PkeyCtxPtr context = contexts.take();
    const HashedData hash = hash_for(alg, data);
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(pkey.get())), '\0');
    std::size_t size = signature.size();
    if (context == nullptr || EVP_PKEY_sign(context.get(), as_uchar(signature.data()), &size,
                                            hash.bytes, hash.size) != 1) {
      return openssl_error(ErrorCode::internal, "signing");
    }
    contexts.give_back(std::move(context));
    signature.resize(size);
    return signature;
  }

  [[nodiscard]] Result<std::string> sign_ed25519(std::string_view data) const {
    const MdCtxPtr context{EVP_MD_CTX_new()};
    std::string signature(64, '\0');
    std::size_t size = signature.size();
    if (context == nullptr ||
        EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, pkey.get(),
                              nullptr) != 1 ||
        EVP_DigestSign(context.get(), as_uchar(signature.data()), &size, as_uchar(data),
                       data.size()) != 1 ||
        size != signature.size()) {
      return openssl_error(ErrorCode::internal, "signing");
    }
    return signature;
  }
};

Result<SigningKey> SigningKey::generate(SignatureAlg alg) {
  if (is_symmetric(alg)) {
    return Error::permanent(ErrorCode::invalid_argument, "a signing key is asymmetric");
  }
  PkeyPtr pkey = generate_pkey(alg);
  if (pkey == nullptr) return openssl_error(ErrorCode::internal, "generating a key");
  CURFEW_TRY(std::shared_ptr<const Impl> impl, Impl::make(alg, std::move(pkey)));
  return SigningKey{std::move(impl)};
}

Result<SigningKey> SigningKey::from_pkcs8(SignatureAlg alg, const Secret& der) {
  const std::string_view bytes = der.reveal();
  const unsigned char* position = as_uchar(bytes);
  const Pkcs8Ptr info{d2i_PKCS8_PRIV_KEY_INFO(nullptr, &position, static_cast<long>(bytes.size()))};
  if (info == nullptr || position != as_uchar(bytes) + bytes.size()) {
    return bad_private_key("a private key is not PKCS #8");
  }
  PkeyPtr pkey{EVP_PKCS82PKEY(info.get())};
  if (pkey == nullptr) return bad_private_key("a private key is unreadable");
  CURFEW_TRY(std::shared_ptr<const Impl> impl, Impl::make(alg, std::move(pkey)));
  return SigningKey{std::move(impl)};
}

Secret SigningKey::to_pkcs8() const {
  const Pkcs8Ptr info{EVP_PKEY2PKCS8(impl_->pkey.get())};
  CURFEW_CHECK(info != nullptr);
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr);
  CURFEW_CHECK(size > 0);
  std::string der(static_cast<std::size_t>(size), '\0');
  unsigned char* out = as_uchar(der.data());
  CURFEW_CHECK(i2d_PKCS8_PRIV_KEY_INFO(info.get(), &out) == size);
  return Secret{std::move(der)};
}

SignatureAlg SigningKey::alg() const { return impl_->alg; }
const VerifyKey& SigningKey::verify_key() const { return impl_->verify_key; }

Result<std::string> SigningKey::sign(std::string_view data) const {
  if (impl_->alg == SignatureAlg::eddsa) return impl_->sign_ed25519(data);
  CURFEW_TRY(std::string signature, impl_->sign_prehashed(data));
  if (!is_ecdsa(impl_->alg)) return signature;
  auto raw = ecdsa_der_to_raw(signature, field_bytes(curve_of(impl_->alg)));
  if (!raw) return Error::permanent(ErrorCode::internal, "an ECDSA signature has another form");
  return std::move(*raw);
}

}  // namespace curfew
