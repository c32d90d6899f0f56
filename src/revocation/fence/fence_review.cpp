#include "revocation/fence/fence_review.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "revocation/guard.hpp"
#include "revocation/hold_owner.hpp"
#include "revocation/restore.hpp"
#include "store/schema.hpp"
#include "store/schema_fences.hpp"

namespace curfew {

namespace {

constexpr std::string_view kReason = "fence_review";

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

// Whoever may give the object back may say of it what is to be.
Status check_reviewer(ReadTx& tx, const LostBlock& block, const Actor& by) {
  GuardSubject subject;
  GuardedAction action = GuardedAction::change_app;
  if (block.key_kind == KeyKind::user) {
    subject.user_id = UserId{block.key_id};
    action = GuardedAction::enable_user;
  }
  if (block.key_kind == KeyKind::device) action = GuardedAction::change_device;
  // A method of somebody's: who may set it can take their account over by it.
  if (block.key_kind == KeyKind::authenticator && block.owner_kind == KeyKind::user) {
    subject.user_id = UserId{block.owner_id};
    action = GuardedAction::change_method;
  }
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

Result<LostBlock> reviewed(WriteTx& tx, LostBlock block, const Actor& by, TimePoint now) {
  block.reviewed_at = now;
  block.reviewed_by = by.display_name;
  CURFEW_TRY_STATUS(save(tx, block));
  return block;
}

}  // namespace

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
  return reviewed(tx, std::move(block), by, now);
}

Result<LostBlock> disbelieve_gate(WriteTx& tx, Journal& journal, const LostBlock& block,
                                  const AppId& gate_id, const Actor& by, TimePoint now) {
  if (block.state == LostBlockState::not_held) return note_seen(tx, block, by, now);
  CURFEW_TRY_STATUS(check_reviewer(tx, block, by));
  LostBlock changed = block;
  if (!changed.also_gate_id.empty()) {
    const AppId also = std::exchange(changed.also_gate_id, AppId{});
    const std::string also_name = std::exchange(changed.also_gate_name, "");
    if (also != gate_id) {
      changed.gate_id = also;
      changed.gate_name = also_name;
    }
    CURFEW_TRY_STATUS(save(tx, changed));
    return changed;
  }
  CURFEW_TRY_STATUS(end_hold(tx, journal, block, now));
  changed.state = LostBlockState::not_held;
  changed.why = "ended with all that this gate had named";
  return reviewed(tx, std::move(changed), by, now);
}

Result<LostBlock> note_seen(WriteTx& tx, const LostBlock& block, const Actor& by, TimePoint now) {
  CURFEW_TRY_STATUS(check_reviewer(tx, block, by));
  return reviewed(tx, block, by, now);
}

bool is_open(const LostBlock& block) {
  if (block.state == LostBlockState::held) return true;
  return block.state == LostBlockState::not_held && !block.is_moot && !block.reviewed_at;
}

Result<std::vector<LostBlock>> open_lost_blocks(ReadTx& tx, const TenantId& tenant_id,
                                                const AppId& gate_id) {
  Query query;
  query.prefix = keys_of(tenant_id);
  CURFEW_TRY(auto rows, scan_as<LostBlock>(tx, query));  // no limit: some thousands
  std::erase_if(rows, [&](const LostBlock& row) {
    const bool is_of_gate =
        gate_id.empty() || row.gate_id == gate_id || row.also_gate_id == gate_id;
    return !is_open(row) || !is_of_gate;
  });
  return rows;
}

Result<std::vector<FenceGate>> fence_gates(ReadTx& tx, const TenantId& tenant_id) {
  Query query;
  query.prefix = keys_of(tenant_id);  // no limit: one for each gate and fence
  return scan_as<FenceGate>(tx, query);
}

Status note_left_seen(WriteTx& tx, const TenantId& tenant_id, const AppId& gate_id,
                      const Actor& by) {
  CURFEW_TRY(auto gates, fence_gates(tx, tenant_id));
  std::erase_if(gates, [&](const FenceGate& gate) {
    return gate.left_count == 0 || (!gate_id.empty() && gate.gate_id != gate_id);
  });
  if (gates.empty()) return Done{};
  CURFEW_TRY_STATUS(check_guard(tx, tenant_id, GuardedAction::change_tenant, by, {}));
  for (FenceGate& gate : gates) {
    gate.left_count = 0;
    CURFEW_TRY_STATUS(save(tx, gate));
  }
  return Done{};
}

}  // namespace curfew
