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
  // The most that it named at once and that were neither written nor listed, for they were too
  // many; 0 again once a person has seen it.
  std::uint64_t left_count = 0;
  // When one of its instances first had handed over all that it had, if only nothing. Nothing: it
  // has not come, and what it has as blocked is not known.
  std::optional<TimePoint> handed_over_at;
};

enum class LostBlockState {
  held,      // blocked, and nobody has looked at it
  kept,      // somebody has, and it stays blocked
  ended,     // somebody has, and it is not blocked by this any more, whoever else names it
  not_held,  // `why` it was not blocked; who proves it later may change that
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
  AppId gate_id;      // who proved it first, or listed it first where nobody has
  std::string gate_name;
  std::string subject_name;  // as it was called then; empty where nobody knows
  LostBlockState state = LostBlockState::held;
  std::string why;
  TimePoint named_at{};
  std::optional<TimePoint> reviewed_at;
  std::string reviewed_by;  // for people
  // Not held, and nothing to look at: it is blocked anyhow, or nothing has this name.
  bool is_moot = false;
  // Another gate that proved the same while it was held: for it the block stands where the word of
  // the first is not taken any more. Empty: none.
  AppId also_gate_id;
  std::string also_gate_name;
  // Of an authenticator or credential: whose it is, a user's or an application's.
  KeyKind owner_kind = KeyKind::application;
  std::string owner_id;

  [[nodiscard]] Key key() const { return {key_kind, key_id}; }
};

}  // namespace curfew
