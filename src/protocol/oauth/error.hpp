// protocol/oauth/error.hpp: what an OAuth endpoint answers when it refuses, in Entra's shape.
//
// The number after AADSTS is what administrators search for and MSAL hands to applications as
// errorNo; the suberror is what makes MSAL drop a refresh token or ask the person again. Nothing
// here ever leads to a Retry-After header, 429 or 5xx for one person's condition: MSAL would then
// refuse that client's calls for other people too.
//
// Descriptions are English sentences for developers: no secret, no foreign text unescaped.
// Spec: RFC 6749 4.1.2.1 and 5.2, RFC 7009 2.2.1, RFC 7591 3.2.2, RFC 8628 3.5, RFC 8707 2, RFC
// 9470, OIDC Core 3.1.2.6.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/check.hpp"
#include "base/clock.hpp"

namespace curfew {

enum class OAuthErrorCode {
  // RFC 6749
  invalid_request,
  invalid_client,
  invalid_grant,
  unauthorized_client,
  unsupported_grant_type,
  unsupported_response_type,
  invalid_scope,
  access_denied,
  server_error,
  temporarily_unavailable,
  // RFC 7009, RFC 8707, RFC 9470
  unsupported_token_type,
  invalid_target,
  unmet_authentication_requirements,
  // OIDC Core 3.1.2.6
  interaction_required,
  login_required,
  account_selection_required,
  consent_required,
  request_not_supported,
  request_uri_not_supported,
  registration_not_supported,
  invalid_request_uri,  // RFC 9101
  // RFC 9449
  invalid_dpop_proof,
  use_dpop_nonce,
  // RFC 8628 3.5, and as MSAL spells two of them
  authorization_pending,
  slow_down,
  expired_token,
  authorization_declined,
  bad_verification_code,
  // RFC 7591 3.2.2
  invalid_redirect_uri,
  invalid_client_metadata,
  invalid_software_statement,
  // RFC 6750, at resources
  invalid_token,
  insufficient_scope,
};
[[nodiscard]] std::string_view to_string(OAuthErrorCode code);

// MSAL acts on these words; `none` is left out of the body.
enum class Suberror {
  none,
  bad_token,              // the grant is dead: drop the refresh token, ask the person
  basic_action,           // the person can cure it at once by signing in
  additional_action,      // the person must do something outside
  message_only,           // nothing cures it; show the message
  consent_required,       // the person has not agreed
  user_password_expired,  // a new password must be set
  client_mismatch,        // the grant belongs to another client
};
[[nodiscard]] std::string_view to_string(Suberror suberror);

// Entra's numbers, for the conditions that we have too; from its published table of sign-in errors.
enum class Aadsts : int {
  none = 0,
  select_account = 16000,         // several sessions, and prompt=none
  redirect_uri_mismatch = 50011,  // not among the registered ones
  invalid_assertion = 50013,
  account_not_found = 50034,
  account_locked = 50053,  // too many wrong passwords
  password_expired = 50055,
  account_disabled = 50057,
  not_signed_in = 50058,  // no session, and prompt=none
  mfa_required = 50076,
  not_assigned = 50105,  // the application takes assigned users only
  wrong_password = 50126,
  session_expired = 50132,
  session_revoked = 50133,
  code_challenge_missing = 50147,
  device_authentication_failed = 50155,
  grant_revoked = 50173,      // a fresh sign-in is needed
  blocked_by_policy = 53003,  // conditional access
  code_already_redeemed = 54005,
  consent_required = 65001,
  consent_declined = 65004,
  invalid_grant = 70000,
  unsupported_grant_type = 70003,
  unsupported_response_type = 70005,
  unsupported_response_mode = 70007,
  grant_expired = 70008,
  invalid_scope = 70011,
  authorization_pending = 70016,
  unknown_device_code = 70018,
  device_code_expired = 70019,
  tenant_not_found = 90002,
  invalid_request = 90023,
  administrator_consent_required = 90094,
  invalid_parameter = 90100,
  invalid_uri = 90102,
  device_disabled = 135011,
  resource_not_found = 500011,
  assertion_for_another = 500131,
  assertion_expired = 500133,
  code_verifier_mismatch = 501481,
  application_not_found = 700016,
  assertion_client_mismatch = 700021,
  several_resources = 700022,
  assertion_audience_mismatch = 700023,
  assertion_not_in_time = 700024,
  public_client_with_secret = 700025,
  assertion_signature_wrong = 700027,
  missing_parameter = 900144,
  method_not_allowed = 900561,
  application_disabled = 7000112,
  application_on_behalf_of = 7000114,  // its own token is nobody's
  wrong_client_secret = 7000215,
  missing_client_secret = 7000218,
  expired_client_secret = 7000222,
  malformed_request = 9002313,
};

struct OAuthError {
  OAuthErrorCode code = OAuthErrorCode::server_error;
  Aadsts aadsts = Aadsts::none;
  std::string description;  // without the AADSTS prefix
  Suberror suberror = Suberror::none;
  std::string claims;  // the JSON of a claims request that would cure it, or empty

  // What the token endpoint and its neighbours answer: 401 for invalid_client and invalid_token,
  // 403 for insufficient_scope, 500 and 503 for server_error and temporarily_unavailable, else 400.
  [[nodiscard]] int http_status() const;
  // "AADSTS50057: The account is disabled."; without a number only the description.
  [[nodiscard]] std::string full_description() const;
};

// The request that the answer belongs to; both ids are GUIDs for the logs.
struct RequestTrace {
  TimePoint at{};
  std::string trace_id;
  std::string correlation_id;
};

// The JSON body of an error answer.
[[nodiscard]] std::string to_json(const OAuthError& error, const RequestTrace& trace);

// "2026-11-23 14:00:00Z", the form of the body's timestamp.
[[nodiscard]] std::string to_entra_timestamp(TimePoint at);

// A refused request, in the shape of the endpoint that refuses. Works with CURFEW_TRY.
template <typename T>
class [[nodiscard]] OAuthResult {
 public:
  using Value = T;

  OAuthResult(T value)  // NOLINT(google-explicit-constructor)
      : state_(std::in_place_index<0>, std::move(value)) {}
  OAuthResult(OAuthError error)  // NOLINT(google-explicit-constructor)
      : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Precondition of all: ok() is as the name says. Checked.
  [[nodiscard]] T& value() & {
    CURFEW_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] const T& value() const& {
    CURFEW_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] T&& value() && {
    CURFEW_CHECK(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  [[nodiscard]] const OAuthError& error() const {
    CURFEW_CHECK(!ok());
    return *std::get_if<1>(&state_);
  }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<T, OAuthError> state_;
};

// Short forms.
[[nodiscard]] OAuthError oauth_error(OAuthErrorCode code, Aadsts aadsts, std::string description,
                                     Suberror suberror = Suberror::none);
[[nodiscard]] OAuthError invalid_request(std::string description,
                                         Aadsts aadsts = Aadsts::malformed_request);
[[nodiscard]] OAuthError invalid_grant(std::string description, Aadsts aadsts,
                                       Suberror suberror = Suberror::none);

}  // namespace curfew
