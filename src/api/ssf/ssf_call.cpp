#include "api/ssf/ssf_call.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "api/authn.hpp"
#include "api/metrics.hpp"
#include "base/log.hpp"
#include "model/signals_app.hpp"
#include "protocol/http/authorization_header.hpp"
#include "protocol/http/form.hpp"
#include "protocol/json/json.hpp"
#include "store/schema_signals.hpp"

namespace curfew {

namespace {

bool holds(const Caller& caller, std::string_view permission) {
  return std::ranges::find(caller.scopes, permission) != caller.scopes.end();
}

HttpResponse missing_scope(SsfRight right) {
  const std::string scope{right == SsfRight::manage ? kSignalsManage : kSignalsRead};
  HttpResponse response =
      ssf_problem(403, "access_denied", "The access token does not have the scope " + scope + ".");
  BearerChallenge challenge;
  challenge.error = "insufficient_scope";
  challenge.error_description = "The scope " + scope + " is needed.";
  response.headers.set("WWW-Authenticate", to_header(challenge));
  return response;
}

int status_of(const Error& error) {
  switch (error.code()) {
    case ErrorCode::invalid_argument: return 400;
    case ErrorCode::unauthenticated: return 401;
    case ErrorCode::denied: return 403;
    case ErrorCode::not_found: return 404;
    case ErrorCode::conflict: return 409;
    case ErrorCode::exhausted: return error.retry() == Retry::later ? 429 : 400;
    default: return 503;
  }
}

}  // namespace

HttpResponse ssf_problem(int status, std::string_view code, const std::string& description) {
  HttpResponse response =
      ssf_answer(status, boost::json::object{{"err", code}, {"description", description}});
  response.headers.set("Content-Language", "en");
  return response;
}

HttpResponse ssf_answer(int status, const boost::json::value& body) {
  HttpResponse response = HttpResponse::json(status, serialize_json(body));
  response.headers.set("Cache-Control", "no-store");
  return response;
}

HttpResponse ssf_empty(int status) {
  HttpResponse response = HttpResponse::empty(status);
  response.headers.set("Cache-Control", "no-store");
  return response;
}

HttpResponse ssf_error(const SsfCall& call, const Error& error) {
  const int status = status_of(error);
  if (status == 503) {
    log(LogLevel::warning, "signals.failed",
        {{"request", call.request.request_id}, {"why", error.message()}});
    return ssf_problem(status, "temporarily_unavailable", "The server cannot answer now.");
  }
  HttpResponse response = ssf_problem(
      status, status == 401 ? "authentication_failed" : "invalid_request", error.message());
  if (status == 429) response.headers.set("Retry-After", "60");
  if (status != 401) return response;
  BearerChallenge challenge;
  challenge.error = "invalid_token";
  challenge.error_description = error.message();
  response.headers.set("WWW-Authenticate", to_header(challenge));
  return response;
}

std::variant<SsfCall, HttpResponse> admit_receiver(const ServerContext& context,
                                                   RoutedRequest request, SsfRight right) {
  auto authenticated = authenticate(context, request, kSignalsResource);
  if (auto* refusal = std::get_if<HttpResponse>(&authenticated)) return std::move(*refusal);
  Caller& caller = std::get<Caller>(authenticated);
  // Neither people nor the machine's root are receivers, and an API key has no audience of its own.
  const bool is_receiver = caller.credential == CredentialKind::app_access_token && caller.facts;
  const bool may = is_receiver && (holds(caller, kSignalsManage) ||
                                   (right == SsfRight::read && holds(caller, kSignalsRead)));
  if (!may) return missing_scope(right);
  SsfCall call{{context, std::move(request), std::move(caller), "signals.call"}};
  return call;
}

Result<std::optional<std::string>> ssf_parameter(const SsfCall& call, std::string_view name) {
  CURFEW_TRY(const Form query, parse_form(call.request.http.query()));
  if (query.count(name) > 1) {
    return Error::permanent(ErrorCode::invalid_argument,
                            std::string{name} + " occurs twice in the address");
  }
  const auto value = query.single(name);
  return value ? std::optional{std::string{*value}} : std::nullopt;
}

Result<SignalStream> own_stream(ReadTx& tx, const SsfCall& call, const std::string& stream_id) {
  CURFEW_TRY(auto stream, load<SignalStream>(tx, call.tenant_id(), stream_id));
  if (stream && stream->app_id == call.receiver()) return *std::move(stream);
  return Error::permanent(ErrorCode::not_found, "there is no such stream of this receiver's");
}

Task<Result<Done>> change_stream(const SsfCall& call, std::string stream_id,
                                 std::function<Result<Done>(WriteTx&, SignalStream&)> how) {
  auto body = [&call, stream_id = std::move(stream_id),
               how = std::move(how)](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(SignalStream stream, own_stream(tx, call, stream_id));
    return how(tx, stream);
  };
  co_return co_await write_as_caller(call, std::move(body));
}

}  // namespace curfew
