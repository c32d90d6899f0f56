// The functions for tables are deprecated in OpenSSL 3, without a replacement, and work as before.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/es256_fast.hpp"

#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include <array>
#include <bit>
#include <cstdint>

#include "base/check.hpp"

namespace curfew {

namespace {

using GroupPtr = OpensslPtr<EC_GROUP, EC_GROUP_free>;
using PointPtr = OpensslPtr<EC_POINT, EC_POINT_free>;
using MontgomeryPtr = OpensslPtr<BN_MONT_CTX, BN_MONT_CTX_free>;
using BnCtxPtr = OpensslPtr<BN_CTX, BN_CTX_free>;

constexpr std::size_t kFieldBytes = 32;

// 256 bits, least significant word first.
using Words = std::array<std::uint64_t, 4>;

bool is_less(const Words& a, const Words& b) {
  for (std::size_t i = 4; i-- > 0;) {
    if (a[i] != b[i]) return a[i] < b[i];
  }
  return false;
}

void subtract(Words& a, const Words& b) {
  unsigned long long borrow = 0;
  for (std::size_t i = 0; i < 4; ++i) a[i] = __builtin_subcll(a[i], b[i], borrow, &borrow);
}

void add(Words& a, const Words& b) {
  unsigned long long carry = 0;
  for (std::size_t i = 0; i < 4; ++i) a[i] = __builtin_addcll(a[i], b[i], carry, &carry);
}

// Takes all factors of 2 out of `odd_part` and multiplies `partner` by them. Returns how many.
// Precondition: odd_part is not zero.
unsigned move_twos(Words& odd_part, Words& partner) {
  unsigned moved = 0;
  while (odd_part[0] == 0) {
    odd_part = {odd_part[1], odd_part[2], odd_part[3], 0};
    partner = {0, partner[0], partner[1], partner[2]};
    moved += 64;
  }
  // Shifting in two steps, since a shift by 64 is undefined.
  const auto by = static_cast<unsigned>(std::countr_zero(odd_part[0]));
  for (std::size_t i = 0; i < 3; ++i) {
    odd_part[i] = (odd_part[i] >> by) | (odd_part[i + 1] << 1U << (63 - by));
  }
  odd_part[3] >>= by;
  for (std::size_t i = 3; i > 0; --i) {
    partner[i] = (partner[i] << by) | (partner[i - 1] >> 1U >> (63 - by));
  }
  partner[0] <<= by;
  return moved + by;
}

struct ScaledInverse {
  Words value;    // the inverse times 2^twos
  unsigned twos;  // at most 512
};

// Kaliski's almost-inverse of `number` modulo the odd prime `modulus`: a binary greatest common
// divisor that puts the halvings off. u * s + v * r stays equal to the modulus, so nothing
// overflows, and |u * v| at least halves with each factor of 2 that is moved, so it ends.
// Precondition: 0 < number < modulus.
ScaledInverse almost_inverse(const Words& number, const Words& modulus) {
  Words u = modulus;
  Words v = number;
  Words r{};
  Words s{1, 0, 0, 0};
  unsigned twos = move_twos(v, r);
  while (u != v) {
    if (is_less(v, u)) {
      subtract(u, v);
      add(r, s);
      twos += move_twos(u, s);
    } else {
      subtract(v, u);
      add(s, r);
      twos += move_twos(v, r);
    }
  }
  return {s, twos};
}

Words to_words(const BIGNUM* number) {
  std::array<unsigned char, kFieldBytes> bytes{};
  CURFEW_CHECK(BN_bn2lebinpad(number, bytes.data(), kFieldBytes) == kFieldBytes);
  return std::bit_cast<Words>(bytes);
}

static_assert(std::endian::native == std::endian::little, "to_words copies bytes into words");

BignumPtr from_big_endian(std::string_view bytes) {
  BignumPtr number{BN_bin2bn(as_uchar(bytes), static_cast<int>(bytes.size()), nullptr)};
  CURFEW_CHECK(number != nullptr);
  return number;
}

BN_CTX* thread_context() {
  thread_local const BnCtxPtr context{BN_CTX_new()};
  CURFEW_CHECK(context != nullptr);
  return context.get();
}

// What all keys on P-256 share; immutable once made.
class P256 {
 public:
  static constexpr unsigned kTwosMax = 512;

