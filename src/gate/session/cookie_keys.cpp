#include "gate/session/cookie_keys.hpp"

#include "base/text.hpp"
#include "crypto/hmac.hpp"
#include "gate/session/session_limits.hpp"

namespace curfew {

namespace {

constexpr std::size_t kKeyIdBytes = 6;  // 8 characters

}  // namespace

Result<CookieKeys> CookieKeys::from(const std::vector<Secret>& keys) {
  if (keys.empty() || keys.size() > session_limits::kCookieKeysMax) {
    return Error::permanent(
        ErrorCode::invalid_argument,
        "there are no cookie keys, or more than " + std::to_string(session_limits::kCookieKeysMax));
  }
  std::vector<Named> named;
  for (const Secret& key : keys) {
    CURFEW_TRY(SealKey seal, SealKey::from(key));
    const Secret id = hkdf_sha256(key, "curfew-gate-cookie-key-id", kKeyIdBytes);
    named.push_back({base64url_encode(id.reveal()), std::move(seal)});
  }
  return CookieKeys{std::move(named)};
}

Result<CookieKeys> CookieKeys::parse(std::string_view text) {
  std::vector<Secret> keys;
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty()) continue;
    auto bytes = base64url_decode(line);
    keys.emplace_back(std::move(bytes).value_or(std::string{}));
  }
  auto made = from(keys);
  if (made.ok()) return made;
  return Error::permanent(
      ErrorCode::invalid_argument,
      made.error().message() + "; each line must be a key of 32 bytes in base64url");
}

std::string CookieKeys::seal(std::string_view plain, std::string_view context) const {
  const Named& first = keys_.front();
  return first.id + "." + base64url_encode(first.key.seal(plain, context));
}

std::optional<Secret> CookieKeys::open(std::string_view text, std::string_view context) const {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto sealed = base64url_decode(text.substr(dot + 1));
  if (!sealed) return std::nullopt;
  for (const Named& named : keys_) {
    if (named.id != text.substr(0, dot)) continue;
    Result<Secret> plain = named.key.open(*sealed, context);
    if (plain.ok()) return std::move(plain).value();
  }
  return std::nullopt;
}

}  // namespace curfew
