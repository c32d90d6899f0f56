// The functions for tables are deprecated in OpenSSL 3, without a replacement, and work as before.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/es256_fast.hpp"

#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include <array>
#include <bit>
#include <cstdint>
#include <string>

#include "base/check.hpp"
#include "crypto/bn_scratch.hpp"

namespace curfew {

namespace {

using GroupPtr = OpensslPtr<EC_GROUP, EC_GROUP_free>;
using PointPtr = OpensslPtr<EC_POINT, EC_POINT_free>;
using MontgomeryPtr = OpensslPtr<BN_MONT_CTX, BN_MONT_CTX_free>;

constexpr std::size_t kFieldBytes = 32;

// 256 bits, least significant word first.
using Words = std::array<std::uint64_t, 4>;

// Returns 1 where it went below zero, and 0 where it did not.
std::uint64_t subtract(Words& a, const Words& b) {
  unsigned long long borrow = 0;
  for (std::size_t i = 0; i < 4; ++i) a[i] = __builtin_subcll(a[i], b[i], borrow, &borrow);
  return borrow;
}

void add(Words& a, const Words& b) {
  unsigned long long carry = 0;
  for (std::size_t i = 0; i < 4; ++i) a[i] = __builtin_addcll(a[i], b[i], carry, &carry);
}

Words masked(const Words& a, std::uint64_t mask) {
  return {a[0] & mask, a[1] & mask, a[2] & mask, a[3] & mask};
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
// overflows, and |u * v| at least halves with each factor of 2 that is moved, so it ends. Which of
// the two is the larger is a coin's toss each time: trading their places by a mask, where a jump
// would be mispredicted, takes a third off.
// Precondition: 0 < number < modulus.
ScaledInverse almost_inverse(const Words& number, const Words& modulus) {
  Words u = modulus;
  Words v = number;
  Words r{};
  Words s{1, 0, 0, 0};
  // Modulo the modulus, number * s is v * 2^twos and number * r is -u * 2^twos; with the other
  // signs after an odd number of trades.
  std::uint64_t is_traded = 0;
  unsigned twos = move_twos(v, r);
  for (;;) {
    Words difference = v;
    const std::uint64_t is_below = subtract(difference, u);
    if ((difference[0] | difference[1] | difference[2] | difference[3]) == 0) break;
    const std::uint64_t trade = 0 - is_below;
    add(u, masked(difference, trade));  // the smaller of the two
    for (std::uint64_t& word : difference) word ^= trade;
    add(difference, {is_below, 0, 0, 0});
    v = difference;  // the larger less the smaller
    const Words before = s;
    add(s, r);
    for (std::size_t i = 0; i < 4; ++i) r[i] ^= (r[i] ^ before[i]) & trade;
    is_traded ^= is_below;
    twos += move_twos(v, r);
  }
  return {is_traded != 0 ? r : s, twos};
}

Words to_words(const BIGNUM* number) {
  std::array<unsigned char, kFieldBytes> bytes{};
  CURFEW_CHECK(BN_bn2lebinpad(number, bytes.data(), kFieldBytes) == kFieldBytes);
  return std::bit_cast<Words>(bytes);
}

static_assert(std::endian::native == std::endian::little, "to_words copies bytes into words");

// What all keys on P-256 share; immutable once made.
class P256 {
 public:
  static constexpr unsigned kTwosMax = 512;

  // Null where the library refuses.
  static const P256* get() {
    static const std::unique_ptr<const P256> curve = make();
    return curve.get();
  }

  // Null unless the coordinates have their size, are below the field's prime, and are of a point on
  // the curve: what the library asks of a key.
  [[nodiscard]] PointPtr point_of(const EcPublicKey& key) const {
    if (key.x.size() != kFieldBytes || key.y.size() != kFieldBytes) return nullptr;
    const BnScratch scratch;
    PointPtr point{EC_POINT_new(group.get())};
    const std::string encoded = "\x04" + key.x + key.y;
    const bool is_there =
        point != nullptr && EC_POINT_oct2point(group.get(), point.get(), as_uchar(encoded),
                                               encoded.size(), scratch.context()) == 1;
    return is_there ? std::move(point) : nullptr;
  }

  // The same curve with `point` in the generator's place, and tables for it.
  [[nodiscard]] GroupPtr group_around(const EC_POINT* point) const {
    const BnScratch scratch;
    GroupPtr made{EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)};
    const bool done = made != nullptr &&
                      EC_GROUP_set_generator(made.get(), point, order, BN_value_one()) == 1 &&
                      EC_GROUP_precompute_mult(made.get(), scratch.context()) == 1 &&
                      EC_GROUP_have_precompute_mult(made.get()) == 1;
    return done ? std::move(made) : nullptr;
  }

  // The inverse of s modulo the order in Montgomery form; null if the arithmetic failed its check.
  [[nodiscard]] BIGNUM* inverse(const BIGNUM* s, const BnScratch& scratch) const {
    const ScaledInverse scaled = almost_inverse(to_words(s), order_words);
    if (scaled.twos > kTwosMax) return nullptr;
    const auto bytes = std::bit_cast<std::array<unsigned char, kFieldBytes>>(scaled.value);
    BIGNUM* const inverse = scratch.number();
    BIGNUM* const product = scratch.number();
    if (BN_lebin2bn(bytes.data(), kFieldBytes, inverse) == nullptr ||
        !multiply(inverse, inverse, halvings[scaled.twos].get(), scratch) ||
        !multiply(product, s, inverse, scratch) || BN_is_one(product) == 0) {
      return nullptr;
    }
    return inverse;
  }

  // Montgomery's product a * b / 2^256 modulo the order, and modulo the field's prime.
  bool multiply(BIGNUM* out, const BIGNUM* a, const BIGNUM* b, const BnScratch& scratch) const {
    return BN_mod_mul_montgomery(out, a, b, by_order.get(), scratch.context()) == 1;
  }
  bool multiply_in_field(BIGNUM* out, const BIGNUM* a, const BIGNUM* b,
                         const BnScratch& scratch) const {
    return BN_mod_mul_montgomery(out, a, b, by_field.get(), scratch.context()) == 1;
  }

  GroupPtr group{EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)};
  BignumPtr field{BN_new()};
  const BIGNUM* order = nullptr;  // the group's
  Words order_words{};
  MontgomeryPtr by_order{BN_MONT_CTX_new()};
  MontgomeryPtr by_field{BN_MONT_CTX_new()};
  // 2^(512 - k) modulo the order: undoes k doublings and enters Montgomery form in one product.
  std::array<BignumPtr, kTwosMax + 1> halvings;