  // Null where the library refuses.
  static const P256* get() {
    static const std::unique_ptr<const P256> curve = make();
    return curve.get();
  }

  // The same curve with `point` (affine) in the generator's place, and tables for it.
  [[nodiscard]] GroupPtr group_around(const EcPublicKey& key) const {
    GroupPtr made{EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)};
    if (made == nullptr) return nullptr;
    const PointPtr point{EC_POINT_new(made.get())};
    const BignumPtr x = from_big_endian(key.x);
    const BignumPtr y = from_big_endian(key.y);
    BN_CTX* const context = thread_context();
    const bool done =
        point != nullptr &&
        EC_POINT_set_affine_coordinates(made.get(), point.get(), x.get(), y.get(), context) == 1 &&
        EC_GROUP_set_generator(made.get(), point.get(), order, BN_value_one()) == 1 &&
        EC_GROUP_precompute_mult(made.get(), context) == 1 &&
        EC_GROUP_have_precompute_mult(made.get()) == 1;
    return done ? std::move(made) : nullptr;
  }

  // The inverse of s modulo the order in Montgomery form; null if the arithmetic failed its check.
  [[nodiscard]] BignumPtr inverse(const BIGNUM* s) const {
    const ScaledInverse scaled = almost_inverse(to_words(s), order_words);
    if (scaled.twos > kTwosMax) return nullptr;
    const auto bytes = std::bit_cast<std::array<unsigned char, kFieldBytes>>(scaled.value);
    BignumPtr inverse{BN_lebin2bn(bytes.data(), kFieldBytes, nullptr)};
    const BignumPtr product{BN_new()};
    if (inverse == nullptr || product == nullptr ||
        !multiply(inverse.get(), inverse.get(), halvings[scaled.twos].get()) ||
        !multiply(product.get(), s, inverse.get()) || BN_is_one(product.get()) == 0) {
      return nullptr;
    }
    return inverse;
  }

  // Montgomery's product a * b / 2^256 modulo the order.
  bool multiply(BIGNUM* out, const BIGNUM* a, const BIGNUM* b) const {
    return BN_mod_mul_montgomery(out, a, b, montgomery.get(), thread_context()) == 1;
  }

  GroupPtr group{EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)};
  BignumPtr field{BN_new()};
  const BIGNUM* order = nullptr;  // the group's
  Words order_words{};
  MontgomeryPtr montgomery{BN_MONT_CTX_new()};
  // 2^(512 - k) modulo the order: undoes k doublings and enters Montgomery form in one product.
  std::array<BignumPtr, kTwosMax + 1> halvings;

 private:
  static std::unique_ptr<const P256> make() {
    auto curve = std::make_unique<P256>();
    return curve->fill(thread_context()) ? std::move(curve) : nullptr;
  }

  bool fill(BN_CTX* context) {
    if (group == nullptr || field == nullptr || montgomery == nullptr ||
        EC_GROUP_get_curve(group.get(), field.get(), nullptr, nullptr, context) != 1) {
      return false;
    }
    order = EC_GROUP_get0_order(group.get());
    order_words = to_words(order);
    if (BN_MONT_CTX_set(montgomery.get(), order, context) != 1) return false;
    for (unsigned k = 0; k <= kTwosMax; ++k) {
      halvings[k].reset(BN_new());
      if (halvings[k] == nullptr ||
          BN_set_bit(halvings[k].get(), static_cast<int>(kTwosMax - k)) != 1 ||
          BN_nnmod(halvings[k].get(), halvings[k].get(), order, context) != 1) {
        return false;
      }
    }
    return true;
  }
};

