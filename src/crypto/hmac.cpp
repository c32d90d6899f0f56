#include "crypto/hmac.hpp"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>

#include "base/check.hpp"
#include "crypto/openssl.hpp"

namespace curfew {

namespace {

// HMAC is two runs of the hash around the key (RFC 2104 2). Written out here because the library's
// generic interface costs three times as much for our short inputs: it looks up the hash by name.
template <std::size_t Size, std::size_t BlockSize>
class Hmac {
 public:
  Hmac(const EVP_MD* algorithm, std::string_view key) : algorithm_(algorithm) {
    if (key.size() > BlockSize) {
      hash(key, {}, key_.data());
    } else {
      std::copy(key.begin(), key.end(), key_.begin());
    }
  }
  ~Hmac() {
    wipe(key_.data(), key_.size());
    wipe(pad_.data(), pad_.size());
  }
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;

  Digest<Size> of(std::string_view data) {
    Digest<Size> inner;
    Digest<Size> outer;
    hash(padded(0x36), data, inner.data());
    hash(padded(0x5c), as_view(inner), outer.data());
    return outer;
  }

 private:
  std::string_view padded(unsigned char pad) {
    for (std::size_t i = 0; i < BlockSize; ++i) pad_[i] = static_cast<char>(key_[i] ^ pad);
    return {pad_.data(), pad_.size()};
  }

  void hash(std::string_view first, std::string_view second, char* out) {
    thread_local const MdCtxPtr context{EVP_MD_CTX_new()};
    unsigned size = 0;
    CURFEW_CHECK(context != nullptr && EVP_DigestInit_ex2(context.get(), algorithm_, nullptr) == 1);
    CURFEW_CHECK(EVP_DigestUpdate(context.get(), first.data(), first.size()) == 1 &&
                 EVP_DigestUpdate(context.get(), second.data(), second.size()) == 1);
    CURFEW_CHECK(EVP_DigestFinal_ex(context.get(), as_uchar(out), &size) == 1 && size == Size);
  }

  const EVP_MD* algorithm_;
  std::array<char, BlockSize> key_{};
  std::array<char, BlockSize> pad_{};
};

}  // namespace

Digest<20> hmac_sha1(std::string_view key, std::string_view data) {
  return Hmac<20, 64>{openssl_algorithms().sha1, key}.of(data);
}
Sha256Digest hmac_sha256(std::string_view key, std::string_view data) {
  return Hmac<32, 64>{openssl_algorithms().sha256, key}.of(data);
}
Sha384Digest hmac_sha384(std::string_view key, std::string_view data) {
  return Hmac<48, 128>{openssl_algorithms().sha384, key}.of(data);
}
Sha512Digest hmac_sha512(std::string_view key, std::string_view data) {
  return Hmac<64, 128>{openssl_algorithms().sha512, key}.of(data);
}

Secret hkdf_sha256(const Secret& master, std::string_view info, std::size_t bytes,
                   std::string_view salt) {
  CURFEW_CHECK(!master.empty() && bytes > 0 && bytes <= 255UL * 32);
  const OpensslPtr<EVP_KDF_CTX, EVP_KDF_CTX_free> context{
      EVP_KDF_CTX_new(openssl_algorithms().hkdf)};
  CURFEW_CHECK(context != nullptr);
  const auto octets = [](const char* name, std::string_view value) {
    // The library's parameter type has no const; it only reads.
    return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(value.data()), value.size());
  };
  std::string hash = "SHA256";
  std::array params{OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, hash.data(), 0),
                    octets(OSSL_KDF_PARAM_KEY, master.reveal()), octets(OSSL_KDF_PARAM_INFO, info),
                    OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end()};
  if (!salt.empty()) params[3] = octets(OSSL_KDF_PARAM_SALT, salt);
  std::string derived(bytes, '\0');
  CURFEW_CHECK(
      EVP_KDF_derive(context.get(), as_uchar(derived.data()), derived.size(), params.data()) == 1);
  return Secret{std::move(derived)};
}

}  // namespace curfew
