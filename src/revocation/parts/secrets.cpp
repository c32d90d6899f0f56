// The secrets of applications that somebody added, and of those that they registered.
#include "revocation/parts/all_parts.hpp"
#include "revocation/parts/app_credentials.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

std::string describe(const AppSecret& secret) { return secret.hint + "..."; }

MadeItems made_by(const PartLook& look, const AuditRecord& record) {
  return credentials_made_by<AppSecret>(look, record, secrets_part(), "app.add_secret", describe);
}

Result<Removal> removal(const PartLook& /*look*/, const std::string& target) {
  return app_credential_removal(RemovalKind::remove_app_secret, target);
}

Result<Observation> observe(const PartLook& look, const std::string& target,
                            const std::optional<std::string>& /*prior_value*/) {
  CURFEW_TRY(const auto ids, ids_in<2>(target));
  return observe_row<AppSecret>(look, "client secret", AppId{ids[0]}, ids[1]);
}

}  // namespace

const RunPart& secrets_part() {
  static constexpr RunPart kPart{
      .option = kCredentialsOption,
      .option_help = "secrets and keys that they added to applications, and API keys they made",
      .connector = "local.app_secret",
      .path_kind = PathKind::credential,
      .noun = "Client secret",
      .control = "the client secret is removed",
      .made_by = made_by,
      .leads_to = application_of,
      .removal = removal,
      .prior_value = app_credential_id<AppSecret>,
      .observe = observe,
      .stays_away = kOldCredentialsStayDead};
  return kPart;
}

}  // namespace curfew