bool in_range(const P256& curve, const BIGNUM* number) {
  return BN_is_zero(number) == 0 && BN_cmp(number, curve.order) < 0;
}

// Whether the affine x of the point, modulo the order, is r. The point is (X / Z^2, Y / Z^3): X is
// compared with r * Z^2, and with (r + order) * Z^2 where that is still a field element.
std::optional<bool> has_x(const P256& curve, const EC_POINT* point, BIGNUM* r) {
  BN_CTX* const context = thread_context();
  const BignumPtr x{BN_new()};
  const BignumPtr z{BN_new()};
  const BignumPtr expected{BN_new()};
  if (x == nullptr || z == nullptr || expected == nullptr ||
      EC_POINT_get_Jprojective_coordinates_GFp(curve.group.get(), point, x.get(), nullptr, z.get(),
                                               context) != 1 ||
      BN_mod_sqr(z.get(), z.get(), curve.field.get(), context) != 1) {
    return std::nullopt;
  }
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (BN_cmp(r, curve.field.get()) >= 0) return false;
    if (BN_mod_mul(expected.get(), r, z.get(), curve.field.get(), context) != 1) {
      return std::nullopt;
    }
    if (BN_cmp(expected.get(), x.get()) == 0) return true;
    if (BN_add(r, r, curve.order) != 1) return std::nullopt;
  }
  return false;
}

}  // namespace

std::unique_ptr<const Es256FastVerifier> Es256FastVerifier::make(const EcPublicKey& key) {
  const P256* const curve = P256::get();
  if (curve == nullptr || key.curve != EcCurve::p256) return nullptr;
  GroupPtr group = curve->group_around(key);
  if (group == nullptr) {
    ERR_clear_error();
    return nullptr;
  }
  return std::unique_ptr<const Es256FastVerifier>{new Es256FastVerifier{std::move(group)}};
}

std::optional<bool> Es256FastVerifier::verify(std::string_view hash,
                                              std::string_view signature) const {
  if (signature.size() != 2 * kFieldBytes) return false;
  if (hash.size() != kFieldBytes) return std::nullopt;
  const P256& curve = *P256::get();
  const BignumPtr r = from_big_endian(signature.substr(0, kFieldBytes));
  const BignumPtr s = from_big_endian(signature.substr(kFieldBytes));
  const BignumPtr e = from_big_endian(hash);
  if (!in_range(curve, r.get()) || !in_range(curve, s.get())) return false;
  if (BN_cmp(e.get(), curve.order) >= 0 && BN_sub(e.get(), e.get(), curve.order) != 1) {
    return std::nullopt;
  }
  const BignumPtr inverse = curve.inverse(s.get());
  const BignumPtr u1{BN_new()};
  const BignumPtr u2{BN_new()};
  if (inverse == nullptr || u1 == nullptr || u2 == nullptr ||
      !curve.multiply(u1.get(), e.get(), inverse.get()) ||
      !curve.multiply(u2.get(), r.get(), inverse.get())) {
    return std::nullopt;
  }
  BN_CTX* const context = thread_context();
  const EC_GROUP* const group = curve.group.get();
  const PointPtr sum{EC_POINT_new(group)};
  const PointPtr of_key{EC_POINT_new(key_group_.get())};
  if (sum == nullptr || of_key == nullptr ||
      EC_POINT_mul(group, sum.get(), u1.get(), nullptr, nullptr, context) != 1 ||
      EC_POINT_mul(key_group_.get(), of_key.get(), u2.get(), nullptr, nullptr, context) != 1 ||
      EC_POINT_add(group, sum.get(), sum.get(), of_key.get(), context) != 1) {
    return std::nullopt;
  }
  if (EC_POINT_is_at_infinity(group, sum.get()) == 1) return false;
  return has_x(curve, sum.get(), r.get());
}

}  // namespace curfew
