#include "api/authn.hpp"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "access/client_policy.hpp"
#include "access/granted_scopes.hpp"
#include "api/access_token_check.hpp"
#include "api/api_keys.hpp"
#include "api/dpop_use.hpp"
#include "api/error_codes.hpp"
#include "api/metrics.hpp"
#include "api/sender/presented_certificate.hpp"
#include "base/text.hpp"
#include "model/built_in_app_ids.hpp"
#include "protocol/http/authorization_header.hpp"
#include "protocol/json/writer.hpp"
#include "protocol/oidc/discovery.hpp"
#include "protocol/resource/sender_check.hpp"
#include "revocation/membership.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

using Answer = std::variant<Caller, Denial>;

std::string_view code_of(const Denial& denial) {
  if (denial.status == 403) return error_code::kMissingScope;
  if (denial.max_age) return error_code::kOldSignIn;
  return denial.status == 401 ? error_code::kUnauthenticated : to_string(ErrorCode::unavailable);
}

Denial unavailable() { return {503, "", "The server cannot answer now.", ""}; }

bool is_local_root(const HttpPeer& peer) {
  return peer.transport == Transport::unix_socket && peer.uid &&
         (*peer.uid == 0 || *peer.uid == ::geteuid());
}

Caller local_root() {
  Caller caller;
  caller.actor = {ActorKind::local_root,        "local-root", "local-root",
                  {Role::global_administrator}, "",           {}};
  return caller;
}

using MaybeActor = std::optional<Actor>;

// The row is read again at each request, so that roles count as they are now. Nothing: the
// principal is gone or disabled.
Result<MaybeActor> load_user_actor(ReadTx& tx, const TenantId& tenant_id, const UserId& id) {
  CURFEW_TRY(const auto user, load<User>(tx, tenant_id, id));
  if (!user || !user->account_enabled) return MaybeActor{};
  CURFEW_TRY(HeldRoles roles, held_roles(tx, tenant_id, id.str()));
  return MaybeActor{Actor{
      ActorKind::user, id.str(), user->user_principal_name, std::move(roles.built_in), "", {}}};
}

Result<MaybeActor> load_app_actor(ReadTx& tx, const TenantId& tenant_id, const AppId& id) {
  CURFEW_TRY(const auto app, load<App>(tx, tenant_id, id));
  if (!app || !app->account_enabled) return MaybeActor{};
  CURFEW_TRY(HeldRoles roles, held_roles(tx, tenant_id, id.str()));
  return MaybeActor{Actor{ActorKind::service_principal,
                          id.str(),
                          app->display_name,
                          std::move(roles.built_in),
                          "",
                          {}}};
}

struct Attempt {
  const ServerContext& context;
  const RoutedRequest& request;
  std::string_view audience;
  bool by_dpop = false;  // by the scheme of the Authorization header
};

Answer with_actor(const Attempt& attempt, Caller caller, Result<MaybeActor> actor) {
  if (!actor.ok()) return unavailable();
  if (!*actor) return invalid_token();
  caller.actor = **std::move(actor);
  caller.actor.address = attempt.request.http.peer.address;
  return caller;
}

// Whoever is not known any more is refused by the rule.
bool must_use_nonce(const Attempt& attempt, const AccessTokenClaims& claims) {
  const ServerContext& context = attempt.context;
  const auto client = context.known_apps->client(context.tenant_id, claims.client_id);
  return client.ok() && *client && policy_of((*client)->app).must_use_nonce;
}

std::optional<Denial> check_sender(const Attempt& attempt, std::string_view compact,
                                   const AccessTokenClaims& claims) {
  const ServerContext& context = attempt.context;
  const HttpRequest& http = attempt.request.http;
  const auto header = http.header("DPoP");
  const std::string url = attempt.by_dpop ? dpop_url(context, http) : std::string{};
  const std::string x5t_s256 = claims.cnf_x5t_s256.empty() ? std::string{} : x5t_s256_of(http.peer);
  SenderEvidence sender{attempt.by_dpop, std::nullopt, to_string(http.method), url, x5t_s256};
  if (header.ok()) sender.dpop = *header;
  return check_sender(compact, claims, sender, context.clock.now(), *context.token_proofs,
                      [&](const DpopProof& proof) {
                        return has_good_nonce(context, attempt.request, proof,
                                              must_use_nonce(attempt, claims));
                      });
}

Answer accept_token(const Attempt& attempt, std::string_view compact) {
  const ServerContext& context = attempt.context;
  const auto checked = check_access_token(context, compact);
  const std::string expected =
      attempt.audience.empty() ? context.userinfo_audience() : std::string{attempt.audience};
  if (!checked || checked->claims().aud != expected) {
    return invalid_token();
  }
  if (checked->verdict != Verdict::live) {
    return denial_of(checked->verdict, checked->claims(), context.clock.now(),
                     context.live().head().position);
  }
  const AccessTokenClaims& claims = checked->claims();
  if (const auto denial = check_sender(attempt, compact, claims)) return *denial;
  Caller caller;
  caller.credential =
      claims.app_only ? CredentialKind::app_access_token : CredentialKind::access_token;
  caller.scopes = claims.app_only ? claims.roles : split_words(claims.scp);
  caller.token = claims;
  caller.facts = checked->facts();
  return with_actor(
      attempt, std::move(caller), read_value<MaybeActor>(context.store, [&](ReadTx& tx) {
        return claims.app_only ? load_app_actor(tx, context.tenant_id, claims.client_id)
                               : load_user_actor(tx, context.tenant_id, UserId{claims.oid});
      }));
}

