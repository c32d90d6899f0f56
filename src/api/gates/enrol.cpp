// The enrolment of a gate: a code, the public half of a key, then one transaction in which the code
// is judged again, whatever key the gate had ends, and the new one becomes all that it has.
#include <algorithm>
#include <boost/json.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "api/directory/client_key_rows.hpp"
#include "api/gates/gate_endpoints.hpp"
#include "api/op/oauth_answer.hpp"
#include "api/registration/initial_token.hpp"
#include "api/registration/registration_call.hpp"
#include "api/token_keys.hpp"
#include "base/limits.hpp"
#include "crypto/digest.hpp"
#include "io/runtime.hpp"
#include "model/built_in_app_ids.hpp"
#include "protocol/jose/jwk.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"
#include "protocol/oauth/client_metadata.hpp"
#include "protocol/oidc/discovery.hpp"
#include "revocation/removal.hpp"
#include "store/audit.hpp"
#include "store/schema.hpp"
#include "store/schema_clients.hpp"
#include "store/schema_gates.hpp"
#include "store/schema_registration.hpp"

namespace curfew {

namespace {

struct Enrolment {
  std::string code_hash;
  ClientKey key;  // the row that it will be, of the gate that the code is for
  std::string address;
};

OAuthError invalid_code() {
  return oauth_error(OAuthErrorCode::invalid_token, Aadsts::none,
                     "The enrolment code is missing, not valid here, used or over; an "
                     "administrator makes another one with `curfew gate add NAME --again`.");
}

OAuthResult<ClientKey> row_of_key(const ServerContext& context, const AppId& app_id,
                                  const boost::json::object& jwk) {
  const auto row = client_key_of_jwk(context, app_id, jwk);
  if (!row.ok()) return bad_metadata("jwk: " + row.error().message());
  const auto key = parse_public_jwk(row->public_jwk);
  if (!key.ok() || !key->supports(SignatureAlg::es256)) {
    return bad_metadata("A gate's key is one for ES256: an EC key on P-256.");
  }
  return *row;
}

OAuthResult<boost::json::object> jwk_in(const HttpRequest& http) {
  CURFEW_TRY(const std::string body, json_body_of(http));
  const auto object = parse_json_object(body, {.bytes_max = limits::kClientMetadataBytesMax});
  if (!object.ok()) {
    return bad_metadata("The request is no JSON object: " + object.error().message());
  }
  const auto jwk = get_object(*object, "jwk");
  if (!jwk.ok()) return bad_metadata("The request has no public key: " + jwk.error().message());
  return **jwk;
}

// Who has no code learns nothing about what else is wrong.
OAuthResult<std::shared_ptr<const Enrolment>> read_enrolment(const ServerContext& context,
                                                             const HttpRequest& http) {
  const auto code = bearer_token_of(http);
  if (!code.ok()) return invalid_code();
  Enrolment made{sha256_base64url(*code), {}, http.peer.address};
  CURFEW_TRY(const auto known,
             in_oauth(read_value<std::optional<RegistrationToken>>(context.store, [&](ReadTx& tx) {
               return live_gate_code(tx, context, made.code_hash);
             })));
  if (!known) return invalid_code();
  CURFEW_TRY(const boost::json::object jwk, jwk_in(http));
  CURFEW_TRY(made.key, row_of_key(context, *known->enrols_app_id, jwk));
  return std::make_shared<const Enrolment>(std::move(made));
}

Result<std::vector<ClientKey>> keys_of_gate(ReadTx& tx, const Gate& gate) {
  Query query;
  query.prefix = keys_of(gate.tenant_id, gate.app_id);
  query.limit = limits::kClientKeysMax;
  return scan_as<ClientKey>(tx, query);
}

// The keys that it had before are good for nothing any more, nor is what it got with them.
Status end_other_keys(WriteTx& tx, const ServerContext& context,
                      const std::vector<ClientKey>& present, const ClientKey& kept) {
  for (const ClientKey& key : present) {
    if (key.public_jwk == kept.public_jwk) continue;
    Removal removal;
    removal.kind = RemovalKind::remove_client_key;
    removal.app_id = key.app_id;
    removal.object_id = key.id;
    CURFEW_TRY_STATUS(remove_access(tx, context.journal, removal, context.clock.now()));
  }
  return Done{};
}

AuditEvent audit_event_of(const RegistrationToken& code, const Gate& gate,
                          const Enrolment& wanted) {
  AuditEvent event = event_in_name_of_maker(code, "gate.enrol", wanted.address);
  event.subject_id = gate.app_id.str();
  event.subject_name = gate.name;
  event.detail = wanted.key.id;
  return event;
}

using Enrolled = OAuthResult<Gate>;

// Everything that the gate has from now on.
Status write_key(WriteTx& tx, const ServerContext& context, App app, Gate& gate,
                 const std::vector<ClientKey>& present, const ClientKey& key) {
  CURFEW_TRY_STATUS(end_other_keys(tx, context, present, key));
  const bool is_there = std::ranges::any_of(
      present, [&](const ClientKey& one) { return one.public_jwk == key.public_jwk; });
  if (!is_there) {
    CURFEW_TRY_STATUS(add_client_key_rows(tx, context.tenant_id, app.id, {key}));
  }
  app.application_permissions = {std::string{kGateFeedPermission}};
  gate.enrolled_at = context.clock.now();
  CURFEW_TRY_STATUS(save(tx, app));
  return save(tx, gate);
}

Result<Enrolled> enrol(WriteTx& tx, const ServerContext& context, const Enrolment& wanted) {
  CURFEW_TRY(auto code, live_gate_code(tx, context, wanted.code_hash));
  if (!code) return Enrolled{invalid_code()};
  const AppId& id = *code->enrols_app_id;
  if (wanted.key.app_id != id) return Enrolled{invalid_code()};
  CURFEW_TRY(auto gate, load<Gate>(tx, context.tenant_id, id));
  CURFEW_TRY(const auto app, load<App>(tx, context.tenant_id, id));
  if (!gate || !app || !app->account_enabled) return Enrolled{invalid_code()};
  CURFEW_TRY(const auto present, keys_of_gate(tx, *gate));
  if (code->uses_left <= 0) {
    const bool is_same = present.size() == 1 && present.front().public_jwk == wanted.key.public_jwk;
    if (!is_same) return Enrolled{invalid_code()};
    return Enrolled{*std::move(gate)};
  }
  CURFEW_TRY_STATUS(write_key(tx, context, *app, *gate, present, wanted.key));
  --code->uses_left;
  CURFEW_TRY_STATUS(save(tx, *code));
  CURFEW_TRY_STATUS(
      context.audit.append(tx, audit_event_of(*code, *gate, wanted), context.clock.now()));
  return Enrolled{*std::move(gate)};
}

std::string answer_of(const ServerContext& context, const Gate& gate) {
  const std::string tenant = context.base_url + "/" + context.tenant_id.str();
  return serialize_json(
      boost::json::object{{"client_id", gate.app_id.str()},
                          {"name", gate.name},
                          {"mode", to_string(gate.mode)},
                          {"tenant_id", context.tenant_id.str()},
                          {"issuer", context.issuer()},
                          {"servers", boost::json::array{context.base_url}},
                          {"token_endpoint", tenant + std::string{endpoint_path::kToken}},
                          {"jwks_uri", tenant + std::string{endpoint_path::kKeys}},
                          {"jwks", boost::json::parse(context.token_keys.jwks_json())},
                          {"resource", kGateFeedResource}});
}

}  // namespace

Task<HttpResponse> gate_enrolment_endpoint(const ServerContext& context, RoutedRequest request) {
  const auto wanted = read_enrolment(context, request.http);
  if (!wanted.ok()) co_return registration_refusal(context, request, wanted.error());
  // What the writer's thread may still hold when this task has ended is shared with it. It may end
  // a key, so it does not wait behind what gives.
  std::function<Result<Enrolled>(WriteTx&)> body = [&context,
                                                    enrolment = wanted.value()](WriteTx& tx) {
    return enrol(tx, context, *enrolment);
  };
  const Result<Enrolled> done = co_await write_value<Enrolled>(context.store, current_executor(),
                                                               Urgency::emergency, std::move(body));
  if (!done.ok()) co_return registration_refusal(context, request, oauth_error_of(done.error()));
  const Enrolled& enrolled = *done;
  if (!enrolled.ok()) co_return registration_refusal(context, request, enrolled.error());
  co_return oauth_answer(201, answer_of(context, *enrolled), trace_of(context, request));
}

}  // namespace curfew
