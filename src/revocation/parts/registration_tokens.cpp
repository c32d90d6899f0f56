// Initial access tokens and enrolment codes of gates that somebody made, whoever they answer for:
// those of the person are taken by every run. What registered with them is refused at its own
// registration by that, and found by the part of the applications. Target: the token's id.
#include "model/registration.hpp"
#include "revocation/parts/all_parts.hpp"
#include "revocation/parts/app_credentials.hpp"
#include "revocation/plan.hpp"
#include "store/schema_registration.hpp"

namespace curfew {

namespace {

MadeItems made_by(const PartLook& look, const AuditRecord& record) {
  const std::string& action = record.entry.action;
  if (action != "registration_token.add" && action != "gate.add_code") return not_made();
  CURFEW_TRY(const auto token, load<RegistrationToken>(look.tx, look.tenant_id, record.subject_id));
  if (!token) return made({});
  const std::string name =
      token->enrols_app_id ? "to enrol the gate " + token->display_name : token->display_name;
  return made(
      {{&registration_tokens_part(), token->id, name, known_time(token->created_at), "", ""}});
}

Result<Removal> removal(const PartLook& /*look*/, const std::string& target) {
  Removal removal;
  removal.kind = RemovalKind::remove_registration_token;
  removal.object_id = target;
  return removal;
}

}  // namespace

const RunPart& registration_tokens_part() {
  static constexpr RunPart kPart{.option = kCredentialsOption,
                                 .connector = local_target::kRegistrationToken,
                                 .path_kind = PathKind::registration,
                                 .noun = "Initial access token",
                                 .control = "the initial access token is removed",
                                 .made_by = made_by,
                                 .removal = removal,
                                 .prior_value = target_if_there<RegistrationToken>,
                                 .stays_away = kOldCredentialsStayDead};
  return kPart;
}

}  // namespace curfew
