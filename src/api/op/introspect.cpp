// Introspection (RFC 7662, RFC 9701): is this token live now, and what does it say?
//
// The caller is a confidential client. It learns about tokens that were issued to it, and, if it
// may introspect, about those that are for it as a resource. Everything else is "active: false" and
// nothing more, so that nobody can probe (RFC 7662 2.2 and 4).
#include <algorithm>
#include <optional>
#include <utility>

#include "access/authentication_context.hpp"
#include "access/credential_facts.hpp"
#include "access/evaluate.hpp"
#include "access/liveness.hpp"
#include "api/access_token_check.hpp"
#include "api/api_keys.hpp"
#include "api/metrics.hpp"
#include "api/op/client_call.hpp"
#include "api/op/oauth_answer.hpp"
#include "api/op/refresh_token.hpp"
#include "api/op/token_endpoints.hpp"
#include "api/token_keys.hpp"
#include "base/text.hpp"
#include "protocol/oauth/introspection.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

// An active answer's JSON; nothing: not active.
using Active = std::optional<std::string>;
using Answer = Result<Active>;

bool is_for(const App& caller, std::string_view audience) {
  const auto& known = caller.identifier_uris;
  return caller.may_introspect && std::ranges::find(known, audience) != known.end();
}

// What a person is called now; empty for an application by itself.
Result<std::string> username_in(ReadTx& tx, const TenantId& tenant_id, std::string_view oid) {
  CURFEW_TRY(const auto user, load<User>(tx, tenant_id, UserId{std::string{oid}}));
  return user ? user->user_principal_name : std::string{};
}

Answer introspect_access_token(const ServerContext& context, const App& caller,
                               std::string_view token) {
  const auto checked = check_access_token(context, token);
  if (!checked || checked->verdict != Verdict::live) return Active{};
  const AccessTokenClaims& claims = checked->claims();
  if (claims.client_id != caller.id && !is_for(caller, claims.aud)) return Active{};
  IntrospectionExtra extra{"", claims.cnf_jkt.empty() ? "Bearer" : "DPoP"};
  if (!claims.app_only) {
    CURFEW_TRY(extra.username, read_value<std::string>(context.store, [&](ReadTx& tx) {
                 return username_in(tx, context.tenant_id, claims.oid);
               }));
  }
  return Active{active_introspection_json(claims, extra)};
}

// The predecessor inside the grace time would still be answered, so it is active too.
bool is_current(const LifetimePolicy& lifetimes, const Grant& grant, std::uint64_t generation,
                TimePoint now) {
  return generation == grant.generation ||
         is_in_grace(grant, generation, lifetimes.refresh_grace, now);
}

Result<bool> would_be_granted(ReadTx& tx, const Grant& grant) {
  AccessQuery query;
  query.tenant_id = grant.tenant_id;
  query.user_id = grant.user_id;
  query.client_id = grant.app_id;
  query.resource = grant.resource;
  query.device_id = grant.device_id;
  const auto facts = load_access_facts(tx, query);
  if (!facts.ok() && facts.error().code() != ErrorCode::not_found) return facts.error();
  return facts.ok() && !evaluate_access(*facts);
}

AccessTokenClaims claims_of(const ServerContext& context, const Grant& grant) {
  AccessTokenClaims claims;
  claims.iss = context.issuer();
  claims.aud = grant.app_id.str();
  claims.sub = claims.oid = grant.user_id.str();
  claims.tid = grant.tenant_id;
  claims.client_id = grant.app_id;
  claims.scp = join(grant.scopes, " ");
  claims.sid = grant.session_id;
  claims.iat = to_unix_seconds(grant.created_at);
  claims.exp = to_unix_seconds(grant.expires_at);
  claims.auth_time = to_unix_seconds(grant.auth_time);
  claims.amr = grant.amr;
  claims.acr = acr_of(grant.amr);
  claims.cnf_jkt = grant.dpop_jkt;
  claims.cnf_x5t_s256 = grant.x5t_s256;
  return claims;
}

Answer introspect_refresh_token(const ServerContext& context, const App& caller,
                                std::string_view token) {
  const auto name = read_refresh_token(context.refresh_token_key, context.tenant_id, token);
  if (!name) return Active{};
  return read_value<Active>(context.store, [&](ReadTx& tx) -> Answer {
    CURFEW_TRY(const auto grant, load<Grant>(tx, context.tenant_id, name->grant_id));
    const TimePoint now = context.clock.now();
    if (!grant || grant->app_id != caller.id ||
        !is_current(context.lifetimes, *grant, name->generation, now)) {
      return Active{};
    }
    CURFEW_TRY(const bool granted, would_be_granted(tx, *grant));
    const bool is_live = verdict_now(context.live(), facts_of(*grant), now) == Verdict::live;
    if (!granted || !is_live) return Active{};
    CURFEW_TRY(std::string username, username_in(tx, context.tenant_id, grant->user_id.str()));
    return Active{active_introspection_json(claims_of(context, *grant),
                                            {std::move(username), "refresh_token"})};
  });
}

