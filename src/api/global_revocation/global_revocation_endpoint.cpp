#include "api/global_revocation/global_revocation_endpoint.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "access/credential_facts.hpp"
#include "access/liveness.hpp"
#include "api/api_call.hpp"
#include "api/authn.hpp"
#include "api/directory/own_permission.hpp"
#include "api/directory/person_lookup.hpp"
#include "api/metrics.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "io/runtime.hpp"
#include "model/built_in_app_ids.hpp"
#include "protocol/global_revocation/global_revocation.hpp"
#include "protocol/http/authorization_header.hpp"
#include "protocol/jose/jwt.hpp"
#include "protocol/json/members.hpp"
#include "protocol/json/writer.hpp"
#include "revocation/guard.hpp"
#include "revocation/service.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

constexpr std::string_view kPermission = "User.RevokeSessions.All";

// The draft defines no body: this one is for people.
HttpResponse answer(int status, std::string_view error, std::string_view description) {
  std::string body;
  JsonObjectWriter writer{body};
  writer.string("error", error).string("error_description", description);
  writer.end();
  HttpResponse response = HttpResponse::json(status, std::move(body));
  response.headers.set("Cache-Control", "no-store");
  return response;
}

HttpResponse unauthenticated(const ServerContext& context, std::string_view description) {
  context.metrics.add(Counter::bearer_refused);
  HttpResponse response = answer(401, "invalid_token", description);
  response.headers.set("WWW-Authenticate", "Bearer error=\"invalid_token\"");
  return response;
}

struct Sender {
  Caller caller;
  std::string once;  // what makes a repeated request the same one; empty: each is another
};
using Identified = std::variant<Sender, HttpResponse>;

// ---- with a JWT of an identity provider

const KnownKey* key_of(const KnownApp& known, const std::string& kid) {
  if (kid.empty()) return known.keys.size() == 1 ? &known.keys.front() : nullptr;
  const auto found = std::ranges::find_if(
      known.keys, [&](const KnownKey& key) { return key.row.kid == kid || key.row.x5t == kid; });
  return found == known.keys.end() ? nullptr : &*found;
}

// Signed by this application's key, for this very address, and young.
Result<boost::json::object> verified_claims(const ServerContext& context, const KnownApp& known,
                                            const KnownKey& key, const std::string& kid,
                                            std::string_view compact) {
  JwtExpectation expected;
  expected.types = {std::string{kGlobalRevocationTyp}};
  CURFEW_TRY(const auto unverified, unverified_claims(compact));
  CURFEW_TRY(const std::string issuer, get_string(unverified, "iss"));
  expected.issuers = {issuer};  // the key says whose it is
  expected.audiences = {context.base_url + "/" + context.tenant_id.str() +
                        std::string{kGlobalRevocationPath} + "/" + known.app.id.str()};
  expected.now = context.clock.now();
  expected.leeway = limits::kClientAssertionSkewMax;
  expected.lifetime_max = limits::kClientAssertionTimeMax;
  // The row was found by the header's name for it; the key itself need not know one.
  CURFEW_TRY(JwsKey named, JwsKey::asymmetric(kid, key.key.pinned_alg(), *key.key.verify_key()));
  CURFEW_TRY(auto verified, verify_jwt(compact, KeySet::of(std::move(named)), expected));
  return std::move(verified.claims);
}

Identified identify_provider(const ServerContext& context, const RoutedRequest& request,
                             const AppId& client, std::string_view compact) {
  const Position as_of = context.live().head().position;
  const auto known = context.known_apps->client(context.tenant_id, client);
  if (!known.ok()) return answer(503, "temporarily_unavailable", "The server cannot answer now.");
  const auto parsed = parse_jws(compact);
  const KnownKey* const key = *known && parsed.ok() ? key_of(**known, parsed->header.kid) : nullptr;
  if (key == nullptr) return unauthenticated(context, "The token's key is not known here.");
  const auto claims = verified_claims(context, **known, *key, parsed->header.kid, compact);
  if (!claims.ok()) {
    return unauthenticated(context, "The token is refused: " + claims.error().message() + ".");
  }
  Sender sender;
  sender.caller.facts = facts_of(key->row, as_of);
  if (verdict_now(context.live(), *sender.caller.facts, context.clock.now()) != Verdict::live ||
      !(**known).app.account_enabled) {
    return unauthenticated(context, "The application or its key was disabled.");
  }
  const auto may = read_value<bool>(context.store, [&](ReadTx& tx) {
    return holds_graph_permission(tx, (**known).app, kPermission);
  });
  if (!may.ok()) return answer(503, "temporarily_unavailable", "The server cannot answer now.");
  if (*may) sender.caller.scopes = {std::string{kPermission}};
  sender.caller.credential = CredentialKind::client_assertion;
  sender.caller.actor.kind = ActorKind::service_principal;
  sender.caller.actor.id = client.str();
  sender.caller.actor.display_name = (**known).app.display_name;
  sender.caller.actor.address = request.http.peer.address;
  const auto jti = get_string(*claims, "jti");
  if (!jti.ok() || jti->empty() || jti->size() > limits::kJtiBytesMax) {
    return unauthenticated(context, "The token must have a jti of 1 to 256 bytes.");
  }
  sender.once = *jti;
  return sender;
}

// ---- with a credential of ours

