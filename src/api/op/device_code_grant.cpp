// grant_type=urn:ietf:params:oauth:grant-type:device_code: a device asks whether somebody approved
// it, and fetches its tokens once (RFC 8628 3.4, 3.5).
#include <array>

#include "access/credential_facts.hpp"
#include "api/op/grant_use.hpp"
#include "api/sign_in/device_code.hpp"
#include "crypto/digest.hpp"
#include "store/schema.hpp"
#include "store/schema_device_codes.hpp"

namespace curfew {

namespace {

struct DeviceUse : GrantUse {
  const DeviceCodeGrant& given;
  DeviceCode code;
  Session session;
};

using Check = Result<Refusal> (*)(DeviceUse&);

// MSAL has two words of its own and gives up at slow_down; the others are RFC 8628's.
Refusal unknown(const DeviceCodeGrant& given) {
  return refuse(
      given.is_msal ? OAuthErrorCode::bad_verification_code : OAuthErrorCode::invalid_grant,
      Aadsts::unknown_device_code, "The device code is not known.");
}

Refusal declined(const DeviceCodeGrant& given) {
  return refuse(
      given.is_msal ? OAuthErrorCode::authorization_declined : OAuthErrorCode::access_denied,
      Aadsts::consent_declined, "The person declined.");
}

Refusal pending(bool too_soon) {
  if (too_soon) {
    return refuse(OAuthErrorCode::slow_down, Aadsts::authorization_pending,
                  "The person has not answered yet, and the device asks too often: wait five "
                  "seconds more between two requests.");
  }
  return refuse(OAuthErrorCode::authorization_pending, Aadsts::authorization_pending,
                "The person has not answered yet.");
}

// ---- rules that need the row alone

Refusal code_is_the_clients(const DeviceCode& code, const TokenCall& call) {
  if (code.app_id == call.client.app().id) return Refusal{};
  return invalid_grant("The device code was issued to another application.", Aadsts::invalid_grant);
}

Refusal code_is_not_denied(const DeviceCode& code, const DeviceCodeGrant& given) {
  return code.state == DeviceCodeState::denied ? declined(given) : Refusal{};
}

Refusal code_is_young(const DeviceCode& code, TimePoint now) {
  if (code.used_at || code.expires_at > now) return Refusal{};
  return refuse(OAuthErrorCode::expired_token, Aadsts::device_code_expired,
                "The device code has expired; begin again.");
}

// ---- in the transaction

Result<Refusal> check_code_is_known(DeviceUse& use) {
  const std::string hash = sha256_base64url(use.given.device_code.reveal());
  CURFEW_TRY(auto code, load<DeviceCode>(use.tx, use.context.tenant_id, hash));
  if (!code) return unknown(use.given);
  use.code = *std::move(code);
  return Refusal{};
}

Result<Refusal> check_code_is_the_clients(DeviceUse& use) {
  return code_is_the_clients(use.code, use.call);
}

// As the second use of an authorization code: what the first one made ends.
Result<Refusal> check_code_is_unused(DeviceUse& use) {
  if (!use.code.used_at) return Refusal{};
  use.outcome.counted = Counter::code_replay_detected;
  use.outcome.user_id = use.code.user_id.value_or(UserId{});
  CURFEW_TRY_STATUS(end_family(use, use.code.grant_id, "grant.code_replayed"));
  return Refusal{invalid_grant("The device code was redeemed before.",
                               Aadsts::code_already_redeemed, Suberror::bad_token)};
}

Result<Refusal> check_code_is_not_denied(DeviceUse& use) {
  return code_is_not_denied(use.code, use.given);
}

Result<Refusal> check_code_is_young(DeviceUse& use) {
  return code_is_young(use.code, use.moment.now);
}

Result<Refusal> check_code_is_approved(DeviceUse& use) {
  return use.code.state == DeviceCodeState::approved ? Refusal{} : pending(/*too_soon=*/false);
}

Grant grant_from(const DeviceUse& use) {
  const DeviceCode& code = use.code;
  Grant grant = grant_in(use.session, code.auth_as_of, use.moment.now);
  grant.id = code.grant_id;
  grant.is_elsewhere = true;  // the browser that approved it is not where it is used
  grant.app_id = code.app_id;
  grant.resource = code.resource;
  grant.scopes = code.scopes;
  bind_grant(grant, use.call);
  return grant;
}

// Nothing of what the approving session stands for was revoked since the person signed in.
Result<Refusal> check_code_is_live(DeviceUse& use) {
  CURFEW_TRY(auto session,
             load<Session>(use.tx, use.code.tenant_id, use.code.session_id.value_or(SessionId{})));
  if (!session) {
    return Refusal{
        invalid_grant("The session has ended.", Aadsts::grant_revoked, Suberror::bad_token)};
  }
  use.session = *std::move(session);
  use.grant = grant_from(use);
  return check_is_live(use, facts_of(use.code, use.session));
}

template <Result<Refusal> (*kCheck)(GrantUse&)>
Result<Refusal> common(DeviceUse& use) {
  return kCheck(use);
}

// An administrator may have forbidden it since the device asked.
Result<Refusal> check_client_may(DeviceUse& use) {
  if (use.facts.client.allow_device_code) return Refusal{};
  return refuse(OAuthErrorCode::unauthorized_client, Aadsts::application_disabled,
                "The application may not sign people in on devices without a browser any more.");
}

constexpr std::array<Check, 11> kChecks{
    check_code_is_known,        // RFC 8628 3.4
    check_code_is_the_clients,  // RFC 8628 3.4
    check_code_is_unused,       // RFC 9700 4.5
    check_code_is_not_denied,   // RFC 8628 3.5: access_denied
    check_code_is_young,        // RFC 8628 3.5: expired_token
    check_code_is_approved,     // RFC 8628 3.5: authorization_pending
    check_code_is_live,         // model/validity.hpp
    common<check_client_stands>,
    common<check_access>,  // access/evaluate.hpp
    check_client_may,
    common<check_scope>,  // RFC 6749 3.3, RFC 8707 2.2
};

}  // namespace

Result<Refusal> refuse_unanswered(const ServerContext& context, const TokenCall& call,
                                  const DeviceCodeGrant& given) {
  const std::string hash = sha256_base64url(given.device_code.reveal());
  const TimePoint now = context.clock.now();
  CURFEW_TRY(const auto code, read_value<std::optional<DeviceCode>>(context.store, [&](ReadTx& tx) {
               return load<DeviceCode>(tx, context.tenant_id, hash);
             }));
  if (!code) return unknown(given);
  if (Refusal foreign = code_is_the_clients(*code, call)) return foreign;
  if (Refusal denied = code_is_not_denied(*code, given)) return denied;
  if (Refusal expired = code_is_young(*code, now)) return expired;
  if (code->state == DeviceCodeState::approved) return Refusal{};
  const bool too_soon = context.device_limits->polls.is_too_soon(hash, context.clock.since_boot());
  return pending(too_soon && !given.is_msal);
}

Result<TokenOutcome> redeem_device_code(const ServerContext& context, WriteTx& tx,
                                        const TokenCall& call) {
  CURFEW_TRY(const MintMoment moment, moment_of(context, tx));
  DeviceUse use{{context, tx, call, moment, {}, {}, {}, {}},
                std::get<DeviceCodeGrant>(call.request.grant),
                {},
                {}};
  for (const Check check : kChecks) {
    CURFEW_TRY(use.outcome.refusal, check(use));
    if (use.outcome.refusal) return std::move(use.outcome);
  }
  // No nonce: the request had none, and MSAL refuses one that it did not send.
  mint_for_grant(use, /*nonce=*/"", use.code.claims);
  use.grant.expires_at = use.scope.offline_access
                             ? moment.now + context.lifetimes.refresh_token_idle
                             : use.grant.access_ends_by;
  use.code.used_at = moment.now;
  CURFEW_TRY_STATUS(save(tx, use.code));
  CURFEW_TRY_STATUS(add(tx, use.grant));
  CURFEW_TRY_STATUS(note_session_client(use));
  use.outcome.counted = Counter::tokens_issued_device_code;
  return std::move(use.outcome);
}

}  // namespace curfew
