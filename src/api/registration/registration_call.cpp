#include "api/registration/registration_call.hpp"

#include <utility>

#include "api/op/oauth_answer.hpp"
#include "base/text.hpp"
#include "io/runtime.hpp"
#include "protocol/http/authorization_header.hpp"
#include "protocol/oauth/client_metadata.hpp"

namespace curfew {

std::optional<OAuthError> check_registers(const ServerContext& context) {
  if (context.registers_clients) return std::nullopt;
  return oauth_error(OAuthErrorCode::registration_not_supported, Aadsts::none,
                     "Applications cannot register themselves at this server; its operator can "
                     "allow it ([registration] enabled).");
}

OAuthError invalid_registration_token() {
  return oauth_error(OAuthErrorCode::invalid_token, Aadsts::none,
                     "The token is missing, not valid here, used up or has expired; an "
                     "administrator can make another one.");
}

OAuthResult<std::string> bearer_token_of(const HttpRequest& http) {
  const auto header = http.header("Authorization");
  if (!header.ok()) return invalid_request("The Authorization header occurs twice.");
  if (!*header) return invalid_registration_token();
  const auto authorization = parse_authorization(**header);
  const bool is_bearer = authorization.ok() && authorization->scheme == AuthorizationScheme::bearer;
  if (!is_bearer) return invalid_registration_token();
  return std::string{authorization->credentials};
}

OAuthResult<std::string> json_body_of(const HttpRequest& http) {
  const auto type = http.header("Content-Type");
  const std::string given = type.ok() ? std::string{type->value_or("")} : std::string{};
  const std::string_view media = std::string_view{given}.substr(0, given.find(';'));
  if (ascii_lower(trim_ascii(media)) == "application/json") return http.body;
  return bad_metadata("The request must be application/json.");
}

Task<Refusal> write_or_refuse(const ServerContext& context, Urgency urgency,
                              std::function<Result<Refusal>(WriteTx&)> body) {
  Result<Refusal> written =
      co_await write_value<Refusal>(context.store, current_executor(), urgency, std::move(body));
  if (!written.ok()) co_return oauth_error_of(written.error());
  co_return *std::move(written);
}

HttpResponse registration_answer(const ServerContext& context, const RoutedRequest& request,
                                 int status, std::string json) {
  HttpResponse response = oauth_answer(status, std::move(json), trace_of(context, request));
  allow_any_origin(response);
  return response;
}

HttpResponse registration_refusal(const ServerContext& context, const RoutedRequest& request,
                                  const OAuthError& error) {
  HttpResponse response = registration_answer(context, request, error.http_status(),
                                              to_json(error, trace_of(context, request)));
  if (error.code == OAuthErrorCode::registration_not_supported) response.status = 403;
  if (error.code == OAuthErrorCode::temporarily_unavailable) response.status = 429;
  if (error.code != OAuthErrorCode::invalid_token) return response;
  BearerChallenge challenge;
  challenge.error = to_string(error.code);
  challenge.error_description = error.description;
  response.headers.set("WWW-Authenticate", to_header(challenge));
  return response;
}

}  // namespace curfew
