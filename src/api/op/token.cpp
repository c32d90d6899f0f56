// The token endpoint (RFC 6749 3.2): read the request, know the client, then one transaction.
#include <memory>
#include <utility>
#include <variant>

#include "access/client_policy.hpp"
#include "api/dpop_use.hpp"
#include "api/op/client_call.hpp"
#include "api/op/grant_use.hpp"
#include "api/op/oauth_answer.hpp"
#include "api/op/token_endpoints.hpp"
#include "api/sender/presented_certificate.hpp"
#include "base/log.hpp"
#include "io/runtime.hpp"

namespace curfew {

namespace {

// A token request as far as it came, so that a refusal can still be read by its own script.
struct Reading {
  std::optional<std::string> origin;  // of a registered single-page application
  std::shared_ptr<const TokenCall> call;
  MintMoment moment;  // read before the client was
  std::optional<OAuthError> refusal;
};

// The certificate that the token is to be bound to (RFC 8705 3), where the client wants it or may
// have it in the place of a DPoP key; refused where it must be bound to something and is not.
OAuthResult<std::string> binding_certificate(const ClientPolicy& policy,
                                             const RoutedRequest& request,
                                             const std::string& dpop_jkt) {
  std::string x5t_s256 = x5t_s256_of(request.http.peer);
  if (policy.must_bind_to_certificate && x5t_s256.empty()) {
    return invalid_request(
        "The application must present its TLS client certificate, at the token endpoint of "
        "mtls_endpoint_aliases.");
  }
  const bool takes_key = policy.must_bind_tokens && dpop_jkt.empty();
  if (takes_key && policy.may_bind_to_certificate && !x5t_s256.empty()) return x5t_s256;
  if (!takes_key) return policy.must_bind_to_certificate ? x5t_s256 : std::string{};
  return invalid_dpop_proof("The application must send a DPoP proof with each token request.");
}

// Everything before the transaction that issues. `reading.moment` is set already.
OAuthResult<std::shared_ptr<const TokenCall>> read_call(const ServerContext& context,
                                                        const RoutedRequest& request,
                                                        Reading& reading) {
  CURFEW_TRY(const OAuthParams params, form_of(request.http));
  CURFEW_TRY(AuthenticatedClient client,
             authenticated_client(context, request.http, params, reading.moment.as_of,
                                  reading.moment.now));
  reading.origin = spa_origin_of(client.app(), request.http);
  CURFEW_TRY(TokenRequest token_request, parse_token_request(params));
  if (!may_use_grant(client.app(), grant_type_of(token_request))) {
    return oauth_error(OAuthErrorCode::unauthorized_client, Aadsts::none,
                       "The application did not register this grant_type.");
  }
  CURFEW_TRY(std::string dpop_jkt, proved_key(context, request, client.app()));
  CURFEW_TRY(std::string x5t_s256, binding_certificate(policy_of(client.app()), request, dpop_jkt));
  return std::shared_ptr<const TokenCall>{std::make_shared<TokenCall>(TokenCall{
      std::move(client), std::move(token_request), reading.origin.has_value(),
      request.http.peer.address, request.request_id, std::move(dpop_jkt), std::move(x5t_s256)})};
}

Reading read_request(const ServerContext& context, const RoutedRequest& request) {
  Reading reading;
  reading.moment = {context.live().head().position, context.clock.now()};
  auto call = read_call(context, request, reading);
  if (call.ok()) {
    reading.call = std::move(call).value();
  } else {
    reading.refusal = call.error();
  }
  return reading;
}

using Transaction = Result<TokenOutcome> (*)(const ServerContext&, WriteTx&, const TokenCall&);

// `call` is shared with the writer's thread, which may still hold it when this task has ended.
Task<Result<TokenOutcome>> write_outcome(const ServerContext& context,
                                         std::shared_ptr<const TokenCall> call,
                                         Transaction transaction) {
  auto body = [&context, call, transaction](WriteTx& tx) {
    return transaction(context, tx, *call);
  };
  co_return co_await write_value<TokenOutcome>(context.store, current_executor(), Urgency::normal,
                                               std::move(body));
}

Task<Result<TokenOutcome>> decide(const ServerContext& context, Reading reading) {
  CURFEW_CO_TRY(Refusal unknown, refuse_unknown(context, *reading.call));
  if (unknown) {
    TokenOutcome refused;
    refused.refusal = std::move(unknown);
    co_return refused;
  }
  const auto& grant = reading.call->request.grant;
  if (std::holds_alternative<AuthorizationCodeGrant>(grant)) {
    co_return co_await write_outcome(context, reading.call, redeem_code);
  }
  if (std::holds_alternative<RefreshTokenGrant>(grant)) {
    co_return co_await write_outcome(context, reading.call, use_refresh_token);
  }
  if (std::holds_alternative<DeviceCodeGrant>(grant)) {
    co_return co_await write_outcome(context, reading.call, redeem_device_code);
  }
  if (std::holds_alternative<OnBehalfOfGrant>(grant)) {
    co_return co_await write_outcome(context, reading.call, exchange_on_behalf_of);
  }
  co_return issue_app_token(context, *reading.call, reading.moment);
}

// What is told once it is durable.
void report(const ServerContext& context, const TokenCall& call, const TokenOutcome& outcome) {
  if (outcome.counted) context.metrics.add(*outcome.counted);
  if (!outcome.family_ended) return;
  log(LogLevel::warning, "grant.ended_by_reuse",
      {{"client_id", call.client.app().id.str()},
       {"user_id", outcome.user_id.str()},
       {"grant_id", outcome.family_ended->str()},
       {"address", call.address},
       {"request_id", call.request_id}});
}

OAuthResult<UnsignedTokens> tokens_of(const ServerContext& context, const TokenCall& call,
                                      Result<TokenOutcome> outcome) {
  if (!outcome.ok()) return oauth_error_of(outcome.error());
  report(context, call, *outcome);
  if (outcome->refusal) return *outcome->refusal;
  // The request may have come in before a rollback was proved.
  if (context.live().rollback().is_raised()) {
    return oauth_error_of(Error::transient(ErrorCode::unavailable, "the journal was rolled back"));
  }
  outcome->tokens.access.cnf_jkt = call.dpop_jkt;  // of every grant
  outcome->tokens.access.cnf_x5t_s256 = call.x5t_s256;
  return std::move(outcome->tokens);
}

HttpResponse signed_answer(Result<TokenResponse> signed_tokens, const RequestTrace& trace) {
  if (!signed_tokens.ok()) return oauth_refusal(oauth_error_of(signed_tokens.error()), trace);
  return oauth_answer(200, to_json(*signed_tokens), trace);
}

}  // namespace

Task<HttpResponse> token_endpoint(const ServerContext& context, RoutedRequest request) {
  if (request.http.method == HttpMethod::options) co_return preflight_answer();
  const RequestTrace trace = trace_of(context, request);
  Reading reading = read_request(context, request);
  const std::optional<std::string> origin = reading.origin;
  if (reading.call)
    reading.refusal = co_await use_assertion(context, reading.call->client.assertion);

  HttpResponse response;
  if (reading.refusal) {
    response = oauth_refusal(*reading.refusal, trace);
  } else {
    const std::shared_ptr<const TokenCall> call = reading.call;
    Result<TokenOutcome> outcome = co_await decide(context, std::move(reading));
    OAuthResult<UnsignedTokens> tokens = tokens_of(context, *call, std::move(outcome));
    if (tokens.ok()) {
      response = signed_answer(co_await sign_in_place(context, std::move(tokens).value()), trace);
    } else {
      response = oauth_refusal(tokens.error(), trace);
    }
  }
  if (origin) allow_origin(response, *origin);
  co_return response;
}

}  // namespace curfew
