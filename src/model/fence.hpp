// model/fence.hpp: what is known of a fence: where the restored journal ended, which gates proved
// that it had once been further, and what they had as blocked beyond.
//
// Values only. Positions of blocks are of the journal that was lost: they order them and say which
// the newest are, and are positions of no entry here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/journal_entry.hpp"
#include "model/key.hpp"
#include "model/position.hpp"

namespace curfew {

// One for each generation that an operator began. Fences of before this was recorded have none.
struct Fence {
  TenantId tenant_id;
  std::uint64_t generation = 0;  // that began with it
  TimePoint fenced_at{};
  Position restored_head;  // where the journal ended before it
  // A proof of a rollback stood: the server had run on the older database, so that entries of its
  // own may stand where others were lost.
  bool was_written_on = false;
};

// What one gate proved and handed over at one fence.
struct FenceGate {
  TenantId tenant_id;
  std::uint64_t generation = 0;
  AppId gate_id;
  std::string gate_name;
  // The head of ours that it showed, of the journal that was lost; not set: it proved nothing.
  Position shown;
  TimePoint came_at{};
  std::uint64_t held_count = 0;  // blocks that are written because of it
  std::uint64_t left_count = 0;  // that it named and that were not written, listed or not
};

enum class LostBlockState {
  held,      // blocked, and nobody has looked at it
  kept,      // somebody has, and it stays blocked
  ended,     // somebody has, and it is not blocked by this any more
  not_held,  // `why` it was not blocked
};
[[nodiscard]] std::string_view to_string(LostBlockState state);
[[nodiscard]] bool parse_enum(std::string_view text, LostBlockState& out);

// A key that a gate had as blocked by an entry that the restored journal does not have.
struct LostBlock {
  TenantId tenant_id;
  std::string id;
  std::uint64_t generation = 0;
  KeyKind key_kind = KeyKind::user;
  std::string key_id;
  Position position;  // in the journal that was lost
  AppId gate_id;      // who named it first
  std::string gate_name;
  std::string subject_name;  // as it was called then; empty where nobody knows
  LostBlockState state = LostBlockState::held;
  std::string why;
  TimePoint named_at{};
  std::optional<TimePoint> reviewed_at;
  std::string reviewed_by;  // for people

  [[nodiscard]] Key key() const { return {key_kind, key_id}; }
};

}  // namespace curfew
