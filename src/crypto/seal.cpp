#include "crypto/seal.hpp"

#include "base/check.hpp"
#include "crypto/openssl.hpp"
#include "crypto/random.hpp"

namespace curfew {

namespace {

constexpr char kFormat = 0x01;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
// One update call of the library takes an int.
constexpr std::size_t kSealBytesMax = 1UL << 30;

CipherCtxPtr new_context() {
  CipherCtxPtr context{EVP_CIPHER_CTX_new()};
  CURFEW_CHECK(context != nullptr);
  return context;
}

Error broken_seal() {
  return Error::permanent(ErrorCode::corrupted, "the sealed value is not what was sealed");
}

}  // namespace

Result<SealKey> SealKey::from(const Secret& key) {
  if (key.reveal().size() != kSealKeyBytes) {
    return Error::permanent(ErrorCode::invalid_argument, "a seal key has 32 bytes");
  }
  return SealKey{key};
}

std::string SealKey::seal(std::string_view plain, std::string_view context) const {
  CURFEW_CHECK(plain.size() <= kSealBytesMax && context.size() <= kSealBytesMax);
  std::string sealed(1, kFormat);
  sealed += random_bytes(kNonceBytes);
  sealed.resize(plain.size() + kSealOverheadBytes);
  char* const body = sealed.data() + 1 + kNonceBytes;
  const CipherCtxPtr cipher = new_context();
  int size = 0;
  CURFEW_CHECK(EVP_EncryptInit_ex2(cipher.get(), openssl_algorithms().aes_256_gcm,
                                   as_uchar(key_.reveal()), as_uchar(sealed.data() + 1),
                                   nullptr) == 1);
  if (!context.empty()) {
    CURFEW_CHECK(EVP_EncryptUpdate(cipher.get(), nullptr, &size, as_uchar(context),
                                   static_cast<int>(context.size())) == 1);
  }
  CURFEW_CHECK(EVP_EncryptUpdate(cipher.get(), as_uchar(body), &size, as_uchar(plain),
                                 static_cast<int>(plain.size())) == 1 &&
               static_cast<std::size_t>(size) == plain.size());
  CURFEW_CHECK(EVP_EncryptFinal_ex(cipher.get(), as_uchar(body + size), &size) == 1);
  CURFEW_CHECK(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes,
                                   body + plain.size()) == 1);
  return sealed;
}

Result<Secret> SealKey::open(std::string_view sealed, std::string_view context) const {
  if (sealed.size() < kSealOverheadBytes || sealed.size() > kSealBytesMax || sealed[0] != kFormat) {
    return broken_seal();
  }
  const std::string_view nonce = sealed.substr(1, kNonceBytes);
  const std::string_view body = sealed.substr(1 + kNonceBytes, sealed.size() - kSealOverheadBytes);
  std::string tag{sealed.substr(sealed.size() - kTagBytes)};
  std::string plain(body.size() + 1, '\0');  // never empty: the library wants a buffer
  const CipherCtxPtr cipher = new_context();
  int size = 0;
  CURFEW_CHECK(EVP_DecryptInit_ex2(cipher.get(), openssl_algorithms().aes_256_gcm,
                                   as_uchar(key_.reveal()), as_uchar(nonce), nullptr) == 1);
  if (!context.empty()) {
    CURFEW_CHECK(EVP_DecryptUpdate(cipher.get(), nullptr, &size, as_uchar(context),
                                   static_cast<int>(context.size())) == 1);
  }
  CURFEW_CHECK(EVP_DecryptUpdate(cipher.get(), as_uchar(plain.data()), &size, as_uchar(body),
                                 static_cast<int>(body.size())) == 1);
  CURFEW_CHECK(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) ==
               1);
  const bool authentic =
      EVP_DecryptFinal_ex(cipher.get(), as_uchar(plain.data() + body.size()), &size) == 1;
  plain.resize(body.size());
  Secret opened{std::move(plain)};
  if (!authentic) return broken_seal();
  return opened;
}

}  // namespace curfew
