#include "api/op/client_call.hpp"

#include <optional>
#include <utility>

#include "api/metrics.hpp"
#include "api/op/oauth_answer.hpp"

namespace curfew {

OAuthResult<OAuthParams> form_of(const HttpRequest& http) {
  const auto content_type = http.header("Content-Type");
  if (!content_type.ok()) return invalid_request("The Content-Type header occurs twice.");
  CURFEW_TRY(OAuthParams params, OAuthParams::parse_body(content_type->value_or(""), http.body));
  if (auto repeated = params.first_repeated()) return *std::move(repeated);
  return params;
}

OAuthResult<AuthenticatedClient> authenticated_client(const ServerContext& context,
                                                      const HttpRequest& http,
                                                      const OAuthParams& params, Position as_of,
                                                      TimePoint now) {
  CURFEW_TRY(const ClientCredentials credentials, client_credentials_of(http, params));
  CURFEW_TRY(auto known,
             in_oauth(context.known_apps->client(context.tenant_id, credentials.client_id)));
  auto client = authenticate_client(std::move(known), credentials, as_of, now);
  if (!client.ok()) context.metrics.add(Counter::clients_refused);
  return client;
}

}  // namespace curfew
