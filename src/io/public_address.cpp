#include "io/public_address.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "io/address_network.hpp"

namespace curfew {

namespace {

struct Ipv4Range {
  std::uint32_t first;
  int bits;
};
constexpr std::uint32_t quad(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return (a << 24U) | (b << 16U) | (c << 8U) | d;
}
// What is not the public internet (RFC 6890 2.2.2), and what is no single host.
constexpr std::array<Ipv4Range, 15> kClosed{{{quad(0, 0, 0, 0), 8},
                                             {quad(10, 0, 0, 0), 8},
                                             {quad(100, 64, 0, 0), 10},
                                             {quad(127, 0, 0, 0), 8},
                                             {quad(169, 254, 0, 0), 16},
                                             {quad(172, 16, 0, 0), 12},
                                             {quad(192, 0, 0, 0), 24},
                                             {quad(192, 0, 2, 0), 24},
                                             {quad(192, 88, 99, 0), 24},
                                             {quad(192, 168, 0, 0), 16},
                                             {quad(198, 18, 0, 0), 15},
                                             {quad(198, 51, 100, 0), 24},
                                             {quad(203, 0, 113, 0), 24},
                                             {quad(224, 0, 0, 0), 4},
                                             {quad(240, 0, 0, 0), 4}}};

bool is_public_ipv4(std::uint32_t address) {
  return std::ranges::none_of(kClosed, [address](const Ipv4Range& range) {
    return (address >> (32 - range.bits)) == (range.first >> (32 - range.bits));
  });
}

// Of IPv6 only 2000::/3 is given out; in it, what leads to IPv4 or nowhere is refused: Teredo and
// the other special ones of 2001::/23, documentation, 6to4.
bool is_public_ipv6(const AddressBytes& bytes) {
  const std::uint32_t head = quad(bytes[0], bytes[1], bytes[2], bytes[3]);
  if ((head >> 29U) != 1) return false;
  const bool is_special = (head >> 9U) == (0x20010000U >> 9U);
  const bool is_documentation = head == 0x20010DB8U || (head >> 12U) == (0x3FFF0000U >> 12U);
  const bool is_6to4 = (head >> 16U) == 0x2002U;
  return !is_special && !is_documentation && !is_6to4;
}

}  // namespace

bool is_public_address(const sockaddr& address) {
  const auto bytes = address_bytes(address);
  if (!bytes) return false;
  if (!is_ipv4_mapped(*bytes)) return is_public_ipv6(*bytes);
  return is_public_ipv4(quad((*bytes)[12], (*bytes)[13], (*bytes)[14], (*bytes)[15]));
}

}  // namespace curfew
