#include "api/sign_in/browser_cookies.hpp"

#include <algorithm>
#include <utility>

#include "api/sign_in/sealed_fields.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"

namespace curfew {

namespace {

constexpr std::string_view kKnownPurpose = "known browser";
constexpr std::string_view kKnownVersion = "1";
constexpr std::size_t kAnchorBytesMax = 64;
constexpr std::chrono::seconds kYear = std::chrono::hours{24 * 365};
constexpr std::chrono::seconds kDeviceCookieTime = std::chrono::hours{24 * 400};  // browsers' limit

// "id.secret"; nothing unless both halves are there.
std::optional<std::pair<std::string, Secret>> parse_pair(std::string_view value) {
  const std::size_t dot = value.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 1 == value.size()) return std::nullopt;
  return std::pair{std::string{value.substr(0, dot)}, Secret{value.substr(dot + 1)}};
}

std::string pair_text(const std::string& id, const Secret& secret) {
  return id + "." + std::string{secret.reveal()};
}

std::optional<KnownBrowser> parse_known(const ServerContext& context, std::string_view value) {
  const std::optional<std::string> plain = open_text(context, kKnownPurpose, value);
  if (!plain) return std::nullopt;
  const auto fields = unpack_fields(*plain, 3);
  if (!fields || (*fields)[0] != kKnownVersion) return std::nullopt;
  KnownBrowser known;
  known.browser_id = (*fields)[1];
  for (const std::string& user : split_words((*fields)[2])) known.users.emplace_back(user);
  return known;
}

}  // namespace

bool KnownBrowser::knows(const UserId& user) const {
  return std::ranges::find(users, user) != users.end();
}

BrowserCookies read_cookies(const ServerContext& context, const HttpRequest& request) {
  BrowserCookies read;
  const auto header = request.header("cookie");
  if (!header.ok() || !header.value()) return read;
  const Result<std::vector<Cookie>> cookies = parse_cookies(*header.value());
  if (!cookies.ok()) return read;

  if (const auto value = find_cookie(cookies.value(), kSessionCookie)) {
    if (auto pair = parse_pair(*value)) {
      read.session = SessionCookie{SessionId{std::move(pair->first)}, std::move(pair->second)};
    }
  }
  if (const auto value = find_cookie(cookies.value(), kDeviceCookie)) {
    if (auto pair = parse_pair(*value)) {
      read.device = DeviceCookie{DeviceId{std::move(pair->first)}, std::move(pair->second)};
    }
  }
  if (const auto value = find_cookie(cookies.value(), kKnownCookie)) {
    read.known = parse_known(context, *value);
  }
  const auto anchor = find_cookie(cookies.value(), kFormCookie).value_or("");
  if (anchor.size() <= kAnchorBytesMax && base64url_decode(anchor)) read.form_anchor = anchor;
  return read;
}

std::string session_cookie(const SessionCookie& session, std::optional<Duration> lifetime) {
  HostCookie cookie{std::string{kSessionCookie}, pair_text(session.id.str(), session.secret),
                    SameSite::none, std::nullopt};
  if (lifetime) cookie.max_age = std::chrono::duration_cast<std::chrono::seconds>(*lifetime);
  return set_cookie(cookie);
}

std::string no_session_cookie() {
  return set_cookie({std::string{kSessionCookie}, "", SameSite::none, std::chrono::seconds{0}});
}

std::string form_cookie(const std::string& anchor) {
  return set_cookie({std::string{kFormCookie}, anchor, SameSite::lax, std::nullopt});
}

std::string known_cookie(const ServerContext& context, const std::optional<KnownBrowser>& before,
                         const UserId& user) {
  KnownBrowser known = before.value_or(KnownBrowser{random_token(16), {}});
  std::erase(known.users, user);
  known.users.insert(known.users.begin(), user);
  if (known.users.size() > kKnownUsersMax) known.users.resize(kKnownUsersMax);
  std::vector<std::string> ids;
  for (const UserId& id : known.users) ids.push_back(id.str());
  const std::string plain =
      pack_fields({std::string{kKnownVersion}, known.browser_id, join(ids, " ")});
  return set_cookie(
      {std::string{kKnownCookie}, seal_text(context, kKnownPurpose, plain), SameSite::lax, kYear});
}

std::string device_cookie(const DeviceCookie& device) {
  return set_cookie({std::string{kDeviceCookie}, pair_text(device.id.str(), device.secret),
                     SameSite::lax, kDeviceCookieTime});
}

}  // namespace curfew
