#include "crypto/pkey.hpp"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <array>
#include <cstring>

#include "base/check.hpp"
#include "crypto/digest.hpp"

namespace curfew {

namespace {

constexpr int kRsaBitsMin = 2048;
// Verifying with larger keys only serves whoever wants us to compute.
constexpr int kRsaBitsMax = 8192;
constexpr int kRsaExponentBitsMax = 64;

using ParamBuilderPtr = OpensslPtr<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using ParamsPtr = OpensslPtr<OSSL_PARAM, OSSL_PARAM_free>;

Error bad_key(std::string message) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(message));
}

const char* group_name(EcCurve curve) {
  switch (curve) {
    case EcCurve::p256: return "prime256v1";
    case EcCurve::p384: return "secp384r1";
    case EcCurve::p521: return "secp521r1";
  }
  return "";
}

std::optional<EcCurve> parse_group_name(std::string_view name) {
  for (const EcCurve curve : {EcCurve::p256, EcCurve::p384, EcCurve::p521}) {
    if (name == group_name(curve)) return curve;
  }
  return std::nullopt;
}

BignumPtr to_bignum(std::string_view big_endian) {
  BignumPtr number{BN_bin2bn(as_uchar(big_endian), static_cast<int>(big_endian.size()), nullptr)};
  CURFEW_CHECK(number != nullptr);
  return number;
}

std::string to_bytes(const BIGNUM* number) {
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, as_uchar(bytes.data()));
  return bytes;
}

// Keys made by a widespread faulty library (ROCA, CVE-2017-15361) have moduli that are powers of
// 65537 modulo every small prime; a sound key passes for one once in far more than 2^27 keys. Such
// keys can be factored, and live on in smart cards and TPMs.
bool has_roca_fingerprint(const BIGNUM* n) {
  constexpr std::array<unsigned, 38> kPrimes{
      3,  5,  7,  11, 13, 17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
      73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};
  for (const unsigned prime : kPrimes) {
    const auto rest = static_cast<unsigned>(BN_mod_word(n, prime));
    unsigned power = 1;
    bool is_power = rest == power;
    for (unsigned i = 1; i < prime && !is_power; ++i) {
      power = power * (65537U % prime) % prime;
      is_power = rest == power;
    }
    if (!is_power) return false;
  }
  return true;
}

Status check_rsa(const BIGNUM* n, const BIGNUM* e) {
  if (BN_num_bits(n) < kRsaBitsMin) return bad_key("the RSA key has fewer than 2048 bits");
  if (BN_num_bits(n) > kRsaBitsMax) return bad_key("the RSA key has more than 8192 bits");
  if (BN_is_odd(n) == 0) return bad_key("the RSA modulus is even");
  const bool in_range = BN_num_bits(e) >= 2 && BN_num_bits(e) <= kRsaExponentBitsMax;
  if (!in_range || BN_is_odd(e) == 0) return bad_key("the RSA exponent is not odd and 3 to 2^64");
  if (has_roca_fingerprint(n)) return bad_key("the RSA key can be factored (CVE-2017-15361)");
  return Done{};
}

Result<PkeyPtr> from_params(const char* type, OSSL_PARAM* params) {
  const PkeyCtxPtr context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
  CURFEW_CHECK(context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* pkey = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1) {
    return openssl_error(ErrorCode::invalid_argument, "not a valid public key");
  }
  return PkeyPtr{pkey};
}

Result<PkeyPtr> make(const EcPublicKey& key) {
  const std::size_t size = field_bytes(key.curve);
  if (key.x.size() != size || key.y.size() != size) {
    return bad_key("an EC coordinate is not as long as the curve's field");
  }
  // The library checks that the point is on the curve; the cofactor of these curves is 1.
  std::string point = "\x04" + key.x + key.y;
  std::array params{
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                       const_cast<char*>(group_name(key.curve)), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  return from_params("EC", params.data());
}

Result<PkeyPtr> make(const RsaPublicKey& key) {
  if (key.n.empty() || key.e.empty() || key.n[0] == 0 || key.e[0] == 0) {
    return bad_key("an RSA number is empty or starts with a zero byte");
  }
  if (key.n.size() > kRsaBitsMax / 8) return bad_key("the RSA key has more than 8192 bits");
  if (key.e.size() > kRsaExponentBitsMax / 8) return bad_key("the RSA exponent is over 2^64");
  const BignumPtr n = to_bignum(key.n);
  const BignumPtr e = to_bignum(key.e);
  CURFEW_TRY_STATUS(check_rsa(n.get(), e.get()));
  const ParamBuilderPtr builder{OSSL_PARAM_BLD_new()};
  CURFEW_CHECK(builder != nullptr &&
               OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
               OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1);
  const ParamsPtr params{OSSL_PARAM_BLD_to_param(builder.get())};
  CURFEW_CHECK(params != nullptr);
  return from_params("RSA", params.get());
}

Result<PkeyPtr> make(const Ed25519PublicKey& key) {
  if (key.x.size() != 32) return bad_key("an Ed25519 key has 32 bytes");
  PkeyPtr pkey{
      EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, as_uchar(key.x), key.x.size())};
  if (pkey == nullptr) return openssl_error(ErrorCode::invalid_argument, "not a valid public key");
  return pkey;
}

