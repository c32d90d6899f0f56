#include "gate/session/session_cookies.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <utility>

#include "base/text.hpp"
#include "crypto/random.hpp"
#include "gate/session/return_to.hpp"
#include "gate/session/session_limits.hpp"
#include "protocol/resource/verified_access_token.hpp"

namespace curfew {

namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kIdCharacters = 22;
constexpr char kBetween = '\n';  // is in none of the fields
constexpr std::string_view kSessionVersion = "1";

std::string context_of(const SessionPlace& place, std::string_view what) {
  return "curfew-gate-" + std::string{what} + ":" + place.origin + ":" + place.client_id;
}

std::string sign_in_context(const Site& site, std::string_view id) {
  return context_of(site, "sign-in") + ":" + std::string{id};
}

std::optional<std::vector<std::string>> fields_of(const Secret& plain, std::size_t count) {
  std::vector<std::string> fields;
  for (const std::string_view field : split(plain.reveal(), kBetween)) fields.emplace_back(field);
  if (fields.size() != count) return std::nullopt;
  return fields;
}

std::string sealed_session(const Site& site, const BrowserSession& session) {
  const std::string between{kBetween};
  return site.cookie_keys.seal(
      std::string{kSessionVersion} + between + session.access_token + between + session.id_token,
      context_of(site, "session"));
}

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string sealed_sign_in(const Site& site, const SiteSignIn& sign_in) {
  const std::string plain = join({sign_in.nonce, sign_in.code_verifier, sign_in.return_to,
                                  std::to_string(to_unix_seconds(sign_in.began_at))},
                                 std::string{kBetween});
  return site.cookie_keys.seal(plain, sign_in_context(site, sign_in.id));
}

std::optional<SiteSignIn> open_sign_in(const Site& site, std::string_view id,
                                       std::string_view value) {
  const auto plain = site.cookie_keys.open(value, sign_in_context(site, id));
  if (!plain) return std::nullopt;
  const auto fields = fields_of(*plain, 4);
  if (!fields) return std::nullopt;
  const auto began = number_of((*fields)[3]);
  if (!began) return std::nullopt;
  return SiteSignIn{std::string{id}, (*fields)[0], (*fields)[1], (*fields)[2],
                    from_unix_seconds(*began)};
}

bool is_under_way(const SiteSignIn& sign_in, TimePoint now) {
  // A clock that was set back must not keep one alive.
  return now >= sign_in.began_at - kClockSkewMax &&
         now < sign_in.began_at + session_limits::kSignInTimeMax;
}

// Of what a name may hold: a server in front may have let anything through.
bool is_id(std::string_view id) {
  return id.size() == kIdCharacters && base64url_decode(id).has_value();
}

std::string sign_in_name(std::string_view id) {
  return std::string{kSignInCookiePrefix} + std::string{id};
}

// Also one that is malformed: it is refused, and no cookie takes its place.
bool brings_token(const std::optional<std::string_view>& authorization) {
  if (!authorization) return false;
  const std::string_view text = trim_ascii(*authorization);
  const std::string_view scheme = text.substr(0, text.find_first_of(" \t,"));
  return ascii_iequals(scheme, "Bearer") || ascii_iequals(scheme, "DPoP");
}

struct Kept {
  SiteSignIn sign_in;
  std::size_t bytes = 0;
};

}  // namespace

Result<std::string> session_cookie(const Site& site, const BrowserSession& session) {
  const auto fits = [](const std::string& value) {
    return kSessionCookie.size() + value.size() <= session_limits::kCookieBytesMax;
  };
  std::string value = sealed_session(site, session);
  if (!fits(value)) value = sealed_session(site, {session.access_token, {}});
  if (!fits(value)) {
    return Error{ErrorCode::exhausted, Retry::after_human,
                 "the session of site " + site.name + " would be a cookie of " +
                     std::to_string(kSessionCookie.size() + value.size()) +
                     " bytes, and browsers take " +
                     std::to_string(session_limits::kCookieBytesMax) + ": the access token has " +
                     std::to_string(session.access_token.size()) +
                     " bytes. Give the application fewer roles or permissions"};
  }
  return set_cookie({std::string{kSessionCookie}, std::move(value), SameSite::lax, std::nullopt});
}

