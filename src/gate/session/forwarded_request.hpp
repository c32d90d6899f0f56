// gate/session/forwarded_request.hpp: the request that a web server in front asks about, or hands
// on: what it says of it in headers.
//
// The web server is believed because of the connection that it comes by (is_from_front()), never
// because of a header. It must set each of these headers itself: what a browser sent under the same
// name is not to be handed on. One that comes twice, or as a list, is refused.
//
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "io/http_types.hpp"

namespace curfew {

// Loopback, or a Unix socket of root or of ourselves.
[[nodiscard]] bool is_from_front(const HttpPeer& peer);

// Which headers the web server sets; the operator says so in the address that it asks.
enum class ForwardedBy {
  forwarded_headers,  // X-Forwarded-Method, -Proto, -Host, -Uri
  original_url,       // X-Forwarded-Method, X-Original-URL
  own_request,        // the request itself is the one: handed on, or Envoy's
};

// What a browser says of a request, as far as it says whether a page is gone to.
struct NavigationHints {
  std::string_view method;
  bool has_upgrade = false;
  // Fetch Metadata where the browser sends it; else what browsers accept for pages alone. A header
  // that comes twice is no hint: leave the request's method empty.
  std::optional<std::string_view> sec_fetch_mode = std::nullopt;
  std::optional<std::string_view> sec_fetch_dest = std::nullopt;
  std::optional<std::string_view> accept = std::nullopt;
};
[[nodiscard]] bool is_navigation(const NavigationHints& hints);

// authorization, dpop and cookie are views into the request. The host is in lower case, and without
// the port of its scheme.
struct ForwardedRequest {
  std::string method;
  std::string host;
  std::string uri;             // path and query as the browser sent them
  bool is_navigation = false;  // a browser goes to a page, so it may be sent to another one
  std::optional<std::string_view> authorization;
  std::optional<std::string_view> dpop;
  std::string_view cookie;
  bool has_repeated_header = false;  // Authorization, DPoP
};

// invalid_argument, naming the header. `own_uri`: with own_request, what the browser asked for.
[[nodiscard]] Result<ForwardedRequest> read_forwarded(const HttpRequest& request, ForwardedBy by,
                                                      std::string_view own_uri = {});

}  // namespace curfew
