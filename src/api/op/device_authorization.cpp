// The device authorization endpoint (RFC 8628 3.1): a device without a browser begins a sign-in,
// and gets one code for itself and one for a person to type.
#include <chrono>
#include <memory>
#include <utility>

#include "api/limits/device_limits.hpp"
#include "api/op/client_call.hpp"
#include "api/op/oauth_answer.hpp"
#include "api/op/token_endpoints.hpp"
#include "api/sign_in/browser_session.hpp"
#include "api/sign_in/device_code.hpp"
#include "api/sign_in/words.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "io/runtime.hpp"
#include "protocol/oidc/discovery.hpp"
#include "store/schema.hpp"
#include "store/schema_device_codes.hpp"

namespace curfew {

namespace {

constexpr int kUserCodeTries = 5;

struct Begun {
  DeviceCode row;
  std::string device_code;
  std::string user_code;
};

// What the transaction found: codes, or a refusal.
using Outcome = OAuthResult<Begun>;

struct Asked {
  AuthenticatedClient client;
  DeviceAuthorizationRequest request;
  std::string resource;
  Browser device;  // as far as it shows who it is
};

// Says nothing about any one person, and is no 429: MSAL would not call again for anybody.
OAuthError too_many(Duration retry_in) {
  return oauth_error(
      OAuthErrorCode::slow_down, Aadsts::blocked_by_policy,
      "Too many sign-ins on devices were begun; try again in " + duration_words(retry_in) + ".");
}

OAuthResult<std::shared_ptr<const Asked>> read_ask(const ServerContext& context,
                                                   const RoutedRequest& request) {
  const Position as_of = context.live().head().position;
  const Browser device = browser_of(context, request);
  CURFEW_TRY(const OAuthParams params, form_of(request.http));
  CURFEW_TRY(AuthenticatedClient client,
             authenticated_client(context, request.http, params, as_of, device.now));
  CURFEW_TRY(DeviceAuthorizationRequest read, parse_device_authorization_request(params));
  // Never told to have succeeded: each one counts.
  const auto admission = context.device_limits->begun.admit(
      {client.app().id.str(), device.address, std::nullopt, device.address_is_shared},
      context.clock.since_boot());
  if (!admission.ticket) return too_many(admission.retry_in);
  // Nothing is written for what is refused.
  CURFEW_TRY(const OAuthResult<CheckedRequest> checked,
             in_oauth(read_value<OAuthResult<CheckedRequest>>(context.store, [&](ReadTx& tx) {
               return check_device_ask(
                   tx, context,
                   DeviceAsk{client.app(), read.scope.texts, read.resources, read.claims});
             })));
  if (!checked.ok()) return checked.error();
  return std::shared_ptr<const Asked>{std::make_shared<Asked>(
      Asked{std::move(client), std::move(read), checked.value().choice.resource, device})};
}

Result<std::string> free_user_code(ReadTx& tx, const ServerContext& context) {
  for (int i = 0; i < kUserCodeTries; ++i) {
    std::string code = make_user_code(random_u64());
    Query query;
    query.index = "device_codes_by_user_code";
    query.prefix = keys_of(context.tenant_id, user_code_mac(context, code));
    query.limit = 1;
    CURFEW_TRY(const auto taken, scan_as<DeviceCode>(tx, query));
    if (taken.empty()) return code;
  }
  return Error::transient(ErrorCode::exhausted, "no user code is free");
}

Result<Outcome> begin(WriteTx& tx, const ServerContext& context, const Asked& asked) {
  CURFEW_TRY(auto standing, check_client_standing(context, tx, asked.client, asked.device.now));
  if (standing) return Outcome{*std::move(standing)};
  Begun begun;
  begun.device_code = random_token();
  CURFEW_TRY(begun.user_code, free_user_code(tx, context));
  DeviceCode& row = begun.row;
  row.tenant_id = context.tenant_id;
  row.hash = sha256_base64url(begun.device_code);
  row.user_code_mac = user_code_mac(context, begun.user_code);
  row.app_id = asked.client.app().id;
  row.resource = asked.resource;
  row.scopes = asked.request.scope.texts;
  row.claims = asked.request.claims;
  row.address = asked.device.address;
  row.user_agent = asked.device.user_agent;
  row.created_at = asked.device.now;
  row.expires_at = asked.device.now + kDeviceCodeLifetime;
  CURFEW_TRY_STATUS(add(tx, row));
  return Outcome{std::move(begun)};
}

std::string answer_of(const ServerContext& context, const Begun& begun) {
  using std::chrono::duration_cast;
  using std::chrono::seconds;
  DeviceAuthorizationAnswer answer;
  answer.device_code = begun.device_code;
  answer.user_code = begun.user_code;
  // Read off a screen and typed: the tenant's domain rather than its id.
  const std::string tenant =
      context.domains.empty() ? context.tenant_id.str() : context.domains.front();
  answer.verification_uri = context.base_url + "/" + tenant + std::string{endpoint_path::kDevice};
  answer.expires_in = duration_cast<seconds>(kDeviceCodeLifetime);
  answer.interval = duration_cast<seconds>(kPollInterval);
  return to_json(answer);
}

}  // namespace

Task<HttpResponse> device_authorization_endpoint(const ServerContext& context,
                                                 RoutedRequest request) {
  const RequestTrace trace = trace_of(context, request);
  const auto asked = read_ask(context, request);
  if (!asked.ok()) co_return oauth_refusal(asked.error(), trace);
  auto body = [&context, ask = asked.value()](WriteTx& tx) { return begin(tx, context, *ask); };
  const Result<Outcome> begun = co_await write_value<Outcome>(context.store, current_executor(),
                                                              Urgency::normal, std::move(body));
  if (!begun.ok()) co_return oauth_refusal(oauth_error_of(begun.error()), trace);
  if (!begun->ok()) co_return oauth_refusal(begun->error(), trace);
  co_return oauth_answer(200, answer_of(context, begun->value()), trace);
}

}  // namespace curfew
