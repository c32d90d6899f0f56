// The client configuration endpoint (RFC 7592 2): an application that registered itself reads,
// replaces and removes what it registered, with the token that it got for that.
#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "access/credential_facts.hpp"
#include "access/liveness.hpp"
#include "api/directory/app_changes.hpp"
#include "api/directory/client_key_rows.hpp"
#include "api/limits/push_meter.hpp"
#include "api/op/oauth_answer.hpp"
#include "api/registration/registered_app.hpp"
#include "api/registration/registration_call.hpp"
#include "api/registration/registration_endpoints.hpp"
#include "base/secret.hpp"
#include "crypto/digest.hpp"
#include "io/runtime.hpp"
#include "revocation/removal.hpp"
#include "store/audit.hpp"
#include "store/schema.hpp"
#include "store/schema_clients.hpp"
#include "store/schema_registration.hpp"

namespace curfew {

namespace {

// Whoever calls, and about which client.
struct ManageCall {
  AppId app_id;
  std::string token;
  std::string address;
};

// What the token is for, as it stands now.
struct Managed {
  Registration registration;
  App app;
  std::vector<AppSecret> secrets;
  std::vector<ClientKey> keys;
};
using MaybeManaged = std::optional<Managed>;

template <typename T>
Result<std::vector<T>> rows_of(ReadTx& tx, const App& app) {
  Query query;
  query.prefix = keys_of(app.tenant_id, app.id);  // no limit: one application's own
  return scan_as<T>(tx, query);
}

// Nothing: there is no such registration, or the token is not its own, or does not stand.
Result<MaybeManaged> standing_client(ReadTx& tx, const ServerContext& context,
                                     const ManageCall& call) {
  CURFEW_TRY(auto registration, load<Registration>(tx, context.tenant_id, call.app_id));
  if (!registration || !equal_constant_time(registration->hash, sha256_base64url(call.token))) {
    return MaybeManaged{};
  }
  CURFEW_TRY(const Verdict verdict,
             verdict_in(tx, context.journal, facts_of(*registration), context.clock.now()));
  CURFEW_TRY(auto app, load<App>(tx, context.tenant_id, call.app_id));
  if (verdict != Verdict::live || !app || !app->account_enabled) return MaybeManaged{};
  Managed managed{*std::move(registration), *std::move(app), {}, {}};
  CURFEW_TRY(managed.secrets, rows_of<AppSecret>(tx, managed.app));
  CURFEW_TRY(managed.keys, rows_of<ClientKey>(tx, managed.app));
  return MaybeManaged{std::move(managed)};
}

OAuthResult<Managed> managed_now(const ServerContext& context, const ManageCall& call) {
  CURFEW_TRY(auto managed, in_oauth(read_value<MaybeManaged>(context.store, [&](ReadTx& tx) {
               return standing_client(tx, context, call);
             })));
  if (!managed) return invalid_registration_token();
  return *std::move(managed);
}

std::string json_of(const ServerContext& context, const ManageCall& call, const Managed& managed) {
  return to_json(context, {managed.app, managed.registration, managed.keys, call.token, {}});
}

AuditEvent audit_event_of(const ManageCall& call, const App& app, const char* action) {
  AuditEvent event;
  event.action = action;
  event.actor_kind = ActorKind::service_principal;
  event.actor_id = event.subject_id = app.id.str();
  event.actor_name = event.subject_name = app.display_name;
  event.actor_address = call.address;
  event.detail = "by its registration access token";
  return event;
}

// --- replace

// RFC 7592 2.2: it is about this client, and a secret that comes along is the one that it has.
Refusal check_is_the_client(const ClientMetadata& metadata, const Managed& managed) {
  if (metadata.client_id != managed.app.id.str()) {
    return bad_metadata("client_id must be the one that the address names.");
  }
  if (metadata.client_secret.empty()) return std::nullopt;
  const std::string hash = sha256_base64url(metadata.client_secret);
  const bool is_known = std::ranges::any_of(managed.secrets, [&](const AppSecret& secret) {
    return equal_constant_time(secret.hash, hash);
  });
  if (is_known) return std::nullopt;
  return bad_metadata("client_secret is not the one that was issued; leave it out.");
}

// A client does not change how it proves itself: what it got by the old way would hang in the air.
Refusal check_same_method(const ClientMetadata& metadata, const Managed& managed) {
  const bool was_public = managed.app.client_type == ClientType::public_client;
  const bool is_public = metadata.token_endpoint_auth_method == "none";
  const bool had_keys = !managed.keys.empty();
  const bool has_keys = metadata.jwks.has_value();
  if (was_public == is_public && had_keys == has_keys) return std::nullopt;
  return bad_metadata(
      "token_endpoint_auth_method cannot change from a secret, a key or nothing to another of "
      "them; register anew.");
}

Result<Refusal> check_replacement(ReadTx& tx, const ServerContext& context,
                                  const ClientMetadata& metadata, const Managed& managed) {
  for (const auto check : {check_is_the_client, check_same_method}) {
    if (Refusal refusal = check(metadata, managed)) return refusal;
  }
  // The token that it came with says what it may be; its row is there as long as this one stands.
  CURFEW_TRY(const auto token,
             load<RegistrationToken>(tx, context.tenant_id, managed.registration.token_id));
  return check_what_is_registered(tx, context, metadata,
                                  token ? token->grant_types : managed.app.grant_types);
}

bool is_same_key(const ClientKey& left, const ClientKey& right) {
  return left.kid == right.kid && left.public_jwk == right.public_jwk;
}

// Keys that stay keep their ids; one that goes ends what it got.
Status replace_keys(WriteTx& tx, const ServerContext& context, const Managed& managed,
                    const std::vector<ClientKey>& wanted) {
  const auto lacks = [](const std::vector<ClientKey>& keys, const ClientKey& key) {
    return std::ranges::none_of(keys, [&](const ClientKey& one) { return is_same_key(one, key); });
  };
  for (const ClientKey& old : managed.keys) {
    if (!lacks(wanted, old)) continue;
    Removal removal;
    removal.kind = RemovalKind::remove_client_key;
    removal.app_id = managed.app.id;
    removal.object_id = old.id;
    CURFEW_TRY_STATUS(remove_access(tx, context.journal, removal, context.clock.now()));
  }
  std::vector<ClientKey> added;
  for (const ClientKey& key : wanted) {
    if (lacks(managed.keys, key)) added.push_back(key);
  }
  return add_client_key_rows(tx, context.tenant_id, managed.app.id, added);
}

// What binds or narrows stays, whoever set it: an administrator may have, after the registration.
void keep_tightened(const App& before, App& app) {
  app.dpop_bound_access_tokens |= before.dpop_bound_access_tokens;
  app.require_pushed_requests |= before.require_pushed_requests;
  const bool had_device_codes =
      std::ranges::find(before.grant_types, kDeviceCodeGrantType) != before.grant_types.end();
  if (had_device_codes) app.allow_device_code &= before.allow_device_code;
}

struct Replacement {
  ManageCall call;
  ClientMetadata metadata;
  std::vector<ClientKey> keys;
};

Result<Refusal> replace(WriteTx& tx, const ServerContext& context, const Replacement& wanted) {
  CURFEW_TRY(auto managed, standing_client(tx, context, wanted.call));
  if (!managed) return Refusal{invalid_registration_token()};
  CURFEW_TRY(Refusal refusal, check_replacement(tx, context, wanted.metadata, *managed));
  if (refusal) return refusal;
  App app = managed->app;
  apply_client_metadata(wanted.metadata, app);
  keep_tightened(managed->app, app);
  if (is_another_now(managed->app, app)) app.registration_changed_at = context.clock.now();
  CURFEW_TRY_STATUS(save(tx, app));
  Registration registration = managed->registration;
  registration.metadata = kept_metadata_of(wanted.metadata);
  CURFEW_TRY_STATUS(save(tx, registration));
  CURFEW_TRY_STATUS(replace_keys(tx, context, *managed, wanted.keys));
  CURFEW_TRY_STATUS(context.audit.append(
      tx, audit_event_of(wanted.call, app, "app.registration_change"), context.clock.now()));
  return Refusal{};
}

OAuthResult<std::shared_ptr<const Replacement>> read_replacement(const ServerContext& context,
                                                                 const HttpRequest& http,
                                                                 const ManageCall& call) {
  CURFEW_TRY_STATUS(managed_now(context, call));
  auto wanted = std::make_shared<Replacement>();
  wanted->call = call;
  CURFEW_TRY(const std::string body, json_body_of(http));
  CURFEW_TRY(wanted->metadata, parse_client_metadata(body));
  CURFEW_TRY(wanted->keys, keys_of_metadata(context, call.app_id, wanted->metadata));
  return std::shared_ptr<const Replacement>{std::move(wanted)};
}

Task<Refusal> put_client(const ServerContext& context, const HttpRequest& http,
                         const ManageCall& call) {
  const auto wanted = read_replacement(context, http, call);
  if (!wanted.ok()) co_return wanted.error();
  // Each change is in the audit for good, and a key that goes in the journal.
  if (!context.registration_changes->admit(call.app_id, kRegistrationChangesPerMinute,
                                           context.clock.now())) {
    co_return oauth_error(OAuthErrorCode::temporarily_unavailable, Aadsts::none,
                          "The client changed its registration too often; wait a minute.");
  }
  co_return co_await write_or_refuse(context, Urgency::normal,
                                     [&context, replacement = wanted.value()](WriteTx& tx) {
                                       return replace(tx, context, *replacement);
                                     });
}

// --- remove

// RFC 7592 2.3: all that it got ends first, in a transaction of its own, then its rows go.
Task<Refusal> delete_client(const ServerContext& context, const ManageCall& call) {
  // A made up token costs a reading, and never a place among what takes access away.
  const auto standing = managed_now(context, call);
  if (!standing.ok()) co_return standing.error();
  Refusal refused = co_await write_or_refuse(
      context, Urgency::emergency, [&context, call](WriteTx& tx) -> Result<Refusal> {
        CURFEW_TRY(const auto managed, standing_client(tx, context, call));
        if (!managed) return Refusal{invalid_registration_token()};
        Removal removal;
        removal.kind = RemovalKind::disable_app;
        removal.app_id = call.app_id;
        CURFEW_TRY_STATUS(remove_access(tx, context.journal, removal, context.clock.now()));
        CURFEW_TRY_STATUS(context.audit.append(tx, audit_event_of(call, managed->app, "app.remove"),
                                               context.clock.now()));
        return Refusal{};
      });
  if (refused) co_return refused;
  co_return co_await write_or_refuse(context, Urgency::normal,
                                     [&context, id = call.app_id](WriteTx& tx) -> Result<Refusal> {
                                       CURFEW_TRY_STATUS(drop_app_rows(tx, context.tenant_id, id));
                                       return Refusal{};
                                     });
}

HttpResponse show(const ServerContext& context, const RoutedRequest& request,
                  const ManageCall& call) {
  const auto managed = managed_now(context, call);
  if (!managed.ok()) return registration_refusal(context, request, managed.error());
  return registration_answer(context, request, 200, json_of(context, call, managed.value()));
}

OAuthResult<ManageCall> read_call(const ServerContext& context, const RoutedRequest& request) {
  if (auto off = check_registers(context)) return *std::move(off);
  ManageCall call;
  CURFEW_TRY(call.token, bearer_token_of(request.http));
  call.address = request.http.peer.address;
  const auto client = request.values.find("client");
  if (client != request.values.end()) call.app_id = AppId{client->second};
  return call;
}

}  // namespace

Task<HttpResponse> registration_endpoint(const ServerContext& context, RoutedRequest request) {
  const HttpMethod method = request.http.method;
  if (method == HttpMethod::options) co_return preflight_answer("GET, PUT, DELETE, OPTIONS");
  const auto read = read_call(context, request);
  if (!read.ok()) co_return registration_refusal(context, request, read.error());
  const ManageCall& call = read.value();
  if (method == HttpMethod::get) co_return show(context, request, call);
  const Refusal refusal = method == HttpMethod::put
                              ? co_await put_client(context, request.http, call)
                              : co_await delete_client(context, call);
  if (refusal) co_return registration_refusal(context, request, *refusal);
  if (method == HttpMethod::put) co_return show(context, request, call);
  HttpResponse removed = HttpResponse::empty(204);
  removed.headers.set("Cache-Control", "no-store");
  allow_any_origin(removed);
  co_return removed;
}

}  // namespace curfew
