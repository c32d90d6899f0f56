// protocol/http/uri.hpp: an absolute URI taken apart, strictly.
//
// Nothing is repaired: what browsers would rewrite (backslashes, spaces, tabs, missing slashes) is
// refused, so that we and a browser never see two different hosts in one text.
//
// Spec: RFC 3986 3 and 4.3, with an optional fragment. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace curfew {

struct Uri {
  std::string scheme;                   // in lower case
  bool has_authority = false;           // "//" follows the scheme
  std::optional<std::string> userinfo;  // as written
  std::string host;                     // in lower case; an IPv6 literal keeps its brackets
  std::optional<std::uint16_t> port;    // as written; nothing if absent
  std::string path;                     // as written, never decoded
  std::optional<std::string> query;     // without '?'
  std::optional<std::string> fragment;  // without '#'

  // "https://host:8443"; the scheme's default port is left out (RFC 6454 6.2). Empty for a URI
  // without an authority.
  [[nodiscard]] std::string origin() const;
  // 127.0.0.1, [::1] or localhost (RFC 8252 7.3 and 8.3).
  [[nodiscard]] bool is_loopback() const;
};

// invalid_argument, with the rule, for anything that is not an absolute URI of visible ASCII
// characters. http and https need a host; a port is 1 to 65535 without a leading zero.
[[nodiscard]] Result<Uri> parse_uri(std::string_view text);

// The same URI with name=value pairs added to its query: text before the first '#', '?' or '&' as
// needed. Names and values are encoded here. `uri` must be a valid URI.
[[nodiscard]] std::string with_query(std::string_view uri, std::string_view encoded_pairs);

}  // namespace curfew
