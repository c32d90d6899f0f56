#include "api/password_reset/reset_code.hpp"

#include <utility>

#include "access/credential_facts.hpp"
#include "access/liveness.hpp"
#include "api/directory/account_risk.hpp"
#include "api/sign_in/interaction.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "revocation/membership.hpp"
#include "revocation/removal.hpp"
#include "store/audit.hpp"
#include "store/schema.hpp"
#include "store/schema_password_reset.hpp"

namespace curfew {

namespace {

constexpr std::string_view kByTheCode = "you, with a link that was sent to this address";

Result<bool> is_administrator(ReadTx& tx, const User& user) {
  CURFEW_TRY(const auto roles, roles_of(tx, user.tenant_id, user.id.str()));
  if (!roles.empty()) return true;
  return is_in_role_group(tx, user.tenant_id, user.id);
}

Result<std::optional<PasswordResetCode>> find_code(ReadTx& tx, const TenantId& tenant_id,
                                                   std::string_view code) {
  Query query;
  query.index = "password_reset_codes_by_hash";
  query.prefix = keys_of(tenant_id, sha256_base64url(code));
  query.limit = 1;
  CURFEW_TRY(auto found, scan_as<PasswordResetCode>(tx, query));
  if (found.empty()) return std::optional<PasswordResetCode>{};
  return std::optional<PasswordResetCode>{std::move(found.front())};
}

Status audit_reset(WriteTx& tx, const ServerContext& context, const User& user, Position position,
                   const ResetOrder& order) {
  AuditEvent event = own_event("user.reset_own_password", user, order.address);
  event.position = position;
  CURFEW_TRY_STATUS(context.audit.append(tx, event, order.now));
  return Done{};
}

}  // namespace

Result<bool> may_reset_alone(ReadTx& tx, const ServerContext& context, const User& user) {
  const PasswordResetPolicy& policy = context.password_reset;
  if (!policy.sends_mail || !policy.self_service) return false;
  const bool is_member = user.user_type == UserType::member;  // a guest's password is elsewhere
  if (!is_member || !user.account_enabled || !user.password_hash) return false;
  if (user.break_glass || is_said_to_be_compromised(user)) return false;
  if (policy.administrators) return true;
  CURFEW_TRY(const bool administers, is_administrator(tx, user));
  return !administers;
}

Result<std::optional<NewResetCode>> make_reset_code(WriteTx& tx, const ServerContext& context,
                                                    const std::string& username, TimePoint now) {
  std::optional<NewResetCode> nothing;
  // The head first: what is revoked after this is newer than the stamp.
  CURFEW_TRY(const JournalHead head, journal_head(tx, context.tenant_id));
  CURFEW_TRY(const auto user, user_called(tx, context.tenant_id, username));
  if (!user) return nothing;
  CURFEW_TRY(const bool may, may_reset_alone(tx, context, *user));
  CURFEW_TRY(const auto method, load<EmailMethod>(tx, context.tenant_id, user->id));
  if (!may || !method) return nothing;

  NewResetCode made{Secret{random_token(kResetCodeBytes)}, *method};
  PasswordResetCode row;
  row.tenant_id = context.tenant_id;
  row.user_id = user->id;
  row.hash = sha256_base64url(made.code.reveal());
  row.authenticator_id = method->authenticator_id;
  row.auth_as_of = head.position;
  row.created_at = now;
  row.expires_at = now + context.password_reset.code_lifetime;
  CURFEW_TRY(const Verdict verdict, verdict_in(tx, context.journal, facts_of(row), now));
  if (verdict != Verdict::live) return nothing;
  CURFEW_TRY_STATUS(save(tx, row));
  return std::optional<NewResetCode>{std::move(made)};
}

Result<std::optional<User>> user_of_reset_code(ReadTx& tx, const ServerContext& context,
                                               std::string_view code, TimePoint now) {
  std::optional<User> nobody;
  CURFEW_TRY(const auto row, find_code(tx, context.tenant_id, code));
  if (!row) return nobody;
  CURFEW_TRY(const Verdict verdict, verdict_in(tx, context.journal, facts_of(*row), now));
  if (verdict != Verdict::live) return nobody;
  CURFEW_TRY(auto user, load<User>(tx, context.tenant_id, row->user_id));
  if (!user) return nobody;
  CURFEW_TRY(const bool may, may_reset_alone(tx, context, *user));
  return may ? std::move(user) : nobody;
}

Result<bool> use_reset_code(WriteTx& tx, const ServerContext& context, const ResetOrder& order) {
  CURFEW_TRY(const auto user, user_of_reset_code(tx, context, order.code, order.now));
  if (!user) return false;
  Removal removal;
  removal.kind = RemovalKind::reset_password;
  removal.user_id = user->id;
  removal.password_hash = order.new_password_hash;
  removal.reason = "self_service_reset";
  removal.made_by = kByTheCode;
  CURFEW_TRY(const RemovalEffect effect, remove_access(tx, context.journal, removal, order.now));
  CURFEW_TRY_STATUS(remove<PasswordResetCode>(tx, context.tenant_id, user->id));
  CURFEW_TRY_STATUS(audit_reset(tx, context, *user, effect.position, order));
  return true;
}

}  // namespace curfew
