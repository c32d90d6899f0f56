#include "gate/replica/table.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>

#include "base/check.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "gate/replica/file_sharing.hpp"
#include "gate/replica/trust.hpp"

namespace curfew {

using namespace replica;

namespace {

constexpr mode_t kFileMode = 0640;
// About one checkpoint a second.
constexpr std::int64_t kCheckpointMillis = 1000;

std::array<char, 64> padded(const std::string& text) {
  std::array<char, 64> out{};
  std::copy(text.begin(), text.end(), out.begin());
  return out;
}

Error cannot_go_on(ErrorCode code, std::string why) {
  return Error{code, Retry::later, "the replica cannot be gone on with: " + std::move(why)};
}

bool is_used(const std::uint64_t* slot) { return own(slot) != 0; }

}  // namespace

Status check_identity(const FixedPart& fixed, const ReplicaIdentity& identity) {
  if (identity.tenant_id.size() > fixed.tenant_id.size()) {
    return Error::permanent(ErrorCode::invalid_argument, "a tenant's id has at most 64 bytes");
  }
  if (fixed.tenant_id != padded(identity.tenant_id)) {
    return Error{ErrorCode::conflict, Retry::after_human, "the replica is of another tenant"};
  }
  if (fixed.issuer_sha256 != sha256(identity.issuer)) {
    return Error{ErrorCode::conflict, Retry::after_human, "the replica is of another issuer"};
  }
  return Done{};
}

Shape ReplicaTable::shape() const {
  const FixedPart& fixed = view_.fixed();
  return {fixed.slot_count, fixed.checkpoint_capacity, fixed.jwks_bytes_max};
}

Result<ReplicaTable> ReplicaTable::make(const std::string& path, const TableOptions& options,
                                        const FixedPart& prepared) {
  CURFEW_TRY(MappedFile file,
             MappedFile::create(path, prepared.file_bytes, kFileMode, options.reader_group));
  std::memcpy(file.writable().data(), &prepared, sizeof prepared);
  CURFEW_TRY(const ReplicaView view, ReplicaView::over(file.bytes()));
  ReplicaTable table{std::move(file), view};
  table.set_state(FileState::building);
  return table;
}

Result<ReplicaTable> ReplicaTable::create(const std::string& path, const TableOptions& options,
                                          const Shape& shape, const SnapshotStart& start,
                                          const ReplicaTable* predecessor) {
  if (options.identity.tenant_id.size() > sizeof(FixedPart::tenant_id) || !is_allowed(shape)) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "a replica has a tenant's id of at most 64 bytes and a size in bounds");
  }
  FixedPart fixed;
  lay_out(fixed, shape);
  fixed.generation = start.position.generation;
  fixed.file_id = {random_u64(), random_u64()};
  const bool is_continued = predecessor != nullptr && predecessor->generation() == fixed.generation;
  const SipKey hash_key =
      is_continued ? predecessor->view().hash_key() : SipKey{random_u64(), random_u64()};
  fixed.hash_key_low = hash_key.low;
  fixed.hash_key_high = hash_key.high;
  fixed.boot_id = options.boot_id.words;
  fixed.tenant_id = padded(options.identity.tenant_id);
  fixed.issuer_sha256 = sha256(options.identity.issuer);
  fixed.checksum = checksum_of(fixed);
  CURFEW_TRY(ReplicaTable table, make(path, options, fixed));
  table.snapshot_ = start.position;
  // A floor of an older generation says nothing about this one's entries.
  const bool is_pruned = start.floor.generation == fixed.generation;
  const std::uint64_t floor = is_pruned ? start.floor.sequence : 0;
  table.installed_at_ = to_unix_millis(start.floor_at);
  table.told_ = start.position.sequence;
  table.store(kFloorAt, floor);
  table.file_.append_checkpoint(floor, table.installed_at_);
  table.store(kTimeMaxAt, static_cast<std::uint64_t>(table.installed_at_));
  table.set_newest_stamp({});
  table.set_newest_stamp(start.newest_stamp);
  if (is_continued) {
    CURFEW_TRY_STATUS(predecessor->file_.check_contents());
    table.adopt_early(*predecessor);
  }
  return table;
}

