// API keys that somebody made, whoever owns them: those that the person owns are taken by every
// run. Target: the key's id.
#include "revocation/parts/all_parts.hpp"
#include "revocation/parts/app_credentials.hpp"
#include "revocation/plan.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

MadeItems made_by(const PartLook& look, const AuditRecord& record) {
  if (record.entry.action != "key.add") return not_made();
  CURFEW_TRY(const auto key, load<ApiKey>(look.tx, look.tenant_id, record.subject_id));
  if (!key) return made({});
  return made(
      {{&api_keys_part(), key->id, key->display_name, known_time(key->created_at), "", ""}});
}

Result<std::string> leads_to(const PartLook& look, const std::string& target) {
  CURFEW_TRY(const auto key, load<ApiKey>(look.tx, look.tenant_id, target));
  return key ? key->app_id.str() : std::string{};
}

Result<Removal> removal(const PartLook& /*look*/, const std::string& target) {
  Removal removal;
  removal.kind = RemovalKind::remove_api_key;
  removal.object_id = target;
  return removal;
}

}  // namespace

const RunPart& api_keys_part() {
  static constexpr RunPart kPart{.option = kCredentialsOption,
                                 .connector = local_target::kApiKey,
                                 .path_kind = PathKind::api_key,
                                 .noun = "API key",
                                 .control = "the API key is removed",
                                 .made_by = made_by,
                                 .leads_to = leads_to,
                                 .removal = removal,
                                 .prior_value = target_if_there<ApiKey>,
                                 .stays_away = kOldCredentialsStayDead};
  return kPart;
}

}  // namespace curfew
