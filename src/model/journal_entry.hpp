// model/journal_entry.hpp: one entry of the journal, one hold, and what is stored of a watermark.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/key.hpp"
#include "model/position.hpp"
#include "model/validity.hpp"

namespace curfew {

[[nodiscard]] bool parse_enum(std::string_view text, KeyKind& out);
[[nodiscard]] bool parse_enum(std::string_view text, Effect& out);

struct JournalEntry {
  TenantId tenant_id;
  Position position;
  KeyKind key_kind = KeyKind::tenant;
  std::string key_id;
  Effect effect = Effect::reauth;
  // Whose hold begins or ends: "administrator", "run:<id>". Empty for reauth and reevaluate.
  std::string hold_owner;
  std::optional<RunId> run_id;
  std::string reason;  // one word for logs: "disable", "password_reset"; no personal data
  TimePoint at{};
  // base64url of SHA-256 over the previous entry's chain hash and every field above.
  std::string chain_hash;

  [[nodiscard]] Key key() const { return {key_kind, key_id}; }
};

// One reason for which a key is blocked.
struct Hold {
  TenantId tenant_id;
  KeyKind key_kind = KeyKind::tenant;
  std::string key_id;
  std::string owner;
  Position position;
  std::string reason;
  TimePoint at{};
};

// A Watermark (model/validity.hpp) with the key it belongs to.
struct StoredWatermark {
  TenantId tenant_id;
  KeyKind key_kind = KeyKind::tenant;
  std::string key_id;
  Position reauth;
  TimePoint reauth_at{};
  Position reevaluate;
  TimePoint reevaluate_at{};
  std::uint32_t hold_count = 0;
};

}  // namespace curfew
