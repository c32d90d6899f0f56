// The public keys of applications that somebody added, and of those that they registered.
#include "revocation/parts/all_parts.hpp"
#include "revocation/parts/app_credentials.hpp"
#include "store/schema_clients.hpp"

namespace curfew {

namespace {

std::string describe(const ClientKey& key) {
  return key.display_name.empty() ? key.id : key.display_name;
}

MadeItems made_by(const PartLook& look, const AuditRecord& record) {
  return credentials_made_by<ClientKey>(look, record, client_keys_part(), "app.add_key", describe);
}

Result<Removal> removal(const PartLook& /*look*/, const std::string& target) {
  return app_credential_removal(RemovalKind::remove_client_key, target);
}

Result<Observation> observe(const PartLook& look, const std::string& target,
                            const std::optional<std::string>& /*prior_value*/) {
  CURFEW_TRY(const auto ids, ids_in<2>(target));
  return observe_row<ClientKey>(look, "client key", AppId{ids[0]}, ids[1]);
}

}  // namespace

const RunPart& client_keys_part() {
  static constexpr RunPart kPart{.option = kCredentialsOption,
                                 .connector = "local.client_key",
                                 .path_kind = PathKind::credential,
                                 .noun = "Client key",
                                 .control = "the client key is removed",
                                 .made_by = made_by,
                                 .leads_to = application_of,
                                 .removal = removal,
                                 .prior_value = app_credential_id<ClientKey>,
                                 .observe = observe,
                                 .stays_away = kOldCredentialsStayDead};
  return kPart;
}

}  // namespace curfew