Result<std::string> number_of(const EVP_PKEY* pkey, const char* name) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(pkey, name, &number) != 1) {
    return openssl_error(ErrorCode::invalid_argument, "the key lacks a number");
  }
  const BignumPtr owner{number};
  return to_bytes(number);
}

Result<PublicKey> ec_public_key(const EVP_PKEY* pkey) {
  std::array<char, 64> name{};
  std::size_t size = 0;
  std::optional<EcCurve> curve;
  if (EVP_PKEY_get_group_name(pkey, name.data(), name.size(), &size) == 1) {
    curve = parse_group_name({name.data(), size});
  }
  if (!curve) return openssl_error(ErrorCode::invalid_argument, "the key's curve is not known");
  CURFEW_TRY(std::string x, number_of(pkey, OSSL_PKEY_PARAM_EC_PUB_X));
  CURFEW_TRY(std::string y, number_of(pkey, OSSL_PKEY_PARAM_EC_PUB_Y));
  x.insert(0, field_bytes(*curve) - x.size(), '\0');
  y.insert(0, field_bytes(*curve) - y.size(), '\0');
  return PublicKey{EcPublicKey{*curve, std::move(x), std::move(y)}};
}

bool set_rsa_padding(EVP_PKEY_CTX* context, SignatureAlg alg) {
  const bool pss =
      alg == SignatureAlg::ps256 || alg == SignatureAlg::ps384 || alg == SignatureAlg::ps512;
  if (!pss) return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
  // RFC 7518 3.5: the salt is as long as the hash, MGF1 uses the same hash.
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, hash_of(alg)) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

template <std::size_t Size>
HashedData hashed(const Digest<Size>& digest) {
  HashedData data{};
  std::memcpy(data.bytes, digest.data(), Size);
  data.size = Size;
  return data;
}

}  // namespace

std::size_t field_bytes(EcCurve curve) {
  switch (curve) {
    case EcCurve::p256: return 32;
    case EcCurve::p384: return 48;
    case EcCurve::p521: return 66;
  }
  return 0;
}

EcCurve curve_of(SignatureAlg alg) {
  CURFEW_CHECK(is_ecdsa(alg));
  if (alg == SignatureAlg::es256) return EcCurve::p256;
  return alg == SignatureAlg::es384 ? EcCurve::p384 : EcCurve::p521;
}

bool is_ecdsa(SignatureAlg alg) {
  return alg == SignatureAlg::es256 || alg == SignatureAlg::es384 || alg == SignatureAlg::es512;
}

bool is_rsa(SignatureAlg alg) {
  return !is_ecdsa(alg) && !is_symmetric(alg) && alg != SignatureAlg::eddsa;
}

bool key_supports(const PublicKey& key, SignatureAlg alg) {
  if (const auto* ec = std::get_if<EcPublicKey>(&key)) {
    return is_ecdsa(alg) && curve_of(alg) == ec->curve;
  }
  if (std::holds_alternative<RsaPublicKey>(key)) return is_rsa(alg);
  return alg == SignatureAlg::eddsa;
}

Result<PkeyPtr> to_pkey(const PublicKey& key) {
  return std::visit([](const auto& numbers) { return make(numbers); }, key);
}

Result<PublicKey> public_key_of(const EVP_PKEY* pkey) {
  if (EVP_PKEY_is_a(pkey, "EC") == 1) return ec_public_key(pkey);
  if (EVP_PKEY_is_a(pkey, "RSA") == 1) {
    CURFEW_TRY(std::string n, number_of(pkey, OSSL_PKEY_PARAM_RSA_N));
    CURFEW_TRY(std::string e, number_of(pkey, OSSL_PKEY_PARAM_RSA_E));
    return PublicKey{RsaPublicKey{std::move(n), std::move(e)}};
  }
  std::string x(32, '\0');
  std::size_t size = x.size();
  if (EVP_PKEY_is_a(pkey, "ED25519") == 1 &&
      EVP_PKEY_get_raw_public_key(pkey, as_uchar(x.data()), &size) == 1) {
    return PublicKey{Ed25519PublicKey{std::move(x)}};
  }
  return bad_key("a key of this type is not known");
}

Result<PkeyCtxPtr> make_template(EVP_PKEY* pkey, SignatureAlg alg, PkeyUse use) {
  PkeyCtxPtr context{EVP_PKEY_CTX_new_from_pkey(nullptr, pkey, nullptr)};
  CURFEW_CHECK(context != nullptr);
  const int started = use == PkeyUse::sign ? EVP_PKEY_sign_init(context.get())
                                           : EVP_PKEY_verify_init(context.get());
  if (started != 1 || EVP_PKEY_CTX_set_signature_md(context.get(), hash_of(alg)) != 1 ||
      (is_rsa(alg) && !set_rsa_padding(context.get(), alg))) {
    return openssl_error(ErrorCode::internal, "preparing a key");
  }
  return context;
}

HashedData hash_for(SignatureAlg alg, std::string_view data) {
  switch (hash_bytes(alg)) {
    case 32: return hashed(sha256(data));
    case 48: return hashed(sha384(data));
    default: return hashed(sha512(data));
  }
}

}  // namespace curfew
