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

// Of exactly so many bytes, which the compiler knows.
template <std::size_t Count>
std::uint64_t word_of(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, Count);
  return word;
}

// The last `count` bytes before `end`, fewer than a word, of at least `readable`.
std::uint64_t last_word(const char* end, std::size_t count, std::size_t readable) {
  if (count == 0) return 0;
  if (readable >= sizeof(std::uint64_t)) {
    return word_of<sizeof(std::uint64_t)>(end - sizeof(std::uint64_t)) >> (64 - 8 * count);
  }
  std::uint64_t word = 0;
  const char* const begin = end - count;
  for (std::size_t i = 0; i < count; ++i) {
    word |= std::uint64_t{static_cast<std::uint8_t>(begin[i])} << (8 * i);
  }
  return word;
}

// The words of `rest`, of a message that is `before` bytes longer.
SipHash128 finish_with(SipState state, std::string_view rest, std::size_t before) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  const char* const end = rest.data() + rest.size();
  const char* at = rest.data();
  for (; static_cast<std::size_t>(end - at) >= kWord; at += kWord) state.take(word_of<kWord>(at));
  const auto left = static_cast<std::size_t>(end - at);
  const std::uint64_t length = (rest.size() + before) << 56;
  state.take(length | last_word(end, left, rest.size()));
  return state.finish();
}

}  // namespace

SipHash128 siphash128(const SipKey& key, std::string_view data) {
  return finish_with(SipState{key}, data, 0);
}

SipHash128 siphash128(const SipKey& key, std::uint8_t first, std::string_view rest) {
  constexpr std::size_t kBeside = sizeof(std::uint64_t) - 1;  // bytes in the word of the first one
  SipState state{key};
  if (rest.size() < kBeside) {
    const std::uint64_t length = (rest.size() + 1) << 56;
    state.take(length | last_word(rest.data() + rest.size(), rest.size(), rest.size()) << 8 |
               first);
    return state.finish();
  }
  state.take(word_of<kBeside>(rest.data()) << 8 | first);
  return finish_with(state, rest.substr(kBeside), kBeside + 1);
}

}  // namespace curfew