Result<ReplicaTable> ReplicaTable::resume(const std::string& path, const TableOptions& options) {
  CURFEW_TRY(MappedFile file, MappedFile::open(path, MapAccess::write, kFileBytesMaxOfReplica));
  CURFEW_TRY_STATUS(check_trust(file.facts(), {::geteuid()}, path));
  CURFEW_TRY(const ReplicaView view, ReplicaView::over(file.bytes()));
  CURFEW_TRY_STATUS(check_identity(view.fixed(), options.identity));
  if (view.fixed().boot_id != options.boot_id.words) {
    // On a disk, the pages of a file that was cut off are of different moments.
    return cannot_go_on(ErrorCode::conflict, "it was written before the machine was last started");
  }
  if (view.state() != FileState::serving) {
    return cannot_go_on(ErrorCode::conflict, "it is not in service");
  }
  ReplicaTable table{std::move(file), view};
  table.end_lease();
  CURFEW_TRY(table.farthest_, table.file_.verify_found());
  table.snapshot_ = view.contiguous();
  table.told_ = table.snapshot_.sequence;
  return table;
}

Status ReplicaTable::share(const std::string& path, const TableOptions& options) const {
  return share_file(file_.mapped(), path, kFileMode, options.reader_group);
}

Result<ReplicaTable> ReplicaTable::copy_to(const std::string& path, const TableOptions& options,
                                           const Shape& shape) const {
  CURFEW_TRY_STATUS(file_.check_contents());
  FixedPart fixed = view_.fixed();
  lay_out(fixed, shape);
  fixed.file_id = {random_u64(), random_u64()};
  fixed.checksum = checksum_of(fixed);
  CURFEW_TRY(ReplicaTable table, make(path, options, fixed));
  for (const std::size_t at : {kContiguousAt, kNewestStampAt, kFloorAt, kTimeMaxAt, kChangesAt,
                               kModeAt, kLeaseWallEndAt, kLeaseBootEndAt}) {
    table.store(at, load(at));
  }
  CURFEW_TRY(const std::string keys, view_.signing_keys());
  if (!keys.empty()) {
    CURFEW_TRY_STATUS(table.set_signing_keys(keys));
  }
  table.copy_checkpoints(*this);
  table.copy_slots(*this);
  table.snapshot_ = snapshot_;
  table.installed_ = installed_;
  table.installed_at_ = installed_at_;
  table.told_ = told_;
  table.holds_ = holds_;
  table.set_state(static_cast<FileState>(load(kStateAt)));
  return table;
}

namespace {

bool survives(std::uint64_t word_1, std::uint64_t word_2, std::uint64_t floor) {
  const bool is_blocked = (word_1 & kBlockedBit) != 0;
  return is_blocked || (word_1 & kSequenceMask) >= floor || (word_2 & kSequenceMask) >= floor;
}

}  // namespace

std::uint64_t ReplicaTable::surviving_entries() const {
  const std::uint64_t floor = load(kFloorAt);
  const std::uint64_t* slot = words(view_.fixed().slots_offset);
  std::uint64_t surviving = 0;
  for (std::uint64_t index = 0; index < shape().slot_count; ++index, slot += kSlotWords) {
    if (is_used(slot) && survives(own(slot + 1), own(slot + 2), floor)) ++surviving;
  }
  return surviving;
}

void ReplicaTable::copy_slots(const ReplicaTable& from) {
  const std::uint64_t floor = load(kFloorAt);
  const std::uint64_t* slot = from.words(from.view_.fixed().slots_offset);
  for (std::uint64_t index = 0; index < from.shape().slot_count; ++index, slot += kSlotWords) {
    if (!is_used(slot)) continue;
    const std::uint64_t word_1 = own(slot + 1);
    const std::uint64_t word_2 = own(slot + 2);
    if (!survives(word_1, word_2, floor)) continue;
    insert(hash_in_slot(own(slot), word_1, word_2), word_1, word_2);
  }
}

