#include "protocol/oauth/client_auth.hpp"

#include <algorithm>

#include "protocol/http/authorization_header.hpp"

namespace curfew {

namespace {

constexpr std::size_t kClientIdBytesMax = 256;

OAuthError invalid_client(std::string description, Aadsts aadsts) {
  return oauth_error(OAuthErrorCode::invalid_client, aadsts, std::move(description));
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
  for (const std::string_view name :
       {"client_id", "client_secret", "client_assertion", "client_assertion_type"}) {
    if (!body.is_repeated(name)) continue;
    return invalid_request("The parameter '" + std::string{name} + "' occurs more than once.");
  }
  return std::nullopt;
}

OAuthResult<std::optional<ClientAssertion>> assertion_in(const OAuthParams& body) {
  const std::optional<std::string_view> compact = body.get("client_assertion");
  const std::optional<std::string_view> type = body.get("client_assertion_type");
  if (!compact && !type) return std::optional<ClientAssertion>{};
  if (!compact) {
    return invalid_request("The parameter 'client_assertion' is missing.",
                           Aadsts::missing_parameter);
  }
  if (type != kClientAssertionType) {
    return invalid_client(
        "The client_assertion_type must be " + std::string{kClientAssertionType} + ".",
        Aadsts::invalid_assertion);
  }
  CURFEW_TRY(ClientAssertion assertion, parse_client_assertion(*compact));
  return std::optional{std::move(assertion)};
}

}  // namespace

std::string_view to_string(ClientAuthMethod method) {
  switch (method) {
    case ClientAuthMethod::none: return "none";
    case ClientAuthMethod::client_secret_basic: return "client_secret_basic";
    case ClientAuthMethod::client_secret_post: return "client_secret_post";
    case ClientAuthMethod::private_key_jwt: return "private_key_jwt";
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
  CURFEW_TRY(std::optional<ClientAssertion> assertion, assertion_in(body));
  std::string posted_id = body.get_or_empty("client_id");
  const std::optional<std::string_view> posted_secret = body.get("client_secret");

  std::string id = basic.id.empty() ? posted_id : basic.id;
  if (id.empty() && assertion) id = assertion->claimed_client.str();
  if (id.empty()) {
    return invalid_request("The parameter 'client_id' is missing.", Aadsts::missing_parameter);
  }
  if (!posted_id.empty() && posted_id != id) {
    return invalid_request("The client ids in the Authorization header and in the body differ.");
  }
  if (!is_client_id(id)) return invalid_request("The client id is malformed.");
  const int proofs =
      int{!basic.secret.empty()} + int{posted_secret.has_value()} + int{assertion.has_value()};
  if (proofs > 1) return invalid_request("The client proves itself in two ways at once.");
  if (assertion && assertion->claimed_client.str() != id) {
    return invalid_client("The client assertion is another client's than client_id says.",
                          Aadsts::assertion_client_mismatch);
  }

  ClientCredentials credentials;
  credentials.client_id = AppId{std::move(id)};
  if (assertion) {
    credentials.method = ClientAuthMethod::private_key_jwt;
    credentials.assertion = std::move(assertion);
  } else if (!basic.secret.empty()) {
    credentials.method = ClientAuthMethod::client_secret_basic;
    credentials.secret = std::move(basic.secret);
  } else if (posted_secret) {
    credentials.method = ClientAuthMethod::client_secret_post;
    credentials.secret = Secret{*posted_secret};
  }
  return credentials;
}

}  // namespace curfew
