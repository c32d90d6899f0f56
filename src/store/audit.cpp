#include "store/audit.hpp"

#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "store/schema_runs.hpp"

namespace curfew {

namespace {

constexpr std::size_t kSaltBytes = 32;
constexpr std::size_t kVerifyPage = 1'000;

// Fields with their lengths in front: one text for each list of fields, and the other way round.
void append_field(std::string& out, std::string_view field) {
  out += std::to_string(field.size());
  out += ':';
  out += field;
}

std::optional<std::string> take_field(std::string_view& rest) {
  const std::size_t colon = rest.find(':');
  if (colon == 0 || colon == std::string_view::npos || colon > 9) return std::nullopt;
  std::size_t size = 0;
  for (const char digit : rest.substr(0, colon)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    size = size * 10 + static_cast<std::size_t>(digit - '0');
  }
  rest.remove_prefix(colon + 1);
  if (rest.size() < size) return std::nullopt;
  std::string field{rest.substr(0, size)};
  rest.remove_prefix(size);
  return field;
}

std::string actor_text(const AuditEvent& event) {
  std::string text;
  append_field(text, event.actor_id);
  append_field(text, event.actor_name);
  append_field(text, event.actor_address);
  return text;
}

std::string subject_text(const AuditEvent& event) {
  std::string text;
  append_field(text, event.subject_id);
  append_field(text, event.subject_name);
  append_field(text, event.detail);
  return text;
}

bool read_text(std::string_view text, std::string& first, std::string& second, std::string& third) {
  for (std::string* into : {&first, &second, &third}) {
    auto field = take_field(text);
    if (!field) return false;
    *into = std::move(*field);
  }
  return text.empty();
}

std::string commitment_of(std::string_view salt, std::string_view text) {
  std::string input;
  append_field(input, "curfew audit part 1");
  append_field(input, salt);
  append_field(input, text);
  return sha256_base64url(input);
}

std::string audit_chain_hash(const std::string& previous, const AuditEntry& entry) {
  std::string text;
  append_field(text, "curfew audit 1");
  append_field(text, previous);
  append_field(text, entry.tenant_id.str());
  append_field(text, std::to_string(entry.sequence));
  append_field(text, std::to_string(to_unix_millis(entry.at)));
  append_field(text, entry.action);
  append_field(text, to_string(entry.outcome));
  append_field(text, entry.rule);
  append_field(text, entry.run_id ? entry.run_id->str() : "");
  append_field(text, to_string(entry.position));
  append_field(text, to_string(entry.actor_kind));
  append_field(text, entry.actor_commitment);
  append_field(text, entry.subject_commitment);
  return sha256_base64url(text);
}

std::string key_context(const TenantId& tenant_id, const std::string& person_id) {
  return "audit-person-key:" + tenant_id.str() + ":" + person_id;
}

std::string part_context(const TenantId& tenant_id, std::uint64_t sequence, AuditPart part,
                         const std::string& person_id) {
  return "audit-part:" + tenant_id.str() + ":" + std::to_string(sequence) + ":" +
         std::string{to_string(part)} + ":" + person_id;
}

Error damaged(std::uint64_t sequence) {
  return Error::permanent(ErrorCode::corrupted, "the audit entry " + std::to_string(sequence) +
                                                    " is not what was written");
}

Error missing(std::uint64_t last, std::uint64_t next) {
  return Error::permanent(ErrorCode::corrupted, "the audit entry " + std::to_string(last + 1) +
                                                    " is missing: after " + std::to_string(last) +
                                                    " comes " + std::to_string(next));
}

// A key that is sealed and kept as text.
Result<SealKey> open_key(const SealKey& master, const AuditPersonKey& stored) {
  const auto sealed = base64url_decode(stored.sealed_key);
  if (!sealed) return Error::permanent(ErrorCode::corrupted, "a person's audit key does not parse");
  CURFEW_TRY(const Secret key,
             master.open(*sealed, key_context(stored.tenant_id, stored.person_id)));
  return SealKey::from(key);
}

}  // namespace

AuditEvent own_event(std::string action, const User& user, std::string address) {
  AuditEvent event;
  event.action = std::move(action);
  event.actor_kind = ActorKind::user;
  event.actor_id = event.subject_id = user.id.str();
  event.actor_name = event.subject_name = user.user_principal_name;
  event.actor_address = std::move(address);
  return event;
}

Result<std::optional<SealKey>> AuditLog::known_key(ReadTx& tx, const std::string& person_id) const {
  CURFEW_TRY(const auto stored, load<AuditPersonKey>(tx, tenant_id_, person_id));
  if (!stored) return std::optional<SealKey>{};
  CURFEW_TRY(SealKey key, open_key(master_key_, *stored));
  return std::optional{std::move(key)};
}

Result<SealKey> AuditLog::key_of_person(WriteTx& tx, const std::string& person_id, TimePoint now) {
  CURFEW_TRY(auto known, known_key(tx, person_id));
  if (known) return std::move(*known);
  const Secret fresh = random_secret(kSealKeyBytes);
  const std::string sealed = master_key_.seal(fresh.reveal(), key_context(tenant_id_, person_id));
  CURFEW_TRY_STATUS(add(tx, AuditPersonKey{tenant_id_, person_id, base64url_encode(sealed), now}));
  return SealKey::from(fresh);
}

// Seals one part beside the chain; what the chain holds of it is returned.
Result<std::string> AuditLog::write_part(WriteTx& tx, std::uint64_t sequence, AuditPart part,
                                         const std::string& person_id, const std::string& text,
                                         TimePoint now) {
  const std::string salt = random_bytes(kSaltBytes);
  CURFEW_TRY(const SealKey key, key_of_person(tx, person_id, now));
  const std::string sealed =
      key.seal(salt + text, part_context(tenant_id_, sequence, part, person_id));
  CURFEW_TRY_STATUS(
      add(tx, AuditPersonal{tenant_id_, sequence, part, person_id, base64url_encode(sealed)}));
  return commitment_of(salt, text);
}

Result<AuditEntry> AuditLog::append(WriteTx& tx, const AuditEvent& event, TimePoint now) {
  CURFEW_TRY(const AuditHead head, audit_head(tx, tenant_id_));
  AuditEntry entry;
  entry.tenant_id = tenant_id_;
  entry.sequence = head.sequence + 1;
  entry.at = now;
  entry.action = event.action;
  entry.outcome = event.outcome;
  entry.rule = event.rule;
  entry.run_id = event.run_id;
  entry.position = event.position;
  entry.actor_kind = event.actor_kind;
  CURFEW_TRY(entry.actor_commitment, write_part(tx, entry.sequence, AuditPart::actor,
                                                event.actor_id, actor_text(event), now));
  CURFEW_TRY(entry.subject_commitment, write_part(tx, entry.sequence, AuditPart::subject,
                                                  event.subject_id, subject_text(event), now));
  entry.chain_hash = audit_chain_hash(head.chain_hash, entry);
  CURFEW_TRY_STATUS(add(tx, entry));
  return entry;
}

// The text of a part; nothing once its person has been erased.
Result<std::optional<std::string>> AuditLog::read_part(ReadTx& tx, const AuditEntry& entry,
                                                       AuditPart part) const {
  CURFEW_TRY(const auto stored, load<AuditPersonal>(tx, tenant_id_, entry.sequence, part));
  if (!stored) return std::optional<std::string>{};
  CURFEW_TRY(const auto key, known_key(tx, stored->person_id));
  if (!key) return std::optional<std::string>{};
  const auto sealed = base64url_decode(stored->sealed);
  if (!sealed) return damaged(entry.sequence);
  const auto opened =
      key->open(*sealed, part_context(tenant_id_, entry.sequence, part, stored->person_id));
  if (!opened.ok() || opened.value().reveal().size() < kSaltBytes) return damaged(entry.sequence);
  const std::string_view salt = opened.value().reveal().substr(0, kSaltBytes);
  const std::string_view text = opened.value().reveal().substr(kSaltBytes);
  const std::string& committed =
      part == AuditPart::actor ? entry.actor_commitment : entry.subject_commitment;
  if (commitment_of(salt, text) != committed) return damaged(entry.sequence);
  return std::optional{std::string{text}};
}

Result<std::vector<AuditRecord>> AuditLog::read(ReadTx& tx, const AuditQuery& query) const {
  Query rows;
  rows.prefix = keys_of(tenant_id_);
  if (query.before != 0) rows.below = static_cast<std::int64_t>(query.before);
  rows.descending = true;
  rows.limit = query.limit;
  CURFEW_TRY(auto entries, scan_as<AuditEntry>(tx, rows));
  std::vector<AuditRecord> records;
  records.reserve(entries.size());
  for (AuditEntry& entry : entries) {
    CURFEW_TRY(AuditRecord record, read_record(tx, std::move(entry)));
    records.push_back(std::move(record));
  }
  return records;
}

Result<AuditRecord> AuditLog::read_record(ReadTx& tx, AuditEntry entry) const {
  AuditRecord record;
  CURFEW_TRY(const auto actor, read_part(tx, entry, AuditPart::actor));
  CURFEW_TRY(const auto subject, read_part(tx, entry, AuditPart::subject));
  record.actor_erased = !actor;
  record.subject_erased = !subject;
  const bool whole =
      (!actor || read_text(*actor, record.actor_id, record.actor_name, record.actor_address)) &&
      (!subject || read_text(*subject, record.subject_id, record.subject_name, record.detail));
  if (!whole) return damaged(entry.sequence);
  record.entry = std::move(entry);
  return record;
}

Result<std::vector<AuditRecord>> AuditLog::read_about(ReadTx& tx, const std::string& person_id,
                                                      TimePoint since, std::size_t limit) const {
  constexpr std::size_t kPage = 500;
  Query query;
  query.index = "audit_personal_by_person";
  query.prefix = keys_of(tenant_id_, person_id);
  query.descending = true;
  query.limit = kPage;
  std::vector<AuditRecord> records;
  while (true) {
    CURFEW_TRY(const auto parts, scan_as<AuditPersonal>(tx, query));
    for (const AuditPersonal& part : parts) {
      // An entry may be about its own actor, and has two parts then.
      if (!records.empty() && records.back().entry.sequence == part.sequence) continue;
      if (records.size() == limit) return records;
      CURFEW_TRY(AuditEntry entry,
                 require<AuditEntry>(tx, "audit entry", tenant_id_, part.sequence));
      if (entry.at < since) return records;
      CURFEW_TRY(AuditRecord record, read_record(tx, std::move(entry)));
      records.push_back(std::move(record));
    }
    if (parts.size() < kPage) return records;
    query.below = static_cast<std::int64_t>(parts.back().sequence);
  }
}

Result<bool> AuditLog::erase_person(WriteTx& tx, const std::string& person_id) {
  Query query;
  query.index = "audit_personal_by_person";
  query.prefix = keys_of(tenant_id_, person_id);
  CURFEW_TRY(const auto parts, scan_as<AuditPersonal>(tx, query));  // no limit: all must go
  for (const AuditPersonal& part : parts) {
    CURFEW_TRY_STATUS(remove<AuditPersonal>(tx, tenant_id_, part.sequence, part.part));
  }
  CURFEW_TRY(const bool had_key, remove<AuditPersonKey>(tx, tenant_id_, person_id));
  return had_key || !parts.empty();
}

Result<AuditHead> audit_head(ReadTx& tx, const TenantId& tenant_id) {
  Query query;
  query.prefix = keys_of(tenant_id);
  query.descending = true;
  query.limit = 1;
  CURFEW_TRY(const auto newest, scan_as<AuditEntry>(tx, query));
  if (newest.empty()) return AuditHead{};
  return AuditHead{newest.front().sequence, newest.front().chain_hash};
}

Result<AuditHead> verify_audit_chain(ReadTx& tx, const TenantId& tenant_id) {
  AuditHead head;
  while (true) {
    Query query;
    query.prefix = keys_of(tenant_id);
    query.above = static_cast<std::int64_t>(head.sequence);
    query.limit = kVerifyPage;
    CURFEW_TRY(const auto entries, scan_as<AuditEntry>(tx, query));
    for (const AuditEntry& entry : entries) {
      if (entry.sequence != head.sequence + 1) return missing(head.sequence, entry.sequence);
      if (entry.chain_hash != audit_chain_hash(head.chain_hash, entry)) {
        return damaged(entry.sequence);
      }
      head = {entry.sequence, entry.chain_hash};
    }
    if (entries.size() < kVerifyPage) return head;
  }
}

}  // namespace curfew
