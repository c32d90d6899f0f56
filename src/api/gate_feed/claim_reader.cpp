#include "api/gate_feed/claim_reader.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "api/builtin_apps.hpp"
#include "api/gate_feed/journal_pages.hpp"
#include "base/fence_limits.hpp"
#include "store/schema.hpp"
#include "store/schema_fences.hpp"

namespace curfew {

namespace {

constexpr std::size_t kClaimsAtOnce = 256;
constexpr std::size_t kSiftedAtOnce = 64;  // each is some ten rows

// The fence that left the gate's generation behind: there may have been others since.
Result<std::optional<Fence>> fence_after(ReadTx& tx, const TenantId& tenant_id,
                                         std::uint64_t generation) {
  Query query;
  query.prefix = keys_of(tenant_id);
  query.above = keys_of(generation).front();
  query.limit = 1;
  CURFEW_TRY(auto fences, scan_as<Fence>(tx, query));
  if (fences.empty()) return std::optional<Fence>{};
  return std::optional{std::move(fences.front())};
}

// A fence of before fences were written down may have come after anything.
LostJournal lost_journal(Position shown, const std::optional<Fence>& fence) {
  if (!fence) return {shown, {}, true};
  // What it shows is below the end of ours and not in it: something else was written there.
  const bool is_overwritten = shown <= fence->restored_head;
  return {shown, fence->restored_head, fence->was_written_on || is_overwritten};
}

// Whether a hold stood on the key after its entry at `position`.
Result<bool> was_held_at(ReadTx& tx, const TenantId& tenant_id, const Key& key, Position position) {
  Query query;
  query.index = "journal_by_key";
  query.prefix = keys_of(tenant_id, key.kind, key.id);
  query.below = keys_of(position.next()).front();
  query.limit = limits::kEntriesOfKeyRead;
  CURFEW_TRY(const auto entries, scan_as<JournalEntry>(tx, query));
  if (entries.size() == query.limit) return false;
  std::set<std::string> owners;
  for (const JournalEntry& entry : entries) {
    if (entry.effect == Effect::block) owners.insert(entry.hold_owner);
    if (entry.effect == Effect::unblock) owners.erase(entry.hold_owner);
  }
  return !owners.empty();
}

// The journal's entry where the block is said to be, as is_lost() wants it.
Result<std::optional<ReplicaEntry>> entry_at(ReadTx& tx, const TenantId& tenant_id,
                                             const GateBlock& block) {
  CURFEW_TRY(const auto entry, load<JournalEntry>(tx, tenant_id, block.position));
  if (!entry) return std::optional<ReplicaEntry>{};
  ReplicaEntry there = to_replica_entry(*entry, {});
  if (there.key == block.key && there.effect == Effect::reauth) {
    CURFEW_TRY(there.is_blocked_after, was_held_at(tx, tenant_id, block.key, block.position));
  }
  return std::optional{std::move(there)};
}

std::string why_not(const GateBlock& block, BlockClaim claim) {
  if (claim == BlockClaim::unproved) {
    return "nothing that this server signed proves that its journal had this entry";
  }
  if (block.key.kind == KeyKind::application && is_built_in(AppId{block.key.id})) {
    return "it is an application of the server itself";
  }
  return "";
}

}  // namespace

ClaimReader::ClaimReader(Store& store, TenantId tenant_id, Handover whose,
                         std::vector<GateBlock> handed)
    : store_(store),
      tenant_id_(std::move(tenant_id)),
      whose_(std::move(whose)),
      handed_(std::move(handed)),
      objects_(tenant_id_) {}

Status ClaimReader::step() {
  return store_.read([this](ReadTx& tx) { return step_in(tx); });
}

Status ClaimReader::step_in(ReadTx& tx) {
  switch (phase_) {
    case Phase::proof: return read_proof(tx);
    case Phase::claims: return judge_claims(tx);
    case Phase::objects: return find_objects(tx);
    case Phase::sieve: return sift(tx);
    case Phase::done: return Done{};
  }
  return Done{};
}

Status ClaimReader::read_proof(ReadTx& tx) {
  CURFEW_TRY(const auto row, load<FenceGate>(tx, tenant_id_, whose_.generation, whose_.gate_id));
  phase_ = Phase::claims;
  if (!row || !row->shown.is_set()) return Done{};
  CURFEW_TRY(const auto fence, fence_after(tx, tenant_id_, row->shown.generation));
  lost_ = lost_journal(row->shown, fence);
  return Done{};
}

Status ClaimReader::judge_claims(ReadTx& tx) {
  const std::size_t end = std::min(handed_.size(), at_ + kClaimsAtOnce);
  for (; at_ < end; ++at_) {
    const GateBlock& block = handed_[at_];
    CURFEW_TRY(const auto there, entry_at(tx, tenant_id_, block));
    const BlockClaim claim = judge_claim(block, there, lost_);
    if (claim != BlockClaim::known) {
      named_.push_back({block.key, block.position, why_not(block, claim)});
      objects_.look_for(block.key);
    }
    // All that was said of a key: as much as a step reads.
    const bool has_read_history =
        there && there->key == block.key && there->effect == Effect::reauth;
    if (has_read_history) {
      ++at_;
      break;
    }
  }
  if (at_ == handed_.size()) phase_ = Phase::objects;
  return Done{};
}

Status ClaimReader::find_objects(ReadTx& tx) {
  CURFEW_TRY(const bool has_more, objects_.read_some(tx));
  if (has_more) return Done{};
  at_ = 0;
  handed_ = {};
  sieve_.emplace(tenant_id_, std::move(whose_));
  phase_ = Phase::sieve;
  return Done{};
}

Status ClaimReader::sift(ReadTx& tx) {
  const std::size_t end = std::min(named_.size(), at_ + kSiftedAtOnce);
  for (; at_ < end; ++at_) {
    NamedBlock& block = named_[at_];
    CURFEW_TRY(block.object, objects_.find(tx, block.key));
    CURFEW_TRY_STATUS(sieve_->sift(tx, std::move(block)));
  }
  if (at_ < named_.size()) return Done{};
  CURFEW_TRY(to_write_, sieve_->finish(tx));
  phase_ = Phase::done;
  return Done{};
}

}  // namespace curfew
