// The endpoint for requests that are sent ahead (RFC 9126): know the client, check the request as
// the authorization endpoint would, keep it for a moment.
#include <functional>
#include <memory>
#include <utility>
#include <variant>

#include "api/dpop_use.hpp"
#include "api/limits/push_meter.hpp"
#include "api/op/client_call.hpp"
#include "api/op/oauth_answer.hpp"
#include "api/op/token_endpoints.hpp"
#include "api/sign_in/authorize_checks.hpp"
#include "base/limits.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "io/runtime.hpp"
#include "protocol/http/percent.hpp"
#include "protocol/json/writer.hpp"
#include "store/schema_clients.hpp"

namespace curfew {

namespace {

struct Push {
  AuthenticatedClient client;
  std::string request_uri;
  PushedRequest row;
};

// A push as far as it came, so that a refusal can still be read by its own script.
struct Reading {
  std::optional<std::string> origin;
  std::shared_ptr<const Push> push;
  std::optional<OAuthError> refusal;
  int status = 0;  // 0: as the error says
};

// RFC 9126 2.1: what the client proves itself with is no part of the request.
bool is_proof(std::string_view name) {
  return name == "client_secret" || name == "client_assertion" || name == "client_assertion_type";
}

std::string request_text(const OAuthParams& params, const AppId& client_id,
                         std::string_view proved_jkt) {
  std::string text = "client_id=" + percent_encode(client_id.str());
  if (!proved_jkt.empty() && !params.get("dpop_jkt"))
    text += "&dpop_jkt=" + std::string{proved_jkt};
  for (const FormField& field : params.form().fields()) {
    if (field.name == "client_id" || is_proof(field.name)) continue;
    text += "&" + percent_encode(field.name) + "=" + percent_encode(field.value);
  }
  return text;
}

// What the authorization endpoint would refuse is refused here, where a person sees nothing of it
// (RFC 9126 2.1, 3.).
OAuthResult<Done> check_text(const ServerContext& context, const std::string& text) {
  CURFEW_TRY(
      const RequestOutcome outcome,
      in_oauth(read_value<RequestOutcome>(context.store, [&](ReadTx& tx) -> Result<RequestOutcome> {
        return check_request(tx, context, text, RequestSource::pushed);
      })));
  if (const auto* shown = std::get_if<RefusedOnPage>(&outcome)) return shown->error;
  if (const auto* sent = std::get_if<RefusedAtClient>(&outcome)) return sent->error;
  return Done{};
}

OAuthError disabled_client() {
  return oauth_error(OAuthErrorCode::unauthorized_client, Aadsts::application_disabled,
                     "The application is disabled.");
}

OAuthError too_many() {
  return oauth_error(OAuthErrorCode::temporarily_unavailable, Aadsts::none,
                     "The application pushes more requests in a minute than its limit.");
}

OAuthResult<std::shared_ptr<const Push>> read_push(const ServerContext& context,
                                                   const RoutedRequest& request, Reading& reading) {
  const HttpRequest& http = request.http;
  const Position as_of = context.live().head().position;
  const TimePoint now = context.clock.now();
  CURFEW_TRY(const OAuthParams params, form_of(http));
  CURFEW_TRY(AuthenticatedClient client, authenticated_client(context, http, params, as_of, now));
  reading.origin = spa_origin_of(client.app(), http);
  if (!client.app().account_enabled) return disabled_client();
  if (params.get("request_uri")) {
    return invalid_request("A request that is pushed cannot name another one (request_uri).");
  }
  const AppId client_id = client.app().id;
  CURFEW_TRY(const std::string proved_jkt, proved_key(context, request, client.app()));
  const std::string named_jkt = params.get_or_empty("dpop_jkt");
  if (!proved_jkt.empty() && !named_jkt.empty() && named_jkt != proved_jkt) {
    return invalid_dpop_proof("The dpop_jkt is not the key of the DPoP proof.");  // RFC 9449 10.1
  }
  std::string text = request_text(params, client_id, proved_jkt);
  if (text.size() > limits::kPushedRequestBytesMax) {
    reading.status = 413;
    return invalid_request("The request is longer than 16 KiB.");
  }
  CURFEW_TRY_STATUS(check_text(context, text));
  const std::size_t per_minute = client.proof ? kPushesPerMinute : kUnprovedPushesPerMinute;
  if (!context.push_meter->admit(client_id, per_minute, now)) {
    reading.status = 429;
    return too_many();
  }
  Push push;
  push.request_uri = std::string{kPushedRequestUriPrefix} + random_token();
  push.row = {context.tenant_id,
              sha256_base64url(push.request_uri),
              client_id,
              client.proof ? client.proof->id : std::string{},
              std::move(text),
              as_of,
              now,
              now + limits::kPushedRequestTime,
              now + limits::kPushedSignInTimeMax,
              std::nullopt};
  push.client = std::move(client);
  return std::shared_ptr<const Push>{std::make_shared<Push>(std::move(push))};
}

// `push` is shared with the writer's thread, which may still hold it when this task has ended.
Task<std::optional<OAuthError>> keep(const ServerContext& context,
                                     std::shared_ptr<const Push> push) {
  std::optional<OAuthError> refusal = co_await use_assertion(context, push->client.assertion);
  if (refusal) co_return refusal;
  std::function<Result<std::optional<OAuthError>>(WriteTx&)> body =
      [&context, push](WriteTx& tx) -> Result<std::optional<OAuthError>> {
    CURFEW_TRY(auto fallen, check_client_standing(context, tx, push->client, context.clock.now()));
    if (fallen) return fallen;
    CURFEW_TRY_STATUS(add(tx, push->row));
    return std::optional<OAuthError>{};
  };
  auto kept = co_await write_value<std::optional<OAuthError>>(context.store, current_executor(),
                                                              Urgency::normal, std::move(body));
  if (!kept.ok()) co_return oauth_error_of(kept.error());
  co_return *std::move(kept);
}

HttpResponse pushed_answer(const Push& push, const RequestTrace& trace) {
  std::string json;
  JsonObjectWriter writer{json};
  writer.string("request_uri", push.request_uri)
      .integer(
          "expires_in",
          std::chrono::duration_cast<std::chrono::seconds>(limits::kPushedRequestTime).count());
  writer.end();
  return oauth_answer(201, std::move(json), trace);
}

}  // namespace

Task<HttpResponse> par_endpoint(const ServerContext& context, RoutedRequest request) {
  if (request.http.method == HttpMethod::options) co_return preflight_answer();
  const RequestTrace trace = trace_of(context, request);
  Reading reading;
  auto push = read_push(context, request, reading);
  if (push.ok()) {
    reading.push = *push;
    reading.refusal = co_await keep(context, reading.push);
  } else {
    reading.refusal = push.error();
  }
  HttpResponse response = reading.refusal ? oauth_refusal(*reading.refusal, trace)
                                          : pushed_answer(*reading.push, trace);
  if (reading.refusal && reading.status != 0) response.status = reading.status;
  if (reading.origin) allow_origin(response, *reading.origin);
  co_return response;
}

}  // namespace curfew
