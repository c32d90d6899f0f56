// Discovery and keys: the two documents that everybody may read.
#include "protocol/oidc/discovery.hpp"

#include "access/authentication_context.hpp"
#include "api/op/oauth_answer.hpp"
#include "api/op/token_endpoints.hpp"
#include "api/token_keys.hpp"
#include "protocol/oauth/client_assertion.hpp"
#include "protocol/oauth/dpop.hpp"

namespace curfew {

namespace {

// Verifiers may keep the keys for five minutes: so long does a withdrawn key work at those who only
// look at signatures.
constexpr std::string_view kCacheControl = "public, max-age=300";

HttpResponse public_document(std::string json) {
  HttpResponse response = HttpResponse::json(200, std::move(json));
  response.headers.set("Cache-Control", kCacheControl);
  allow_any_origin(response);
  return response;
}

}  // namespace

// The document is the same for every name of the tenant: its issuer names the tenant's id (RFC 8414
// 3.3), so strict clients are told to ask under that.
Task<HttpResponse> discovery_endpoint(const ServerContext& context, RoutedRequest request) {
  if (request.http.method == HttpMethod::options) co_return preflight_answer();
  ServerMetadata metadata;
  metadata.base_url = context.base_url;
  metadata.tenant_id = context.tenant_id;
  for (const SignatureAlg alg : kClientAssertionAlgs) {
    metadata.client_assertion_algs.emplace_back(to_string(alg));
  }
  for (const SignatureAlg alg : kDpopAlgs) metadata.dpop_algs.emplace_back(to_string(alg));
  metadata.registers_clients = context.registers_clients;
  for (const std::string_view acr : kAcrValues) metadata.acr_values.emplace_back(acr);
  metadata.mtls_base_url = context.mtls_base_url;
  co_return public_document(metadata_json(metadata));
}

Task<HttpResponse> jwks_endpoint(const ServerContext& context, RoutedRequest request) {
  if (request.http.method == HttpMethod::options) co_return preflight_answer();
  co_return public_document(context.token_keys.jwks_json());
}

}  // namespace curfew
