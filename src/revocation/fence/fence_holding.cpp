#include "revocation/fence/fence_holding.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/fence_limits.hpp"
#include "crypto/random.hpp"
#include "model/signing_key.hpp"
#include "revocation/guard.hpp"
#include "revocation/hold_owner.hpp"
#include "revocation/membership.hpp"
#include "revocation/object_name.hpp"
#include "revocation/removal.hpp"
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

Result<bool> is_there(ReadTx& tx, const TenantId& tenant_id, const NamedBlock& block) {
  const std::string& id = block.key.id;
  switch (block.key.kind) {
    case KeyKind::user: {
      const auto known = known_user(tx, tenant_id, UserId{id});
      if (known.ok()) return true;
      if (known.error().code() == ErrorCode::not_found) return false;
      return known.error();
    }
    case KeyKind::device: {
      CURFEW_TRY(const auto device, load<Device>(tx, tenant_id, DeviceId{id}));
      return device.has_value();
    }
    case KeyKind::application: {
      CURFEW_TRY(const auto app, load<App>(tx, tenant_id, AppId{id}));
      return app.has_value();
    }
    case KeyKind::signing_key: {
      CURFEW_TRY(const auto key, load<StoredSigningKey>(tx, tenant_id, KeyId{id}));
      return key.has_value();
    }
    case KeyKind::authenticator:
    case KeyKind::credential: return block.object.has_value();
    case KeyKind::tenant:
    case KeyKind::session:
    case KeyKind::grant:
    case KeyKind::assignment: return true;
  }
  return false;
}

// Why something is not held.
struct Refusal {
  std::string why;       // empty: it is to be held
  bool is_moot = false;  // and nobody has to look at it
};

// What keeps one block from being written keeps none of the others.
Result<std::string> sentence_of(const Status& status) {
  if (status.ok()) return std::string{};
  const ErrorCode code = status.error().code();
  if (code == ErrorCode::denied || code == ErrorCode::not_found) return status.error().message();
  return status.error();
}

Result<Refusal> refusal_of(ReadTx& tx, const TenantId& tenant_id, const NamedBlock& block) {
  const Key keys[] = {block.key};
  CURFEW_TRY(const auto states, key_states(tx, tenant_id, keys));
  if (states.front().hold_count != 0) return Refusal{"it is blocked already", true};
  CURFEW_TRY(const bool exists, is_there(tx, tenant_id, block));
  if (!exists) {
    return Refusal{"the restored database has nothing of this name that could be blocked", true};
  }
  const bool is_signing_key = block.key.kind == KeyKind::signing_key;
  if (!is_signing_key && !removal_of(block.key)) {
    return Refusal{"keys of this kind are never blocked", true};
  }
  if (!block.why_not.empty()) return Refusal{block.why_not, false};
  if (is_signing_key) {
    return Refusal{
        "everything that the server signs would end: if the key was withdrawn after the "
        "backup, withdraw it again (curfewd withdraw-key)",
        false};
  }
  if (block.key.kind != KeyKind::user) return Refusal{};
  const GuardSubject subject{UserId{block.key.id}, std::nullopt, std::nullopt};
  Refusal refusal;
  CURFEW_TRY(refusal.why, sentence_of(check_guard(tx, tenant_id, GuardedAction::disable_user,
                                                  the_fence(), subject)));
  return refusal;
}

Result<std::optional<LostBlock>> row_of_key(ReadTx& tx, const TenantId& tenant_id,
                                            std::uint64_t generation, const Key& key) {
  Query query;
  query.index = "lost_blocks_by_key";
  query.prefix = keys_of(tenant_id, generation, key.kind, key.id);
  query.limit = 1;
  CURFEW_TRY(auto rows, scan_as<LostBlock>(tx, query));
  if (rows.empty()) return std::optional<LostBlock>{};
  return std::optional{std::move(rows.front())};
}

// What another word for a key that has a row comes to.
enum class Standing { passed_over, confirms, judged_again };