Answer introspect_api_key(const ServerContext& context, const App& caller, std::string_view token) {
  CURFEW_TRY(const auto checked, check_api_key(context, token));
  if (!checked || !checked->is_live()) return Active{};
  const ApiKey& key = checked->key;
  AccessTokenClaims claims;
  claims.roles = names_for(key, caller.identifier_uris);
  const bool is_own = key.app_id == caller.id;
  const bool is_resource = caller.may_introspect && !claims.roles.empty();
  if (!is_own && !is_resource) return Active{};
  if (!is_resource) claims.roles = key.scopes;
  claims.iss = context.issuer();
  claims.aud = is_resource ? caller.identifier_uris.front() : caller.id.str();
  claims.sub = key.app_id.str();
  claims.tid = key.tenant_id;
  claims.client_id = key.app_id;
  claims.jti = key.id;
  claims.app_only = true;
  claims.iat = to_unix_seconds(key.created_at);
  if (key.expires_at) claims.exp = to_unix_seconds(*key.expires_at);
  return Active{active_introspection_json(claims, {})};
}

// Once the journal is known to lack entries, nothing can be vouched for. "Not active" rather than
// 503: a caller that keeps its last answer while we fail would keep what must end.
Answer introspect(const ServerContext& context, const App& caller, std::string_view token) {
  if (context.live().rollback().is_raised()) return Active{};
  if (looks_like_jwt(token)) return introspect_access_token(context, caller, token);
  CURFEW_TRY(auto active, introspect_refresh_token(context, caller, token));
  if (active) return active;
  return introspect_api_key(context, caller, token);
}

// The caller must have proved itself, and still be allowed anything at all.
OAuthResult<AuthenticatedClient> caller_of(const ServerContext& context, const HttpRequest& http,
                                           const OAuthParams& params) {
  const Position as_of = context.live().head().position;
  const TimePoint now = context.clock.now();
  CURFEW_TRY(AuthenticatedClient caller, authenticated_client(context, http, params, as_of, now));
  if (!caller.proof) {
    return oauth_error(OAuthErrorCode::invalid_client, Aadsts::missing_client_secret,
                       "Introspection needs a client that proves itself with a secret or a key.");
  }
  const bool is_live = verdict_now(context.live(), caller.proof->facts, now) == Verdict::live;
  if (is_live && caller.app().account_enabled) return caller;
  return oauth_error(OAuthErrorCode::invalid_client, Aadsts::application_disabled,
                     "The application, or its secret or key, is disabled.");
}

// RFC 9701: the same answer, signed for this caller.
OAuthResult<std::string> signed_answer(const ServerContext& context, const App& caller,
                                       std::string_view json) {
  const std::string payload = introspection_jwt_payload(context.issuer(), caller.id.str(),
                                                        to_unix_seconds(context.clock.now()), json);
  return in_oauth(context.token_keys.sign(caller.id_token_alg, kIntrospectionJwtTyp, payload));
}

bool asks_for_jwt(const HttpRequest& http) {
  return std::ranges::any_of(http.headers_all("accept"), asks_for_introspection_jwt);
}

struct Asking {
  AuthenticatedClient caller;
  IntrospectionRequest request;
};

OAuthResult<Asking> read_asking(const ServerContext& context, const HttpRequest& http) {
  CURFEW_TRY(const OAuthParams params, form_of(http));
  CURFEW_TRY(AuthenticatedClient caller, caller_of(context, http, params));
  CURFEW_TRY(IntrospectionRequest request, parse_introspection_request(params));
  return Asking{std::move(caller), std::move(request)};
}

OAuthResult<std::string> answer_of(const ServerContext& context, const Asking& asking,
                                   bool as_jwt) {
  const App& caller = asking.caller.app();
  CURFEW_TRY(Active active, in_oauth(introspect(context, caller, asking.request.token.reveal())));
  context.metrics.add(active ? Counter::introspections_active : Counter::introspections_inactive);
  std::string json = active ? *std::move(active) : inactive_introspection_json();
  if (as_jwt) return signed_answer(context, caller, json);
  return json;
}

}  // namespace

Task<HttpResponse> introspect_endpoint(const ServerContext& context, RoutedRequest request) {
  const RequestTrace trace = trace_of(context, request);
  const OAuthResult<Asking> asking = read_asking(context, request.http);
  if (!asking.ok()) co_return oauth_refusal(asking.error(), trace);
  const auto used_before = co_await use_assertion(context, asking->caller.assertion);
  if (used_before) co_return oauth_refusal(*used_before, trace);
  const bool as_jwt = asks_for_jwt(request.http);
  OAuthResult<std::string> answer = answer_of(context, *asking, as_jwt);
  if (!answer.ok()) co_return oauth_refusal(answer.error(), trace);
  HttpResponse response = oauth_answer(200, std::move(answer).value(), trace);
  if (as_jwt) {
    response.headers.set("Content-Type", kIntrospectionJwtMediaType);
  }
  co_return response;
}

}  // namespace curfew
