// The client registration endpoint (RFC 7591 3): an initial access token, what the application says
// of itself, then one transaction in which both are judged again and the application is made.
#include <functional>
#include <memory>
#include <utility>

#include "api/directory/app_changes.hpp"
#include "api/directory/client_key_rows.hpp"
#include "api/op/oauth_answer.hpp"
#include "api/registration/initial_token.hpp"
#include "api/registration/registered_app.hpp"
#include "api/registration/registration_call.hpp"
#include "api/registration/registration_endpoints.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "io/runtime.hpp"
#include "store/audit.hpp"
#include "store/schema.hpp"
#include "store/schema_registration.hpp"

namespace curfew {

namespace {

// Everything that one registration adds.
struct NewClient {
  std::string token_hash;  // of the initial access token that it comes with
  ClientMetadata metadata;
  App app;
  Registration registration;
  std::optional<NewSecret> secret;
  std::vector<ClientKey> keys;
  std::string registration_access_token;
};

OAuthResult<std::shared_ptr<const NewClient>> read_client(const ServerContext& context,
                                                          const HttpRequest& http) {
  if (auto off = check_registers(context)) return *std::move(off);
  auto made = std::make_shared<NewClient>();
  CURFEW_TRY(const std::string token, bearer_token_of(http));
  made->token_hash = sha256_base64url(token);
  // Who has no token learns nothing about what could be registered.
  CURFEW_TRY(const bool is_known,
             in_oauth(read_value<bool>(context.store, [&](ReadTx& tx) -> Result<bool> {
               CURFEW_TRY(const auto found, usable_token(tx, context, made->token_hash));
               return found.has_value();
             })));
  if (!is_known) return invalid_registration_token();
  CURFEW_TRY(const std::string body, json_body_of(http));
  CURFEW_TRY(made->metadata, parse_client_metadata(body));

  App& app = made->app;
  app.tenant_id = context.tenant_id;
  app.id = AppId{new_guid()};
  app.created_at = app.registration_changed_at = context.clock.now();
  apply_client_metadata(made->metadata, app);
  CURFEW_TRY(made->keys, keys_of_metadata(context, app.id, made->metadata));
  const std::string& method = made->metadata.token_endpoint_auth_method;
  if (method.starts_with("client_secret_")) made->secret = make_app_secret(context, app.id);

  made->registration_access_token = random_token();
  Registration& row = made->registration;
  row.tenant_id = context.tenant_id;
  row.app_id = app.id;
  row.id = new_guid();
  row.hash = sha256_base64url(made->registration_access_token);
  row.metadata = kept_metadata_of(made->metadata);
  row.created_at = app.created_at;
  return std::shared_ptr<const NewClient>{std::move(made)};
}

AuditEvent audit_event_of(const RegistrationToken& token, const App& app,
                          const std::string& address) {
  AuditEvent event = event_in_name_of_maker(token, "app.register", address);
  event.subject_id = app.id.str();
  event.subject_name = app.display_name;
  event.detail = "registered itself with the initial access token " + token.id;
  return event;
}

// The token once more, with what it has left; then every row.
Result<Refusal> add_client(WriteTx& tx, const ServerContext& context, const NewClient& made,
                           const std::string& address) {
  // The stamp first, then everything that the registration access token will vouch for.
  CURFEW_TRY(const JournalHead head, journal_head(tx, context.tenant_id));
  CURFEW_TRY(auto token, usable_token(tx, context, made.token_hash));
  if (!token) return Refusal{invalid_registration_token()};
  CURFEW_TRY(Refusal refusal,
             check_what_is_registered(tx, context, made.metadata, token->grant_types));
  if (refusal) return refusal;
  --token->uses_left;
  CURFEW_TRY_STATUS(save(tx, *token));

  App app = made.app;
  app.registered_with = token->id;
  Registration registration = made.registration;
  registration.token_id = token->id;
  registration.maker_kind = token->maker_kind;
  registration.maker_id = token->maker_id;
  registration.maker_name = token->maker_name;
  registration.auth_as_of = head.position;
  CURFEW_TRY_STATUS(add(tx, app));
  CURFEW_TRY_STATUS(add(tx, registration));
  if (made.secret) {
    CURFEW_TRY_STATUS(add(tx, made.secret->row));
  }
  CURFEW_TRY_STATUS(add_client_key_rows(tx, context.tenant_id, app.id, made.keys));
  CURFEW_TRY_STATUS(
      context.audit.append(tx, audit_event_of(*token, app, address), context.clock.now()));
  return Refusal{};
}

}  // namespace

Task<HttpResponse> register_endpoint(const ServerContext& context, RoutedRequest request) {
  if (request.http.method == HttpMethod::options) co_return preflight_answer();
  const auto made = read_client(context, request.http);
  if (!made.ok()) co_return registration_refusal(context, request, made.error());
  const std::shared_ptr<const NewClient> client = made.value();
  const Refusal refusal = co_await write_or_refuse(
      context, Urgency::normal,
      [&context, client, address = request.http.peer.address](WriteTx& tx) {
        return add_client(tx, context, *client, address);
      });
  if (refusal) co_return registration_refusal(context, request, *refusal);
  const RegisteredClient shown{client->app, client->registration, client->keys,
                               client->registration_access_token,
                               client->secret ? client->secret->text : std::string{}};
  co_return registration_answer(context, request, 201, to_json(context, shown));
}

}  // namespace curfew