Standing standing_of(const LostBlock& row, const NamedBlock& block, const AppId& gate) {
  const bool is_proved = block.why_not.empty();
  if (!is_proved) return Standing::passed_over;
  if (row.state == LostBlockState::not_held) return Standing::judged_again;
  const bool confirms =
      row.state == LostBlockState::held && row.gate_id != gate && row.also_gate_id.empty();
  return confirms ? Standing::confirms : Standing::passed_over;
}

// What a gate may have written beside what it has.
struct Room {
  std::size_t to_hold = 0;
  std::size_t to_list = 0;
};

Result<Room> room_of(ReadTx& tx, const TenantId& tenant_id, std::uint64_t generation,
                     const AppId& gate) {
  const auto count = [&](std::vector<Value> prefix) -> Result<std::size_t> {
    Query query;
    query.table = &table_of<LostBlock>();
    query.index = "lost_blocks_by_gate";
    query.prefix = std::move(prefix);
    CURFEW_TRY(const std::uint64_t rows, tx.count(query));
    return static_cast<std::size_t>(rows);
  };
  CURFEW_TRY(const std::size_t held,
             count(keys_of(tenant_id, generation, gate, LostBlockState::held)));
  CURFEW_TRY(const std::size_t kept,
             count(keys_of(tenant_id, generation, gate, LostBlockState::kept)));
  // That nobody has seen.
  std::vector<Value> unseen = keys_of(tenant_id, generation, gate, LostBlockState::not_held);
  unseen.emplace_back(std::monostate{});
  CURFEW_TRY(const std::size_t listed, count(std::move(unseen)));
  return Room{limits::kLostBlocksOfGateMax - std::min(limits::kLostBlocksOfGateMax, held + kept),
              limits::kListedOfGateMax - std::min(limits::kListedOfGateMax, listed)};
}

// One gate's handing over.
class Holding {
 public:
  Holding(WriteTx& tx, Journal& journal, AuditLog& audit, const Handover& handover, TimePoint now)
      : tx_(tx), journal_(journal), audit_(audit), handover_(handover), now_(now) {}

  Result<HandoverEffect> hold_all() {
    CURFEW_TRY(FenceGate gate, gate_row());
    CURFEW_TRY(room_, room_of(tx_, tenant(), handover_.generation, handover_.gate_id));
    effect_.left = handover_.left;
    std::vector<NamedBlock> newest_first = handover_.lost;
    std::ranges::sort(newest_first, std::ranges::greater{}, &NamedBlock::position);
    for (const NamedBlock& block : newest_first) {
      CURFEW_TRY_STATUS(take(block));
    }
    gate.held_count += effect_.held;
    gate.left_count = std::max(gate.left_count, effect_.left);
    gate.came_at = now_;
    if (!gate.handed_over_at) gate.handed_over_at = now_;
    CURFEW_TRY_STATUS(save(tx_, gate));
    if (effect_.held + effect_.listed == 0) return effect_;
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
    return made;
  }

  Status take(const NamedBlock& block) {
    CURFEW_TRY(auto row, row_of_key(tx_, tenant(), handover_.generation, block.key));
    if (!row) return take_new(block);
    switch (standing_of(*row, block, handover_.gate_id)) {
      case Standing::passed_over: return Done{};
      case Standing::confirms:
        row->also_gate_id = handover_.gate_id;
        row->also_gate_name = handover_.gate_name;
        return save(tx_, *row);
      case Standing::judged_again: return judge_again(block, *std::move(row));
    }
    return Done{};
  }

  Status take_new(const NamedBlock& block) {
    LostBlock row = row_of(block);
    row.id = new_guid();
    CURFEW_TRY(const bool is_held, try_to_hold(block, row));
    if (is_held) return save(tx_, row);
    if (row.why.empty()) return Done{};  // there was no room
    if (room_.to_list == 0) {
      ++effect_.left;
      return Done{};
    }
    --room_.to_list;
    ++effect_.listed;
    row.state = LostBlockState::not_held;
    return save(tx_, row);
  }

