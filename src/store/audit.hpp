// store/audit.hpp: the record of every privileged call: chained, and still erasable by person.
//
// A chained entry holds nothing about a person, only salted commitments (SHA-256 over 32 random
// bytes and the text). The text and its salt lie beside it, sealed under a key of the person whom
// they are about. Erasing a person removes their key and their rows; the chain still verifies, and
// what it committed to can neither be read nor guessed, because the salt is gone too.
//
// Entries are appended in the transaction of what they record, so that there is no change without
// its entry. Thread-safe: no state but the master key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "crypto/seal.hpp"
#include "model/audit.hpp"
#include "model/directory.hpp"
#include "store/store.hpp"

namespace curfew {

// An entry with what is still known about its persons.
struct AuditRecord {
  AuditEntry entry;
  bool actor_erased = false;
  bool subject_erased = false;
  std::string actor_id;
  std::string actor_name;
  std::string actor_address;
  std::string subject_id;
  std::string subject_name;
  std::string detail;
};

struct AuditQuery {
  std::uint64_t before = 0;  // sequence less than this; 0: from the newest
  std::size_t limit = 100;
};

struct AuditHead {
  std::uint64_t sequence = 0;
  std::string chain_hash;
};

// What a person did to their own account, from `address`.
[[nodiscard]] AuditEvent own_event(std::string action, const User& user, std::string address);

class AuditLog {
 public:
  // `master_key`: seals the persons' keys; derived from the key file for this purpose alone.
  AuditLog(TenantId tenant_id, SealKey master_key)
      : tenant_id_(std::move(tenant_id)), master_key_(std::move(master_key)) {}

  Result<AuditEntry> append(WriteTx& tx, const AuditEvent& event, TimePoint now);

  // The newest first. A part that does not open, or is not what the entry committed to, is
  // `corrupted`.
  [[nodiscard]] Result<std::vector<AuditRecord>> read(ReadTx& tx, const AuditQuery& query) const;

  // The newest first: what one person or application did, and what was done to them. At most
  // `limit`, none from before `since`.
  [[nodiscard]] Result<std::vector<AuditRecord>> read_about(ReadTx& tx,
                                                            const std::string& person_id,
                                                            TimePoint since,
                                                            std::size_t limit) const;

  // Removes what the audit knows about a person; whether there was anything.
  Result<bool> erase_person(WriteTx& tx, const std::string& person_id);

 private:
  [[nodiscard]] Result<SealKey> key_of_person(WriteTx& tx, const std::string& person_id,
                                              TimePoint now);
  [[nodiscard]] Result<std::optional<SealKey>> known_key(ReadTx& tx,
                                                         const std::string& person_id) const;
  Result<std::string> write_part(WriteTx& tx, std::uint64_t sequence, AuditPart part,
                                 const std::string& person_id, const std::string& text,
                                 TimePoint now);
  Result<std::optional<std::string>> read_part(ReadTx& tx, const AuditEntry& entry,
                                               AuditPart part) const;
  Result<AuditRecord> read_record(ReadTx& tx, AuditEntry entry) const;

  TenantId tenant_id_;
  SealKey master_key_;
};

[[nodiscard]] Result<AuditHead> audit_head(ReadTx& tx, const TenantId& tenant_id);

// Recomputes the chain from the first entry. `corrupted` names the first entry that does not fit.
[[nodiscard]] Result<AuditHead> verify_audit_chain(ReadTx& tx, const TenantId& tenant_id);

}  // namespace curfew
