// grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer with requested_token_use=on_behalf_of: an
// application that a person's client called exchanges the access token of that call for one to the
// resource which it calls itself.
//
// What comes of it is derived: it names every key that the assertion names beside its own, and has
// the assertion's stamp of the sign-in. So whatever would end the assertion, or the session, the
// client or the grant behind it, ends what was made of it, however long that would live.
#include <algorithm>
#include <array>

#include "access/credential_facts.hpp"
#include "access/granted_scopes.hpp"
#include "access/liveness.hpp"
#include "api/access_token_check.hpp"
#include "api/op/grant_use.hpp"
#include "crypto/random.hpp"
#include "protocol/oidc/claims_parameter.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

struct Exchange : GrantUse {
  const OnBehalfOfGrant& given;
  std::optional<CheckedAccessToken> assertion;
  ResourceChoice choice;
};

using Check = Result<Refusal> (*)(Exchange&);

// ---- rules that need the client and the assertion alone

Refusal client_proved_itself(const TokenCall& call) {
  if (call.client.azpacr() != "0") return Refusal{};
  return refuse(OAuthErrorCode::unauthorized_client, Aadsts::missing_client_secret,
                "A public application cannot act on anybody's behalf.");
}

Refusal assertion_is_ours(const std::optional<CheckedAccessToken>& assertion) {
  if (assertion) return Refusal{};
  return invalid_grant("The assertion is not an access token of this tenant.",
                       Aadsts::invalid_assertion);
}

// Somebody else's call must not be taken for one of this application's.
Refusal assertion_is_for_client(const AccessTokenClaims& claims, const App& client) {
  if (is_called(client, claims.aud)) return Refusal{};
  return invalid_grant("The assertion is for another application than the one that presents it.",
                       Aadsts::assertion_for_another);
}

Refusal assertion_is_a_persons(const AccessTokenClaims& claims) {
  if (!claims.app_only) return Refusal{};
  return invalid_grant("The assertion is an application's own: there is nobody to act for.",
                       Aadsts::application_on_behalf_of);
}

// ---- in the transaction

Result<Refusal> check_client_proved_itself(Exchange& use) { return client_proved_itself(use.call); }

Result<Refusal> check_assertion_is_ours(Exchange& use) {
  use.assertion = check_access_token(use.context, use.given.assertion.reveal());
  return assertion_is_ours(use.assertion);
}

Result<Refusal> check_assertion_is_for_client(Exchange& use) {
  return assertion_is_for_client(use.assertion->claims(), use.call.client.app());
}

Result<Refusal> check_assertion_is_a_persons(Exchange& use) {
  return assertion_is_a_persons(use.assertion->claims());
}

// RFC 8707 2: one resource, and no other tokens than those to resources.
Result<Refusal> check_scope_names_a_resource(Exchange& use) {
  return choose_named_resource(use.call.request, use.choice);
}

Result<Refusal> check_resource(Exchange& use) {
  CURFEW_TRY(const auto resource,
             use.context.known_apps->resource(use.tx, use.context.tenant_id, use.choice.resource));
  if (resource) return Refusal{};
  return refuse(OAuthErrorCode::invalid_target, Aadsts::resource_not_found,
                "The resource is not known.");
}

// Every key of the assertion that the grant does not name by itself.
std::vector<std::string> inherited_from(const CredentialFacts& assertion, const Grant& grant) {
  Grant bare = grant;
  bare.inherited_keys.clear();
  const std::vector<Key> own = facts_of(bare).keys;
  std::vector<std::string> inherited;
  for (const Key& key : assertion.keys) {
    const std::string text = to_string(key);
    const bool is_known = std::ranges::find(own, key) != own.end() ||
                          std::ranges::find(inherited, text) != inherited.end();
    if (!is_known) inherited.push_back(text);
  }
  return inherited;
}

Grant grant_from(const Exchange& use) {
  const AccessTokenClaims& claims = use.assertion->claims();
  Grant grant;
  grant.tenant_id = use.context.tenant_id;
  grant.id = GrantId{random_token(16)};
  grant.app_id = use.call.client.app().id;
  grant.user_id = UserId{claims.oid};
  grant.session_id = claims.sid;
  grant.authenticator_id = claims.authenticator_id;
  if (!claims.deviceid.empty()) grant.device_id = claims.deviceid;
  grant.resource = use.choice.resource;
  grant.scopes = use.call.request.scope.texts;
  grant.auth_as_of = claims.stamps.auth_as_of;
  if (claims.auth_time) grant.auth_time = from_unix_seconds(*claims.auth_time);
  grant.amr = claims.amr;
  grant.rotated_at = grant.created_at = use.moment.now;
  grant.inherited_keys = inherited_from(use.assertion->facts(), grant);
  return grant;
}

Result<Refusal> check_chain(Exchange& use) {
  use.grant = grant_from(use);
  if (use.grant.inherited_keys.size() <= kInheritedKeysMax) return Refusal{};
  return Refusal{invalid_grant("Too many applications call each other on this person's behalf.",
                               Aadsts::invalid_assertion)};
}