std::string no_session_cookie() {
  return set_cookie({std::string{kSessionCookie}, "", SameSite::lax, std::chrono::seconds{0}});
}

std::optional<BrowserSession> session_of(const SessionPlace& place,
                                         const std::vector<Cookie>& cookies) {
  const auto value = find_cookie(cookies, kSessionCookie);
  if (!value || value->empty()) return std::nullopt;
  const auto plain = place.cookie_keys.open(*value, context_of(place, "session"));
  if (!plain) return std::nullopt;
  auto fields = fields_of(*plain, 3);
  if (!fields || fields->front() != kSessionVersion) return std::nullopt;
  return BrowserSession{std::move((*fields)[1]), std::move((*fields)[2])};
}

std::optional<std::string> session_authorization(
    const SessionPlace& place, const std::optional<std::string_view>& authorization,
    std::string_view cookie_header) {
  if (brings_token(authorization)) return std::nullopt;
  const auto cookies = parse_cookies(cookie_header);
  if (!cookies.ok()) return std::nullopt;
  const auto session = session_of(place, *cookies);
  if (!session) return std::nullopt;
  return "Bearer " + session->access_token;
}

SiteSignIn new_sign_in(std::string_view return_to, TimePoint now) {
  return {random_token(kIdBytes), random_token(kIdBytes), random_token(), return_path_of(return_to),
          now};
}

std::vector<std::string> sign_in_cookies(const Site& site, const SiteSignIn& sign_in,
                                         const std::vector<Cookie>& cookies, TimePoint now) {
  std::vector<Kept> kept;
  std::vector<std::string> headers;
  for (const Cookie& cookie : cookies) {
    if (!cookie.name.starts_with(kSignInCookiePrefix)) continue;
    const std::string_view id = cookie.name.substr(kSignInCookiePrefix.size());
    if (!is_id(id)) continue;
    auto other = open_sign_in(site, id, cookie.value);
    if (other && is_under_way(*other, now)) {
      kept.push_back({*std::move(other), cookie.name.size() + cookie.value.size()});
    } else {
      headers.push_back(no_sign_in_cookie(id));
    }
  }
  const std::string name = sign_in_name(sign_in.id);
  std::string value = sealed_sign_in(site, sign_in);
  std::size_t bytes = name.size() + value.size();
  for (const Kept& other : kept) bytes += other.bytes;
  std::ranges::sort(kept, {}, [](const Kept& other) { return other.sign_in.began_at; });
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const bool fit = kept.size() - i < session_limits::kSignInsMax &&
                     bytes <= session_limits::kSignInCookiesBytesMax;
    if (fit) break;
    bytes -= kept[i].bytes;
    headers.push_back(no_sign_in_cookie(kept[i].sign_in.id));
  }
  headers.push_back(set_cookie({name, std::move(value), SameSite::lax,
                                std::chrono::seconds{session_limits::kSignInTimeMax}}));
  return headers;
}

std::string no_sign_in_cookie(std::string_view id) {
  return set_cookie({sign_in_name(id), "", SameSite::lax, std::chrono::seconds{0}});
}

std::optional<SiteSignIn> sign_in_of(const Site& site, std::string_view id,
                                     const std::vector<Cookie>& cookies, TimePoint now) {
  if (!is_id(id)) return std::nullopt;
  const auto value = find_cookie(cookies, sign_in_name(id));
  if (!value) return std::nullopt;
  auto sign_in = open_sign_in(site, id, *value);
  if (!sign_in || !is_under_way(*sign_in, now)) return std::nullopt;
  return sign_in;
}

}  // namespace curfew
