#include "api/admin/client_keys.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>
#include <vector>

#include "api/admin/directory_lookup.hpp"
#include "api/admin/object_json.hpp"
#include "api/directory/app_changes.hpp"
#include "api/directory/client_key_rows.hpp"
#include "base/text.hpp"
#include "crypto/client_certificate.hpp"
#include "crypto/x509.hpp"
#include "io/runtime.hpp"
#include "protocol/jose/jwk.hpp"
#include "protocol/json/members.hpp"
#include "revocation/removal.hpp"
#include "revocation/service.hpp"
#include "store/schema.hpp"
#include "store/schema_clients.hpp"

namespace curfew {

namespace {

constexpr std::size_t kNameBytesMax = 1024;  // of a certificate

Error refused(std::string message) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(message));
}

Result<ClientKey> row_of_certificate(const AdminCall& call, const AppId& app_id,
                                     const std::string& pem) {
  CURFEW_TRY(const CertificateKey certificate, read_certificate_key(pem));
  if (certificate.not_after <= call.context.clock.now()) {
    return refused("the certificate has expired");
  }
  CURFEW_TRY(const JwsKey key, JwsKey::asymmetric("", std::nullopt, certificate.key));
  CURFEW_TRY_STATUS(check_signs_assertions(key));
  ClientKey row = new_client_key(call.context, app_id);
  row.kid = jwk_thumbprint(certificate.key);
  row.x5t = base64url_encode(certificate.sha1);
  row.x5t_s256 = base64url_encode(certificate.sha256);
  row.public_jwk = public_jwk_json(certificate.key);
  row.expires_at = certificate.not_after;
  return row;
}

// The same in one spelling; empty where it is no name of the kind.
std::string plain_name(CertificateName kind, const std::string& given) {
  switch (kind) {
    case CertificateName::none: return {};
    case CertificateName::san_ip: return one_spelling_of_ip(given);
    case CertificateName::subject_dn: return is_utf8(given) ? given : std::string{};
    case CertificateName::san_dns:
    case CertificateName::san_uri:
    case CertificateName::san_email: break;
  }
  const bool is_visible = std::ranges::all_of(given, [](char c) { return c > 0x20 && c < 0x7F; });
  return is_visible ? given : std::string{};
}

Result<ClientKey> row_of_name(const AdminCall& call, const AppId& app_id,
                              const std::string& given) {
  CURFEW_TRY(const auto kind, get_optional_string(call.body, "certificateNameKind"));
  ClientKey row = new_client_key(call.context, app_id);
  if (!kind || !parse_enum(*kind, row.name_kind) || row.name_kind == CertificateName::none) {
    return refused(
        "certificateNameKind must be tls_client_auth_subject_dn, tls_client_auth_san_dns, "
        "tls_client_auth_san_uri, tls_client_auth_san_ip or tls_client_auth_san_email");
  }
  if (row.name_kind == CertificateName::san_dns && given.find('*') != std::string::npos) {
    return refused(
        "certificateName is compared as it is written: a name with * would match no certificate "
        "but one that says *");
  }
  if (given.size() <= kNameBytesMax) row.name = plain_name(row.name_kind, given);
  if (row.name.empty()) {
    return refused("certificateName is not a name of that kind, or is longer than 1024 bytes");
  }
  return row;
}

Result<std::vector<ClientKey>> rows_in(const AdminCall& call, const AppId& app_id) {
  const boost::json::object& body = call.body;
  CURFEW_TRY(const auto* const jwk, get_optional_object(body, "jwk"));
  CURFEW_TRY(const auto* const jwks, get_optional_object(body, "jwks"));
  CURFEW_TRY(const auto certificate, get_optional_string(body, "certificate"));
  CURFEW_TRY(const auto certificate_name, get_optional_string(body, "certificateName"));
  if (int{jwk != nullptr} + int{jwks != nullptr} + int{certificate.has_value()} +
          int{certificate_name.has_value()} !=
      1) {
    return refused(
        "give one of jwk (a public JSON Web Key), jwks (a set of them), certificate (PEM) and "
        "certificateName with certificateNameKind");
  }
  std::vector<ClientKey> rows;
  if (jwks != nullptr) {
    CURFEW_TRY(rows, client_keys_of_jwks(call.context, app_id, *jwks));
  } else if (certificate_name) {
    CURFEW_TRY(ClientKey row, row_of_name(call, app_id, *certificate_name));
    rows.push_back(std::move(row));
  } else if (jwk != nullptr) {
    CURFEW_TRY(ClientKey row, client_key_of_jwk(call.context, app_id, *jwk));
    rows.push_back(std::move(row));
  } else {
    CURFEW_TRY(ClientKey row, row_of_certificate(call, app_id, *certificate));
    rows.push_back(std::move(row));
  }
  CURFEW_TRY(const auto name, get_optional_string(body, "displayName"));
  for (ClientKey& row : rows) row.display_name = name.value_or("");
  return rows;
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
    CURFEW_TRY_STATUS(check_new_credential(tx, call, app.id));
    CURFEW_TRY_STATUS(add_client_key_rows(tx, call.tenant_id(), app.id, rows));
    std::vector<std::string> ids;
    for (const ClientKey& key : rows) ids.push_back(key.id);
    return audit_change(tx, call, "app.add_key", app.id.str(), app.display_name, join(ids, " "));
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
