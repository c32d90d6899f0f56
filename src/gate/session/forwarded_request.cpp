#include "gate/session/forwarded_request.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/text.hpp"
#include "gate/session/session_limits.hpp"

namespace curfew {

namespace {

using Header = std::optional<std::string_view>;

Error refused(std::string_view name, std::string_view what) {
  return Error::permanent(ErrorCode::invalid_argument,
                          "the header " + std::string{name} + " " + std::string{what});
}

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

// The one value that the server in front has set; nothing where it set none.
Result<Header> value_of(const HttpRequest& request, std::string_view name) {
  CURFEW_TRY(const Header value, request.header(name));
  if (!value) return value;
  const std::string_view text = trim_ascii(*value);
  if (text.empty() || !is_visible(text)) return refused(name, "is empty or malformed");
  return Header{text};
}

Result<std::string> host_of(std::string_view text, std::string_view name) {
  const bool is_one = text.find_first_of(",/@?#\\") == std::string_view::npos;
  if (!is_one) return refused(name, "is not one host");
  std::string host = ascii_lower(text);
  if (host.ends_with(":443")) host.resize(host.size() - 4);
  return host;
}

Result<std::string> uri_of(std::string_view text, std::string_view name) {
  if (!text.starts_with('/')) return refused(name, "is not a path");
  if (text.size() > session_limits::kForwardedUriBytesMax) return refused(name, "is too long");
  return std::string{text};
}

Result<std::string> method_of(std::string_view text) {
  const bool is_method =
      text.size() <= session_limits::kMethodBytesMax && std::ranges::all_of(text, [](char c) {
        return (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
      });
  if (!is_method) return refused("X-Forwarded-Method", "is not a method");
  return std::string{text};
}

Status check_proto(const HttpRequest& request) {
  CURFEW_TRY(const Header proto, value_of(request, "X-Forwarded-Proto"));
  const bool is_https = !proto || ascii_iequals(*proto, "https") || ascii_iequals(*proto, "wss");
  if (is_https) return Done{};
  return refused("X-Forwarded-Proto", "is not https: sites are served over TLS alone");
}

Result<Header> host_header(const HttpRequest& request) {
  CURFEW_TRY(const Header forwarded, value_of(request, "X-Forwarded-Host"));
  if (forwarded) return forwarded;
  return value_of(request, "Host");
}

Status read_target(const HttpRequest& request, ForwardedBy by, std::string_view own_uri,
                   ForwardedRequest& out) {
  if (by == ForwardedBy::original_url) {
    CURFEW_TRY(const Header url, value_of(request, "X-Original-URL"));
    constexpr std::string_view kScheme = "https://";
    if (!url || !url->starts_with(kScheme)) return refused("X-Original-URL", "is not https://...");
    const std::string_view rest = url->substr(kScheme.size());
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    CURFEW_TRY(out.host, host_of(rest.substr(0, slash), "X-Original-URL"));
    CURFEW_TRY(out.uri, uri_of(slash == rest.size() ? "/" : rest.substr(slash), "X-Original-URL"));
    return Done{};
  }
  CURFEW_TRY_STATUS(check_proto(request));
  CURFEW_TRY(const Header host, host_header(request));
  if (!host) return refused("X-Forwarded-Host", "is missing");
  CURFEW_TRY(out.host, host_of(*host, "X-Forwarded-Host"));
  if (by == ForwardedBy::own_request) {
    CURFEW_TRY(out.uri, uri_of(own_uri.empty() ? "/" : own_uri, "path"));
    return Done{};
  }
  CURFEW_TRY(const Header uri, value_of(request, "X-Forwarded-Uri"));
  if (!uri) return refused("X-Forwarded-Uri", "is missing");
  CURFEW_TRY(out.uri, uri_of(*uri, "X-Forwarded-Uri"));
  return Done{};
}

NavigationHints hints_of(const HttpRequest& request, std::string_view method) {
  const auto mode = request.header("Sec-Fetch-Mode");
  const auto dest = request.header("Sec-Fetch-Dest");
  const auto accept = request.header("Accept");
  if (!mode.ok() || !dest.ok()) return {};
  return {.method = method,
          .has_upgrade = request.headers.has("Upgrade"),
          .sec_fetch_mode = *mode,
          .sec_fetch_dest = *dest,
          .accept = accept.ok() ? *accept : std::nullopt};
}

}  // namespace

bool is_navigation(const NavigationHints& hints) {
  if (hints.method != "GET" && hints.method != "HEAD") return false;
  if (hints.has_upgrade) return false;
  if (hints.sec_fetch_mode) {
    return *hints.sec_fetch_mode == "navigate" &&
           (!hints.sec_fetch_dest || *hints.sec_fetch_dest == "document");
  }
  return hints.accept && hints.accept->find("text/html") != std::string_view::npos;
}

bool is_from_front(const HttpPeer& peer) {
  if (peer.transport == Transport::plain_loopback) return true;
  if (peer.transport != Transport::unix_socket || !peer.uid) return false;
  return *peer.uid == 0 || *peer.uid == ::geteuid();
}

Result<ForwardedRequest> read_forwarded(const HttpRequest& request, ForwardedBy by,
                                        std::string_view own_uri) {
  ForwardedRequest out;
  CURFEW_TRY_STATUS(read_target(request, by, own_uri, out));
  out.method = to_string(request.method);
  if (by != ForwardedBy::own_request) {
    CURFEW_TRY(const Header method, value_of(request, "X-Forwarded-Method"));
    if (!method) return refused("X-Forwarded-Method", "is missing");
    CURFEW_TRY(out.method, method_of(*method));
  }
  out.is_navigation = is_navigation(hints_of(request, out.method));
  const auto authorization = request.header("Authorization");
  const auto dpop = request.header("DPoP");
  out.has_repeated_header = !authorization.ok() || !dpop.ok();
  if (authorization.ok()) out.authorization = *authorization;
  if (dpop.ok()) out.dpop = *dpop;
  // Several lines are one list (RFC 6265 5.4 forbids browsers to send two); a second is not read.
  const auto cookie = request.header("Cookie");
  if (cookie.ok() && *cookie) out.cookie = **cookie;
  return out;
}

}  // namespace curfew