// What overtook other entries is not in the snapshot, and is not told a second time.
void ReplicaTable::adopt_early(const ReplicaTable& from) {
  const std::uint64_t least = snapshot_.sequence;
  const std::uint64_t* slot = from.words(from.view_.fixed().slots_offset);
  for (std::uint64_t index = 0; index < from.shape().slot_count; ++index, slot += kSlotWords) {
    const std::uint64_t reauth = own(slot + 1) & kSequenceMask;
    const std::uint64_t reevaluate = own(slot + 2) & kSequenceMask;
    if (!is_used(slot) || std::max(reauth, reevaluate) <= least) continue;
    raise(hash_in_slot(own(slot), own(slot + 1), own(slot + 2)), reauth > least ? reauth : 0,
          reevaluate > least ? reevaluate : 0, false);
  }
  for (const auto& [hash, hold] : from.holds_) {
    if (hold.sequence <= least) continue;
    holds_[hash] = hold;
    if (hold.is_blocked) raise(hash, 0, 0, true);
  }
  store(kTimeMaxAt, std::max(load(kTimeMaxAt), from.load(kTimeMaxAt)));
}

void ReplicaTable::copy_checkpoints(const ReplicaTable& from) {
  const std::uint64_t count = from.load(kCheckpointCountAt);
  const std::uint64_t* const first = from.words(from.view_.fixed().checkpoints_offset);
  const bool is_crowded = count > shape().checkpoint_capacity / 2;
  for (std::uint64_t index = 0; index < count; ++index) {
    // The first one is the floor's; without one between, entries count as of the next one's time.
    if (is_crowded && index % 2 == 1 && index + 1 != count) continue;
    file_.append_checkpoint(own(first + kCheckpointWords * index),
                            static_cast<std::int64_t>(own(first + kCheckpointWords * index + 1)));
  }
}

bool ReplicaTable::has_room() const {
  return load(kEntryCountAt) < entries_max(shape().slot_count) && farthest_ < kProbesMax / 2 &&
         load(kCheckpointCountAt) < shape().checkpoint_capacity;
}

// Without the Bloom bits: were they damaged, a key would get a second slot, and bits again.
std::uint64_t* ReplicaTable::find_slot(const KeyHash& hash) const {
  const std::uint64_t count = view_.fixed().slot_count;
  std::uint64_t* const slots = words(view_.fixed().slots_offset);
  std::uint64_t index = first_slot(hash, count);
  for (std::uint64_t probe = 0; probe < std::min(kProbesMax, count); ++probe) {
    std::uint64_t* const slot = slots + kSlotWords * index;
    const std::uint64_t main = own(slot);
    if (main == 0) return nullptr;
    if (main == hash.main && hash_in_slot(main, own(slot + 1), own(slot + 2)) == hash) return slot;
    if (++index == count) index = 0;
  }
  return nullptr;
}

// Precondition: has_room(), and the key has no slot yet.
void ReplicaTable::insert(const KeyHash& hash, std::uint64_t word_1, std::uint64_t word_2) {
  const FixedPart& fixed = view_.fixed();
  std::uint64_t* const block =
      words(fixed.bloom_offset) + kBloomBlockWords * bloom_block(hash, fixed.bloom_block_count);
  for (std::size_t i = 0; i < kBloomBlockWords; ++i)
    put(block + i, own(block + i) | bloom_mask(hash, i));

  std::uint64_t* const slots = words(fixed.slots_offset);
  std::uint64_t index = first_slot(hash, fixed.slot_count);
  std::uint64_t distance = 0;
  while (is_used(slots + kSlotWords * index)) {
    ++distance;
    if (++index == fixed.slot_count) index = 0;
    CURFEW_CHECK(distance < kProbesMax && distance < fixed.slot_count);
  }
  std::uint64_t* const slot = slots + kSlotWords * index;
  put(slot + 1, (word_1 & ~kTagInWord1) | tag_in_word_1(hash));
  put(slot + 2, (word_2 & ~kTagInWord2) | tag_in_word_2(hash));
  file_.set_in_slot(slot, 0, hash.main);
  farthest_ = std::max(farthest_, distance);
  store(kEntryCountAt, load(kEntryCountAt) + 1);
}

