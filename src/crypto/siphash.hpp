// crypto/siphash.hpp: SipHash-2-4 with 128 bits of output (Aumasson, Bernstein: "SipHash: a fast
// short-input PRF", and its authors' 128-bit variant): a keyed hash for tables whose keys are
// chosen by others.
//
// Whoever does not know the key can neither find two inputs that collide nor aim at a place in a
// table. With a key that is known it is a checksum against damage, not against people. Ours rather
// than OpenSSL's, because a table is asked some hundred times for each microsecond that OpenSSL
// needs to set a MAC up, and because readers of our files in other languages need no more than
// this. Pure, no allocation, from any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace curfew {

struct SipKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  friend bool operator==(const SipKey&, const SipKey&) = default;
};

// The 16 bytes of the output as two little endian numbers.
struct SipHash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  friend bool operator==(const SipHash128&, const SipHash128&) = default;
};

[[nodiscard]] SipHash128 siphash128(const SipKey& key, std::string_view data);

// Of the byte `first` followed by `rest`, without putting them together.
[[nodiscard]] SipHash128 siphash128(const SipKey& key, std::uint8_t first, std::string_view rest);

}  // namespace curfew