 private:
  static std::unique_ptr<const P256> make() {
    auto curve = std::make_unique<P256>();
    const BnScratch scratch;
    return curve->fill(scratch.context()) ? std::move(curve) : nullptr;
  }

  bool fill(BN_CTX* context) {
    if (group == nullptr || field == nullptr || by_order == nullptr || by_field == nullptr ||
        EC_GROUP_get_curve(group.get(), field.get(), nullptr, nullptr, context) != 1) {
      return false;
    }
    order = EC_GROUP_get0_order(group.get());
    order_words = to_words(order);
    if (BN_MONT_CTX_set(by_order.get(), order, context) != 1 ||
        BN_MONT_CTX_set(by_field.get(), field.get(), context) != 1) {
      return false;
    }
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
std::optional<bool> has_x(const P256& curve, const EC_POINT* point, BIGNUM* r,
                          const BnScratch& scratch) {
  BN_CTX* const context = scratch.context();
  BIGNUM* const x = scratch.number();
  BIGNUM* const z = scratch.number();
  BIGNUM* const expected = scratch.number();
  // z becomes Z^2 in Montgomery form: its product with a number that is not is the plain one.
  if (EC_POINT_get_Jprojective_coordinates_GFp(curve.group.get(), point, x, nullptr, z, context) !=
          1 ||
      BN_to_montgomery(z, z, curve.by_field.get(), context) != 1 ||
      !curve.multiply_in_field(z, z, z, scratch)) {
    return std::nullopt;
  }
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (BN_cmp(r, curve.field.get()) >= 0) return false;
    if (!curve.multiply_in_field(expected, r, z, scratch)) return std::nullopt;
    if (BN_cmp(expected, x) == 0) return true;
    if (BN_add(r, r, curve.order) != 1) return std::nullopt;
  }
  return false;
}

// Work space of a thread: points of one curve, whatever its generator.
struct Points {
  PointPtr sum{EC_POINT_new(P256::get()->group.get())};
  PointPtr of_key{EC_POINT_new(P256::get()->group.get())};

