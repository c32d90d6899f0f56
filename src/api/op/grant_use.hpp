// api/op/grant_use.hpp: what redeeming a code and using a refresh token have in common.
//
// Both run inside one writing transaction, in one order: the journal's head first, then the
// credential and everything around it, then the checks, then the change of state. The checks are
// ordered tables of named functions, one for each rule; the first refusal wins. A check writes
// nothing, except the two alarms (a code or a refresh token used again), which end the grant.
//
// Whatever a revocation ended is answered with 400 invalid_grant, suberror bad_token and Entra's
// number: MSAL then drops the dead token and asks the person (RFC 6749 5.2).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "access/evaluate.hpp"
#include "api/context.hpp"
#include "api/metrics.hpp"
#include "api/op/client_authentication.hpp"
#include "api/op/mint.hpp"
#include "api/op/token_scope.hpp"
#include "model/session.hpp"
#include "model/validity.hpp"
#include "protocol/oauth/token_request.hpp"
#include "store/store.hpp"

namespace curfew {

// A token request whose client was authenticated. Values: transactions own a copy.
struct TokenCall {
  AuthenticatedClient client;
  TokenRequest request;
  bool from_spa = false;  // the Origin header is one of the client's single-page origins
  std::string address;
  std::string request_id;
  // The key that the request proved (DPoP): the access token is bound to it. Empty: to none.
  std::string dpop_jkt = {};
  // The TLS client certificate that the access token is bound to (RFC 8705 3). Empty: to none.
  std::string x5t_s256 = {};
};

// What a transaction decided. Either a refusal, or tokens to sign. The rest is told, counted and
// logged once it is durable.
struct TokenOutcome {
  std::optional<OAuthError> refusal;
  UnsignedTokens tokens;
  std::optional<Counter> counted;
  std::optional<GrantId> family_ended;  // by an alarm
  UserId user_id;
};

using Refusal = std::optional<OAuthError>;
[[nodiscard]] Refusal refuse(OAuthErrorCode code, Aadsts aadsts, std::string description);

struct GrantUse {
  const ServerContext& context;
  WriteTx& tx;
  const TokenCall& call;
  MintMoment moment;
  Grant grant;  // stored, or about to be
  AccessFacts facts;
  TokenScope scope;
  TokenOutcome outcome;
};

// The journal's head, read before anything else in this transaction, and the time.
[[nodiscard]] Result<MintMoment> moment_of(const ServerContext& context, WriteTx& tx);

// The client and the secret that it came with still stand.
[[nodiscard]] Result<Refusal> check_client_stands(GrantUse& use);
// Whoever the grant is for may have it now: access/evaluate.hpp. Fills use.facts.
[[nodiscard]] Result<Refusal> check_access(GrantUse& use);
// The request narrows what was granted. Fills use.scope.
[[nodiscard]] Result<Refusal> check_scope(GrantUse& use);

// The validity rule, in the transaction, on what the code or token stands for: dead_grant() says
// why.
[[nodiscard]] Result<Refusal> check_is_live(GrantUse& use, const CredentialFacts& facts);

// RFC 8707 2: fills in the one resource that the request is for; one that names none is refused.
[[nodiscard]] Refusal choose_named_resource(const TokenRequest& request, ResourceChoice& choice);

// The answer for a credential that the validity rule refuses: the number says what became of the
// account, the device or the application where state tells it; else that the grant was revoked.
[[nodiscard]] Result<OAuthError> dead_grant(GrantUse& use, Verdict verdict);

// Whoever comes with what is bound to the key `jkt` has proved that one; empty: it is bound to
// none.
[[nodiscard]] Refusal check_key(const TokenCall& call, std::string_view jkt);

// The same of the TLS client certificate that a grant is bound to.
[[nodiscard]] Refusal check_certificate(const TokenCall& call, const Grant& grant);

// RFC 9449 5, RFC 8705 4: a public client's refresh tokens are bound to what the request proved; a
// confidential client proves itself with each of them anyway.
void bind_grant(Grant& grant, const TokenCall& call);

// Ends the grant and everything made from it, and audits why. For the two alarms.
[[nodiscard]] Status end_family(GrantUse& use, const GrantId& grant_id, std::string_view action);

// The tokens of use.grant, and its refresh token if offline_access was granted. Moves
// use.grant.access_ends_by; the caller stores the grant.
void mint_for_grant(GrantUse& use, const std::string& nonce, const std::string& code_claims);

// The client got an ID token that names the session: it is told when that ends.
[[nodiscard]] Status note_session_client(GrantUse& use);

// What does not exist is refused before a transaction that writes is begun: made-up codes and
// tokens do not hold up the writer. Nothing: it may be worth one.
[[nodiscard]] Result<Refusal> refuse_unknown(const ServerContext& context, const TokenCall& call);
[[nodiscard]] OAuthError unknown_code();
[[nodiscard]] OAuthError unknown_refresh_token();

// The same of a device code that nobody has answered yet, or with no (RFC 8628 3.5): a device asks
// every few seconds, and that costs no write.
[[nodiscard]] Result<Refusal> refuse_unanswered(const ServerContext& context, const TokenCall& call,
                                                const DeviceCodeGrant& given);

// An assertion that is no access token of ours for this client: its signature is looked at here,
// and remembered, rather than by the store's writer.
[[nodiscard]] Refusal refuse_assertion(const ServerContext& context, const TokenCall& call,
                                       const OnBehalfOfGrant& given);

// The grant that everything which a session proves is inherited by: the person, their session,
// device and authenticator, and the older one of the two stamps.
[[nodiscard]] Grant grant_in(const Session& session, Position auth_as_of, TimePoint now);

// Redeems use.call's authorization code (RFC 6749 4.1.3).
[[nodiscard]] Result<TokenOutcome> redeem_code(const ServerContext& context, WriteTx& tx,
                                               const TokenCall& call);
// Uses its refresh token (RFC 6749 6).
[[nodiscard]] Result<TokenOutcome> use_refresh_token(const ServerContext& context, WriteTx& tx,
                                                     const TokenCall& call);
// Fetches what its device code was approved for (RFC 8628 3.4).
[[nodiscard]] Result<TokenOutcome> redeem_device_code(const ServerContext& context, WriteTx& tx,
                                                      const TokenCall& call);
// Exchanges a person's access token for one to another resource.
[[nodiscard]] Result<TokenOutcome> exchange_on_behalf_of(const ServerContext& context, WriteTx& tx,
                                                         const TokenCall& call);
// A token for the client itself (RFC 6749 4.4). `moment`: the head, read before the client was.
[[nodiscard]] Result<TokenOutcome> issue_app_token(const ServerContext& context,
                                                   const TokenCall& call, const MintMoment& moment);

}  // namespace curfew
