#include "protocol/oauth/error.hpp"

#include "protocol/json/writer.hpp"

namespace curfew {

std::string_view to_string(OAuthErrorCode code) {
  switch (code) {
    case OAuthErrorCode::invalid_request: return "invalid_request";
    case OAuthErrorCode::invalid_client: return "invalid_client";
    case OAuthErrorCode::invalid_grant: return "invalid_grant";
    case OAuthErrorCode::unauthorized_client: return "unauthorized_client";
    case OAuthErrorCode::unsupported_grant_type: return "unsupported_grant_type";
    case OAuthErrorCode::unsupported_response_type: return "unsupported_response_type";
    case OAuthErrorCode::invalid_scope: return "invalid_scope";
    case OAuthErrorCode::access_denied: return "access_denied";
    case OAuthErrorCode::server_error: return "server_error";
    case OAuthErrorCode::temporarily_unavailable: return "temporarily_unavailable";
    case OAuthErrorCode::unsupported_token_type: return "unsupported_token_type";
    case OAuthErrorCode::invalid_target: return "invalid_target";
    case OAuthErrorCode::unmet_authentication_requirements:
      return "unmet_authentication_requirements";
    case OAuthErrorCode::interaction_required: return "interaction_required";
    case OAuthErrorCode::login_required: return "login_required";
    case OAuthErrorCode::account_selection_required: return "account_selection_required";
    case OAuthErrorCode::consent_required: return "consent_required";
    case OAuthErrorCode::request_not_supported: return "request_not_supported";
    case OAuthErrorCode::request_uri_not_supported: return "request_uri_not_supported";
    case OAuthErrorCode::registration_not_supported: return "registration_not_supported";
    case OAuthErrorCode::invalid_request_uri: return "invalid_request_uri";
    case OAuthErrorCode::invalid_dpop_proof: return "invalid_dpop_proof";
    case OAuthErrorCode::use_dpop_nonce: return "use_dpop_nonce";
    case OAuthErrorCode::authorization_pending: return "authorization_pending";
    case OAuthErrorCode::slow_down: return "slow_down";
    case OAuthErrorCode::expired_token: return "expired_token";
    case OAuthErrorCode::authorization_declined: return "authorization_declined";
    case OAuthErrorCode::bad_verification_code: return "bad_verification_code";
    case OAuthErrorCode::invalid_redirect_uri: return "invalid_redirect_uri";
    case OAuthErrorCode::invalid_client_metadata: return "invalid_client_metadata";
    case OAuthErrorCode::invalid_software_statement: return "invalid_software_statement";
    case OAuthErrorCode::invalid_token: return "invalid_token";
    case OAuthErrorCode::insufficient_scope: return "insufficient_scope";
  }
  CURFEW_CHECK(false);
}

std::string_view to_string(Suberror suberror) {
  switch (suberror) {
    case Suberror::none: return "";
    case Suberror::bad_token: return "bad_token";
    case Suberror::basic_action: return "basic_action";
    case Suberror::additional_action: return "additional_action";
    case Suberror::message_only: return "message_only";
    case Suberror::consent_required: return "consent_required";
    case Suberror::user_password_expired: return "user_password_expired";
    case Suberror::client_mismatch: return "client_mismatch";
  }
  CURFEW_CHECK(false);
}

int OAuthError::http_status() const {
  switch (code) {
    case OAuthErrorCode::invalid_client:
    case OAuthErrorCode::invalid_token: return 401;
    case OAuthErrorCode::insufficient_scope: return 403;
    case OAuthErrorCode::server_error: return 500;
    case OAuthErrorCode::temporarily_unavailable: return 503;
    case OAuthErrorCode::invalid_request:
    case OAuthErrorCode::invalid_grant:
    case OAuthErrorCode::unauthorized_client:
    case OAuthErrorCode::unsupported_grant_type:
    case OAuthErrorCode::unsupported_response_type:
    case OAuthErrorCode::invalid_scope:
    case OAuthErrorCode::access_denied:
    case OAuthErrorCode::unsupported_token_type:
    case OAuthErrorCode::invalid_target:
    case OAuthErrorCode::unmet_authentication_requirements:
    case OAuthErrorCode::interaction_required:
    case OAuthErrorCode::login_required:
    case OAuthErrorCode::account_selection_required:
    case OAuthErrorCode::consent_required:
    case OAuthErrorCode::request_not_supported:
    case OAuthErrorCode::request_uri_not_supported:
    case OAuthErrorCode::invalid_request_uri:
    case OAuthErrorCode::invalid_dpop_proof:
    case OAuthErrorCode::use_dpop_nonce:
    case OAuthErrorCode::registration_not_supported:
    case OAuthErrorCode::invalid_redirect_uri:
    case OAuthErrorCode::invalid_client_metadata:
    case OAuthErrorCode::invalid_software_statement:
    case OAuthErrorCode::authorization_pending:
    case OAuthErrorCode::slow_down:
    case OAuthErrorCode::expired_token:
    case OAuthErrorCode::authorization_declined:
    case OAuthErrorCode::bad_verification_code: return 400;
  }
  CURFEW_CHECK(false);
}

std::string OAuthError::full_description() const {
  std::string text;
  if (aadsts != Aadsts::none) {
    text = "AADSTS" + std::to_string(static_cast<int>(aadsts)) + ": ";
  }
  // RFC 6749 4.1.2.1 and 5.2 allow printable ASCII without '"' and '\'.
  for (const char c : description) {
    const bool is_allowed = c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
    text += is_allowed ? c : (c == '"' ? '\'' : '?');
  }
  return text;
}

std::string to_entra_timestamp(TimePoint at) {
  std::string text = to_rfc3339(at);  // "2026-11-23T14:00:00.000Z"
  text[10] = ' ';
  return text.substr(0, 19) + "Z";
}

std::string to_json(const OAuthError& error, const RequestTrace& trace) {
  std::string body;
  JsonObjectWriter writer{body};
  writer.string("error", to_string(error.code))
      .string("error_description", error.full_description());
  const std::string number = std::to_string(static_cast<int>(error.aadsts));
  writer.raw("error_codes", error.aadsts == Aadsts::none ? "[]" : "[" + number + "]");
  writer.string("timestamp", to_entra_timestamp(trace.at))
      .string("trace_id", trace.trace_id)
      .string("correlation_id", trace.correlation_id);
  if (error.suberror != Suberror::none) writer.string("suberror", to_string(error.suberror));
  if (!error.claims.empty()) writer.string("claims", error.claims);
  writer.end();
  return body;
}

OAuthError oauth_error(OAuthErrorCode code, Aadsts aadsts, std::string description,
                       Suberror suberror) {
  OAuthError error;
  error.code = code;
  error.aadsts = aadsts;
  error.description = std::move(description);
  error.suberror = suberror;
  return error;
}

OAuthError invalid_request(std::string description, Aadsts aadsts) {
  return oauth_error(OAuthErrorCode::invalid_request, aadsts, std::move(description));
}

OAuthError invalid_grant(std::string description, Aadsts aadsts, Suberror suberror) {
  return oauth_error(OAuthErrorCode::invalid_grant, aadsts, std::move(description), suberror);
}

}  // namespace curfew