  [[nodiscard]] bool are_there() const { return sum != nullptr && of_key != nullptr; }
};

// u1 G + u2 Q, where Q is `key`, and the generator of `key_group` unless that is null: the library
// has tables for generators. Null if it refuses; until the thread's next call.
const EC_POINT* sum_of(const P256& curve, const EC_POINT* key, const EC_GROUP* key_group,
                       const BIGNUM* u1, const BIGNUM* u2, BN_CTX* context) {
  thread_local const Points points;
  if (!points.are_there()) return nullptr;
  EC_POINT* const sum = points.sum.get();
  EC_POINT* const of_key = points.of_key.get();
  const EC_GROUP* const group = curve.group.get();
  if (key_group == nullptr) {
    return EC_POINT_mul(group, sum, u1, key, u2, context) == 1 ? sum : nullptr;
  }
  const bool done = EC_POINT_mul(group, sum, u1, nullptr, nullptr, context) == 1 &&
                    EC_POINT_mul(key_group, of_key, u2, nullptr, nullptr, context) == 1 &&
                    EC_POINT_add(group, sum, sum, of_key, context) == 1;
  return done ? sum : nullptr;
}

}  // namespace

std::unique_ptr<const Es256FastVerifier> Es256FastVerifier::make(const EcPublicKey& key,
                                                                 Es256Tables tables) {
  const P256* const curve = P256::get();
  if (curve == nullptr || key.curve != EcCurve::p256) return nullptr;
  PointPtr point = curve->point_of(key);
  GroupPtr group;
  if (point != nullptr && tables == Es256Tables::made) group = curve->group_around(point.get());
  if (point == nullptr || (tables == Es256Tables::made && group == nullptr)) {
    ERR_clear_error();
    return nullptr;
  }
  return std::unique_ptr<const Es256FastVerifier>{
      new Es256FastVerifier{std::move(point), std::move(group)}};
}

std::optional<bool> Es256FastVerifier::verify(std::string_view hash,
                                              std::string_view signature) const {
  if (signature.size() != 2 * kFieldBytes) return false;
  if (hash.size() != kFieldBytes) return std::nullopt;
  const P256& curve = *P256::get();
  const BnScratch scratch;
  BIGNUM* const r = scratch.from_big_endian(signature.substr(0, kFieldBytes));
  BIGNUM* const s = scratch.from_big_endian(signature.substr(kFieldBytes));
  BIGNUM* const e = scratch.from_big_endian(hash);
  if (!in_range(curve, r) || !in_range(curve, s)) return false;
  if (BN_cmp(e, curve.order) >= 0 && BN_sub(e, e, curve.order) != 1) return std::nullopt;
  const BIGNUM* const inverse = curve.inverse(s, scratch);
  BIGNUM* const u1 = scratch.number();
  BIGNUM* const u2 = scratch.number();
  if (inverse == nullptr || !curve.multiply(u1, e, inverse, scratch) ||
      !curve.multiply(u2, r, inverse, scratch)) {
    return std::nullopt;
  }
  const EC_POINT* const sum =
      sum_of(curve, point_.get(), key_group_.get(), u1, u2, scratch.context());
  if (sum == nullptr) return std::nullopt;
  if (EC_POINT_is_at_infinity(curve.group.get(), sum) == 1) return false;
  return has_x(curve, sum, r, scratch);
}

}  // namespace curfew