// At the Graph API a permission suffices by itself, so a key carries only what its application was
// given, as it is now: whoever makes a key gives the application nothing.
Status keep_own_permissions(const ServerContext& context, const App& app,
                            std::vector<std::string>& scopes) {
  CURFEW_TRY(const KnownApps::Known graph,
             context.known_apps->resource(context.tenant_id, std::string{kGraphResource}));
  const std::vector<std::string> own =
      graph ? application_names(app, graph->app) : std::vector<std::string>{};
  std::erase_if(
      scopes, [&](const std::string& scope) { return std::ranges::find(own, scope) == own.end(); });
  return Done{};
}

Answer accept_api_key(const Attempt& attempt, std::string_view text) {
  const ServerContext& context = attempt.context;
  const auto checked = check_api_key(context, text);
  if (!checked.ok()) return unavailable();
  if (!*checked || !(*checked)->is_live()) {
    return invalid_token();
  }
  Caller caller;
  caller.credential = CredentialKind::api_key;
  caller.facts = (*checked)->facts;
  caller.scopes = names_for((*checked)->key, {std::string{attempt.audience}});
  if (attempt.audience == kGraphResource) {
    const Status kept = keep_own_permissions(context, (*checked)->app, caller.scopes);
    if (!kept.ok()) return unavailable();
  }
  if (caller.scopes.empty()) {
    return Denial{403, "insufficient_scope", "The API key is not for this API.", ""};
  }
  const AppId app_id = (*checked)->app.id;
  return with_actor(attempt, std::move(caller),
                    read_value<MaybeActor>(context.store, [&](ReadTx& tx) {
                      return load_app_actor(tx, context.tenant_id, app_id);
                    }));
}

// RFC 6750 2.3 and RFC 9700 4.3.2: addresses end up in logs and histories.
bool has_token_in_query(const HttpRequest& http) {
  return http.query().find("access_token") != std::string_view::npos;
}

}  // namespace

bool signed_in_within(const Caller& caller, TimePoint now, Duration age_max) {
  if (!caller.token || !caller.token->auth_time) return false;
  return *caller.token->auth_time >= to_unix_seconds(now - age_max);
}

Result<std::optional<Actor>> actor_now(ReadTx& tx, const TenantId& tenant_id, ActorKind kind,
                                       const std::string& id) {
  switch (kind) {
    case ActorKind::user: return load_user_actor(tx, tenant_id, UserId{id});
    case ActorKind::service_principal: return load_app_actor(tx, tenant_id, AppId{id});
    case ActorKind::local_root: return MaybeActor{local_root().actor};
    case ActorKind::system: return MaybeActor{};
  }
  CURFEW_CHECK(false);
}

std::variant<Caller, Denial> identify(const ServerContext& context, const RoutedRequest& request,
                                      std::string_view audience) {
  // Userinfo is about a person: the machine's root is none.
  if (!audience.empty() && is_local_root(request.http.peer)) return local_root();
  if (has_token_in_query(request.http)) {
    return Denial{400, "invalid_request", "A token in the address is never accepted.", ""};
  }
  const auto header = request.http.header("Authorization");
  if (!header.ok()) {
    return Denial{400, "invalid_request", "The Authorization header occurs twice.", ""};
  }
  if (!*header) return Denial{401, "", "An access token is needed.", ""};
  const auto authorization = parse_authorization(**header);
  const bool by_dpop = authorization.ok() && authorization->scheme == AuthorizationScheme::dpop;
  if (!authorization.ok() || (authorization->scheme != AuthorizationScheme::bearer && !by_dpop)) {
    return Denial{401, "", "An access token is needed.", ""};
  }
  const Attempt attempt{context, request, audience, by_dpop};
  const std::string_view credentials = authorization->credentials;
  if (looks_like_jwt(credentials)) return accept_token(attempt, credentials);
  if (audience.empty() || by_dpop) return invalid_token();
  return accept_api_key(attempt, credentials);
}

std::string challenge_header(const ServerContext& context, const Denial& denial) {
  return challenge_header(denial, context.base_url + "/" + context.tenant_id.str() +
                                      std::string{endpoint_path::kAuthorize});
}

HttpResponse denial_answer(const ServerContext& context, const RoutedRequest& request,
                           const Denial& denial) {
  if (!denial.error.empty()) context.metrics.add(Counter::bearer_refused);
  std::string error;
  JsonObjectWriter inner{error};
  inner.string("code", code_of(denial)).string("message", denial.message);
  inner.string("requestId", request.request_id).end();
  std::string body;
  JsonObjectWriter outer{body};
  outer.raw("error", error).end();

  HttpResponse response = HttpResponse::json(denial.status, std::move(body));
  response.headers.set("WWW-Authenticate", challenge_header(context, denial));
  response.headers.set("Cache-Control", "no-store");
  return response;
}

std::variant<Caller, HttpResponse> authenticate(const ServerContext& context,
                                                const RoutedRequest& request,
                                                std::string_view audience) {
  auto found = identify(context, request, audience);
  if (auto* caller = std::get_if<Caller>(&found)) return std::move(*caller);
  return denial_answer(context, request, std::get<Denial>(found));
}

}  // namespace curfew
