#include "api/registration/registered_app.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "access/evaluate.hpp"
#include "access/granted_scopes.hpp"
#include "api/directory/client_key_rows.hpp"
#include "base/text.hpp"
#include "model/built_in_app_ids.hpp"
#include "protocol/http/uri.hpp"
#include "protocol/json/json.hpp"
#include "protocol/oidc/discovery.hpp"

namespace curfew {

namespace {

constexpr std::string_view kAuthMethod = "token_endpoint_auth_method";

OAuthError bad_scope(std::string_view scope, std::string_view rule) {
  return bad_metadata("scope: '" + escape_for_display(scope, 128) + "' " + std::string{rule});
}

bool contains(const std::vector<std::string>& list, std::string_view item) {
  return std::ranges::find(list, item) != list.end();
}

// Browsers send the origin of their page; a client without a secret may well be one.
std::vector<std::string> origins_of(const std::vector<std::string>& uris) {
  std::vector<std::string> origins;
  for (const std::string& text : uris) {
    const Result<Uri> uri = parse_uri(text);
    if (!uri.ok() || uri->scheme != "https" || contains(origins, uri->origin())) continue;
    origins.push_back(uri->origin());
  }
  return origins;
}

std::string name_of(const ClientMetadata& metadata) {
  if (!metadata.client_name.empty()) return metadata.client_name;
  const Result<Uri> uri = metadata.redirect_uris.empty()
                              ? Result<Uri>{Error::permanent(ErrorCode::not_found, "")}
                              : parse_uri(metadata.redirect_uris.front());
  return uri.ok() ? "Application at " + uri->host : "Application without a name";
}

boost::json::array keys_of_client(const std::vector<ClientKey>& keys) {
  boost::json::array shown;
  for (const ClientKey& key : keys) {
    auto jwk = parse_json_object(key.public_jwk);
    if (!jwk.ok()) continue;
    (*jwk)["kid"] = key.kid;
    shown.push_back(std::move(*jwk));
  }
  return shown;
}

void put_logout(const App& app, boost::json::object& out) {
  if (!app.post_logout_redirect_uris.empty()) {
    out["post_logout_redirect_uris"] = list_of(app.post_logout_redirect_uris);
  }
  if (app.frontchannel_logout_uri) {
    out["frontchannel_logout_uri"] = *app.frontchannel_logout_uri;
    out["frontchannel_logout_session_required"] = app.frontchannel_logout_session_required;
  }
  if (app.backchannel_logout_uri) {
    out["backchannel_logout_uri"] = *app.backchannel_logout_uri;
    out["backchannel_logout_session_required"] = app.backchannel_logout_session_required;
  }
}

// Nothing: each scope is one that a person can agree to at this server. invalid_client_metadata for
// a permission that nobody offers, or that an administrator alone gives.
Result<std::optional<OAuthError>> check_registered_scope(ReadTx& tx, const ServerContext& context,
                                                         const ClientMetadata& metadata) {
  const auto scope = parse_scope(metadata.scopes);
  if (!scope.ok()) return std::optional{scope.error()};
  for (const ResourceScope& one : scope->resource_scopes) {
    const std::string resource = one.resource.empty() ? std::string{kGraphResource} : one.resource;
    CURFEW_TRY(const auto known, find_resource(tx, context.tenant_id, resource));
    if (!known) return std::optional{bad_scope(one.text, "names no resource of this server.")};
    if (one.name == kDefaultScopeName || !contains(offered_names(*known), one.name)) {
      return std::optional{bad_scope(one.text, "is no permission that its resource offers.")};
    }
    if (needs_administrator(*known, one.name)) {
      return std::optional{
          bad_scope(one.text,
                    "is given by an administrator alone, and to no application that registers "
                    "itself.")};
    }
  }
  return std::optional<OAuthError>{};
}

}  // namespace

Result<std::optional<OAuthError>> check_what_is_registered(ReadTx& tx, const ServerContext& context,
                                                           const ClientMetadata& metadata,
                                                           const std::vector<std::string>& grants) {
  const auto allowed = check_grant_types(metadata, grants);
  if (!allowed.ok()) return std::optional{allowed.error()};
  return check_registered_scope(tx, context, metadata);
}

OAuthResult<std::vector<ClientKey>> keys_of_metadata(const ServerContext& context,
                                                     const AppId& app_id,
                                                     const ClientMetadata& metadata) {
  if (!metadata.jwks) return std::vector<ClientKey>{};
  auto keys = client_keys_of_jwks(context, app_id, *metadata.jwks);
  if (keys.ok()) return std::move(keys).value();
  return bad_metadata("jwks: " + keys.error().message() + ".");
}

void apply_client_metadata(const ClientMetadata& metadata, App& app) {
  const bool is_public = metadata.token_endpoint_auth_method == "none";
  app.display_name = name_of(metadata);
  app.client_type = is_public ? ClientType::public_client : ClientType::confidential;
  app.redirect_uris = metadata.redirect_uris;
  app.spa_origins = is_public ? origins_of(metadata.redirect_uris) : std::vector<std::string>{};
  app.post_logout_redirect_uris = metadata.post_logout_redirect_uris;
  app.frontchannel_logout_uri = metadata.frontchannel_logout_uri;
  app.frontchannel_logout_session_required = metadata.frontchannel_logout_session_required;
  app.backchannel_logout_uri = metadata.backchannel_logout_uri;
  app.backchannel_logout_session_required = metadata.backchannel_logout_session_required;
  app.grant_types = metadata.grant_types;
  app.registered_scopes = metadata.scopes;
  app.id_token_alg = metadata.id_token_alg;
  app.require_pushed_requests = metadata.require_pushed_requests;
  app.dpop_bound_access_tokens = metadata.dpop_bound_access_tokens;
  app.allow_device_code = contains(metadata.grant_types, kDeviceCodeGrantType);
  app.require_pkce = true;
}

std::string kept_metadata_of(const ClientMetadata& metadata) {
  boost::json::object kept = metadata.informing;
  kept[kAuthMethod] = metadata.token_endpoint_auth_method;
  return serialize_json(kept);
}

bool is_another_now(const App& before, const App& after) {
  return before.display_name != after.display_name || before.redirect_uris != after.redirect_uris ||
         before.registered_scopes != after.registered_scopes ||
         before.grant_types != after.grant_types;
}

std::string to_json(const ServerContext& context, const RegisteredClient& client) {
  const App& app = client.app;
  auto kept = parse_json_object(client.registration.metadata);
  boost::json::object out = kept.ok() ? std::move(*kept) : boost::json::object{};
  out["client_id"] = app.id.str();
  out["client_id_issued_at"] = to_unix_seconds(client.registration.created_at);
  if (!client.client_secret.empty()) {
    out["client_secret"] = client.client_secret;
    out["client_secret_expires_at"] = 0;  // RFC 7591 3.2.1: never
  }
  out["registration_access_token"] = client.registration_access_token;
  out["registration_client_uri"] = context.base_url + "/" + context.tenant_id.str() +
                                   std::string{endpoint_path::kRegister} + "/" + app.id.str();
  out["client_name"] = app.display_name;
  out["grant_types"] = list_of(app.grant_types);
  const bool uses_codes = contains(app.grant_types, "authorization_code");
  out["response_types"] = uses_codes ? boost::json::array{"code"} : boost::json::array{};
  if (uses_codes) out["redirect_uris"] = list_of(app.redirect_uris);
  put_logout(app, out);
  if (!app.registered_scopes.empty()) out["scope"] = join(app.registered_scopes, " ");
  out["id_token_signed_response_alg"] = to_string(app.id_token_alg);
  out["require_pushed_authorization_requests"] = app.require_pushed_requests;
  out["dpop_bound_access_tokens"] = app.dpop_bound_access_tokens;
  if (!client.keys.empty()) out["jwks"] = {{"keys", keys_of_client(client.keys)}};
  return serialize_json(out);
}

}  // namespace curfew
