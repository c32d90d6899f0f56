// protocol/oidc/discovery.hpp: the metadata documents, and every path of the protocol endpoints.
//
// The issuer is "https://host/TENANT/v2.0": of one tenant, without a trailing slash, byte for byte
// what the tenant's document says (RFC 8414 3.3). Paths are Entra's; the path of the token endpoint
// has the only "/token" in it, since MSAL makes the device endpoint by replacing the first.
//
// Pure; any thread. Spec: RFC 8414 2 and 3, OIDC Discovery 3 and 4, RFC 9207 3.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"

namespace curfew {

// The first path segment that names the tenant: a GUID, a domain, "common" or "organizations".
struct TenantPath {
  std::string segment;  // as written
  std::string rest;     // from the next '/' on: "/oauth2/v2.0/token"
};
// Nothing if there is no segment of [A-Za-z0-9.-].
[[nodiscard]] std::optional<TenantPath> split_tenant_path(std::string_view path);

// Below /{tenant}.
namespace endpoint_path {
inline constexpr std::string_view kDiscoveryV2 = "/v2.0/.well-known/openid-configuration";
inline constexpr std::string_view kDiscovery = "/.well-known/openid-configuration";
inline constexpr std::string_view kKeys = "/discovery/v2.0/keys";
inline constexpr std::string_view kAuthorize = "/oauth2/v2.0/authorize";
inline constexpr std::string_view kToken = "/oauth2/v2.0/token";
inline constexpr std::string_view kDeviceCode = "/oauth2/v2.0/devicecode";
inline constexpr std::string_view kDeviceAuth = "/oauth2/v2.0/deviceauth";
inline constexpr std::string_view kDevice = "/device";  // the same page, to be typed
inline constexpr std::string_view kLogout = "/oauth2/v2.0/logout";
inline constexpr std::string_view kPushedRequest = "/oauth2/v2.0/par";
inline constexpr std::string_view kIntrospect = "/oauth2/v2.0/introspect";
inline constexpr std::string_view kRevoke = "/oauth2/v2.0/revoke";
inline constexpr std::string_view kRegister = "/oauth2/v2.0/register";
inline constexpr std::string_view kUserInfo = "/oidc/userinfo";
}  // namespace endpoint_path

// Before /{tenant}/v2.0: RFC 8414 3.1 inserts the well-known part.
inline constexpr std::string_view kAuthorizationServerWellKnown =
    "/.well-known/oauth-authorization-server";

// `base_url` is "https://host[:port]" without a trailing slash.
[[nodiscard]] std::string issuer_of(std::string_view base_url, const TenantId& tenant);

struct ServerMetadata {
  std::string base_url;
  TenantId tenant_id;
  std::vector<std::string> scopes_supported;       // beside the OIDC ones
  std::vector<std::string> client_assertion_algs;  // of private_key_jwt
  std::vector<std::string> dpop_algs;
  bool registers_clients = false;  // applications may register themselves (RFC 7591)
  std::vector<std::string> acr_values;
  std::string mtls_base_url;  // as base_url, where clients present certificates; empty: nowhere
};

// One JSON document for both well-known forms (OIDC Discovery 3, RFC 8414 2).
[[nodiscard]] std::string metadata_json(const ServerMetadata& metadata);

}  // namespace curfew
