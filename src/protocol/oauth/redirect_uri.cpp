#include "protocol/oauth/redirect_uri.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/limits.hpp"
#include "protocol/http/uri.hpp"

namespace curfew {

namespace {

Error refused(std::string_view rule) {
  return Error::permanent(ErrorCode::invalid_argument, std::string{rule});
}

// The same text without its port if it is an http URI of a loopback host; else nothing. What is
// left is still compared byte for byte, so nothing but the port can differ.
std::optional<std::string> without_loopback_port(std::string_view uri) {
  constexpr std::array<std::string_view, 3> kLoopback{"http://127.0.0.1", "http://[::1]",
                                                      "http://localhost"};
  for (const std::string_view prefix : kLoopback) {
    if (!uri.starts_with(prefix)) continue;
    const std::string_view rest = uri.substr(prefix.size());
    const Result<Uri> parsed = parse_uri(uri);
    if (!parsed.ok() || !parsed->is_loopback() || parsed->userinfo) return std::nullopt;
    if (!parsed->port) return std::string{uri};
    const std::size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    return std::string{prefix} + std::string{rest.substr(end)};
  }
  return std::nullopt;
}

}  // namespace

bool uri_is_registered(std::span<const std::string> registered, std::string_view given) {
  return std::find(registered.begin(), registered.end(), given) != registered.end();
}

bool redirect_uri_matches(std::span<const std::string> registered, std::string_view given) {
  if (uri_is_registered(registered, given)) return true;
  const std::optional<std::string> portless = without_loopback_port(given);
  if (!portless) return false;
  return std::any_of(registered.begin(), registered.end(), [&portless](const std::string& uri) {
    return without_loopback_port(uri) == portless;
  });
}

bool leads_to_local_program(std::string_view redirect_uri) {
  const Result<Uri> uri = parse_uri(redirect_uri);
  return !uri.ok() || uri->scheme != "https" || uri->is_loopback();
}

Status check_redirect_uri(std::string_view text) {
  if (text.size() > limits::kRedirectUriBytesMax) return refused("the redirect URI is too long");
  CURFEW_TRY(const Uri uri, parse_uri(text));
  if (uri.fragment) return refused("a redirect URI has no fragment");
  if (uri.userinfo) return refused("a redirect URI has no user information");
  if (text.find('*') != std::string_view::npos) return refused("a redirect URI has no wildcard");
  if (uri.scheme == "https") return Done{};
  if (uri.scheme == "http") {
    if (uri.is_loopback()) return Done{};
    return refused("an http redirect URI is for 127.0.0.1, [::1] or localhost only; use https");
  }
  if (uri.scheme.find('.') == std::string::npos) {
    return refused(
        "a redirect URI is https, http to a loopback host, or a private-use scheme that is a "
        "domain name in reverse");
  }
  return Done{};
}

Status check_origin(std::string_view origin) {
  CURFEW_TRY(const Uri uri, parse_uri(origin));
  if (uri.userinfo || uri.origin() != origin) {
    return refused("an origin is scheme://host or scheme://host:port, in lower case");
  }
  if (uri.scheme == "https" || (uri.scheme == "http" && uri.is_loopback())) return Done{};
  return refused("an origin is https, or http to a loopback host");
}

}  // namespace curfew
