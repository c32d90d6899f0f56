// Revocation by the client (RFC 7009): a token, and what belongs to it, ends at once.
//
// A refresh token, and an access token of a person, end their whole grant: every refresh token of
// the family and every access token made from it. An API key is removed. The access token of an
// application by itself belongs to nothing that could be ended but its client: it is not supported
// (RFC 7009 2.2.1), remove the secret or key instead. Whatever is not known, expired or already
// revoked is answered with 200 (RFC 7009 2.2).
#include <memory>
#include <optional>
#include <utility>

#include "access/liveness.hpp"
#include "api/access_token_check.hpp"
#include "api/api_keys.hpp"
#include "api/metrics.hpp"
#include "api/op/client_call.hpp"
#include "api/op/oauth_answer.hpp"
#include "api/op/refresh_token.hpp"
#include "api/op/token_endpoints.hpp"
#include "io/runtime.hpp"
#include "protocol/oauth/revocation_request.hpp"
#include "revocation/removal.hpp"
#include "store/audit.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

struct Revoking {
  AppId client_id;
  std::string client_name;
  std::string address;
  Removal removal;
};

OAuthError foreign_token() {
  return invalid_grant("The token was issued to another application.", Aadsts::invalid_grant);
}

OAuthError unsupported_token() {
  return oauth_error(
      OAuthErrorCode::unsupported_token_type, Aadsts::none,
      "The token of an application by itself cannot be revoked; remove its client secret or key.");
}

OAuthError disabled_client() {
  return oauth_error(OAuthErrorCode::unauthorized_client, Aadsts::application_disabled,
                     "The application is disabled; its tokens are dead already.");
}

OAuthError held_client() {
  return oauth_error(OAuthErrorCode::invalid_client, Aadsts::application_disabled,
                     "The application's secret or key is disabled; it ends nothing.");
}

// Whoever stole what proves the client ends nobody's access by it once it is held.
bool is_held(const ServerContext& context, const AuthenticatedClient& client) {
  return client.proof &&
         verdict_now(context.live(), client.proof->facts, context.clock.now()) != Verdict::live;
}

Removal end_grant(const GrantId& id) {
  Removal removal;
  removal.kind = RemovalKind::end_grant;
  removal.grant_id = id;
  removal.reason = "revoked_by_client";
  return removal;
}

using Wanted = OAuthResult<std::optional<Removal>>;

Wanted removal_of_access_token(const ServerContext& context, const AppId& client_id,
                               std::string_view token) {
  const auto checked = check_access_token(context, token);
  if (!checked || checked->verdict == Verdict::expired) return std::optional<Removal>{};
  if (checked->claims().client_id != client_id) return foreign_token();
  if (checked->claims().grant_id.empty()) return unsupported_token();
  return std::optional{end_grant(checked->claims().grant_id)};
}

Wanted removal_of_api_key(const ServerContext& context, const AppId& client_id,
                          std::string_view token) {
  CURFEW_TRY(const auto checked, in_oauth(check_api_key(context, token)));
  if (!checked) return std::optional<Removal>{};
  if (checked->key.app_id != client_id) return foreign_token();
  Removal removal;
  removal.kind = RemovalKind::remove_api_key;
  removal.object_id = checked->key.id;
  removal.reason = "revoked_by_client";
  return std::optional{std::move(removal)};
}

// An ended grant stays ended, and a token that leads to one is easily kept and sent again: it must
// not get into the writer's emergency lane, in front of what really ends somebody's access.
Wanted unless_ended(const ServerContext& context, std::optional<Removal> removal) {
  if (!removal || !removal->grant_id) return removal;
  const GrantId& id = *removal->grant_id;
  CURFEW_TRY(const bool is_open,
             in_oauth(read_value<bool>(context.store, [&](ReadTx& tx) -> Result<bool> {
               CURFEW_TRY(const auto grant, load<Grant>(tx, context.tenant_id, id));
               return grant && !grant->ended_at;
             })));
  return is_open ? std::move(removal) : std::optional<Removal>{};
}

// Where the token leads, whatever the hint says (RFC 7009 2.1). Nothing: there is nothing to end.
Wanted wanted_removal(const ServerContext& context, const AppId& client_id,
                      std::string_view token) {
  if (looks_like_jwt(token)) return removal_of_access_token(context, client_id, token);
  if (const auto name = read_refresh_token(context.refresh_token_key, context.tenant_id, token)) {
    return std::optional{end_grant(name->grant_id)};
  }
  return removal_of_api_key(context, client_id, token);
}

