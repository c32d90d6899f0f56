#include "io/forwarded_for.hpp"

#include <arpa/inet.h>

#include <array>
#include <string_view>

#include "base/text.hpp"

namespace curfew {

namespace {

// "[2001:db8::1]:443" and the like: longer is nothing that we know.
constexpr std::size_t kElementBytesMax = 64;

// "192.0.2.7:443", "[2001:db8::1]:443" and "[2001:db8::1]" without what is not the address.
std::string_view without_port(std::string_view element) {
  if (element.starts_with('[')) {
    const std::size_t end = element.find(']');
    if (end == std::string_view::npos) return {};
    const std::string_view rest = element.substr(end + 1);
    return rest.empty() || rest.starts_with(':') ? element.substr(1, end - 1) : std::string_view{};
  }
  const std::size_t colon = element.find(':');
  const bool is_only_one = colon != std::string_view::npos && colon == element.rfind(':');
  return is_only_one ? element.substr(0, colon) : element;
}

// In the kernel's own spelling, an IPv4 address inside an IPv6 one as IPv4.
std::optional<std::string> canonical(const std::string& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  in_addr v4{};
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return address;
  in6_addr v6{};
  if (inet_pton(AF_INET6, address.c_str(), &v6) != 1) return std::nullopt;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) {
    inet_ntop(AF_INET, &v6.s6_addr[12], text.data(), text.size());
  } else {
    inet_ntop(AF_INET6, &v6, text.data(), text.size());
  }
  return text.data();
}

}  // namespace

std::optional<std::string> forwarded_address(const HttpHeaders& headers) {
  const std::vector<std::string_view> lines = headers.all("X-Forwarded-For");
  if (lines.empty()) return std::nullopt;
  const std::string_view line = lines.back();
  const std::string_view element = trim_ascii(line.substr(line.rfind(',') + 1));
  if (element.empty() || element.size() > kElementBytesMax) return std::nullopt;
  return canonical(std::string{without_port(element)});
}

}  // namespace curfew
