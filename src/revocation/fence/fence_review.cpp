#include "revocation/fence/fence_review.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/fence_limits.hpp"
#include "crypto/random.hpp"
#include "revocation/guard.hpp"
#include "revocation/hold_owner.hpp"
#include "revocation/object_name.hpp"
#include "revocation/removal.hpp"
#include "revocation/restore.hpp"
#include "store/schema.hpp"
#include "store/schema_fences.hpp"

namespace curfew {

namespace {

constexpr std::string_view kReason = "fence_review";

// The server itself: the guard then asks who the subject is, and not what a gate may.
Actor the_fence() { return {ActorKind::system, "fence", "fence", {}, "", {}}; }

// Nothing: keys of that kind are not blocked because a gate says so.
std::optional<Removal> removal_of(const Key& key) {
  Removal removal;
  removal.hold_owner = kFenceReviewOwner;
  removal.reason = kReason;
  switch (key.kind) {
    case KeyKind::user:
      removal.kind = RemovalKind::disable_user;
      removal.user_id = UserId{key.id};
      return removal;
    case KeyKind::device:
      removal.kind = RemovalKind::disable_device;
      removal.device_id = DeviceId{key.id};
      return removal;
    case KeyKind::application:
      removal.kind = RemovalKind::disable_app;
      removal.app_id = AppId{key.id};
      return removal;
    case KeyKind::authenticator:
    case KeyKind::credential:
      removal.kind = RemovalKind::hold_key;
      removal.object_id = to_string(key);
      return removal;
    case KeyKind::signing_key:
    case KeyKind::tenant:
    case KeyKind::session:
    case KeyKind::grant:
    case KeyKind::assignment: return std::nullopt;
  }
  return std::nullopt;
}

std::optional<RestoralKind> restoral_of(KeyKind kind) {
  switch (kind) {
    case KeyKind::user: return RestoralKind::enable_user;
    case KeyKind::device: return RestoralKind::enable_device;
    case KeyKind::application: return RestoralKind::enable_app;
    case KeyKind::authenticator: return RestoralKind::release_authenticator;
    case KeyKind::credential: return RestoralKind::release_credential;
    case KeyKind::signing_key:
    case KeyKind::tenant:
    case KeyKind::session:
    case KeyKind::grant:
    case KeyKind::assignment: return std::nullopt;
  }
  return std::nullopt;
}

std::string why_kind_is_not_held(KeyKind kind) {
  if (kind != KeyKind::signing_key) return "keys of this kind are never blocked";
  return "everything that the server signs would end: if the key was withdrawn after the backup, "
         "withdraw it again (curfewd withdraw-key)";
}

// One gate's handing over.
class Holding {
 public:
  Holding(WriteTx& tx, Journal& journal, AuditLog& audit, const Handover& handover, TimePoint now)
      : tx_(tx), journal_(journal), audit_(audit), handover_(handover), now_(now) {}

  Result<HandoverEffect> hold_all() {
    CURFEW_TRY(FenceGate gate, gate_row());
    CURFEW_TRY(rows_, rows_of_gate());
    std::vector<NamedBlock> newest_first = handover_.lost;
    std::ranges::sort(newest_first, std::ranges::greater{}, &NamedBlock::position);
    for (const NamedBlock& block : newest_first) {
      CURFEW_TRY_STATUS(take(block));
    }
    gate.held_count += effect_.held;
    gate.left_count += effect_.listed + effect_.left;
    gate.came_at = now_;
    CURFEW_TRY_STATUS(save(tx_, gate));
    CURFEW_TRY_STATUS(audit_.append(tx_, summary(), now_));
    return effect_;
  }

 private:
  [[nodiscard]] const TenantId& tenant() const { return journal_.tenant_id(); }

  Result<FenceGate> gate_row() {
    CURFEW_TRY(auto row, load<FenceGate>(tx_, tenant(), handover_.generation, handover_.gate_id));
    if (row) return *std::move(row);
    FenceGate made;
    made.tenant_id = tenant();
    made.generation = handover_.generation;
    made.gate_id = handover_.gate_id;
    made.gate_name = handover_.gate_name;
    made.shown = handover_.shown;
    return made;
  }

