// gate/token/header_name.hpp: by what an Authorization header that came before is found again: its
// last 16 bytes, masked by a key of this process.
//
// They are in the token's signature, so that two tokens that verify do not have the same, and
// nobody can choose them without a signing key; and who does not know the key of the process cannot
// collect tokens that meet in one place of a table. A name decides nothing: whoever finds something
// by it compares the whole header.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace curfew {

struct HeaderName {
  using Key = std::array<std::uint64_t, 2>;
  using Words = std::array<std::uint64_t, 2>;

  // What is shorter than that is no token: one name for all of it.
  HeaderName(const Key& key, std::string_view header) : words{key} {
    Words end{};
    if (header.size() >= sizeof end) {
      std::memcpy(end.data(), header.data() + (header.size() - sizeof end), sizeof end);
    }
    words[0] ^= end[0];
    words[1] ^= end[1];
  }

  // All of it in 64 bits.
  [[nodiscard]] std::uint64_t mixed() const {
    __extension__ using Wide = unsigned __int128;
    const Wide product = Wide{words[0]} * words[1];
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }

  friend bool operator==(const HeaderName&, const HeaderName&) = default;

  Words words;
};

}  // namespace curfew
