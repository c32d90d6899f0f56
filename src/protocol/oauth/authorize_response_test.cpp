#include "protocol/oauth/authorize_response.hpp"

#include <doctest/doctest.h>

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "protocol/http/form.hpp"

using namespace curfew;

namespace {

constexpr std::string_view kIssuer = "https://idp.test/t/v2.0";

AuthorizeTarget target(ResponseMode mode, std::string redirect_uri = "https://app.test/cb") {
  return {AppId{"app"}, std::move(redirect_uri), mode, "s t&a\"te"};
}

std::string header(const HttpResponse& response, std::string_view name) {
  return std::string{response.headers.single(name).value().value_or("")};
}

OAuthError login_required() {
  OAuthError error;
  error.code = OAuthErrorCode::login_required;
  error.aadsts = Aadsts::not_signed_in;
  error.description = "Nobody is signed in.";
  return error;
}

}  // namespace

TEST_CASE("RFC 9700 4.12: an answer by redirect is 303, never cached, without referrer") {
  const HttpResponse response =
      authorize_success(target(ResponseMode::query), kIssuer, {"c0de", ""});
  CHECK(response.status == 303);
  CHECK(header(response, "Location") ==
        "https://app.test/cb?code=c0de&state=s%20t%26a%22te&iss=https%3A%2F%2Fidp.test%2Ft%2Fv2.0");
  CHECK(header(response, "Cache-Control") == "no-store");
  CHECK(header(response, "Referrer-Policy") == "no-referrer");
}

TEST_CASE("RFC 6749 3.1.2: the query of a redirect URI is kept") {
  const HttpResponse response =
      authorize_success(target(ResponseMode::query, "https://app.test/cb?a=b"), kIssuer, {"c", ""});
  CHECK(header(response, "Location").starts_with("https://app.test/cb?a=b&code=c&"));
}

TEST_CASE("RFC 9207 2: iss is in every answer, in every mode, success and error") {
  for (const ResponseMode mode :
       {ResponseMode::query, ResponseMode::fragment, ResponseMode::form_post}) {
    for (const HttpResponse& response :
         {authorize_success(target(mode), kIssuer, {"c0de", ""}),
          authorize_failure(target(mode), kIssuer, login_required())}) {
      const std::string text = header(response, "Location") + response.body;
      const bool encoded = text.find("iss=https%3A%2F%2Fidp.test%2Ft%2Fv2.0") != std::string::npos;
      const bool posted =
          text.find(R"(name="iss" value="https://idp.test/t/v2.0")") != std::string::npos;
      CHECK(encoded != posted);
    }
  }
}

TEST_CASE("an error goes back with its state and AADSTS number, in the fragment where asked") {
  const HttpResponse response =
      authorize_failure(target(ResponseMode::fragment), kIssuer, login_required());
  CHECK(header(response, "Location") ==
        "https://app.test/cb#error=login_required&error_description="
        "AADSTS50058%3A%20Nobody%20is%20signed%20in.&state=s%20t%26a%22te&"
        "iss=https%3A%2F%2Fidp.test%2Ft%2Fv2.0");
}

TEST_CASE("an absent state stays absent") {
  AuthorizeTarget where = target(ResponseMode::query);
  where.state.clear();
  CHECK(header(authorize_success(where, kIssuer, {"c", ""}), "Location").find("state") ==
        std::string::npos);
}

TEST_CASE("OAuth Form Post 1.0 2: the answer is posted by a page that works without script") {
  const HttpResponse response =
      authorize_success(target(ResponseMode::form_post), kIssuer, {"c0de", "info"});
  CHECK(response.status == 200);
  CHECK(header(response, "Cache-Control") == "no-store");
  const std::string& body = response.body;
  CHECK(body.find(R"(<form method="post" action="https://app.test/cb">)") != std::string::npos);
  CHECK(body.find(R"(name="code" value="c0de")") != std::string::npos);
  CHECK(body.find(R"(name="client_info" value="info")") != std::string::npos);
  CHECK(body.find(R"(name="state" value="s t&amp;a&quot;te")") != std::string::npos);
  CHECK(body.find("<noscript><button") != std::string::npos);
}

TEST_CASE("a hostile state cannot leave its attribute in the posting page") {
  AuthorizeTarget where = target(ResponseMode::form_post);
  where.state = "\"><script>alert(1)</script>";
  const std::string body = authorize_success(where, kIssuer, {"c", ""}).body;
  CHECK(body.find("<script>alert") == std::string::npos);
}

TEST_CASE("the posting page's policy allows its one script by hash, and no framing") {
  const HttpResponse response =
      authorize_success(target(ResponseMode::form_post), kIssuer, {"c", ""});
  const std::size_t begin = response.body.find("<script>") + 8;
  const std::size_t end = response.body.find("</script>");
  const std::string script = response.body.substr(begin, end - begin);
  const std::string policy = header(response, "Content-Security-Policy");
  CHECK(policy.find("'sha256-" + base64_encode(as_view(sha256(script))) + "'") !=
        std::string::npos);
  CHECK(policy.find("frame-ancestors 'none'") != std::string::npos);
  CHECK(policy.find("unsafe") == std::string::npos);
}

TEST_CASE("client_info is base64url of uid and utid") {
  CHECK(base64url_decode(client_info_of("o", "t")) == R"({"uid":"o","utid":"t"})");
}
