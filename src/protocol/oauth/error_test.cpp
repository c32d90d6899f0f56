#include "protocol/oauth/error.hpp"

#include <doctest/doctest.h>

using namespace curfew;

namespace {

RequestTrace trace() {
  return {*parse_rfc3339("2026-11-23T14:00:00.987Z"), "0f3c7a52-1111-4222-8333-444455556666",
          "9a8b7c6d-1111-4222-8333-444455556666"};
}

}  // namespace

TEST_CASE("an error answer has Entra's members, so that MSAL maps it") {
  OAuthError error =
      invalid_grant("The account is disabled.", Aadsts::account_disabled, Suberror::bad_token);
  CHECK(to_json(error, trace()) ==
        R"({"error":"invalid_grant","error_description":"AADSTS50057: The account is disabled.",)"
        R"("error_codes":[50057],"timestamp":"2026-11-23 14:00:00Z",)"
        R"("trace_id":"0f3c7a52-1111-4222-8333-444455556666",)"
        R"("correlation_id":"9a8b7c6d-1111-4222-8333-444455556666","suberror":"bad_token"})");
  CHECK(error.http_status() == 400);
}

TEST_CASE(
    "an error answer carries the claims that would cure it, and leaves out what is not there") {
  OAuthError error;
  error.code = OAuthErrorCode::interaction_required;
  error.description = "More is needed.";
  error.claims = R"({"access_token":{}})";
  const std::string body = to_json(error, trace());
  CHECK(body.find(R"("claims":"{\"access_token\":{}}")") != std::string::npos);
  CHECK(body.find(R"("error_codes":[])") != std::string::npos);
  CHECK(body.find("suberror") == std::string::npos);
  CHECK(body.find("AADSTS") == std::string::npos);
}

TEST_CASE("RFC 6749 5.2: a description is printable ASCII without quote and backslash") {
  OAuthError error;
  error.description = "a\"b\\c\n\xC3\xA4";
  CHECK(error.full_description() == "a'b?c???");
}

TEST_CASE("RFC 6749 5.2: a failed client authentication is 401, a dead grant 400") {
  OAuthError error;
  error.code = OAuthErrorCode::invalid_client;
  CHECK(error.http_status() == 401);
  for (const OAuthErrorCode code :
       {OAuthErrorCode::invalid_grant, OAuthErrorCode::interaction_required,
        OAuthErrorCode::access_denied, OAuthErrorCode::consent_required}) {
    error.code = code;
    CHECK(error.http_status() == 400);
  }
}

TEST_CASE("RFC 6750 3.1: invalid_token is 401, insufficient_scope 403") {
  OAuthError error;
  error.code = OAuthErrorCode::invalid_token;
  CHECK(error.http_status() == 401);
  error.code = OAuthErrorCode::insufficient_scope;
  CHECK(error.http_status() == 403);
}