// The middle tier hands the challenge on to whoever called it, as it came (clients that handle it
// get a newer token then).
Result<Refusal> dead_assertion(Exchange& use, Verdict verdict) {
  if (verdict == Verdict::expired) {
    return Refusal{invalid_grant("The assertion has expired.", Aadsts::assertion_expired)};
  }
  CURFEW_TRY(OAuthError error, dead_grant(use, verdict));
  error.claims = claims_challenge_json(to_unix_seconds(use.moment.now), use.moment.as_of);
  return Refusal{std::move(error)};
}

// In the transaction that issues: the assertion, and everything that the new grant names.
Result<Refusal> check_assertion_is_live(Exchange& use) {
  CURFEW_TRY(const Verdict verdict,
             verdict_in(use.tx, use.context.journal, use.assertion->facts(), use.moment.now));
  if (verdict != Verdict::live) return dead_assertion(use, verdict);
  // Not stored yet, so it has no end; the keys are what it is asked about.
  Grant grant = use.grant;
  grant.expires_at = use.moment.now + use.context.lifetimes.refresh_token_idle;
  CURFEW_TRY(const Verdict derived,
             verdict_in(use.tx, use.context.journal, facts_of(grant), use.moment.now));
  return derived == Verdict::live ? Result<Refusal>{Refusal{}} : dead_assertion(use, derived);
}

template <Result<Refusal> (*kCheck)(GrantUse&)>
Result<Refusal> common(Exchange& use) {
  return kCheck(use);
}

// There is nobody here who could be asked: all of it must be consented to already, by an
// administrator or by the person when they signed in to this application.
Result<Refusal> check_consent(Exchange& use) {
  CURFEW_TRY(const auto consent,
             load<Consent>(use.tx, use.grant.tenant_id, use.grant.user_id, use.grant.app_id));
  const auto granted = granted_names(use.facts.client, *use.facts.resource, consent);
  const bool all = std::ranges::all_of(use.choice.names, [&](const std::string& name) {
    return std::ranges::find(granted, name) != granted.end();
  });
  if (all && !granted.empty()) return Refusal{};
  return Refusal{
      invalid_grant("Neither the person nor an administrator consented to what is asked for.",
                    Aadsts::consent_required, Suberror::consent_required)};
}

constexpr std::array<Check, 12> kChecks{
    check_client_proved_itself,     // RFC 6749 4.4 by analogy: confidential clients only
    check_assertion_is_ours,        // RFC 7523 3
    check_assertion_is_for_client,  // RFC 7523 3, rule 3
    check_assertion_is_a_persons,
    check_scope_names_a_resource,  // RFC 8707 2
    check_resource,                // RFC 8707 2
    check_chain,
    check_assertion_is_live,  // model/validity.hpp
    common<check_client_stands>,
    common<check_access>,  // access/evaluate.hpp
    check_consent,
    common<check_scope>,  // RFC 6749 3.3
};

// Without a refresh token nothing renews it: then it ends no later than what it came of.
void set_expiry(Exchange& use) {
  if (use.scope.offline_access) {
    use.grant.expires_at = use.moment.now + use.context.lifetimes.refresh_token_idle;
    return;
  }
  AccessTokenClaims& access = use.outcome.tokens.access;
  access.exp = std::min(access.exp, use.assertion->claims().exp);
  use.grant.expires_at = use.grant.access_ends_by = use.outcome.tokens.access_ends_at();
}

}  // namespace

Refusal refuse_assertion(const ServerContext& context, const TokenCall& call,
                         const OnBehalfOfGrant& given) {
  if (Refusal unproved = client_proved_itself(call)) return unproved;
  const auto assertion = check_access_token(context, given.assertion.reveal());
  if (Refusal foreign = assertion_is_ours(assertion)) return foreign;
  if (Refusal other = assertion_is_for_client(assertion->claims(), call.client.app())) return other;
  return assertion_is_a_persons(assertion->claims());
}

Result<TokenOutcome> exchange_on_behalf_of(const ServerContext& context, WriteTx& tx,
                                           const TokenCall& call) {
  CURFEW_TRY(const MintMoment moment, moment_of(context, tx));
  Exchange use{{context, tx, call, moment, {}, {}, {}, {}},
               std::get<OnBehalfOfGrant>(call.request.grant),
               {},
               {}};
  for (const Check check : kChecks) {
    CURFEW_TRY(use.outcome.refusal, check(use));
    if (use.outcome.refusal) return std::move(use.outcome);
  }
  mint_for_grant(use, /*nonce=*/"", /*code_claims=*/"");
  set_expiry(use);
  CURFEW_TRY_STATUS(add(tx, use.grant));
  use.outcome.counted = Counter::tokens_issued_on_behalf_of;
  return std::move(use.outcome);
}

}  // namespace curfew
