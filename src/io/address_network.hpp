// io/address_network.hpp: networks of IP addresses in CIDR form (RFC 4632 3.1, RFC 4291 2.3), and
// which of them an address is in.
//
// Every address is 16 bytes in network order, an IPv4 one in its IPv4-mapped form (RFC 4291
// 2.5.5.2): so a peer is the same one however its address came. Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

struct sockaddr;

namespace curfew {

using AddressBytes = std::array<std::uint8_t, 16>;

// Nothing for every family but IPv4 and IPv6.
[[nodiscard]] std::optional<AddressBytes> address_bytes(const sockaddr& address);
[[nodiscard]] bool is_ipv4_mapped(const AddressBytes& address);

struct AddressNetwork {
  AddressBytes first{};   // with zeros after its bits
  std::uint8_t bits = 0;  // 0 to 128; of an IPv4 network, those of the mapped form: 96 to 128

  bool operator==(const AddressNetwork&) const = default;
};

// "10.1.0.0/16", "fd00:1::/32". Refused, with the reason: no length, an address that is none, one
// with bits after its length (it may be meant to be another network).
[[nodiscard]] Result<AddressNetwork> parse_address_network(std::string_view text);
// What parse_address_network reads as the same network; IPv4 in its own form.
[[nodiscard]] std::string to_text(const AddressNetwork& network);

// No IPv6 network has IPv4 addresses in it, not even ::/0.
[[nodiscard]] bool is_in(const AddressBytes& address, const AddressNetwork& network);
[[nodiscard]] bool is_in_any(const sockaddr& address, const std::vector<AddressNetwork>& networks);

}  // namespace curfew
