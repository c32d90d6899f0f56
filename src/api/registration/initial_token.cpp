#include "api/registration/initial_token.hpp"

#include <utility>
#include <vector>

#include "access/credential_facts.hpp"
#include "access/liveness.hpp"
#include "api/admin_rights.hpp"
#include "api/authn.hpp"
#include "api/directory/room.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "store/schema.hpp"
#include "store/schema_registration.hpp"

namespace curfew {

namespace {

using Found = std::optional<RegistrationToken>;

Result<Found> find_token(ReadTx& tx, const TenantId& tenant_id, const std::string& hash) {
  Query query;
  query.index = "registration_tokens_by_hash";
  query.prefix = keys_of(tenant_id, hash);
  query.limit = 1;
  CURFEW_TRY(std::vector<RegistrationToken> found, scan_as<RegistrationToken>(tx, query));
  if (found.empty()) return Found{};
  return Found{std::move(found.front())};
}

Result<bool> maker_may_register(ReadTx& tx, const RegistrationToken& token) {
  CURFEW_TRY(const auto maker, actor_now(tx, token.tenant_id, token.maker_kind, token.maker_id));
  return maker && holds_right(*maker, AdminRight::manage_apps);
}

// Of the one sort or of the other: neither does what the other is for.
Result<Found> live_token(ReadTx& tx, const ServerContext& context, const std::string& hash,
                         bool for_gate) {
  CURFEW_TRY(Found token, find_token(tx, context.tenant_id, hash));
  if (!token || token->enrols_app_id.has_value() != for_gate) return Found{};
  CURFEW_TRY(const Verdict verdict,
             verdict_in(tx, context.journal, facts_of(*token), context.clock.now()));
  if (verdict != Verdict::live) return Found{};
  CURFEW_TRY(const bool may_register, maker_may_register(tx, *token));
  return may_register ? std::move(token) : Found{};
}

}  // namespace

NewInitialToken make_initial_token(const ApiCall& call) {
  NewInitialToken made;
  made.text = random_token();
  made.row.tenant_id = call.tenant_id();
  made.row.id = new_guid();
  made.row.hash = sha256_base64url(made.text);
  made.row.created_at = call.context.clock.now();
  made.row.maker_kind = call.actor().kind;
  made.row.maker_id = call.actor().id;
  made.row.maker_name = call.actor().display_name;
  return made;
}

Status add_initial_token(WriteTx& tx, const ApiCall& call, RegistrationToken token) {
  // The stamp first: the maker was judged just before, in this transaction.
  CURFEW_TRY(const JournalHead head, journal_head(tx, call.tenant_id()));
  CURFEW_TRY_STATUS(check_room<RegistrationToken>(tx, "registration_tokens_by_maker",
                                                  keys_of(call.tenant_id(), token.maker_id),
                                                  "initial access tokens"));
  token.auth_as_of = head.position;
  return add(tx, token);
}

Result<Found> live_gate_code(ReadTx& tx, const ServerContext& context, const std::string& hash) {
  return live_token(tx, context, hash, true);
}

Result<Found> usable_token(ReadTx& tx, const ServerContext& context, const std::string& hash) {
  CURFEW_TRY(Found token, live_token(tx, context, hash, false));
  if (token && token->uses_left <= 0) return Found{};
  return token;
}

AuditEvent event_in_name_of_maker(const RegistrationToken& token, std::string action,
                                  std::string address) {
  AuditEvent event;
  event.action = std::move(action);
  event.actor_kind = token.maker_kind;
  event.actor_id = token.maker_id;
  event.actor_name = token.maker_name;
  event.actor_address = std::move(address);
  return event;
}

}  // namespace curfew
