#include "api/admin/client_keys.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <utility>
#include <vector>

#include "api/admin/directory_lookup.hpp"
#include "api/admin/object_json.hpp"
#include "api/directory/app_changes.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"
#include "crypto/x509.hpp"
#include "io/runtime.hpp"
#include "protocol/jose/jwk.hpp"
#include "protocol/json/members.hpp"
#include "protocol/oauth/client_assertion.hpp"
#include "revocation/removal.hpp"
#include "revocation/service.hpp"
#include "store/schema.hpp"
#include "store/schema_clients.hpp"

namespace curfew {

namespace {

Error refused(std::string message) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(message));
}

// The key can sign what is accepted from clients.
Status check_algorithm(const JwsKey& key) {
  const bool is_usable = std::ranges::any_of(
      kClientAssertionAlgs, [&](const SignatureAlg alg) { return key.supports(alg); });
  if (is_usable) return Done{};
  return refused(
      "the key must be one for ES256 (P-256), PS256 or RS256 (RSA of 2048 bits or more)");
}

ClientKey new_row(const AdminCall& call, const AppId& app_id) {
  ClientKey row;
  row.tenant_id = call.tenant_id();
  row.app_id = app_id;
  row.id = new_guid();
  row.created_at = call.context.clock.now();
  return row;
}

// A key without a kid is called by its thumbprint (RFC 7638), as many libraries do.
Result<ClientKey> row_of_jwk(const AdminCall& call, const AppId& app_id,
                             const boost::json::object& jwk) {
  CURFEW_TRY(const JwsKey key, parse_public_jwk(jwk));
  CURFEW_TRY_STATUS(check_algorithm(key));
  if (key.kid().size() > limits::kJtiBytesMax) return refused("the key's kid is too long");
  ClientKey row = new_row(call, app_id);
  row.kid = key.kid().empty() ? jwk_thumbprint(*key.verify_key()) : key.kid();
  row.public_jwk = key.pinned_alg() ? serialize_jwk(*key.verify_key(), *key.pinned_alg(), "")
                                    : public_jwk_json(*key.verify_key());
  return row;
}

Result<ClientKey> row_of_certificate(const AdminCall& call, const AppId& app_id,
                                     const std::string& pem) {
  CURFEW_TRY(const CertificateKey certificate, read_certificate_key(pem));
  if (certificate.not_after <= call.context.clock.now()) {
    return refused("the certificate has expired");
  }
  CURFEW_TRY(const JwsKey key, JwsKey::asymmetric("", std::nullopt, certificate.key));
  CURFEW_TRY_STATUS(check_algorithm(key));
  ClientKey row = new_row(call, app_id);
  row.kid = jwk_thumbprint(certificate.key);
  row.x5t = base64url_encode(certificate.sha1);
  row.x5t_s256 = base64url_encode(certificate.sha256);
  row.public_jwk = public_jwk_json(certificate.key);
  row.expires_at = certificate.not_after;
  return row;
}

