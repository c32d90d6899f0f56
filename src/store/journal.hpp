// store/journal.hpp: the tenant's one ordered list of revocations, and the state that it adds up
// to.
//
// append() allocates the next position in the transaction that changes the state, so that positions
// are dense and in commit order, updates the key's stored watermark and holds, and publishes both
// to the LiveJournal once the commit is durable. Nothing else writes the journal, holds or
// watermarks.
#pragma once

#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/journal_entry.hpp"
#include "model/key.hpp"
#include "model/position.hpp"
#include "model/validity.hpp"
#include "store/rollback_alarm.hpp"
#include "store/store.hpp"

namespace curfew {

struct JournalHead {
  Position position;
  std::string chain_hash;
};

// Hears of each entry after everybody can read it: on the writer's thread, so it hands the work on
// and returns.
class JournalObserver {
 public:
  virtual ~JournalObserver() = default;
  // `watermark`: of the entry's key, after it.
  virtual void published(const JournalEntry& entry, const Watermark& watermark) = 0;
};

// The newest watermark of every key, in memory, for checks that must not touch the store.
//
// Thread-safe. Reading a head, then data, then judging against watermarks read later is the safe
// order: stamps are never newer than the data. publish() is called by the writer only.
class LiveJournal {
 public:
  [[nodiscard]] JournalHead head() const;
  // The newest position that a credential of ours can be stamped with: the head. Once a rollback is
  // proved it stays where the head was then, for nothing is issued after; a stamp above is of the
  // history that was lost, whatever entries have got its numbers since.
  [[nodiscard]] Position newest_stamp() const;
  // One state for each key, in order; the shape that judge() takes.
  [[nodiscard]] std::vector<Watermark> states(std::span<const Key> keys) const;
  void publish(const JournalEntry& entry, const Watermark& watermark);
  // From now on, for as long as it lives.
  void add_observer(std::weak_ptr<JournalObserver> observer);
  [[nodiscard]] std::size_t key_count() const;
  [[nodiscard]] RollbackAlarm& rollback() const { return rollback_; }

 private:
  mutable std::shared_mutex mutex_;
  JournalHead head_;
  std::unordered_map<Key, Watermark> watermarks_;
  std::vector<std::weak_ptr<JournalObserver>> observers_;
  mutable RollbackAlarm rollback_;  // safe by itself

  friend Result<std::unique_ptr<LiveJournal>> load_live_journal(Store&, const TenantId&);
};

// Reads head, watermarks and a proved rollback that no fence has ended from the store: at start.
[[nodiscard]] Result<std::unique_ptr<LiveJournal>> load_live_journal(Store& store,
                                                                     const TenantId& tenant_id);

// What to write; the position, chain hash and time are the journal's.
struct NewEntry {
  Key key;
  Effect effect = Effect::reauth;
  std::string hold_owner;  // block and unblock only
  std::optional<RunId> run_id;
  std::string reason;
};

class Journal {
 public:
  // `live` outlives this, and every transaction that this appends to.
  Journal(TenantId tenant_id, LiveJournal& live) : tenant_id_(std::move(tenant_id)), live_(live) {}

  // Appends one entry. A `block` by an owner whose hold already stands adds no second hold, but is
  // an entry (and a reauth) all the same. An `unblock` of a hold that does not stand is
  // `not_found`.
  Result<JournalEntry> append(WriteTx& tx, const NewEntry& entry, TimePoint now);

  // Starts a new generation: the position after this is {generation + 1, 1}. The first entry of a
  // generation is a reauth of the tenant, which outdates every stamp before.
  Result<JournalEntry> start_generation(WriteTx& tx, const std::string& reason, TimePoint now);

  [[nodiscard]] const TenantId& tenant_id() const { return tenant_id_; }
  [[nodiscard]] LiveJournal& live() const { return live_; }

 private:
  Result<JournalEntry> write(WriteTx& tx, const NewEntry& entry, const JournalHead& head,
                             Position position, TimePoint now);

  TenantId tenant_id_;
  LiveJournal& live_;
};

// The head as this transaction sees it: read it before the data that a stamp will vouch for.
[[nodiscard]] Result<JournalHead> journal_head(ReadTx& tx, const TenantId& tenant_id);

// Of the entry at `position`; nothing where the journal has none there.
[[nodiscard]] Result<std::optional<std::string>> chain_hash_at(ReadTx& tx,
                                                               const TenantId& tenant_id,
                                                               Position position);

// The watermarks as this transaction sees them, in the order of `keys`.
[[nodiscard]] Result<std::vector<Watermark>> key_states(ReadTx& tx, const TenantId& tenant_id,
                                                        std::span<const Key> keys);

// The same, out of memory where that is what the transaction sees: in one that writes, whose group
// has not written the journal (ReadTx::may_have_changed), the last commit's state is what was
// published.
[[nodiscard]] Result<JournalHead> journal_head(ReadTx& tx, const Journal& journal);
[[nodiscard]] Result<std::vector<Watermark>> key_states(ReadTx& tx, const Journal& journal,
                                                        std::span<const Key> keys);

[[nodiscard]] Result<std::vector<Hold>> holds_on(ReadTx& tx, const TenantId& tenant_id,
                                                 const Key& key);

// base64url of SHA-256 over the previous hash and every field of the entry.
[[nodiscard]] std::string chain_hash_of(const std::string& previous, const JournalEntry& entry);

// Recomputes the chain from the first entry. `corrupted` names the first position that does not
// fit.
[[nodiscard]] Result<JournalHead> verify_chain(ReadTx& tx, const TenantId& tenant_id);

}  // namespace curfew
