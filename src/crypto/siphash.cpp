#include "crypto/siphash.hpp"

#include <bit>
#include <cstddef>
#include <cstring>

namespace curfew {

namespace {

// Words are read as they lie in memory.
static_assert(std::endian::native == std::endian::little);

class SipState {
 public:
  explicit SipState(const SipKey& key)
      : v0_(key.low ^ 0x736f6d6570736575),
        v1_(key.high ^ 0x646f72616e646f6d ^ 0xee),
        v2_(key.low ^ 0x6c7967656e657261),
        v3_(key.high ^ 0x7465646279746573) {}

  void take(std::uint64_t word) {
    v3_ ^= word;
    round();
    round();
    v0_ ^= word;
  }

  SipHash128 finish() {
    SipHash128 hash;
    v2_ ^= 0xee;
    for (int i = 0; i < 4; ++i) round();
    hash.low = v0_ ^ v1_ ^ v2_ ^ v3_;
    v1_ ^= 0xdd;
    for (int i = 0; i < 4; ++i) round();
    hash.high = v0_ ^ v1_ ^ v2_ ^ v3_;
    return hash;
  }

 private:
  void round() {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_, v1_, v2_, v3_;
};

std::uint64_t word_of(const char* bytes, std::size_t count) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, count);
  return word;
}

// `word` holds `held` bytes of the message already; `total` is the length of all of it.
SipHash128 rest_of(SipState state, std::uint64_t word, std::size_t held, std::string_view rest) {
  const std::size_t total = held + rest.size();
  const std::size_t missing = sizeof word - held;
  if (held != 0 && rest.size() >= missing) {
    state.take(word | (word_of(rest.data(), missing) << (8 * held)));
    rest.remove_prefix(missing);
    word = 0;
    held = 0;
  }
  for (; held == 0 && rest.size() >= sizeof word; rest.remove_prefix(sizeof word)) {
    state.take(word_of(rest.data(), sizeof word));
  }
  if (!rest.empty()) word |= word_of(rest.data(), rest.size()) << (8 * held);
  state.take(word | (static_cast<std::uint64_t>(total) << 56));
  return state.finish();
}

}  // namespace

SipHash128 siphash128(const SipKey& key, std::string_view data) {
  return rest_of(SipState{key}, 0, 0, data);
}

SipHash128 siphash128(const SipKey& key, std::uint8_t first, std::string_view rest) {
  return rest_of(SipState{key}, first, 1, rest);
}

}  // namespace curfew
