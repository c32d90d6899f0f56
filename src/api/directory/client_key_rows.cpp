#include "api/directory/client_key_rows.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "base/limits.hpp"
#include "crypto/random.hpp"
#include "protocol/jose/jwk.hpp"
#include "protocol/json/members.hpp"
#include "protocol/oauth/client_assertion.hpp"
#include "store/schema.hpp"
#include "store/schema_clients.hpp"

namespace curfew {

namespace {

Error refused(std::string message) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(message));
}

// No key may be meant by what means another: an assertion names exactly one.
Status check_names_are_free(const std::vector<ClientKey>& present, const ClientKey& added) {
  for (const ClientKey& key : present) {
    const bool is_name = !added.name.empty();
    if (is_name ? key.name != added.name || key.name_kind != added.name_kind
                : !key.name.empty() ||
                      (key.kid != added.kid && (added.x5t.empty() || key.x5t != added.x5t))) {
      continue;
    }
    return Error::permanent(ErrorCode::conflict,
                            "the application has a key of that name already: keyId " + key.id);
  }
  return Done{};
}

Status check_count(const std::vector<ClientKey>& keys) {
  if (keys.size() <= limits::kClientKeysMax) return Done{};
  return refused("an application has 20 keys at the most; remove one first");
}

}  // namespace

Status check_signs_assertions(const JwsKey& key) {
  const bool is_usable = std::ranges::any_of(
      kClientAssertionAlgs, [&](const SignatureAlg alg) { return key.supports(alg); });
  if (is_usable) return Done{};
  return refused(
      "the key must be one for ES256 (P-256), PS256 or RS256 (RSA of 2048 bits or more)");
}

ClientKey new_client_key(const ServerContext& context, const AppId& app_id) {
  ClientKey row;
  row.tenant_id = context.tenant_id;
  row.app_id = app_id;
  row.id = new_guid();
  row.created_at = context.clock.now();
  return row;
}

Result<ClientKey> client_key_of_jwk(const ServerContext& context, const AppId& app_id,
                                    const boost::json::object& jwk) {
  CURFEW_TRY(const JwsKey key, parse_public_jwk(jwk));
  CURFEW_TRY_STATUS(check_signs_assertions(key));
  if (key.kid().size() > limits::kJtiBytesMax) return refused("the key's kid is too long");
  ClientKey row = new_client_key(context, app_id);
  row.kid = key.kid().empty() ? jwk_thumbprint(*key.verify_key()) : key.kid();
  row.public_jwk = key.pinned_alg() ? serialize_jwk(*key.verify_key(), *key.pinned_alg(), "")
                                    : public_jwk_json(*key.verify_key());
  return row;
}

Result<std::vector<ClientKey>> client_keys_of_jwks(const ServerContext& context,
                                                   const AppId& app_id,
                                                   const boost::json::object& jwks) {
  CURFEW_TRY(const boost::json::array* const keys, get_array(jwks, "keys"));
  if (keys->empty()) return refused("the key set is empty");
  std::vector<ClientKey> rows;
  for (const boost::json::value& one : *keys) {
    if (!one.is_object()) return refused("a key of the set is not an object");
    CURFEW_TRY(ClientKey row, client_key_of_jwk(context, app_id, one.as_object()));
    CURFEW_TRY_STATUS(check_names_are_free(rows, row));
    rows.push_back(std::move(row));
  }
  CURFEW_TRY_STATUS(check_count(rows));
  return rows;
}

Status add_client_key_rows(WriteTx& tx, const TenantId& tenant_id, const AppId& app_id,
                           const std::vector<ClientKey>& rows) {
  if (rows.empty()) return Done{};
  CURFEW_TRY(const App app, require<App>(tx, "application", tenant_id, app_id));
  if (app.client_type == ClientType::public_client) {
    return refused("a public client has no key of its own to keep: make it confidential first");
  }
  Query query;
  query.prefix = keys_of(tenant_id, app_id);
  query.limit = limits::kClientKeysMax + 1;
  CURFEW_TRY(std::vector<ClientKey> present, scan_as<ClientKey>(tx, query));
  for (const ClientKey& row : rows) {
    CURFEW_TRY_STATUS(check_names_are_free(present, row));
    CURFEW_TRY_STATUS(add(tx, row));
    present.push_back(row);
  }
  return check_count(present);
}

}  // namespace curfew
