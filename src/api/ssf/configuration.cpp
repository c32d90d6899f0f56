// The transmitter's configuration (SSF 1.0 7): what anybody may read.
#include <boost/json.hpp>

#include "api/op/oauth_answer.hpp"
#include "api/ssf/ssf_endpoints.hpp"
#include "protocol/json/json.hpp"
#include "protocol/oidc/discovery.hpp"
#include "protocol/ssf/stream_requests.hpp"

namespace curfew {

namespace {

constexpr std::string_view kCacheControl = "public, max-age=300";

boost::json::object document(const ServerContext& context) {
  boost::json::array methods;
  if (context.receivers != nullptr) methods.emplace_back(kPushMethod);
  methods.emplace_back(kPollMethod);
  return {{"spec_version", "1_0"},
          {"issuer", context.issuer()},
          {"jwks_uri", ssf_url(context, endpoint_path::kKeys)},
          {"delivery_methods_supported", std::move(methods)},
          {"configuration_endpoint", ssf_url(context, ssf_path::kStream)},
          {"status_endpoint", ssf_url(context, ssf_path::kStatus)},
          {"add_subject_endpoint", ssf_url(context, ssf_path::kAddSubject)},
          {"remove_subject_endpoint", ssf_url(context, ssf_path::kRemoveSubject)},
          {"verification_endpoint", ssf_url(context, ssf_path::kVerification)},
          {"authorization_schemes",
           boost::json::array{boost::json::object{{"spec_urn", "urn:ietf:rfc:6749"}}}},
          {"default_subjects", "ALL"}};
}

}  // namespace

std::string ssf_url(const ServerContext& context, std::string_view path) {
  return context.base_url + "/" + context.tenant_id.str() + std::string{path};
}

Task<HttpResponse> ssf_configuration_endpoint(const ServerContext& context, RoutedRequest request) {
  if (request.http.method == HttpMethod::options) co_return preflight_answer("GET, OPTIONS");
  HttpResponse response = HttpResponse::json(200, serialize_json(document(context)));
  response.headers.set("Cache-Control", kCacheControl);
  allow_any_origin(response);
  co_return response;
}

}  // namespace curfew
