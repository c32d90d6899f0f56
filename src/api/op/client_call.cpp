#include "api/op/client_call.hpp"

#include <functional>
#include <optional>
#include <utility>

#include "api/metrics.hpp"
#include "api/op/oauth_answer.hpp"
#include "io/runtime.hpp"
#include "store/schema_clients.hpp"

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
  auto client = authenticate_client(context, std::move(known), credentials, http.peer, as_of, now);
  if (!client.ok()) context.metrics.add(Counter::clients_refused);
  return client;
}

Task<std::optional<OAuthError>> use_assertion(const ServerContext& context,
                                              std::optional<UsedAssertion> assertion) {
  if (!assertion) co_return std::nullopt;
  std::function<Result<bool>(WriteTx&)> body = [used = *assertion](WriteTx& tx) -> Result<bool> {
    CURFEW_TRY(const auto before, load<UsedAssertion>(tx, used.tenant_id, used.id));
    if (before) return false;
    CURFEW_TRY_STATUS(add(tx, used));
    return true;
  };
  const Result<bool> is_first = co_await write_value<bool>(context.store, current_executor(),
                                                           Urgency::normal, std::move(body));
  if (!is_first.ok()) co_return oauth_error_of(is_first.error());
  if (*is_first) co_return std::nullopt;
  context.metrics.add(Counter::clients_refused);
  co_return oauth_error(OAuthErrorCode::invalid_client, Aadsts::invalid_assertion,
                        "The client assertion was used before; each one counts once.");
}

}  // namespace curfew