Result<std::vector<ClientKey>> rows_of_jwks(const AdminCall& call, const AppId& app_id,
                                            const boost::json::object& jwks) {
  CURFEW_TRY(const boost::json::array* const keys, get_array(jwks, "keys"));
  if (keys->empty()) return refused("the key set is empty");
  std::vector<ClientKey> rows;
  for (const boost::json::value& one : *keys) {
    if (!one.is_object()) return refused("a key of the set is not an object");
    CURFEW_TRY(ClientKey row, row_of_jwk(call, app_id, one.as_object()));
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<std::vector<ClientKey>> rows_in(const AdminCall& call, const AppId& app_id) {
  const boost::json::object& body = call.body;
  CURFEW_TRY(const auto* const jwk, get_optional_object(body, "jwk"));
  CURFEW_TRY(const auto* const jwks, get_optional_object(body, "jwks"));
  CURFEW_TRY(const auto certificate, get_optional_string(body, "certificate"));
  if (int{jwk != nullptr} + int{jwks != nullptr} + int{certificate.has_value()} != 1) {
    return refused(
        "give one of jwk (a public JSON Web Key), jwks (a set of them) and certificate "
        "(PEM)");
  }
  std::vector<ClientKey> rows;
  if (jwks != nullptr) {
    CURFEW_TRY(rows, rows_of_jwks(call, app_id, *jwks));
  } else if (jwk != nullptr) {
    CURFEW_TRY(ClientKey row, row_of_jwk(call, app_id, *jwk));
    rows.push_back(std::move(row));
  } else {
    CURFEW_TRY(ClientKey row, row_of_certificate(call, app_id, *certificate));
    rows.push_back(std::move(row));
  }
  CURFEW_TRY(const auto name, get_optional_string(body, "displayName"));
  for (ClientKey& row : rows) row.display_name = name.value_or("");
  return rows;
}

// No key may be meant by what means another: an assertion names exactly one.
Status check_names_are_free(const std::vector<ClientKey>& present, const ClientKey& added) {
  for (const ClientKey& key : present) {
    if (key.kid != added.kid && (added.x5t.empty() || key.x5t != added.x5t)) continue;
    return Error::permanent(ErrorCode::conflict,
                            "the application has a key of that name already: keyId " + key.id);
  }
  return Done{};
}

Status add_keys(WriteTx& tx, const AdminCall& call, const AppId& app_id,
                const std::vector<ClientKey>& rows) {
  CURFEW_TRY(const App app, require<App>(tx, "application", call.tenant_id(), app_id));
  if (app.client_type == ClientType::public_client) {
    return refused("a public client has no key of its own to keep: make it confidential first");
  }
  Query query;
  query.prefix = keys_of(call.tenant_id(), app_id);
  query.limit = limits::kClientKeysMax + 1;
  CURFEW_TRY(std::vector<ClientKey> present, scan_as<ClientKey>(tx, query));
  for (const ClientKey& row : rows) {
    CURFEW_TRY_STATUS(check_names_are_free(present, row));
    CURFEW_TRY_STATUS(add(tx, row));
    present.push_back(row);
  }
  if (present.size() <= limits::kClientKeysMax) return Done{};
  return refused("an application has 20 keys at the most; remove one first");
}

}  // namespace

Task<Result<boost::json::value>> list_client_keys(const AdminCall& call) {
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, call.value("id")));
  CURFEW_CO_TRY(const PageRequest page, page_of(call));
  const auto keys = read_value<std::vector<ClientKey>>(call.context.store, [&](ReadTx& tx) {
    Query query;
    query.prefix = keys_of(call.tenant_id(), app.id);
    if (!page.after.empty()) query.above = page.after;
    query.limit = page.limit;
    return scan_as<ClientKey>(tx, query);
  });
  if (!keys.ok()) co_return keys.error();
  boost::json::array shown;
  for (const ClientKey& key : *keys) shown.push_back(to_json(key));
  boost::json::object answer{{"value", std::move(shown)}};
  if (keys->size() == page.limit) answer["next"] = keys->back().id;
  co_return boost::json::value(std::move(answer));
}

Task<Result<boost::json::value>> add_client_keys(const AdminCall& call) {
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, call.value("id")));
  CURFEW_CO_TRY(const std::vector<ClientKey> rows, rows_in(call, app.id));
  auto write = [&call, app, rows](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY_STATUS(check_credential_guard(tx, call, app.id));
    CURFEW_TRY_STATUS(add_keys(tx, call, app.id, rows));
    return audit_change(tx, call, "app.add_key", app.id.str(), app.display_name);
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  boost::json::array shown;
  for (const ClientKey& row : rows) shown.push_back(to_json(row));
  co_return boost::json::value{{"value", std::move(shown)}};
}

Task<Result<boost::json::value>> remove_client_key(const AdminCall& call) {
  CURFEW_CO_TRY(const App app, look_up(call, &find_app, call.value("id")));
  Removal removal;
  removal.kind = RemovalKind::remove_client_key;
  removal.app_id = app.id;
  removal.object_id = call.value("key");
  Requester by = requester_of(call, [&call, id = app.id](ReadTx& tx) {
    return check_withdrawal_guard(tx, call, id, std::nullopt);
  });
  const auto done = co_await call.context.revocation.remove_one(std::move(removal), std::move(by),
                                                                current_executor());
  if (!done.ok()) co_return done.error();
  co_return boost::json::value{{"position", to_string(done->position)}};
}

}  // namespace curfew