Status write_audit(const ServerContext& context, WriteTx& tx, const Revoking& revoking,
                   const RemovalEffect& effect, const UserId& user_id, TimePoint now) {
  AuditEvent event;
  event.action = revoking.removal.kind == RemovalKind::end_grant ? "grant.revoked_by_client"
                                                                 : "api_key.revoked_by_client";
  event.position = effect.position;
  event.actor_kind = ActorKind::service_principal;
  event.actor_id = revoking.client_id.str();
  event.actor_name = revoking.client_name;
  event.actor_address = revoking.address;
  event.subject_id = user_id.empty() ? revoking.removal.object_id : user_id.str();
  CURFEW_TRY_STATUS(context.audit.append(tx, event, now));
  return Done{};
}

// Whether something was ended. A grant of another client is `denied`.
Result<bool> revoke_in(const ServerContext& context, WriteTx& tx, const Revoking& revoking) {
  const TimePoint now = context.clock.now();
  UserId user_id;
  if (revoking.removal.grant_id) {
    CURFEW_TRY(const auto grant, load<Grant>(tx, context.tenant_id, *revoking.removal.grant_id));
    if (!grant || grant->ended_at) return false;
    if (grant->app_id != revoking.client_id) {
      return Error::permanent(ErrorCode::denied, "the grant is another application's");
    }
    user_id = grant->user_id;
  }
  const auto effect = remove_access(tx, context.journal, revoking.removal, now);
  if (!effect.ok()) {
    // Somebody else removed it in between: it is as the client wants it.
    if (effect.error().code() == ErrorCode::not_found) return false;
    return effect.error();
  }
  CURFEW_TRY_STATUS(write_audit(context, tx, revoking, *effect, user_id, now));
  return true;
}

struct Reading {
  std::optional<std::string> origin;
  std::shared_ptr<const Revoking> revoking;  // null: nothing to end, or refused
  std::optional<UsedAssertion> assertion;    // that the client proved itself with
  std::optional<OAuthError> refusal;
};

OAuthResult<std::shared_ptr<const Revoking>> read_request(const ServerContext& context,
                                                          const HttpRequest& http,
                                                          Reading& reading) {
  CURFEW_TRY(const OAuthParams params, form_of(http));
  CURFEW_TRY(const AuthenticatedClient client,
             authenticated_client(context, http, params, context.live().head().position,
                                  context.clock.now()));
  reading.origin = spa_origin_of(client.app(), http);
  reading.assertion = client.assertion;
  if (!client.app().account_enabled) return disabled_client();
  if (is_held(context, client)) return held_client();
  CURFEW_TRY(const TokenRevocationRequest request, parse_revocation_request(params));
  CURFEW_TRY(std::optional<Removal> removal,
             wanted_removal(context, client.app().id, request.token.reveal()));
  CURFEW_TRY(removal, unless_ended(context, std::move(removal)));
  if (!removal) return std::shared_ptr<const Revoking>{};
  return std::shared_ptr<const Revoking>{std::make_shared<Revoking>(Revoking{
      client.app().id, client.app().display_name, http.peer.address, *std::move(removal)})};
}

// Takes away, so it goes in front of everything that gives.
Task<std::optional<OAuthError>> carry_out(const ServerContext& context,
                                          std::shared_ptr<const Revoking> revoking) {
  auto body = [&context, revoking](WriteTx& tx) { return revoke_in(context, tx, *revoking); };
  const Result<bool> ended = co_await write_value<bool>(context.store, current_executor(),
                                                        Urgency::emergency, std::move(body));
  if (ended.ok()) {
    if (*ended) context.metrics.add(Counter::tokens_revoked_by_client);
    co_return std::nullopt;
  }
  if (ended.error().code() == ErrorCode::denied) co_return foreign_token();
  co_return oauth_error_of(ended.error());
}

}  // namespace

Task<HttpResponse> revoke_endpoint(const ServerContext& context, RoutedRequest request) {
  if (request.http.method == HttpMethod::options) co_return preflight_answer();
  const RequestTrace trace = trace_of(context, request);
  Reading reading;
  auto read = read_request(context, request.http, reading);
  if (read.ok()) reading.refusal = co_await use_assertion(context, reading.assertion);
  if (!read.ok()) {
    reading.refusal = read.error();
  } else if (*read && !reading.refusal) {
    reading.refusal = co_await carry_out(context, *read);
  }
  HttpResponse response =
      reading.refusal ? oauth_refusal(*reading.refusal, trace) : oauth_answer(200, "{}", trace);
  if (reading.origin) allow_origin(response, *reading.origin);
  co_return response;
}

}  // namespace curfew
