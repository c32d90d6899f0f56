#include "protocol/oauth/token_request.hpp"

#include <array>

#include "base/text.hpp"

namespace curfew {

namespace {

using Grant = decltype(TokenRequest::grant);

constexpr std::string_view kJwtBearerGrantType = "urn:ietf:params:oauth:grant-type:jwt-bearer";
// Its name before RFC 8628, which @azure/msal-node still sends.
constexpr std::string_view kOldDeviceCodeGrantType = "device_code";

OAuthError missing(std::string_view name) {
  return invalid_request("The parameter '" + std::string{name} + "' is missing.",
                         Aadsts::missing_parameter);
}

// RFC 7523 knows assertions of other issuers too; ours is a token of our own alone.
OAuthResult<Grant> parse_on_behalf_of(const OAuthParams& params) {
  if (params.get("requested_token_use") != "on_behalf_of") {
    return invalid_request("The parameter 'requested_token_use' must be 'on_behalf_of'.",
                           Aadsts::invalid_parameter);
  }
  const std::optional<std::string_view> assertion = params.get("assertion");
  if (!assertion) return missing("assertion");
  return Grant{OnBehalfOfGrant{Secret{*assertion}}};
}

OAuthResult<Grant> parse_grant(const OAuthParams& params) {
  const std::optional<std::string_view> type = params.get("grant_type");
  if (!type) return missing("grant_type");
  if (*type == "authorization_code") {
    const std::optional<std::string_view> code = params.get("code");
    if (!code) return missing("code");
    AuthorizationCodeGrant grant;
    grant.code = Secret{*code};
    grant.redirect_uri = params.get("redirect_uri");
    grant.code_verifier = params.get("code_verifier");
    return Grant{std::move(grant)};
  }
  if (*type == "refresh_token") {
    const std::optional<std::string_view> token = params.get("refresh_token");
    if (!token) return missing("refresh_token");
    return Grant{RefreshTokenGrant{Secret{*token}}};
  }
  if (*type == "client_credentials") return Grant{ClientCredentialsGrant{}};
  if (*type == kDeviceCodeGrantType || *type == kOldDeviceCodeGrantType) {
    const std::optional<std::string_view> code = params.get("device_code");
    if (!code) return missing("device_code");
    const std::string sku = ascii_lower(params.get("x-client-SKU").value_or(""));
    return Grant{DeviceCodeGrant{Secret{*code}, sku.starts_with("msal")}};
  }
  if (*type == kJwtBearerGrantType) return parse_on_behalf_of(params);
  return oauth_error(OAuthErrorCode::unsupported_grant_type, Aadsts::unsupported_grant_type,
                     "The grant type '" + escape_for_display(*type, 64) + "' is not supported.");
}

}  // namespace

std::string_view grant_type_of(const TokenRequest& request) {
  // In the order of the variant.
  constexpr std::array<std::string_view, 5> kNames{"authorization_code", "refresh_token",
                                                   "client_credentials", kDeviceCodeGrantType,
                                                   kJwtBearerGrantType};
  static_assert(kNames.size() == std::variant_size_v<decltype(TokenRequest::grant)>);
  return kNames.at(request.grant.index());
}

OAuthResult<TokenRequest> parse_token_request(const OAuthParams& params) {
  if (std::optional<OAuthError> error = params.first_repeated()) return *std::move(error);
  TokenRequest request;
  CURFEW_TRY(request.grant, parse_grant(params));
  CURFEW_TRY(request.scope, parse_scope(params.get("scope").value_or("")));
  CURFEW_TRY(request.resources, parse_resources(params));
  Result<ClaimsRequest> claims = parse_claims_parameter(params.get("claims").value_or(""));
  if (!claims) return invalid_request("The claims parameter: " + claims.error().message() + ".");
  request.claims = std::move(claims).value();
  request.client_info = params.get("client_info") == "1";
  return request;
}

}  // namespace curfew