void ReplicaTable::raise(const KeyHash& hash, std::uint64_t reauth, std::uint64_t reevaluate,
                         bool is_blocked) {
  const std::uint64_t blocked_bit = is_blocked ? kBlockedBit : 0;
  std::uint64_t* const slot = find_slot(hash);
  if (slot == nullptr) {
    insert(hash, reauth | blocked_bit, reevaluate);
    return;
  }
  const std::uint64_t word_1 = own(slot + 1);
  const std::uint64_t word_2 = own(slot + 2);
  const std::uint64_t newest_reauth = std::max(word_1 & kSequenceMask, reauth);
  const std::uint64_t newest_reevaluate = std::max(word_2 & kSequenceMask, reevaluate);
  file_.set_in_slot(slot, 1, (word_1 & ~kSequenceMask) | blocked_bit | newest_reauth);
  file_.set_in_slot(slot, 2, (word_2 & ~kSequenceMask) | newest_reevaluate);
}

// Until every entry up to the key's newest reauth is known, that one may be a block that came
// after the unblock, and before this process was started.
bool ReplicaTable::try_unblock(const KeyHash& hash, std::uint64_t sequence) {
  std::uint64_t* const slot = find_slot(hash);
  if (slot == nullptr) return true;
  const std::uint64_t word_1 = own(slot + 1);
  if ((word_1 & kSequenceMask) > std::max(told_, sequence)) return false;
  file_.set_in_slot(slot, 1, word_1 & ~kBlockedBit);
  return true;
}

void ReplicaTable::change_hold(const KeyHash& hash, const ReplicaEntry& entry) {
  const std::uint64_t sequence = entry.position.sequence;
  const bool is_block = entry.effect == Effect::block;
  const bool is_blocked = is_block || entry.is_blocked_after;
  const std::uint64_t reauth = is_block ? sequence : 0;
  HoldChange& newest = holds_[hash];
  if (newest.sequence >= sequence) {
    // An older one that comes late says nothing about the hold any more.
    if (is_block) raise(hash, reauth, 0, false);
    return;
  }
  newest = {sequence, is_blocked, true};
  if (is_blocked) {
    raise(hash, reauth, 0, true);
  } else {
    newest.is_settled = try_unblock(hash, sequence);
  }
}

void ReplicaTable::apply(const ReplicaEntry& entry) {
  CURFEW_CHECK(entry.position.generation == generation() && has_room());
  const std::uint64_t sequence = entry.position.sequence;
  if (sequence <= told_) return;
  raise_time(entry.at, load(kContiguousAt), latest_time());
  const KeyHash hash = hash_of(view_.hash_key(), entry.key);
  switch (entry.effect) {
    case Effect::reauth: raise(hash, sequence, 0, false); break;
    case Effect::reevaluate: raise(hash, 0, sequence, false); break;
    case Effect::block:
    case Effect::unblock: change_hold(hash, entry); break;
  }
  note_change();
}

Status ReplicaTable::install(const ReplicaEntry& entry) {
  CURFEW_CHECK(has_room());
  const bool is_older = entry.position.generation < generation();
  const std::uint64_t sequence = is_older ? 0 : entry.position.sequence;
  if (entry.position > snapshot_ || (!is_older && sequence < installed_)) {
    return Error::transient(ErrorCode::protocol,
                            "an entry of the snapshot is not in the order of positions");
  }
  if (!is_older) {
    raise_time(entry.at, installed_, installed_at_);
    installed_ = sequence;
    installed_at_ = std::max(installed_at_, to_unix_millis(entry.at));
  }
  const KeyHash hash = hash_of(view_.hash_key(), entry.key);
  // What came over the journal meanwhile is newer than the snapshot.
  const bool is_held = entry.effect == Effect::block && !holds_.contains(hash);
  const bool is_reauth = entry.effect == Effect::reauth || entry.effect == Effect::block;
  const bool is_reevaluate = entry.effect == Effect::reevaluate;
  if (is_older && !is_held) return Done{};
  raise(hash, is_reauth ? sequence : 0, is_reevaluate ? sequence : 0, is_held);
  return Done{};
}

