#include "crypto/rs256_fast.hpp"

#include <openssl/err.h>

#include <array>
#include <utility>

#include "crypto/bn_scratch.hpp"

namespace curfew {

namespace {

constexpr std::string_view kUsualExponent{"\x01\x00\x01", 3};
constexpr int kSquarings = 16;  // 65537 is 2^16 + 1
constexpr std::size_t kHashBytes = 32;
constexpr std::size_t kModulusBytesMax = 1024;  // RSA of 8192 bits

// RFC 8017 9.2, note 1: the DER of a DigestInfo of SHA-256, up to the hash.
constexpr std::string_view kDigestInfo{
    "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20", 19};

// RFC 8017 9.2: 00 01 FF ... FF 00 DigestInfo, without the hash itself.
std::string encoded_up_to_hash(std::size_t modulus_bytes) {
  const std::size_t around = 3 + kDigestInfo.size() + kHashBytes;
  std::string encoded{"\x00\x01", 2};
  encoded.append(modulus_bytes - around, '\xff');
  encoded += '\0';
  encoded += kDigestInfo;
  return encoded;
}

}  // namespace

std::unique_ptr<const Rs256FastVerifier> Rs256FastVerifier::make(const RsaPublicKey& key) {
  if (key.e != kUsualExponent || key.n.size() > kModulusBytesMax) return nullptr;
  const BnScratch scratch;
  BignumPtr modulus{BN_bin2bn(as_uchar(key.n), static_cast<int>(key.n.size()), nullptr)};
  MontgomeryPtr montgomery{BN_MONT_CTX_new()};
  if (modulus == nullptr || montgomery == nullptr ||
      BN_MONT_CTX_set(montgomery.get(), modulus.get(), scratch.context()) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  return std::unique_ptr<const Rs256FastVerifier>{new Rs256FastVerifier{
      std::move(modulus), std::move(montgomery), encoded_up_to_hash(key.n.size())}};
}

std::optional<bool> Rs256FastVerifier::verify(std::string_view hash,
                                              std::string_view signature) const {
  if (hash.size() != kHashBytes) return std::nullopt;
  const std::size_t size = encoded_.size() + kHashBytes;
  if (signature.size() != size) return false;
  const BnScratch scratch;
  BIGNUM* const s = scratch.from_big_endian(signature);
  BIGNUM* const opened = scratch.number();
  if (BN_cmp(s, modulus_.get()) >= 0) return false;
  BN_CTX* const context = scratch.context();
  if (BN_to_montgomery(opened, s, montgomery_.get(), context) != 1) return std::nullopt;
  for (int i = 0; i < kSquarings; ++i) {
    if (BN_mod_mul_montgomery(opened, opened, opened, montgomery_.get(), context) != 1) {
      return std::nullopt;
    }
  }
  // One factor in Montgomery's form and one that is not: the product is not either.
  if (BN_mod_mul_montgomery(opened, opened, s, montgomery_.get(), context) != 1) {
    return std::nullopt;
  }
  std::array<char, kModulusBytesMax> bytes;  // NOLINT: filled below
  if (BN_bn2binpad(opened, as_uchar(bytes.data()), static_cast<int>(size)) !=
      static_cast<int>(size)) {
    return std::nullopt;
  }
  const std::string_view message{bytes.data(), size};
  return message.substr(0, encoded_.size()) == encoded_ && message.substr(encoded_.size()) == hash;
}

}  // namespace curfew
