#include "model/key.hpp"

#include "base/check.hpp"

namespace curfew {

std::string_view to_string(KeyKind kind) {
  switch (kind) {
    case KeyKind::tenant: return "tenant";
    case KeyKind::user: return "user";
    case KeyKind::session: return "session";
    case KeyKind::device: return "device";
    case KeyKind::grant: return "grant";
    case KeyKind::application: return "application";
    case KeyKind::assignment: return "assignment";
    case KeyKind::authenticator: return "authenticator";
    case KeyKind::signing_key: return "signing_key";
    case KeyKind::credential: return "credential";
  }
  CURFEW_CHECK(false);
}

std::optional<KeyKind> parse_key_kind(std::string_view text) {
  for (const KeyKind kind : kKeyKinds) {
    if (to_string(kind) == text) return kind;
  }
  return std::nullopt;
}

std::optional<Key> parse_key(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash + 1 == text.size()) return std::nullopt;
  const auto kind = parse_key_kind(text.substr(0, slash));
  if (!kind) return std::nullopt;
  return Key{*kind, std::string{text.substr(slash + 1)}};
}

std::string to_string(const Key& key) { return std::string{to_string(key.kind)} + "/" + key.id; }

}  // namespace curfew
