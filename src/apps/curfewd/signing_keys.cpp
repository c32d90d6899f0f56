#include "apps/curfewd/signing_keys.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "access/lifetime.hpp"
#include "api/token_keys.hpp"
#include "apps/curfewd/offline_tenant.hpp"
#include "base/text.hpp"
#include "revocation/removal.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

void say(const std::string& text) { std::printf("%s\n", text.c_str()); }

std::string line_of(const StoredSigningKey& key) {
  const TimePoint since = key.retired_at.value_or(key.created_at);
  return std::string{to_string(key.use)} + "\t" + std::string{to_string(key.alg)} + "\t" +
         std::string{to_string(key.state)} + "\t" + to_rfc3339(since) + "\t" + key.id.str();
}

Result<std::vector<StoredSigningKey>> keys_in(ReadTx& tx, const TenantId& tenant_id) {
  Query query;
  query.prefix = keys_of(tenant_id);  // no limit: a few, for retired ones are removed
  return scan_as<StoredSigningKey>(tx, query);
}

Status rotate_one(WriteTx& tx, const OfflineTenant& tenant, const StoredSigningKey& fresh,
                  TimePoint now) {
  const Status turned = activate_next_key(tx, tenant.tenant.id, fresh.use, fresh.alg, now);
  // The first rotation finds no key that verifiers have already seen: it only publishes one.
  if (!turned.ok() && turned.error().code() != ErrorCode::conflict) return turned.error();
  CURFEW_TRY_STATUS(add(tx, fresh));
  CURFEW_TRY_STATUS(
      tenant.audit->append(tx, event_by_root("keys.rotate", fresh.id.str(), ""), now));
  return Done{};
}

// Somebody must sign: the key that verifiers know already, else a new one.
Status replace_active(WriteTx& tx, const OfflineTenant& tenant, StoredSigningKey fresh,
                      TimePoint now) {
  const Status turned = activate_next_key(tx, tenant.tenant.id, fresh.use, fresh.alg, now);
  if (turned.ok() || turned.error().code() != ErrorCode::conflict) return turned;
  fresh.state = KeyState::active;
  return add(tx, fresh);
}

Result<StoredSigningKey> known_key(const OfflineTenant& tenant, const std::string& key_id) {
  return read_value<StoredSigningKey>(*tenant.store, [&](ReadTx& tx) -> Result<StoredSigningKey> {
    CURFEW_TRY(auto key, load<StoredSigningKey>(tx, tenant.tenant.id, KeyId{key_id}));
    if (key) return std::move(*key);
    return Error::permanent(
        ErrorCode::not_found,
        "there is no signing key " + escape_for_display(key_id) + "; `curfewd keys` lists them");
  });
}

}  // namespace

Status list_keys(const DataFolder& folder) {
  CURFEW_TRY(const OfflineTenant tenant, open_offline(folder));
  CURFEW_TRY(auto keys, read_value<std::vector<StoredSigningKey>>(*tenant.store, [&](ReadTx& tx) {
               return keys_in(tx, tenant.tenant.id);
             }));
  std::ranges::sort(keys, {}, &StoredSigningKey::created_at);
  for (const StoredSigningKey& key : keys) say(line_of(key));
  return Done{};
}

Status rotate_keys(const DataFolder& folder) {
  CURFEW_TRY(OfflineTenant tenant, open_offline(folder));
  const TimePoint now = SystemClock{}.now();
  for (const TokenAlg alg : {TokenAlg::es256, TokenAlg::rs256}) {
    CURFEW_TRY(const StoredSigningKey fresh,
               make_signing_key(tenant.tenant.id, KeyUse::token, alg, KeyState::next,
                                tenant.master_key, now));
    CURFEW_TRY_STATUS(tenant.store->write_and_wait(
        Urgency::normal, [&](WriteTx& tx) { return rotate_one(tx, tenant, fresh, now); }));
    say(std::string{to_string(alg)} + ": key " + fresh.id.str() +
        " is published and signs after the next rotation; wait at least a day between two.");
  }
  std::size_t removed = 0;
  CURFEW_TRY_STATUS(tenant.store->write_and_wait(Urgency::normal, [&](WriteTx& tx) -> Status {
    CURFEW_TRY(removed, remove_retired_keys(tx, tenant.tenant.id, now - kAccessTokenLifetimeMax));
    return Done{};
  }));
  if (removed != 0) say("Removed " + std::to_string(removed) + " whose last token has expired.");
  return Done{};
}

Status withdraw_key(const SigningKeyOptions& options) {
  CURFEW_TRY(OfflineTenant tenant, open_offline(options.folder));
  CURFEW_TRY(const StoredSigningKey key, known_key(tenant, options.key_id));
  CURFEW_TRY_STATUS(keep_witness_of(tenant, options.folder, options.witness_file));
  const TimePoint now = SystemClock{}.now();
  CURFEW_TRY(
      const StoredSigningKey fresh,
      make_signing_key(tenant.tenant.id, key.use, key.alg, KeyState::next, tenant.master_key, now));
  Removal removal;
  removal.kind = RemovalKind::withdraw_key;
  removal.key_id = key.id;
  CURFEW_TRY_STATUS(tenant.store->write_and_wait(Urgency::emergency, [&](WriteTx& tx) -> Status {
    CURFEW_TRY(const RemovalEffect effect, remove_access(tx, *tenant.journal, removal, now));
    if (key.state == KeyState::active) {
      CURFEW_TRY_STATUS(replace_active(tx, tenant, fresh, now));
    }
    AuditEvent event = event_by_root("signing_key.withdraw", key.id.str(), "");
    event.position = effect.position;
    CURFEW_TRY_STATUS(tenant.audit->append(tx, event, now));
    return Done{};
  }));
  say("Withdrawn: " + key.id.str() + " (" + std::string{to_string(key.use)} + ", " +
      std::string{to_string(key.alg)} + "). Everything that it signed is refused from now on.");
  say("Resources that only look at signatures believe it for as long as they keep the key set: up "
      "to 30 minutes, some for a day.");
  return Done{};
}

}  // namespace curfew