  Result<std::size_t> rows_of_gate() {
    Query query;
    query.index = "lost_blocks_by_gate";
    query.prefix = keys_of(tenant(), handover_.generation, handover_.gate_id);
    query.limit = limits::kLostBlocksOfGateMax;
    CURFEW_TRY(const auto rows, scan_as<LostBlock>(tx_, query));
    return rows.size();
  }

  Status take(const NamedBlock& block) {
    CURFEW_TRY(const bool is_known, was_named(block.key));
    if (is_known) return Done{};
    if (rows_ >= limits::kLostBlocksOfGateMax) {
      ++effect_.left;
      return Done{};
    }
    LostBlock row = row_of(block);
    CURFEW_TRY(row.why, why_not(block));
    if (row.why.empty()) {
      CURFEW_TRY(row.why, hold(row));
    }
    row.state = row.why.empty() ? LostBlockState::held : LostBlockState::not_held;
    ++(row.why.empty() ? effect_.held : effect_.listed);
    ++rows_;
    return save(tx_, row);
  }

  Result<bool> was_named(const Key& key) {
    Query query;
    query.index = "lost_blocks_by_key";
    query.prefix = keys_of(tenant(), handover_.generation, key.kind, key.id);
    query.limit = 1;
    CURFEW_TRY(const auto rows, scan_as<LostBlock>(tx_, query));
    return !rows.empty();
  }

  LostBlock row_of(const NamedBlock& block) {
    LostBlock row;
    row.tenant_id = tenant();
    row.id = new_guid();
    row.generation = handover_.generation;
    row.key_kind = block.key.kind;
    row.key_id = block.key.id;
    row.position = block.position;
    row.gate_id = handover_.gate_id;
    row.gate_name = handover_.gate_name;
    row.subject_name = name_of_object(tx_, tenant(), block.key.id);
    row.named_at = now_;
    return row;
  }

  // Empty: it is to be held.
  Result<std::string> why_not(const NamedBlock& block) {
    if (!block.why_not.empty()) return block.why_not;
    if (!removal_of(block.key)) return why_kind_is_not_held(block.key.kind);
    const Key keys[] = {block.key};
    CURFEW_TRY(const auto states, key_states(tx_, tenant(), keys));
    if (states.front().hold_count != 0) return std::string{"it is blocked already"};
    if (block.key.kind != KeyKind::user) return std::string{};
    const GuardSubject subject{UserId{block.key.id}, std::nullopt, std::nullopt};
    return sentence_of(
        check_guard(tx_, tenant(), GuardedAction::disable_user, the_fence(), subject));
  }

  // Empty: it is held now.
  Result<std::string> hold(const LostBlock& row) {
    const Result<RemovalEffect> made = remove_access(tx_, journal_, *removal_of(row.key()), now_);
    if (!made.ok()) return sentence_of(made.error());
    CURFEW_TRY_STATUS(audit_.append(tx_, audit_event(row, made->position), now_));
    return std::string{};
  }

  // What keeps one block from being written keeps none of the others.
  static Result<std::string> sentence_of(const Status& status) {
    if (status.ok()) return std::string{};
    const ErrorCode code = status.error().code();
    if (code == ErrorCode::denied) return status.error().message();
    if (code == ErrorCode::not_found) {
      return std::string{"the restored database does not have it, so nobody can use it"};
    }
    return status.error();
  }

  [[nodiscard]] AuditEvent event(std::string action) const {
    AuditEvent made;
    made.action = std::move(action);
    made.actor_kind = ActorKind::service_principal;
    made.actor_id = handover_.gate_id.str();
    made.actor_name = handover_.gate_name;
    made.actor_address = handover_.gate_address;
    return made;
  }
  [[nodiscard]] AuditEvent audit_event(const LostBlock& row, Position position) const {
    AuditEvent made = event("fence.hold");
    made.position = position;
    made.subject_id = row.key_id;
    made.subject_name = row.subject_name;
    made.detail = row.id;
    return made;
  }
  [[nodiscard]] AuditEvent summary() const {
    AuditEvent made = event("fence.blocks");
    made.subject_id = tenant().str();
    made.detail = std::to_string(effect_.held) + " blocked, " + std::to_string(effect_.listed) +
                  " listed, " + std::to_string(effect_.left) + " left out";
    return made;
  }

