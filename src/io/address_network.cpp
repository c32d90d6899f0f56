#include "io/address_network.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/text.hpp"

namespace curfew {

namespace {

constexpr std::size_t kMappedBytes = 12;
constexpr std::uint8_t kMappedBits = 96;
constexpr std::array<std::uint8_t, kMappedBytes> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

AddressBytes mapped(const void* ipv4) {
  AddressBytes bytes{};
  std::ranges::copy(kMapped, bytes.begin());
  std::memcpy(&bytes[kMappedBytes], ipv4, sizeof(in_addr));
  return bytes;
}

std::optional<AddressBytes> parse_address(const std::string& text, bool is_ipv4) {
  if (text.find('\0') != std::string::npos) return std::nullopt;  // inet_pton ends there
  AddressBytes bytes{};
  if (inet_pton(is_ipv4 ? AF_INET : AF_INET6, text.c_str(), bytes.data()) != 1) return std::nullopt;
  if (is_ipv4) return mapped(AddressBytes{bytes}.data());
  return bytes;
}

std::optional<std::uint8_t> parse_length(std::string_view text, std::uint8_t most) {
  std::uint8_t length = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, length);
  const bool is_padded = text.size() > 1 && text.front() == '0';
  if (error != std::errc{} || stop != end || is_padded || length > most) return std::nullopt;
  return length;
}

// The address with zeros after its first bits.
AddressBytes cut(const AddressBytes& address, unsigned bits) {
  AddressBytes first{};
  std::copy_n(address.begin(), bits / 8, first.begin());
  if (bits % 8 != 0) first.at(bits / 8) = address.at(bits / 8) & (0xff00U >> (bits % 8));
  return first;
}

Error refused(std::string_view text, const std::string& reason) {
  constexpr std::size_t kShownBytesMax = 64;
  return Error::permanent(ErrorCode::invalid_argument,
                          "\"" + escape_for_display(text, kShownBytesMax) + "\" " + reason);
}

}  // namespace

std::optional<AddressBytes> address_bytes(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in ipv4{};
    std::memcpy(&ipv4, &address, sizeof ipv4);
    return mapped(&ipv4.sin_addr);
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, &address, sizeof ipv6);
    AddressBytes bytes{};
    std::memcpy(bytes.data(), &ipv6.sin6_addr, bytes.size());
    return bytes;
  }
  return std::nullopt;
}

bool is_ipv4_mapped(const AddressBytes& address) {
  return std::equal(kMapped.begin(), kMapped.end(), address.begin());
}

Result<AddressNetwork> parse_address_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return refused(text, "has no length; a single address is \"10.1.2.3/32\" or \"fd00::1/128\"");
  }
  const std::string_view host = text.substr(0, slash);
  const bool is_ipv4 = host.find(':') == std::string_view::npos;
  const auto address = parse_address(std::string{host}, is_ipv4);
  const auto length = parse_length(text.substr(slash + 1), is_ipv4 ? 32 : 128);
  if (!address || !length) {
    return refused(text, "is no network such as \"10.1.0.0/16\" or \"fd00:1::/32\"");
  }
  const auto bits = static_cast<std::uint8_t>(*length + (is_ipv4 ? kMappedBits : 0));
  const AddressNetwork network{.first = cut(*address, bits), .bits = bits};
  if (network.first != *address) {
    return refused(text, "has bits after its length; the network is " + to_text(network));
  }
  return network;
}

std::string to_text(const AddressNetwork& network) {
  const bool is_ipv4 = network.bits >= kMappedBits && is_ipv4_mapped(network.first);
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(is_ipv4 ? AF_INET : AF_INET6, &network.first.at(is_ipv4 ? kMappedBytes : 0),
            text.data(), text.size());
  return text.data() + ("/" + std::to_string(network.bits - (is_ipv4 ? kMappedBits : 0)));
}

bool is_in(const AddressBytes& address, const AddressNetwork& network) {
  if (is_ipv4_mapped(address) && network.bits < kMappedBits) return false;
  return cut(address, network.bits) == network.first;
}

bool is_in_any(const sockaddr& address, const std::vector<AddressNetwork>& networks) {
  const auto bytes = address_bytes(address);
  return bytes && std::ranges::any_of(networks, [&bytes](const AddressNetwork& network) {
           return is_in(*bytes, network);
         });
}

}  // namespace curfew
