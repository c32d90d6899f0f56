#include "store/journal.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "crypto/digest.hpp"
#include "store/change_log.hpp"
#include "store/schema.hpp"
#include "store/schema_rollback.hpp"

namespace curfew {

namespace {

constexpr std::size_t kVerifyPage = 1'000;

Watermark to_watermark(const StoredWatermark& stored) {
  return {stored.reauth, stored.reauth_at, stored.reevaluate, stored.reevaluate_at,
          stored.hold_count};
}

StoredWatermark to_stored(const TenantId& tenant_id, const Key& key, const Watermark& watermark) {
  return {tenant_id,
          key.kind,
          key.id,
          watermark.reauth,
          watermark.reauth_at,
          watermark.reevaluate,
          watermark.reevaluate_at,
          watermark.hold_count};
}

Result<Watermark> key_state(ReadTx& tx, const TenantId& tenant_id, const Key& key) {
  CURFEW_TRY(const auto stored, load<StoredWatermark>(tx, tenant_id, key.kind, key.id));
  return stored ? to_watermark(*stored) : Watermark{};
}

// Adds or removes the hold that the entry names; the change in the number of holds.
Result<int> change_hold(WriteTx& tx, const JournalEntry& entry) {
  const bool has_hold = entry.effect == Effect::block || entry.effect == Effect::unblock;
  if (!has_hold) return 0;
  CURFEW_CHECK(!entry.hold_owner.empty());

  CURFEW_TRY(const auto standing,
             load<Hold>(tx, entry.tenant_id, entry.key_kind, entry.key_id, entry.hold_owner));
  if (entry.effect == Effect::unblock) {
    if (!standing) {
      return Error::permanent(ErrorCode::not_found, "there is no hold of " + entry.hold_owner +
                                                        " on " + to_string(entry.key()));
    }
    CURFEW_TRY_STATUS(
        remove<Hold>(tx, entry.tenant_id, entry.key_kind, entry.key_id, entry.hold_owner));
    return -1;
  }
  if (standing) return 0;
  CURFEW_TRY_STATUS(add(tx, Hold{entry.tenant_id, entry.key_kind, entry.key_id, entry.hold_owner,
                                 entry.position, entry.reason, entry.at}));
  return 1;
}

// The earliest of those that stand: what was stamped later is of no history that we know.
Status load_proof(ReadTx& tx, const TenantId& tenant_id, const LiveJournal& live) {
  Query query;
  query.prefix = keys_of(tenant_id);  // no limit: a fence comes between any two
  CURFEW_TRY(const auto proofs, scan_as<RollbackProof>(tx, query));
  for (const RollbackProof& proof : proofs) {
    if (!stands(proof, live.head().position)) continue;
    live.rollback().raise(proof);
    live.rollback().settle();
    break;
  }
  return Done{};
}

void append_field(std::string& out, std::string_view field) {
  out += std::to_string(field.size());
  out += ':';
  out += field;
}

Error broken_at(Position position, const std::string& why) {
  return Error::permanent(ErrorCode::corrupted,
                          "the journal entry " + to_string(position) + " " + why);
}

// Graph shows when a person's sessions ended as a property of the person.
Status log_sessions_ended(WriteTx& tx, const JournalEntry& entry) {
  const bool ends_sessions = entry.effect == Effect::reauth || entry.effect == Effect::block;
  if (entry.key_kind != KeyKind::user || !ends_sessions) return Done{};
  DirectoryChange change;
  change.tenant_id = entry.tenant_id;
  change.object_kind = detail::watched_table<User>().object_kind;
  change.object_id = entry.key_id;
  change.changed = {"sign_in_sessions_valid_from"};
  return log_change(tx, std::move(change));
}

}  // namespace

JournalHead LiveJournal::head() const {
  const std::shared_lock lock{mutex_};
  return head_;
}

Position LiveJournal::newest_stamp() const {
  if (!rollback_.is_raised()) {
    const std::shared_lock lock{mutex_};
    return head_.position;
  }
  return rollback_.proof()->head;
}

std::vector<Watermark> LiveJournal::states(std::span<const Key> keys) const {
  std::vector<Watermark> found;
  found.reserve(keys.size());
  const std::shared_lock lock{mutex_};
  for (const Key& key : keys) {
    const auto at = watermarks_.find(key);
    found.push_back(at == watermarks_.end() ? Watermark{} : at->second);
  }
  return found;
}

void LiveJournal::publish(const JournalEntry& entry, const Watermark& watermark) {
  std::vector<std::shared_ptr<JournalObserver>> observers;
  {
    const std::unique_lock lock{mutex_};
    watermarks_.insert_or_assign(entry.key(), watermark);
    head_ = {entry.position, entry.chain_hash};
    for (const auto& observer : observers_) observers.push_back(observer.lock());
  }
  for (const auto& observer : observers) {
    if (observer) observer->published(entry, watermark);
  }
}

void LiveJournal::add_observer(std::weak_ptr<JournalObserver> observer) {
  const std::unique_lock lock{mutex_};
  std::erase_if(observers_, [](const auto& known) { return known.expired(); });
  observers_.push_back(std::move(observer));
}

std::size_t LiveJournal::key_count() const {
  const std::shared_lock lock{mutex_};
  return watermarks_.size();
}

Result<std::unique_ptr<LiveJournal>> load_live_journal(Store& store, const TenantId& tenant_id) {
  auto live = std::make_unique<LiveJournal>();
  CURFEW_TRY_STATUS(store.read([&](ReadTx& tx) -> Status {
    CURFEW_TRY(live->head_, journal_head(tx, tenant_id));
    Query query;
    query.prefix = keys_of(tenant_id);
    CURFEW_TRY(const auto stored, scan_as<StoredWatermark>(tx, query));  // no limit: all are needed
    for (const StoredWatermark& one : stored) {
      live->watermarks_.emplace(Key{one.key_kind, one.key_id}, to_watermark(one));
    }
    return load_proof(tx, tenant_id, *live);
  }));
  return live;
}

Result<JournalEntry> Journal::append(WriteTx& tx, const NewEntry& entry, TimePoint now) {
  CURFEW_TRY(const JournalHead head, journal_head(tx, tenant_id_));
  const Position position = head.position.is_set() ? head.position.next() : Position{1, 1};
  return write(tx, entry, head, position, now);
}

Result<JournalEntry> Journal::start_generation(WriteTx& tx, const std::string& reason,
                                               TimePoint now) {
  CURFEW_TRY(const JournalHead head, journal_head(tx, tenant_id_));
  const NewEntry entry{key_of(tenant_id_), Effect::reauth, "", std::nullopt, reason};
  return write(tx, entry, head, Position{head.position.generation + 1, 1}, now);
}

Result<JournalEntry> Journal::write(WriteTx& tx, const NewEntry& entry, const JournalHead& head,
                                    Position position, TimePoint now) {
  JournalEntry written{tenant_id_,       position,     entry.key.kind, entry.key.id, entry.effect,
                       entry.hold_owner, entry.run_id, entry.reason,   now,          ""};
  written.chain_hash = chain_hash_of(head.chain_hash, written);

  CURFEW_TRY(const int holds_added, change_hold(tx, written));
  CURFEW_TRY(const Watermark before, key_state(tx, tenant_id_, entry.key));
  Watermark after = applied(before, entry.effect, position, now);
  after.hold_count = static_cast<std::uint32_t>(static_cast<int>(before.hold_count) + holds_added);

  CURFEW_TRY_STATUS(add(tx, written));
  CURFEW_TRY_STATUS(save(tx, to_stored(tenant_id_, entry.key, after)));
  CURFEW_TRY_STATUS(log_sessions_ended(tx, written));
  tx.on_commit([&live = live_, written, after] { live.publish(written, after); });
  return written;
}

Result<JournalHead> journal_head(ReadTx& tx, const TenantId& tenant_id) {
  Query query;
  query.prefix = keys_of(tenant_id);
  query.descending = true;
  query.limit = 1;
  CURFEW_TRY(const auto newest, scan_as<JournalEntry>(tx, query));
  if (newest.empty()) return JournalHead{};
  return JournalHead{newest.front().position, newest.front().chain_hash};
}

Result<std::optional<std::string>> chain_hash_at(ReadTx& tx, const TenantId& tenant_id,
                                                 Position position) {
  if (position.sequence == 0) return std::optional<std::string>{};
  CURFEW_TRY(const auto entry, load<JournalEntry>(tx, tenant_id, position));
  return entry ? std::optional{entry->chain_hash} : std::nullopt;
}

Result<std::vector<Watermark>> key_states(ReadTx& tx, const TenantId& tenant_id,
                                          std::span<const Key> keys) {
  std::vector<Watermark> states;
  states.reserve(keys.size());
  for (const Key& key : keys) {
    CURFEW_TRY(const Watermark state, key_state(tx, tenant_id, key));
    states.push_back(state);
  }
  return states;
}

Result<JournalHead> journal_head(ReadTx& tx, const Journal& journal) {
  if (!tx.may_have_changed(table_of<JournalEntry>())) return journal.live().head();
  return journal_head(tx, journal.tenant_id());
}

Result<std::vector<Watermark>> key_states(ReadTx& tx, const Journal& journal,
                                          std::span<const Key> keys) {
  if (!tx.may_have_changed(table_of<StoredWatermark>())) return journal.live().states(keys);
  return key_states(tx, journal.tenant_id(), keys);
}

Result<std::vector<Hold>> holds_on(ReadTx& tx, const TenantId& tenant_id, const Key& key) {
  Query query;
  query.prefix = keys_of(tenant_id, key.kind, key.id);
  return scan_as<Hold>(tx, query);
}

std::string chain_hash_of(const std::string& previous, const JournalEntry& entry) {
  std::string text;
  append_field(text, "curfew journal 1");
  append_field(text, previous);
  append_field(text, entry.tenant_id.str());
  append_field(text, to_string(entry.position));
  append_field(text, to_string(entry.key_kind));
  append_field(text, entry.key_id);
  append_field(text, to_string(entry.effect));
  append_field(text, entry.hold_owner);
  append_field(text, entry.run_id ? entry.run_id->str() : "");
  append_field(text, entry.reason);
  append_field(text, std::to_string(to_unix_millis(entry.at)));
  return sha256_base64url(text);
}

Result<JournalHead> verify_chain(ReadTx& tx, const TenantId& tenant_id) {
  JournalHead head;
  while (true) {
    Query query;
    query.prefix = keys_of(tenant_id);
    query.above = pack(head.position);
    query.limit = kVerifyPage;
    CURFEW_TRY(const auto entries, scan_as<JournalEntry>(tx, query));
    for (const JournalEntry& entry : entries) {
      const bool follows = entry.position == head.position.next() ||
                           (entry.position.sequence == 1 &&
                            entry.position.generation == head.position.generation + 1);
      if (!follows) return broken_at(entry.position, "does not follow " + to_string(head.position));
      if (entry.chain_hash != chain_hash_of(head.chain_hash, entry)) {
        return broken_at(entry.position, "is not what was written");
      }
      head = {entry.position, entry.chain_hash};
    }
    if (entries.size() < kVerifyPage) return head;
  }
}

}  // namespace curfew
