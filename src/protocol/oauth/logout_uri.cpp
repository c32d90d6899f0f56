#include "protocol/oauth/logout_uri.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "protocol/http/form.hpp"
#include "protocol/http/uri.hpp"
#include "protocol/oauth/redirect_uri.hpp"

namespace curfew {

namespace {

Error refused(std::string_view what, std::string_view rule) {
  return Error::permanent(ErrorCode::invalid_argument, std::string{what} + " " + std::string{rule});
}

constexpr std::string_view kFront = "the front-channel logout URI";
constexpr std::string_view kBack = "the back-channel logout URI";

// Whether the host is an IP address: parse_uri() takes no other host that ends in a digit's label.
bool is_address(std::string_view host) {
  if (host.starts_with('[')) return true;
  const std::size_t dot = host.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? host : host.substr(dot + 1);
  return !last.empty() && last.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_this_machine(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host == "localhost" || host.ends_with(".localhost");
}

}  // namespace

Status check_frontchannel_logout_uri(std::string_view text,
                                     std::span<const std::string> redirect_uris) {
  const Status as_redirect = check_redirect_uri(text);
  if (!as_redirect.ok()) return as_redirect.error().within(kFront);
  CURFEW_TRY(const Uri uri, parse_uri(text));
  if (uri.scheme != "https" && uri.scheme != "http") {
    return refused(kFront, "is https, or http to a loopback host: a browser opens it");
  }
  const bool is_known = std::ranges::any_of(redirect_uris, [&](const std::string& registered) {
    const Result<Uri> known = parse_uri(registered);
    return known.ok() && known->origin() == uri.origin();
  });
  if (is_known) return Done{};
  return refused(kFront,
                 "must have the scheme, host and port of a redirect URI of the application");
}

Status check_backchannel_logout_uri(std::string_view text, LogoutReach reach) {
  if (text.size() > limits::kRedirectUriBytesMax) return refused(kBack, "is too long");
  const Result<Uri> uri = parse_uri(text);
  if (!uri.ok()) return uri.error().within(kBack);
  if (uri->scheme != "https") return refused(kBack, "is https");
  if (uri->fragment) return refused(kBack, "has no fragment");
  if (uri->userinfo) return refused(kBack, "has no user information");
  const bool is_near = is_address(uri->host) || is_this_machine(uri->host);
  if (reach == LogoutReach::names_of_others && is_near) {
    return refused(kBack,
                   "names a host by its name, which is not localhost: this server will call it");
  }
  return Done{};
}

Status check_logout_uris(const std::optional<std::string>& frontchannel,
                         const std::optional<std::string>& backchannel,
                         std::span<const std::string> redirect_uris, LogoutReach reach) {
  if (frontchannel) {
    CURFEW_TRY_STATUS(check_frontchannel_logout_uri(*frontchannel, redirect_uris));
  }
  return backchannel ? check_backchannel_logout_uri(*backchannel, reach) : Status{Done{}};
}

std::string frontchannel_logout_location(std::string_view uri, std::string_view issuer,
                                         std::string_view session_id) {
  Form form;
  form.add("iss", issuer);
  form.add("sid", session_id);
  return with_query(uri, form.encode());
}

}  // namespace curfew
