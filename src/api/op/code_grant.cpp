// grant_type=authorization_code: one use of one code makes one grant.
#include <array>

#include "access/credential_facts.hpp"
#include "api/op/grant_use.hpp"
#include "crypto/digest.hpp"
#include "protocol/http/uri.hpp"
#include "protocol/oauth/pkce.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

struct CodeUse : GrantUse {
  const AuthorizationCodeGrant& given;
  AuthorizationCode code;
  Session session;
};

using Check = Result<Refusal> (*)(CodeUse&);

Refusal refuse(std::string description, Aadsts aadsts = Aadsts::invalid_grant) {
  return invalid_grant(std::move(description), aadsts);
}

Result<Refusal> check_code_is_known(CodeUse& use) {
  const std::string hash = sha256_base64url(use.given.code.reveal());
  CURFEW_TRY(auto code, load<AuthorizationCode>(use.tx, use.context.tenant_id, hash));
  if (!code) return Refusal{unknown_code()};
  use.code = *std::move(code);
  return Refusal{};
}

Result<Refusal> check_code_is_the_clients(CodeUse& use) {
  if (use.code.app_id == use.call.client.app().id) return Refusal{};
  return refuse("The authorization code was issued to another application.");
}

// The second use of a code means that somebody has it who should not: what the first one made ends,
// access tokens included, through the grant's key (RFC 9700 4.5, RFC 6749 4.1.2).
Result<Refusal> check_code_is_unused(CodeUse& use) {
  if (!use.code.used_at) return Refusal{};
  use.outcome.counted = Counter::code_replay_detected;
  use.outcome.user_id = use.code.user_id;
  CURFEW_TRY_STATUS(end_family(use, use.code.grant_id, "grant.code_replayed"));
  return Refusal{invalid_grant("The authorization code was redeemed before.",
                               Aadsts::code_already_redeemed, Suberror::bad_token)};
}

// RFC 6749 4.1.3: required and the same if it was in the authorization request, which it always is
// or stands for the only registered one. OAuth 2.1 leaves it out where PKCE binds the code.
Result<Refusal> check_redirect_uri(CodeUse& use) {
  const auto& given = use.given.redirect_uri;
  if (!given && use.code.code_challenge) return Refusal{};
  if (given && *given == use.code.redirect_uri) return Refusal{};
  return refuse("The redirect URI is not the one that the code was issued for.");
}

Result<Refusal> check_pkce(CodeUse& use) {
  return check_code_verifier(use.code.code_challenge, use.given.code_verifier);
}

Result<Refusal> check_code_key(CodeUse& use) { return check_key(use.call, use.code.dpop_jkt); }

Grant grant_from(const CodeUse& use) {
  const AuthorizationCode& code = use.code;
  Grant grant = grant_in(use.session, code.auth_as_of, use.moment.now);
  grant.id = code.grant_id;
  grant.app_id = code.app_id;
  grant.resource = code.resource;
  grant.scopes = code.scopes;
  grant.nonce = code.nonce;
  bind_grant(grant, use.call);
  return grant;
}

// The person's session, the application, the assignment, the device: nothing of it was revoked
// since the sign-in, and the code is still young.
Result<Refusal> check_code_is_live(CodeUse& use) {
  CURFEW_TRY(auto session, load<Session>(use.tx, use.code.tenant_id, use.code.session_id));
  if (!session) {
    return Refusal{
        invalid_grant("The session has ended.", Aadsts::grant_revoked, Suberror::bad_token)};
  }
  use.session = *std::move(session);
  use.grant = grant_from(use);
  return check_is_live(use, facts_of(use.code, use.session));
}

template <Result<Refusal> (*kCheck)(GrantUse&)>
Result<Refusal> common(CodeUse& use) {
  return kCheck(use);
}

constexpr std::array<Check, 10> kChecks{
    check_code_is_known,        // RFC 6749 5.2
    check_code_is_the_clients,  // RFC 6749 4.1.3
    check_code_is_unused,       // RFC 9700 4.5
    check_redirect_uri,         // RFC 6749 4.1.3
    check_pkce,                 // RFC 7636 4.6, RFC 9700 4.8.2
    check_code_key,             // RFC 9449 10
    check_code_is_live,         // model/validity.hpp
    common<check_client_stands>,
    common<check_access>,  // access/evaluate.hpp
    common<check_scope>,   // RFC 6749 3.3, RFC 8707 2.2
};

// A browser keeps a single-page application's refresh token, so its life is short and does not
// slide. The redirect URI tells too, since whoever stole the code need not send an Origin.
bool is_for_spa(const CodeUse& use) {
  const auto uri = parse_uri(use.code.redirect_uri);
  const auto& origins = use.call.client.app().spa_origins;
  return use.call.from_spa ||
         (uri.ok() && std::ranges::find(origins, uri->origin()) != origins.end());
}

void set_expiry(CodeUse& use) {
  const LifetimePolicy& lifetimes = use.context.lifetimes;
  use.grant.expiry_is_fixed = is_for_spa(use);
  const Duration lifetime =
      use.grant.expiry_is_fixed ? lifetimes.refresh_token_spa : lifetimes.refresh_token_idle;
  // Without a refresh token there is nothing to renew: the grant ends with its access token.
  use.grant.expires_at =
      use.scope.offline_access ? use.moment.now + lifetime : use.grant.access_ends_by;
}

}  // namespace

Result<TokenOutcome> redeem_code(const ServerContext& context, WriteTx& tx, const TokenCall& call) {
  CURFEW_TRY(const MintMoment moment, moment_of(context, tx));
  CodeUse use{{context, tx, call, moment, {}, {}, {}, {}},
              std::get<AuthorizationCodeGrant>(call.request.grant),
              {},
              {}};
  for (const Check check : kChecks) {
    CURFEW_TRY(use.outcome.refusal, check(use));
    if (use.outcome.refusal) return std::move(use.outcome);
  }
  mint_for_grant(use, use.code.nonce.value_or(""), use.code.claims);
  set_expiry(use);
  use.code.used_at = moment.now;
  CURFEW_TRY_STATUS(save(tx, use.code));
  CURFEW_TRY_STATUS(add(tx, use.grant));
  CURFEW_TRY_STATUS(note_session_client(use));
  use.outcome.counted = Counter::tokens_issued_authorization_code;
  return std::move(use.outcome);
}

}  // namespace curfew
