// model/key.hpp: what a journal entry is about and what a credential names: a kind and an id.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/id.hpp"

namespace curfew {

// The numbers are stored and hashed: never renumber, only add at the end.
enum class KeyKind : std::uint8_t {
  tenant = 1,
  user = 2,
  session = 3,
  device = 4,
  grant = 5,
  application = 6,
  assignment = 7,  // one user at one application
  authenticator =
      8,  // this very password, client secret, client key or passkey; a new one has a new id
  signing_key = 9,
  credential = 10,  // one token or API key by its own id (`jti`)
};

inline constexpr std::array kKeyKinds{
    KeyKind::tenant,      KeyKind::user,        KeyKind::session,    KeyKind::device,
    KeyKind::grant,       KeyKind::application, KeyKind::assignment, KeyKind::authenticator,
    KeyKind::signing_key, KeyKind::credential};

[[nodiscard]] std::string_view to_string(KeyKind kind);
[[nodiscard]] std::optional<KeyKind> parse_key_kind(std::string_view text);

struct Key {
  KeyKind kind = KeyKind::tenant;
  std::string id;

  friend auto operator<=>(const Key&, const Key&) = default;
  friend bool operator==(const Key&, const Key&) = default;
};

[[nodiscard]] inline Key key_of(const TenantId& id) { return {KeyKind::tenant, id.str()}; }
[[nodiscard]] inline Key key_of(const UserId& id) { return {KeyKind::user, id.str()}; }
[[nodiscard]] inline Key key_of(const SessionId& id) { return {KeyKind::session, id.str()}; }
[[nodiscard]] inline Key key_of(const DeviceId& id) { return {KeyKind::device, id.str()}; }
[[nodiscard]] inline Key key_of(const GrantId& id) { return {KeyKind::grant, id.str()}; }
[[nodiscard]] inline Key key_of(const AppId& id) { return {KeyKind::application, id.str()}; }
[[nodiscard]] inline Key key_of(const KeyId& id) { return {KeyKind::signing_key, id.str()}; }
[[nodiscard]] inline Key assignment_key(const UserId& user, const AppId& app) {
  return {KeyKind::assignment, user.str() + "@" + app.str()};
}
[[nodiscard]] inline Key authenticator_key(std::string id) {
  return {KeyKind::authenticator, std::move(id)};
}
[[nodiscard]] inline Key credential_key(std::string jti) {
  return {KeyKind::credential, std::move(jti)};
}

// "user/3f2c...": for people and logs, and where a credential inherits the keys of another one.
[[nodiscard]] std::string to_string(const Key& key);
// The way back; nothing unless it is a kind, a slash and an id.
[[nodiscard]] std::optional<Key> parse_key(std::string_view text);

}  // namespace curfew

template <>
struct std::hash<curfew::Key> {
  std::size_t operator()(const curfew::Key& key) const noexcept {
    return std::hash<std::string>{}(key.id) * 31 + static_cast<std::size_t>(key.kind);
  }
};
