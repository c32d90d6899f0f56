// tests/fuzz/fuzz_authorize_request.cpp: every authorization request ends in one clear answer.
//
// Covers: protocol/oauth/authorize_request.cpp protocol/oauth/authorize_response.cpp
//   protocol/oauth/scope.cpp protocol/oauth/params.cpp protocol/oauth/pkce.cpp
//   protocol/oauth/device_authorization.cpp
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "base/text.hpp"
#include "protocol/http/uri.hpp"
#include "protocol/oauth/authorize_request.hpp"
#include "protocol/oauth/authorize_response.hpp"
#include "protocol/oauth/device_authorization.hpp"
#include "protocol/oauth/pkce.hpp"

using namespace curfew;

namespace {

// The answer goes to the host that was asked for, in one header line or one page.
void check_answer(const AuthorizeTarget& target, const HttpResponse& response) {
  const auto location = response.headers.single("Location");
  CURFEW_CHECK(location.ok());
  if (target.response_mode == ResponseMode::form_post) {
    CURFEW_CHECK(response.status == 200 && !location.value());
    CURFEW_CHECK(response.body.find("<script>") == response.body.rfind("<script>"));
    return;
  }
  CURFEW_CHECK(response.status == 303 && location.value());
  const Result<Uri> to = parse_uri(**location);
  CURFEW_CHECK(to.ok() && to->host == parse_uri(target.redirect_uri)->host);
}

void check_request(const AuthorizeRequest& request) {
  CURFEW_CHECK(!request.code_challenge || is_code_challenge(*request.code_challenge));
  const Prompt& prompt = request.prompt;
  CURFEW_CHECK(!prompt.none || !(prompt.login || prompt.consent || prompt.select_account));
  const auto choice = choose_resource(request.scope, request.resources, "api://default");
  if (!choice.ok()) return;
  for (const std::string& text : split_words(response_scope(request.scope, *choice, {"a", "b"}))) {
    CURFEW_CHECK(is_utf8(text));
  }
}

// A device asks with the same scopes and resources; what is stored of them reads as the same again.
// A user code has one spelling, whatever was typed.
void check_device(const OAuthParams& params, std::string_view text) {
  const auto request = parse_device_authorization_request(params);
  if (request.ok()) {
    const auto again = parse_scope(request->scope.texts);
    CURFEW_CHECK(again.ok() && again->texts == request->scope.texts);
    CURFEW_CHECK(parse_claims_parameter(request->claims).ok());
  }
  for (const std::string_view typed : {text, params.get("user_code").value_or("")}) {
    const auto code = read_user_code(typed);
    CURFEW_CHECK(!code || read_user_code(*code) == code);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const OAuthResult<OAuthParams> params = OAuthParams::parse(text);
  if (!params.ok()) return 0;
  check_device(*params, text);
  const OAuthResult<AuthorizeTarget> target = parse_authorize_target(*params);
  if (!target.ok()) return 0;
  const OAuthResult<AuthorizeRequest> request = parse_authorize_request(*params, *target);
  if (request.ok()) check_request(*request);
  // Only registered URIs are ever answered, and those have no fragment.
  const Result<Uri> uri = parse_uri(target->redirect_uri);
  if (!uri.ok() || uri->fragment) return 0;
  check_answer(*target, request.ok()
                            ? authorize_success(*target, "https://idp.test", {"c", "i"})
                            : authorize_failure(*target, "https://idp.test", request.error()));
  return 0;
}