Identified identify_application(const ServerContext& context, const RoutedRequest& request) {
  auto found = identify(context, request, kGraphResource);
  if (const auto* denial = std::get_if<Denial>(&found)) {
    if (denial->status == 401) return unauthenticated(context, denial->message);
    return answer(denial->status, denial->error.empty() ? "temporarily_unavailable" : denial->error,
                  denial->message);
  }
  Sender sender{std::get<Caller>(std::move(found)), ""};
  // A person's token and an API key are for Graph itself.
  const bool acts_alone = sender.caller.credential == CredentialKind::app_access_token;
  if (!acts_alone) sender.caller.scopes.clear();
  return sender;
}

Identified identify_sender(const ServerContext& context, const RoutedRequest& request) {
  const auto client = request.values.find("client");
  if (client == request.values.end()) return identify_application(context, request);
  const auto header = request.http.header("Authorization");
  const auto authorization = header.ok() && *header
                                 ? parse_authorization(**header)
                                 : Result<AuthorizationHeader>{Error::permanent(
                                       ErrorCode::unauthenticated, "there is none")};
  if (!authorization.ok() || authorization->scheme != AuthorizationScheme::bearer) {
    return unauthenticated(context, "One bearer token must come with the request.");
  }
  return identify_provider(context, request, AppId{client->second}, authorization->credentials);
}

// ---- the person

// Nothing: there is nobody here who is called so.
Result<std::optional<User>> find_subject(ReadTx& tx, const ServerContext& context,
                                         const RevokedSubject& subject) {
  SubjectNames names;
  switch (subject.format) {
    case SubjectFormat::email: names.mails = {subject.value}; break;
    case SubjectFormat::iss_sub: names.iss_subs = {{subject.issuer, subject.value}}; break;
    case SubjectFormat::opaque: names.opaques = {subject.value}; break;
  }
  return find_person(tx, context.tenant_id, context.issuer(), names);
}

// ---- what is answered

// A rule of the guard says that this person's access is not the sender's to take.
HttpResponse refusal_of(const Error& error) {
  switch (error.code()) {
    case ErrorCode::denied: return answer(422, "cannot_revoke", error.message());
    case ErrorCode::not_found: return answer(404, "not_found", error.message());
    case ErrorCode::unauthenticated: return answer(401, "invalid_token", error.message());
    case ErrorCode::invalid_argument: return answer(400, "invalid_request", error.message());
    case ErrorCode::conflict: return answer(409, "conflict", error.message());
    case ErrorCode::exhausted:
    case ErrorCode::unavailable:
    case ErrorCode::timeout:
    case ErrorCode::protocol:
    case ErrorCode::corrupted:
    case ErrorCode::internal: break;
  }
  return answer(503, "temporarily_unavailable", "The server cannot answer now.");
}

Task<HttpResponse> begin_run(const ServerContext& context, ApiCall call, User user,
                             std::string once) {
  RevocationRequest wish;
  wish.subject = user.id.str();
  wish.options.mode = RunMode::sessions_only;
  wish.reason = "global token revocation, asked by " + call.actor().display_name;
  wish.reason.resize(std::min(wish.reason.size(), kReasonBytesMax));
  if (!once.empty()) {
    wish.idempotency_key = "gtr " + sha256_base64url(once + " " + user.id.str());
  }
  const auto revoked =
      co_await context.revocation.revoke(std::move(wish), requester_of(call), current_executor());
  if (!revoked.ok()) co_return refusal_of(revoked.error());
  co_return HttpResponse::empty(204);
}

bool is_json(const HttpRequest& request) {
  const auto type = request.header("Content-Type");
  return type.ok() && *type && ascii_lower(**type).starts_with("application/json");
}

}  // namespace

Task<HttpResponse> global_revocation_endpoint(const ServerContext& context, RoutedRequest request) {
  Identified identified = identify_sender(context, request);
  if (auto* refusal = std::get_if<HttpResponse>(&identified)) co_return std::move(*refusal);
  Sender sender = std::get<Sender>(std::move(identified));
  const auto& scopes = sender.caller.scopes;
  const bool may = sender.caller.actor.kind == ActorKind::local_root ||
                   std::ranges::find(scopes, kPermission) != scopes.end();
  if (!may) {
    co_return answer(403, "insufficient_scope",
                     "The application needs the Graph permission User.RevokeSessions.All as its "
                     "own, given by an administrator.");
  }
  if (!is_json(request.http)) {
    co_return answer(400, "invalid_request", "The body must be application/json.");
  }
  const auto subject = parse_global_revocation(request.http.body);
  if (!subject.ok()) co_return answer(400, "invalid_request", subject.error().message());
  const auto user = read_value<std::optional<User>>(
      context.store, [&](ReadTx& tx) { return find_subject(tx, context, *subject); });
  if (!user.ok()) co_return refusal_of(user.error());
  if (!*user) co_return answer(404, "not_found", "There is no such person here.");
  if (sender.caller.actor.kind == ActorKind::service_principal) {
    sender.caller.actor.permitted_areas = {PermittedArea::users};
  }
  ApiCall call{context, std::move(request), std::move(sender.caller), "global_token_revocation"};
  HttpResponse response =
      co_await begin_run(context, std::move(call), **user, std::move(sender.once));
  response.headers.set("Cache-Control", "no-store");
  co_return response;
}

}  // namespace curfew
