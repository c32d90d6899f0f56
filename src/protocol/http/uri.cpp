#include "protocol/http/uri.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"

namespace curfew {

namespace {

Error not_a_uri(std::string_view rule) {
  return Error::permanent(ErrorCode::invalid_argument, "the URI " + std::string{rule});
}

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return is_alpha(c) || is_digit(c); }

bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

// unreserved and sub-delims of RFC 3986 2.2 and 2.3, and `extra`.
bool is_uri_char(char c, std::string_view extra) {
  return is_alnum(c) || is_one_of(c, "-._~!$&'()*+,;=") || is_one_of(c, extra);
}

// `text` is uri characters, `extra`, and whole percent sequences.
bool is_uri_text(std::string_view text, std::string_view extra) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const std::string_view digits = text.substr(i + 1, 2);
      if (digits.size() != 2 || !hex_decode(digits)) return false;
      i += 2;
    } else if (!is_uri_char(text[i], extra)) {
      return false;
    }
  }
  return true;
}

bool is_scheme(std::string_view text) {
  return !text.empty() && is_alpha(text[0]) && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alnum(c) || is_one_of(c, "+-.");
  });
}

bool is_web_scheme(std::string_view scheme) { return scheme == "https" || scheme == "http"; }

bool is_ip_address(int family, std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return inet_pton(family, std::string{text}.c_str(), address.data()) == 1;
}

// Browsers read a host whose last label looks like a number as an IPv4 address, in many spellings
// ("127.1", "0x7f000001"). Only the plain one is taken.
bool is_numeric_label(std::string_view label) {
  if (label.starts_with("0x")) return true;
  return !label.empty() && std::all_of(label.begin(), label.end(), is_digit);
}

bool is_web_host(std::string_view host) {
  const bool plain = std::all_of(host.begin(), host.end(),
                                 [](char c) { return is_alnum(c) || is_one_of(c, "-._"); });
  if (!plain || host.front() == '.' || host.find("..") != std::string_view::npos) return false;
  std::string_view name = host;
  if (name.ends_with('.')) name.remove_suffix(1);
  const std::size_t dot = name.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? name : name.substr(dot + 1);
  return !is_numeric_label(last) || is_ip_address(AF_INET, host);
}

Result<std::uint16_t> parse_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size() || digits.front() == '0') {
    return not_a_uri("has a port that is no number from 1 to 65535");
  }
  return port;
}

// Takes what follows `mark` off the end of `rest`.
std::optional<std::string> cut_after(std::string_view& rest, char mark) {
  const std::size_t at = rest.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  std::string tail{rest.substr(at + 1)};
  rest = rest.substr(0, at);
  return tail;
}

Result<Done> parse_host(std::string_view host, Uri& uri) {
  uri.host = ascii_lower(host);
  if (host.starts_with('[')) {
    const bool closed = host.ends_with(']');
    // inet_pton ends at a NUL and knows no zone, so the characters are checked first.
    const bool plain =
        host.find_first_not_of("0123456789abcdefABCDEF:.[]") == std::string_view::npos;
    if (!closed || !plain || !is_ip_address(AF_INET6, host.substr(1, host.size() - 2))) {
      return not_a_uri("has a host in brackets that is no IPv6 address");
    }
    return Done{};
  }
  if (!is_web_scheme(uri.scheme)) {
    return is_uri_text(host, "") ? Result<Done>{Done{}} : not_a_uri("has a malformed host");
  }
  if (host.empty()) return not_a_uri("has no host");
  if (!is_web_host(uri.host)) return not_a_uri("has a malformed host");
  return Done{};
}

Result<Done> parse_authority(std::string_view authority, Uri& uri) {
  if (const std::size_t at = authority.find('@'); at != std::string_view::npos) {
    uri.userinfo = authority.substr(0, at);
    if (!is_uri_text(*uri.userinfo, ":")) return not_a_uri("has malformed user information");
    authority.remove_prefix(at + 1);
  }
  // The colons of an IPv6 literal are inside its brackets.
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon =
      authority.find(':', bracket == std::string_view::npos ? 0 : bracket + 1);
  if (colon != std::string_view::npos) {
    const std::string_view digits = authority.substr(colon + 1);
    if (digits.empty()) return not_a_uri("has an empty port");
    CURFEW_TRY(uri.port, parse_port(digits));
    authority = authority.substr(0, colon);
  }
  return parse_host(authority, uri);
}

}  // namespace

std::string Uri::origin() const {
  if (!has_authority) return {};
  std::string origin = scheme + "://" + host;
  const bool is_default = (scheme == "https" && port == 443) || (scheme == "http" && port == 80);
  if (port && !is_default) origin += ":" + std::to_string(*port);
  return origin;
}

bool Uri::is_loopback() const {
  return host == "127.0.0.1" || host == "[::1]" || host == "localhost";
}

Result<Uri> parse_uri(std::string_view text) {
  Uri uri;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon))) {
    return not_a_uri("has no scheme");
  }
  uri.scheme = ascii_lower(text.substr(0, colon));
  std::string_view rest = text.substr(colon + 1);
  uri.fragment = cut_after(rest, '#');
  uri.query = cut_after(rest, '?');
  if (rest.starts_with("//")) {
    uri.has_authority = true;
    rest.remove_prefix(2);
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    CURFEW_TRY_STATUS(parse_authority(rest.substr(0, slash), uri));
    rest.remove_prefix(slash);
  } else if (is_web_scheme(uri.scheme)) {
    return not_a_uri("has no host");
  }
  uri.path = rest;
  if (!is_uri_text(uri.path, ":@/")) return not_a_uri("has a malformed path");
  if (uri.query && !is_uri_text(*uri.query, ":@/?")) return not_a_uri("has a malformed query");
  if (uri.fragment && !is_uri_text(*uri.fragment, ":@/?")) {
    return not_a_uri("has a malformed fragment");
  }
  return uri;
}

std::string with_query(std::string_view uri, std::string_view encoded_pairs) {
  const std::size_t hash = std::min(uri.find('#'), uri.size());
  std::string text{uri.substr(0, hash)};
  if (!encoded_pairs.empty()) {
    if (text.find('?') == std::string::npos) {
      text += '?';
    } else if (!text.ends_with('?') && !text.ends_with('&')) {
      text += '&';
    }
    text += encoded_pairs;
  }
  text += uri.substr(hash);
  return text;
}

}  // namespace curfew