  WriteTx& tx_;
  Journal& journal_;
  AuditLog& audit_;
  const Handover& handover_;
  TimePoint now_;
  std::size_t rows_ = 0;  // that the gate has, with those of this time
  HandoverEffect effect_;
};

// Whoever may give the object back may say of it what is to be.
Status check_reviewer(ReadTx& tx, const LostBlock& block, const Actor& by) {
  GuardSubject subject;
  GuardedAction action = GuardedAction::change_app;
  if (block.key_kind == KeyKind::user) {
    subject.user_id = UserId{block.key_id};
    action = GuardedAction::enable_user;
  }
  if (block.key_kind == KeyKind::device) action = GuardedAction::change_device;
  const Status may = check_guard(tx, block.tenant_id, action, by, subject);
  // Of somebody who is gone for good there is nothing left to give back.
  if (!may.ok() && may.error().code() == ErrorCode::not_found) {
    return check_guard(tx, block.tenant_id, action, by, {});
  }
  return may;
}

Status end_hold(WriteTx& tx, Journal& journal, const LostBlock& block, TimePoint now) {
  const std::optional<RestoralKind> kind = restoral_of(block.key_kind);
  if (!kind) return Done{};
  CURFEW_TRY(const auto holds, holds_on(tx, block.tenant_id, block.key()));
  const bool stands =
      std::ranges::any_of(holds, [](const Hold& hold) { return hold.owner == kFenceReviewOwner; });
  if (!stands) return Done{};  // the object was removed for good, and its holds with it
  const Restoral restoral{*kind, block.key_id, std::string{kFenceReviewOwner},
                          std::string{kReason}};
  const auto given = give_access(tx, journal, restoral, std::nullopt, now);
  if (!given.ok() && given.error().code() != ErrorCode::not_found) return given.error();
  return Done{};
}

}  // namespace

Result<HandoverEffect> hold_lost_blocks(WriteTx& tx, Journal& journal, AuditLog& audit,
                                        const Handover& handover, TimePoint now) {
  return Holding{tx, journal, audit, handover, now}.hold_all();
}

Status note_fence_proof(WriteTx& tx, const FenceGate& proof) {
  CURFEW_TRY(auto known, load<FenceGate>(tx, proof.tenant_id, proof.generation, proof.gate_id));
  if (!known) return save(tx, proof);
  if (proof.shown <= known->shown) return Done{};
  known->shown = proof.shown;
  return save(tx, *known);
}

Result<LostBlock> review_lost_block(WriteTx& tx, Journal& journal, const std::string& id,
                                    ReviewVerdict verdict, const Actor& by, TimePoint now) {
  CURFEW_TRY(LostBlock block,
             require<LostBlock>(tx, "such block of a fence", journal.tenant_id(), id));
  CURFEW_TRY_STATUS(check_reviewer(tx, block, by));
  if (block.state == LostBlockState::ended) {
    return Error{ErrorCode::conflict, Retry::after_human,
                 "this block was ended already; to block anew, disable or revoke"};
  }
  const bool is_held = block.state != LostBlockState::not_held;
  if (verdict == ReviewVerdict::keep && !is_held) {
    return Error{ErrorCode::conflict, Retry::after_human,
                 "this was never blocked (" + block.why + "): there is nothing to keep"};
  }
  if (verdict == ReviewVerdict::end && is_held) {
    CURFEW_TRY_STATUS(end_hold(tx, journal, block, now));
  }
  block.state = verdict == ReviewVerdict::keep ? LostBlockState::kept : LostBlockState::ended;
  block.reviewed_at = now;
  block.reviewed_by = by.display_name;
  CURFEW_TRY_STATUS(save(tx, block));
  return block;
}

Result<std::vector<LostBlock>> open_lost_blocks(ReadTx& tx, const TenantId& tenant_id,
                                                std::uint64_t generation, const AppId& gate_id,
                                                std::size_t limit) {
  Query query;
  query.index = gate_id.empty() ? "lost_blocks_by_key" : "lost_blocks_by_gate";
  query.prefix =
      gate_id.empty() ? keys_of(tenant_id, generation) : keys_of(tenant_id, generation, gate_id);
  CURFEW_TRY(auto rows, scan_as<LostBlock>(tx, query));  // no limit: some thousands
  std::erase_if(rows, [](const LostBlock& row) { return row.state != LostBlockState::held; });
  if (rows.size() > limit) rows.resize(limit);
  return rows;
}

}  // namespace curfew