  // What was only listed so far, by whomever, is proved now.
  Status judge_again(const NamedBlock& block, LostBlock listed) {
    LostBlock row = row_of(block);
    row.id = std::move(listed.id);
    CURFEW_TRY(const bool is_held, try_to_hold(block, row));
    return is_held ? save(tx_, row) : Status{Done{}};
  }

  // False: it is not held; row.why says why, or is empty where there is no room.
  Result<bool> try_to_hold(const NamedBlock& block, LostBlock& row) {
    CURFEW_TRY(Refusal refusal, refusal_of(tx_, tenant(), block));
    if (refusal.why.empty() && room_.to_hold == 0) {
      ++effect_.left;
      return false;
    }
    if (refusal.why.empty()) {
      CURFEW_TRY(refusal.why, hold(row));
    }
    row.why = std::move(refusal.why);
    row.is_moot = refusal.is_moot;
    if (!row.why.empty()) return false;
    row.state = LostBlockState::held;
    --room_.to_hold;
    ++effect_.held;
    return true;
  }

  LostBlock row_of(const NamedBlock& block) {
    LostBlock row;
    row.tenant_id = tenant();
    row.generation = handover_.generation;
    row.key_kind = block.key.kind;
    row.key_id = block.key.id;
    row.position = block.position;
    row.gate_id = handover_.gate_id;
    row.gate_name = handover_.gate_name;
    row.subject_name =
        block.object ? block.object->name : name_of_object(tx_, tenant(), block.key.id);
    row.named_at = now_;
    if (block.object) {
      row.owner_kind = block.object->owner_kind;
      row.owner_id = block.object->owner_id;
    }
    return row;
  }

  // Empty: it is held now.
  Result<std::string> hold(const LostBlock& row) {
    const Result<RemovalEffect> made = remove_access(tx_, journal_, *removal_of(row.key()), now_);
    if (!made.ok()) return sentence_of(made.error());
    CURFEW_TRY_STATUS(audit_.append(tx_, audit_event(row, made->position), now_));
    return std::string{};
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
  Room room_;  // that is left
  HandoverEffect effect_;
};

// The newest so many; how many are left out.
std::uint64_t keep_newest(std::vector<NamedBlock>& blocks, std::size_t most) {
  if (blocks.size() <= most) return 0;
  std::ranges::sort(blocks, std::ranges::greater{}, &NamedBlock::position);
  const std::uint64_t left = blocks.size() - most;
  blocks.erase(blocks.begin() + static_cast<std::ptrdiff_t>(most), blocks.end());
  return left;
}

}  // namespace

Status HandoverSieve::sift(ReadTx& tx, NamedBlock block) {
  CURFEW_TRY(const auto row, row_of_key(tx, tenant_id_, kept_.generation, block.key));
  const Standing standing = row ? standing_of(*row, block, kept_.gate_id) : Standing::judged_again;
  if (standing == Standing::passed_over) return Done{};
  if (standing == Standing::confirms) {
    kept_.lost.push_back(std::move(block));
    return Done{};
  }
  CURFEW_TRY(const Refusal refusal, refusal_of(tx, tenant_id_, block));
  if (refusal.why.empty()) {
    to_hold_.push_back(std::move(block));
  } else if (!row) {
    to_list_.push_back(std::move(block));
  }
  return Done{};
}

Result<std::optional<Handover>> HandoverSieve::finish(ReadTx& tx) {
  CURFEW_TRY(const Room room, room_of(tx, tenant_id_, kept_.generation, kept_.gate_id));
  kept_.left = keep_newest(to_hold_, room.to_hold) + keep_newest(to_list_, room.to_list);
  for (std::vector<NamedBlock>* const some : {&to_hold_, &to_list_}) {
    std::ranges::move(*some, std::back_inserter(kept_.lost));
  }
  CURFEW_TRY(const auto gate, load<FenceGate>(tx, tenant_id_, kept_.generation, kept_.gate_id));
  const bool is_news =
      !kept_.lost.empty() || !gate || !gate->handed_over_at || kept_.left > gate->left_count;
  return is_news ? std::optional{std::move(kept_)} : std::nullopt;
}

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

}  // namespace curfew
