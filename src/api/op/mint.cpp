#include "api/op/mint.hpp"

#include <chrono>
#include <utility>

#include "access/authentication_context.hpp"
#include "access/lifetime.hpp"
#include "access/session_controls.hpp"
#include "access/token_status.hpp"
#include "base/check.hpp"
#include "base/text.hpp"
#include "crypto/random.hpp"
#include "io/runtime.hpp"
#include "protocol/jose/jwt_signer.hpp"
#include "protocol/oauth/authorize_response.hpp"

namespace curfew {

namespace {

constexpr std::size_t kTokenIdBytes = 16;
constexpr int kSignTriesMax = 3;

std::string_view typ_of(AccessTokenTyp typ) {
  switch (typ) {
    case AccessTokenTyp::jwt: return "JWT";
    case AccessTokenTyp::at_jwt: return "at+jwt";
  }
  CURFEW_CHECK(false);
}

// The part of an access token that every kind has. `resource` null: for our own userinfo.
UnsignedTokens base_tokens(const ServerContext& context, const MintMoment& moment,
                           const App& client, const App* resource, bool handles_challenges) {
  const Duration lifetime =
      access_token_lifetime(context.lifetimes, client, resource, handles_challenges, random_u64());
  UnsignedTokens tokens;
  tokens.access_alg = resource != nullptr ? resource->access_token_alg : TokenAlg::es256;
  tokens.access_typ = resource != nullptr ? resource->access_token_typ : AccessTokenTyp::at_jwt;

  if (resource != nullptr && resource->status_list) tokens.status_list_of = resource->id;

  AccessTokenClaims& access = tokens.access;
  access.iss = context.issuer();
  access.aud =
      resource != nullptr ? resource->identifier_uris.front() : context.userinfo_audience();
  access.tid = context.tenant_id;
  access.client_id = client.id;
  access.jti = random_token(kTokenIdBytes);
  access.iat = access.nbf = to_unix_seconds(moment.now);
  access.exp = to_unix_seconds(moment.now + lifetime);
  access.continuous_evaluation = handles_challenges;
  access.stamps.as_of = moment.as_of;
  return tokens;
}

// MSAL takes the account from these and never asks userinfo, so they are all in the token.
IdTokenClaims id_token_of(const ServerContext& context, const MintMoment& moment,
                          const GrantMint& mint) {
  const User& user = *mint.facts.user;
  IdTokenClaims id;
  id.iss = context.issuer();
  id.sub = id.oid = user.id.str();
  id.aud = mint.facts.client.id.str();
  id.iat = id.nbf = to_unix_seconds(moment.now);
  id.exp = to_unix_seconds(moment.now + context.lifetimes.id_token);
  id.auth_time = to_unix_seconds(mint.grant.auth_time);
  id.nonce = mint.nonce;
  id.sid = mint.grant.session_id.str();
  id.tid = context.tenant_id.str();
  id.amr = mint.grant.amr;
  id.acr = acr_of(mint.grant.amr);
  if (mint.scope.profile) {
    id.preferred_username = id.login_hint = user.user_principal_name;
    id.name = user.display_name;
  }
  if (mint.scope.email) {
    id.email = user.mail.value_or("");
    id.email_verified = is_verified_mail(user);
  }
  return id;
}

// A device that is elsewhere still ends the token, and what is got with it on behalf.
void put_device(const Grant& grant, AccessTokenClaims& access) {
  if (!grant.device_id) return;
  if (grant.is_elsewhere) {
    access.inherited_keys.push_back(to_string(key_of(*grant.device_id)));
  } else {
    access.deviceid = *grant.device_id;
  }
}

}  // namespace

bool is_verified_mail(const User& user) {
  return user.mail && ascii_iequals(*user.mail, user.user_principal_name);
}

UnsignedTokens tokens_of_grant(const ServerContext& context, const MintMoment& moment,
                               const GrantMint& mint) {
  const Grant& grant = mint.grant;
  const App* const resource =
      mint.scope.for_userinfo || !mint.facts.resource ? nullptr : &*mint.facts.resource;
  UnsignedTokens tokens =
      base_tokens(context, moment, mint.facts.client, resource, mint.handles_challenges);
  AccessTokenClaims& access = tokens.access;
  access.sub = access.oid = grant.user_id.str();
  access.azpacr = mint.azpacr;
  access.scp = mint.scope.scp;
  access.sid = grant.session_id;
  access.auth_time = to_unix_seconds(grant.auth_time);
  access.amr = grant.amr;
  access.stamps.auth_as_of = grant.auth_as_of;
  access.grant_id = grant.id;
  access.authenticator_id = grant.authenticator_id;
  access.inherited_keys = grant.inherited_keys;
  const bool is_on_behalf = !grant.inherited_keys.empty();
  access.session_controls = session_controls_of(
      mint.facts, is_on_behalf ? TokenHolder::intermediary : TokenHolder::client,
      grant.is_elsewhere ? DevicePlace::elsewhere : DevicePlace::here);
  put_device(grant, access);

  if (mint.scope.openid) tokens.id = id_token_of(context, moment, mint);
  tokens.id_alg = mint.facts.client.id_token_alg;
  tokens.scope = mint.scope.response_scope;
  access.acr = acr_of(grant.amr);
  if (mint.client_info) {
    tokens.client_info = client_info_of(grant.user_id.str(), context.tenant_id.str());
  }
  return tokens;
}

UnsignedTokens tokens_of_app(const ServerContext& context, const MintMoment& moment,
                             const AppMint& mint) {
  UnsignedTokens tokens =
      base_tokens(context, moment, mint.client, &mint.resource, mint.handles_challenges);
  AccessTokenClaims& access = tokens.access;
  access.app_only = true;
  access.sub = access.oid = mint.client.id.str();
  access.azpacr = mint.azpacr;
  access.roles = mint.roles;
  access.stamps.auth_as_of = moment.as_of;  // it proved itself just now
  access.authenticator_id = mint.authenticator_id;
  return tokens;
}

namespace {

Result<TokenResponse> sign_tokens(const TokenKeys& keys, UnsignedTokens tokens) {
  TokenResponse response;
  CURFEW_TRY(response.access_token,
             keys.sign(tokens.access_alg, typ_of(tokens.access_typ), to_json(tokens.access)));
  if (tokens.id) {
    tokens.id->at_hash = token_hash_claim(
        tokens.id_alg == TokenAlg::es256 ? SignatureAlg::es256 : SignatureAlg::rs256,
        response.access_token);
    CURFEW_TRY(response.id_token, keys.sign(tokens.id_alg, "JWT", to_json(*tokens.id)));
  }
  if (!tokens.access.cnf_jkt.empty()) response.token_type = "DPoP";
  response.expires_in = std::chrono::seconds{tokens.access.exp - tokens.access.iat};
  response.scope = std::move(tokens.scope);
  response.refresh_token = std::move(tokens.refresh_token);
  response.client_info = std::move(tokens.client_info);
  return response;
}

Task<Result<StatusPlace>> place_of(const ServerContext& context, AppId resource,
                                   CredentialFacts facts) {
  auto body = [&context, resource = std::move(resource), facts = std::move(facts)](WriteTx& tx) {
    return take_status_place(tx, context.journal, resource, facts);
  };
  co_return co_await write_value<StatusPlace>(context.store, current_executor(), Urgency::normal,
                                              std::move(body));
}

}  // namespace

Task<Result<TokenResponse>> sign_in_place(const ServerContext& context, UnsignedTokens tokens) {
  const TokenKeys& keys = context.token_keys;
  if (!tokens.status_list_of) co_return sign_tokens(keys, std::move(tokens));
  for (int tries = 0; tries < kSignTriesMax; ++tries) {
    // The place names the key as well, so one that was changed in between makes another place.
    const KeyId kid = keys.active_key(tokens.access_alg);
    const Result<StatusPlace> place =
        co_await place_of(context, *tokens.status_list_of, facts_of(tokens.access, kid));
    if (!place.ok()) co_return place.error();
    tokens.access.status_list_uri =
        status_list_uri(context.base_url, context.tenant_id, place->list);
    tokens.access.status_list_idx = place->idx;
    Result<TokenResponse> response = sign_tokens(keys, tokens);
    if (keys.active_key(tokens.access_alg) == kid) co_return response;
  }
  co_return Error::transient(ErrorCode::unavailable, "the signing key changes all the time");
}

}  // namespace curfew
