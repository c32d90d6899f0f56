#include "protocol/oidc/discovery.hpp"

#include <algorithm>
#include <utility>

#include "protocol/global_revocation/global_revocation.hpp"
#include "protocol/json/writer.hpp"

namespace curfew {

namespace {

using Strings = std::vector<std::string>;

bool is_segment_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.';
}

// RFC 8414 2: a list without members is left out.
void write_list(JsonObjectWriter& writer, std::string_view name, const Strings& values) {
  if (!values.empty()) writer.strings(name, values);
}

void write_endpoints(JsonObjectWriter& writer, const ServerMetadata& metadata) {
  const std::string tenant_url = metadata.base_url + "/" + metadata.tenant_id.str();
  const auto endpoint = [&writer, &tenant_url](std::string_view name, std::string_view path) {
    writer.string(name, tenant_url + std::string{path});
  };
  endpoint("authorization_endpoint", endpoint_path::kAuthorize);
  endpoint("token_endpoint", endpoint_path::kToken);
  endpoint("device_authorization_endpoint", endpoint_path::kDeviceCode);
  endpoint("jwks_uri", endpoint_path::kKeys);
  endpoint("userinfo_endpoint", endpoint_path::kUserInfo);
  endpoint("pushed_authorization_request_endpoint", endpoint_path::kPushedRequest);
  endpoint("introspection_endpoint", endpoint_path::kIntrospect);
  endpoint("revocation_endpoint", endpoint_path::kRevoke);
  endpoint("end_session_endpoint", endpoint_path::kLogout);
  endpoint("global_token_revocation_endpoint", kGlobalRevocationPath);
  if (metadata.registers_clients) endpoint("registration_endpoint", endpoint_path::kRegister);
}

// RFC 8705 5: the endpoints that clients call, where certificates are asked for.
void write_aliases(JsonObjectWriter& writer, const ServerMetadata& metadata) {
  const std::string tenant_url = metadata.mtls_base_url + "/" + metadata.tenant_id.str();
  std::string aliases;
  JsonObjectWriter inner{aliases};
  for (const auto& [name, path] :
       {std::pair{"token_endpoint", endpoint_path::kToken},
        std::pair{"device_authorization_endpoint", endpoint_path::kDeviceCode},
        std::pair{"userinfo_endpoint", endpoint_path::kUserInfo},
        std::pair{"pushed_authorization_request_endpoint", endpoint_path::kPushedRequest},
        std::pair{"introspection_endpoint", endpoint_path::kIntrospect},
        std::pair{"revocation_endpoint", endpoint_path::kRevoke}}) {
    inner.string(name, tenant_url + std::string{path});
  }
  inner.end();
  writer.raw("mtls_endpoint_aliases", aliases);
}

}  // namespace

std::optional<TenantPath> split_tenant_path(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  if (segment.empty() || segment.front() == '.' ||
      !std::all_of(segment.begin(), segment.end(), is_segment_char)) {
    return std::nullopt;
  }
  return TenantPath{std::string{segment}, std::string{path.substr(segment.size())}};
}

std::string issuer_of(std::string_view base_url, const TenantId& tenant) {
  return std::string{base_url} + "/" + tenant.str() + "/v2.0";
}

std::string metadata_json(const ServerMetadata& metadata) {
  Strings caller_auth{"client_secret_basic", "client_secret_post", "private_key_jwt"};
  if (!metadata.mtls_base_url.empty()) {
    caller_auth.insert(caller_auth.end(), {"tls_client_auth", "self_signed_tls_client_auth"});
  }
  Strings client_auth = caller_auth;
  client_auth.emplace_back("none");
  Strings scopes{"openid", "profile", "email", "offline_access"};
  scopes.insert(scopes.end(), metadata.scopes_supported.begin(), metadata.scopes_supported.end());

  std::string document;
  JsonObjectWriter writer{document};
  writer.string("issuer", issuer_of(metadata.base_url, metadata.tenant_id));
  write_endpoints(writer, metadata);
  if (!metadata.mtls_base_url.empty()) write_aliases(writer, metadata);
  write_list(writer, "scopes_supported", scopes);
  write_list(writer, "response_types_supported", {"code"});
  write_list(writer, "response_modes_supported", {"query", "fragment", "form_post"});
  write_list(writer, "grant_types_supported",
             {"authorization_code", "refresh_token", "client_credentials",
              "urn:ietf:params:oauth:grant-type:device_code",
              "urn:ietf:params:oauth:grant-type:jwt-bearer"});
  write_list(writer, "code_challenge_methods_supported", {"S256"});
  write_list(writer, "token_endpoint_auth_methods_supported", client_auth);
  write_list(writer, "introspection_endpoint_auth_methods_supported", caller_auth);
  write_list(writer, "revocation_endpoint_auth_methods_supported", client_auth);
  for (const std::string_view endpoint : {"token", "introspection", "revocation"}) {
    write_list(writer, std::string{endpoint} + "_endpoint_auth_signing_alg_values_supported",
               metadata.client_assertion_algs);
  }
  // An access token, or the token of an identity provider, at an address of its own below this one.
  write_list(writer, "global_token_revocation_endpoint_auth_methods_supported",
             {"Bearer", std::string{kGlobalRevocationTyp}});
  write_list(writer, "dpop_signing_alg_values_supported", metadata.dpop_algs);
  write_list(writer, "subject_types_supported", {"public"});
  write_list(writer, "id_token_signing_alg_values_supported", {"RS256", "ES256"});
  write_list(writer, "introspection_signing_alg_values_supported", {"RS256", "ES256"});
  write_list(writer, "acr_values_supported", metadata.acr_values);
  write_list(writer, "prompt_values_supported", {"none", "login", "consent", "select_account"});
  write_list(
      writer, "claims_supported",
      {"iss", "sub", "aud", "exp", "iat", "nbf", "auth_time", "nonce", "sid", "oid", "tid",
       "preferred_username", "name", "email", "email_verified", "amr", "acr", "at_hash", "ver"});
  writer.boolean("authorization_response_iss_parameter_supported", true)
      .boolean("frontchannel_logout_supported", true)
      .boolean("frontchannel_logout_session_supported", true)
      .boolean("backchannel_logout_supported", true)
      .boolean("backchannel_logout_session_supported", true)
      .boolean("claims_parameter_supported", true)
      .boolean("request_parameter_supported", false)
      .boolean("request_uri_parameter_supported", false)
      .boolean("require_pushed_authorization_requests", false);
  if (!metadata.mtls_base_url.empty()) {
    writer.boolean("tls_client_certificate_bound_access_tokens", true);
  }
  writer.end();
  return document;
}

}  // namespace curfew
