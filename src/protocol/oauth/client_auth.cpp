#include "protocol/oauth/client_auth.hpp"

#include <algorithm>

#include "protocol/http/authorization_header.hpp"

namespace curfew {

namespace {

constexpr std::size_t kClientIdBytesMax = 256;

OAuthError invalid_client(std::string description, Aadsts aadsts) {
  OAuthError error;
  error.code = OAuthErrorCode::invalid_client;
  error.aadsts = aadsts;
  error.description = std::move(description);
  return error;
}

// The id and secret of the Authorization header; both empty if there is none.
OAuthResult<BasicCredentials> credentials_of_header(std::optional<std::string_view> authorization) {
  if (!authorization) return BasicCredentials{};
  const Result<AuthorizationHeader> header = parse_authorization(*authorization);
  if (!header.ok() || header->scheme != AuthorizationScheme::basic) {
    return invalid_client("The Authorization header is not Basic with credentials.",
                          Aadsts::invalid_request);
  }
  Result<BasicCredentials> basic = decode_basic(header->credentials);
  if (!basic.ok() || basic->id.empty()) {
    return invalid_client("The Authorization header does not hold a client id and a secret.",
                          Aadsts::invalid_request);
  }
  return std::move(basic).value();
}

std::optional<OAuthError> unusable_parameter(const OAuthParams& body) {
  if (body.is_repeated("client_id") || body.is_repeated("client_secret")) {
    return invalid_request("The client's id or secret occurs more than once.");
  }
  if (body.get("client_assertion") || body.get("client_assertion_type")) {
    return invalid_client("Client assertions are not supported yet.", Aadsts::invalid_assertion);
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(ClientAuthMethod method) {
  switch (method) {
    case ClientAuthMethod::none: return "none";
    case ClientAuthMethod::client_secret_basic: return "client_secret_basic";
    case ClientAuthMethod::client_secret_post: return "client_secret_post";
  }
  CURFEW_CHECK(false);
}

bool is_client_id(std::string_view text) {
  return !text.empty() && text.size() <= kClientIdBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

OAuthResult<ClientCredentials> parse_client_credentials(
    std::optional<std::string_view> authorization, const OAuthParams& body) {
  if (std::optional<OAuthError> error = unusable_parameter(body)) return *std::move(error);
  CURFEW_TRY(BasicCredentials basic, credentials_of_header(authorization));
  const std::string posted_id = body.get_or_empty("client_id");
  const std::optional<std::string_view> posted_secret = body.get("client_secret");

  const std::string& id = basic.id.empty() ? posted_id : basic.id;
  if (id.empty()) {
    return invalid_request("The parameter 'client_id' is missing.", Aadsts::missing_parameter);
  }
  if (!posted_id.empty() && posted_id != id) {
    return invalid_request("The client ids in the Authorization header and in the body differ.");
  }
  if (!is_client_id(id)) return invalid_request("The client id is malformed.");
  if (!basic.secret.empty() && posted_secret) {
    return invalid_request("The client's secret came in two places.");
  }

  ClientCredentials credentials;
  credentials.client_id = AppId{id};
  if (!basic.secret.empty()) {
    credentials.method = ClientAuthMethod::client_secret_basic;
    credentials.secret = std::move(basic.secret);
  } else if (posted_secret) {
    credentials.method = ClientAuthMethod::client_secret_post;
    credentials.secret = Secret{*posted_secret};
  }
  return credentials;
}

}  // namespace curfew