void ReplicaTable::advance(Position position) {
  CURFEW_CHECK(position.generation == generation());
  told_ = std::max(told_, position.sequence);
  std::uint64_t reached = told_;
  for (auto change = holds_.begin(); change != holds_.end();) {
    HoldChange& hold = change->second;
    if (!hold.is_settled) hold.is_settled = try_unblock(change->first, hold.sequence);
    if (!hold.is_settled) reached = std::min(reached, hold.sequence - 1);
    const bool is_over = hold.is_settled && hold.sequence <= told_;
    change = is_over ? holds_.erase(change) : std::next(change);
  }
  if (reached > load(kContiguousAt)) store(kContiguousAt, reached);
}

void ReplicaTable::note_change() { store(kChangesAt, load(kChangesAt) + 1); }

// Everything up to `complete_to` was written at `complete_at` or before: said once, when time goes
// on.
void ReplicaTable::raise_time(TimePoint at, std::uint64_t complete_to, std::int64_t complete_at) {
  const std::int64_t time = to_unix_millis(at);
  const std::uint64_t* const last =
      words(view_.fixed().checkpoints_offset) + kCheckpointWords * (load(kCheckpointCountAt) - 1);
  const bool is_due = time - static_cast<std::int64_t>(own(last + 1)) >= kCheckpointMillis;
  if (is_due && complete_to > own(last)) file_.append_checkpoint(complete_to, complete_at);
  if (time > latest_time()) store(kTimeMaxAt, static_cast<std::uint64_t>(time));
}

void ReplicaTable::set_state(FileState state) {
  store(kStateAt, static_cast<std::uint64_t>(state));
}

void ReplicaTable::set_mode(GateMode mode) { store(kModeAt, static_cast<std::uint64_t>(mode)); }

void ReplicaTable::set_floor(Position floor) {
  if (floor.generation != generation()) return;
  store(kFloorAt, std::max(load(kFloorAt), floor.sequence));
}

void ReplicaTable::set_newest_stamp(Position position) {
  if (!position.is_set()) store(kNewestStampAt, kSequenceMask);
  if (position.generation == generation()) store(kNewestStampAt, position.sequence);
}

// A reader takes the end by boot time first: with a new one it sees the new wall end as well, and
// an old one ends earlier.
void ReplicaTable::set_lease(const ReplicaLease& lease) {
  store(kLeaseWallEndAt, static_cast<std::uint64_t>(to_unix_millis(lease.wall_end)));
  store(kLeaseBootEndAt, static_cast<std::uint64_t>(lease.boot_end.count()));
}

void ReplicaTable::end_lease() { store(kLeaseBootEndAt, 0); }

GateMode ReplicaTable::mode() const {
  const bool is_best_effort = load(kModeAt) == static_cast<std::uint64_t>(GateMode::best_effort);
  return is_best_effort ? GateMode::best_effort : GateMode::strict;
}

ReplicaLease ReplicaTable::lease() const {
  return {{},
          std::chrono::nanoseconds{load(kLeaseBootEndAt)},
          from_unix_millis(static_cast<std::int64_t>(load(kLeaseWallEndAt)))};
}

Status ReplicaTable::set_signing_keys(std::string_view jwks) {
  if (jwks.size() > shape().jwks_bytes_max) {
    return Error::permanent(ErrorCode::exhausted, "the signing keys have " +
                                                      std::to_string(jwks.size()) +
                                                      " bytes, and the replica takes " +
                                                      std::to_string(shape().jwks_bytes_max));
  }
  const std::uint64_t version = load(kJwksVersionAt) + 1;
  std::uint64_t* const copy =
      words(view_.fixed().jwks_offset + (version & 1) * (kJwksHeadBytes + shape().jwks_bytes_max));
  // Who still reads this copy, two versions old, must see that the version has moved on.
  std::atomic_thread_fence(std::memory_order_release);
  const auto checksum = checksum_of(jwks);
  put(copy, jwks.size());
  put(copy + 1, checksum[0]);
  put(copy + 2, checksum[1]);
  for (std::size_t at = 0; at < jwks.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, jwks.data() + at, std::min<std::size_t>(8, jwks.size() - at));
    put(copy + 3 + at / 8, word);
  }
  store(kJwksVersionAt, version);
  note_change();
  return Done{};
}

}  // namespace curfew
