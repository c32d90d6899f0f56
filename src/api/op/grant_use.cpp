#include "api/op/grant_use.hpp"

#include <algorithm>
#include <utility>

#include "access/liveness.hpp"
#include "api/dpop_use.hpp"
#include "api/op/refresh_token.hpp"
#include "base/check.hpp"
#include "crypto/digest.hpp"
#include "revocation/removal.hpp"
#include "store/audit.hpp"
#include "store/schema.hpp"
#include "store/schema_logout.hpp"

namespace curfew {

namespace {

constexpr std::string_view kSystemPart = "token-endpoint";

OAuthError refused_grant(std::string description, Aadsts aadsts,
                         Suberror suberror = Suberror::bad_token) {
  return invalid_grant(std::move(description), aadsts, suberror);
}

OAuthError error_of_refusal(AccessRefusal refusal) {
  switch (refusal) {
    case AccessRefusal::user_missing:
      return refused_grant("The account does not exist any more.", Aadsts::account_not_found);
    case AccessRefusal::user_disabled:
      return refused_grant("The account is disabled.", Aadsts::account_disabled);
    case AccessRefusal::client_disabled:
      return refused_grant("The application is disabled.", Aadsts::application_disabled);
    case AccessRefusal::resource_disabled:
      return refused_grant("The resource is disabled.", Aadsts::resource_not_found);
    case AccessRefusal::device_disabled:
      return refused_grant("The device is disabled or was removed.", Aadsts::device_disabled);
    case AccessRefusal::not_assigned:
      return refused_grant("The person is not assigned to the application.", Aadsts::not_assigned);
    case AccessRefusal::no_directory_role:
      return refused_grant("The person holds no directory role.", Aadsts::not_assigned);
    case AccessRefusal::must_change_password:
      return refused_grant("The password must be changed.", Aadsts::password_expired,
                           Suberror::user_password_expired);
  }
  CURFEW_CHECK(false);
}

// `not_found` where client or resource have gone.
Result<std::optional<AccessRefusal>> evaluate(GrantUse& use) {
  const Grant& grant = use.grant;
  AccessQuery query;
  query.tenant_id = grant.tenant_id;
  query.user_id = grant.user_id;
  query.client_id = grant.app_id;
  query.resource = grant.resource;
  query.device_id = grant.device_id;
  query.amr = grant.amr;
  query.address = use.call.address;
  KnownAppSource apps{*use.context.known_apps, use.tx};
  CURFEW_TRY(use.facts, load_access_facts(use.tx, apps, query));
  return evaluate_access(use.facts);
}

OAuthError gone() {
  return refused_grant("The application or the resource does not exist any more.",
                       Aadsts::resource_not_found);
}

}  // namespace

Result<MintMoment> moment_of(const ServerContext& context, WriteTx& tx) {
  CURFEW_TRY(const JournalHead head, journal_head(tx, context.journal));
  return MintMoment{head.position, context.clock.now()};
}

Result<Refusal> check_client_stands(GrantUse& use) {
  CURFEW_TRY(Refusal refusal,
             check_client_standing(use.context, use.tx, use.call.client, use.moment.now));
  if (refusal && refusal->aadsts == Aadsts::application_disabled) {
    return Refusal{error_of_refusal(AccessRefusal::client_disabled)};
  }
  return refusal;
}

Refusal check_key(const TokenCall& call, std::string_view jkt) {
  if (jkt.empty() || call.dpop_jkt == jkt) return std::nullopt;
  if (call.dpop_jkt.empty()) {
    return invalid_dpop_proof("A DPoP proof of the key that it is bound to must come with it.");
  }
  return invalid_grant("It is bound to another key than the DPoP proof's.", Aadsts::invalid_grant);
}

Refusal check_certificate(const TokenCall& call, const Grant& grant) {
  if (grant.x5t_s256.empty() || grant.x5t_s256 == call.x5t_s256) return std::nullopt;
  return invalid_grant("It is bound to another TLS client certificate than the one presented.",
                       Aadsts::invalid_grant);
}

void bind_grant(Grant& grant, const TokenCall& call) {
  if (call.client.app().client_type != ClientType::public_client) return;
  grant.dpop_jkt = call.dpop_jkt;
  grant.x5t_s256 = call.x5t_s256;
}

Result<Refusal> check_access(GrantUse& use) {
  const auto refusal = evaluate(use);
  if (!refusal.ok()) {
    if (refusal.error().code() != ErrorCode::not_found) return refusal.error();
    return Refusal{gone()};
  }
  if (!*refusal) return Refusal{};
  use.outcome.counted = Counter::grants_refused_by_policy;
  return Refusal{error_of_refusal(**refusal)};
}

Result<Refusal> check_scope(GrantUse& use) {
  CURFEW_TRY(const auto consent,
             load<Consent>(use.tx, use.grant.tenant_id, use.grant.user_id, use.grant.app_id));
  auto scope = token_scope({use.grant.resource, use.grant.scopes}, use.call.request.scope,
                           use.call.request.resources, use.facts, consent);
  if (!scope.ok()) return Refusal{scope.error()};
  use.scope = std::move(scope).value();
  return Refusal{};
}

Refusal refuse(OAuthErrorCode code, Aadsts aadsts, std::string description) {
  return oauth_error(code, aadsts, std::move(description));
}

Result<Refusal> check_is_live(GrantUse& use, const CredentialFacts& facts) {
  CURFEW_TRY(const Verdict verdict, verdict_in(use.tx, use.context.journal, facts, use.moment.now));
  if (verdict == Verdict::live) return Refusal{};
  CURFEW_TRY(OAuthError error, dead_grant(use, verdict));
  return Refusal{std::move(error)};
}

Refusal choose_named_resource(const TokenRequest& request, ResourceChoice& choice) {
  auto chosen = choose_resource(request.scope, request.resources, "");
  if (!chosen.ok()) return chosen.error();
  choice = std::move(chosen).value();
  if (!choice.resource.empty()) return std::nullopt;
  return refuse(OAuthErrorCode::invalid_scope, Aadsts::invalid_scope,
                "The scope must name a resource, such as api://name/.default.");
}

Result<OAuthError> dead_grant(GrantUse& use, Verdict verdict) {
  use.outcome.counted = Counter::grants_refused_revoked;
  const auto refusal = evaluate(use);
  if (!refusal.ok() && refusal.error().code() != ErrorCode::not_found) return refusal.error();
  if (refusal.ok() && *refusal) return error_of_refusal(**refusal);
  if (verdict == Verdict::expired && !use.grant.ended_at) {
    return refused_grant("The grant has expired; sign in again.", Aadsts::grant_expired);
  }
  return refused_grant("The grant was revoked; sign in again.", Aadsts::grant_revoked);
}

OAuthError unknown_code() {
  return invalid_grant("The authorization code is not known.", Aadsts::invalid_grant);
}

OAuthError unknown_refresh_token() {
  return refused_grant("The refresh token is not known.", Aadsts::invalid_grant);
}

Result<Refusal> refuse_unknown(const ServerContext& context, const TokenCall& call) {
  const TenantId& tenant_id = context.tenant_id;
  if (const auto* refresh = std::get_if<RefreshTokenGrant>(&call.request.grant)) {
    const auto name =
        read_refresh_token(context.refresh_token_key, tenant_id, refresh->refresh_token.reveal());
    return name ? Refusal{} : Refusal{unknown_refresh_token()};
  }
  if (const auto* device = std::get_if<DeviceCodeGrant>(&call.request.grant)) {
    return refuse_unanswered(context, call, *device);
  }
  if (const auto* behalf = std::get_if<OnBehalfOfGrant>(&call.request.grant)) {
    return refuse_assertion(context, call, *behalf);
  }
  const auto* grant = std::get_if<AuthorizationCodeGrant>(&call.request.grant);
  if (grant == nullptr) return Refusal{};
  const std::string hash = sha256_base64url(grant->code.reveal());
  return read_value<Refusal>(context.store, [&](ReadTx& tx) -> Result<Refusal> {
    CURFEW_TRY(const auto code, load<AuthorizationCode>(tx, tenant_id, hash));
    return code ? Refusal{} : Refusal{unknown_code()};
  });
}

Grant grant_in(const Session& session, Position auth_as_of, TimePoint now) {
  Grant grant;
  grant.tenant_id = session.tenant_id;
  grant.user_id = session.user_id;
  grant.session_id = session.id;
  grant.authenticator_id = session.authenticator_id;
  grant.device_id = session.device_id;
  grant.auth_as_of = std::min(auth_as_of, session.auth_as_of);
  grant.auth_time = session.auth_time;
  grant.amr = session.amr;
  grant.rotated_at = grant.created_at = now;
  return grant;
}

Status end_family(GrantUse& use, const GrantId& grant_id, std::string_view action) {
  CURFEW_TRY(const auto grant, load<Grant>(use.tx, use.context.tenant_id, grant_id));
  if (!grant || grant->ended_at) return Done{};
  Removal removal;
  removal.kind = RemovalKind::end_grant;
  removal.grant_id = grant_id;
  removal.reason = "reuse";
  CURFEW_TRY(const RemovalEffect effect,
             remove_access(use.tx, use.context.journal, removal, use.moment.now));
  use.outcome.family_ended = grant_id;

  AuditEvent event;
  event.action = std::string{action};
  event.position = effect.position;
  event.actor_kind = ActorKind::system;
  event.actor_id = event.actor_name = std::string{kSystemPart};
  event.actor_address = use.call.address;
  event.subject_id = grant->user_id.str();
  event.detail = "client " + grant->app_id.str() + ", grant " + grant_id.str();
  CURFEW_TRY_STATUS(use.context.audit.append(use.tx, event, use.moment.now));
  return Done{};
}

namespace {

// Until when tokens of the grant may be out there, and such as are in no status list.
void note_end(Grant& grant, const UnsignedTokens& tokens) {
  auto& unlisted = grant.unlisted_access_ends_by;
  if (tokens.status_list_of) {
    unlisted = unlisted.value_or(grant.access_ends_by);
  } else if (unlisted) {
    unlisted = std::max(*unlisted, tokens.access_ends_at());
  }
  grant.access_ends_by = std::max(grant.access_ends_by, tokens.access_ends_at());
}

}  // namespace

void mint_for_grant(GrantUse& use, const std::string& nonce, const std::string& code_claims) {
  const TokenRequest& request = use.call.request;
  const auto at_code = parse_claims_parameter(code_claims);
  GrantMint mint{use.grant,
                 use.facts,
                 use.scope,
                 use.call.client.azpacr(),
                 request.claims.handles_challenges || (at_code.ok() && at_code->handles_challenges),
                 nonce,
                 request.client_info};
  use.outcome.tokens = tokens_of_grant(use.context, use.moment, mint);
  use.outcome.user_id = use.grant.user_id;
  note_end(use.grant, use.outcome.tokens);
  if (use.scope.offline_access) {
    use.outcome.tokens.refresh_token = make_refresh_token(
        use.context.refresh_token_key, use.context.tenant_id, {use.grant.id, use.grant.generation});
  }
}

Status note_session_client(GrantUse& use) {
  if (!use.outcome.tokens.id) return Done{};
  const Grant& grant = use.grant;
  CURFEW_TRY(const auto known,
             load<SessionClient>(use.tx, grant.tenant_id, grant.session_id, grant.app_id));
  if (known) return Done{};
  return save(use.tx, SessionClient{grant.tenant_id, grant.session_id, grant.app_id, grant.user_id,
                                    grant.auth_as_of, use.moment.now});
}

}  // namespace curfew
