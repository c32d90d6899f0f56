// grant_type=refresh_token: rotation with reuse detection and a grace time.
//
// A family (Grant) knows the number of the one token that is good now. Its predecessor, shortly
// after the rotation, is a client whose answer was lost: it gets the same successor again, never a
// second branch. Anything older, or the predecessor later on, is in two hands: the family ends
// (RFC 9700 4.14.2, OAuth 2.1 4.3.1). What was revoked has no grace: the validity rule comes first.
#include <algorithm>
#include <array>

#include "access/credential_facts.hpp"
#include "api/op/grant_use.hpp"
#include "api/op/refresh_token.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

struct RefreshUse : GrantUse {
  RefreshTokenName name;
  bool is_repeated = false;  // the predecessor, inside the grace time
};

using Check = Result<Refusal> (*)(RefreshUse&);

Result<Refusal> check_token_is_ours(RefreshUse& use) {
  const auto& given = std::get<RefreshTokenGrant>(use.call.request.grant);
  const auto name = read_refresh_token(use.context.refresh_token_key, use.context.tenant_id,
                                       given.refresh_token.reveal());
  std::optional<Grant> grant;
  if (name) {
    CURFEW_TRY(grant, load<Grant>(use.tx, use.context.tenant_id, name->grant_id));
  }
  if (!grant) {
    return Refusal{unknown_refresh_token()};
  }
  use.name = *name;
  use.grant = *std::move(grant);
  return Refusal{};
}

Result<Refusal> check_token_is_the_clients(RefreshUse& use) {
  if (use.grant.app_id == use.call.client.app().id) return Refusal{};
  return Refusal{invalid_grant("The refresh token was issued to another application.",
                               Aadsts::invalid_grant, Suberror::client_mismatch)};
}

Result<Refusal> check_grant_is_live(RefreshUse& use) {
  return check_is_live(use, facts_of(use.grant));
}

Result<Refusal> check_grant_key(RefreshUse& use) {
  Refusal refusal = check_key(use.call, use.grant.dpop_jkt);
  return refusal ? std::move(refusal) : check_certificate(use.call, use.grant);
}

// A client that was never given a refresh token has none that could be right.
Result<Refusal> check_token_is_current(RefreshUse& use) {
  const Grant& grant = use.grant;
  if (use.name.generation == grant.generation) return Refusal{};
  use.is_repeated =
      is_in_grace(grant, use.name.generation, use.context.lifetimes.refresh_grace, use.moment.now);
  if (use.is_repeated) return Refusal{};

  use.outcome.counted = Counter::refresh_reuse_detected;
  use.outcome.user_id = grant.user_id;
  CURFEW_TRY_STATUS(end_family(use, grant.id, "grant.refresh_token_reused"));
  return Refusal{invalid_grant("The refresh token was used before; the grant has been ended.",
                               Aadsts::grant_revoked, Suberror::bad_token)};
}

template <Result<Refusal> (*kCheck)(GrantUse&)>
Result<Refusal> common(RefreshUse& use) {
  return kCheck(use);
}

constexpr std::array<Check, 8> kChecks{
    check_token_is_ours,         // RFC 6749 5.2
    check_token_is_the_clients,  // RFC 6749 6
    check_grant_is_live,         // model/validity.hpp
    check_grant_key,             // RFC 9449 5: before the alarm, which takes the token itself
    check_token_is_current,      // RFC 9700 4.14.2
    common<check_client_stands>,
    common<check_access>,  // access/evaluate.hpp
    common<check_scope>,   // RFC 6749 6, RFC 8707 2.2
};

// One row for a refresh: rotation, expiry and the bound of what is out there.
void rotate(RefreshUse& use) {
  if (use.is_repeated) return;
  Grant& grant = use.grant;
  ++grant.generation;
  grant.rotated_at = use.moment.now;
  if (!grant.expiry_is_fixed) {
    grant.expires_at = use.moment.now + use.context.lifetimes.refresh_token_idle;
  }
}

}  // namespace

Result<TokenOutcome> use_refresh_token(const ServerContext& context, WriteTx& tx,
                                       const TokenCall& call) {
  CURFEW_TRY(const MintMoment moment, moment_of(context, tx));
  RefreshUse use{{context, tx, call, moment, {}, {}, {}, {}}, {}, false};
  for (const Check check : kChecks) {
    CURFEW_TRY(use.outcome.refusal, check(use));
    if (use.outcome.refusal) return std::move(use.outcome);
  }
  rotate(use);
  // No nonce: it belongs to the authorization request that the first answer was for (OIDC Core
  // 12.2), and MSAL refuses one that it did not just ask for.
  mint_for_grant(use, /*nonce=*/"", /*code_claims=*/"");
  CURFEW_TRY_STATUS(save(tx, use.grant));
  use.outcome.counted =
      use.is_repeated ? Counter::refresh_answers_repeated : Counter::tokens_issued_refresh_token;
  return std::move(use.outcome);
}

}  // namespace curfew
