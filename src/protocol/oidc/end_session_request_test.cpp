#include "protocol/oidc/end_session_request.hpp"

#include <doctest/doctest.h>

#include "base/limits.hpp"

using namespace curfew;

namespace {

Result<EndSessionRequest> request(std::string_view query) {
  return parse_end_session_request(*parse_form(query));
}

}  // namespace

TEST_CASE("OIDC RP-Initiated Logout 2: every parameter is optional") {
  REQUIRE(request("").ok());
  const auto read = request(
      "id_token_hint=a.b.c&logout_hint=h&client_id=app&state=s&ui_locales=de%20en"
      "&post_logout_redirect_uri=https%3A%2F%2Fapp.test%2Fbye&client-request-id=x");
  REQUIRE(read.ok());
  CHECK(read->id_token_hint == "a.b.c");
  CHECK(read->logout_hint == "h");
  CHECK(read->client_id.str() == "app");
  CHECK(read->post_logout_redirect_uri == "https://app.test/bye");
  CHECK(read->state == "s");
  CHECK(read->ui_locales.size() == 2);
}

TEST_CASE("OIDC RP-Initiated Logout 3: state is echoed to the redirect URI") {
  EndSessionRequest end;
  end.post_logout_redirect_uri = "https://app.test/bye?a=b";
  CHECK(post_logout_location(end) == "https://app.test/bye?a=b");
  end.state = "s&x";
  CHECK(post_logout_location(end) == "https://app.test/bye?a=b&state=s%26x");
}

TEST_CASE("repeated, overlong and malformed parameters are refused") {
  CHECK_FALSE(request("state=a&state=a").ok());
  CHECK_FALSE(request("client_id=a&client_id=b").ok());
  CHECK_FALSE(request("post_logout_redirect_uri=%2F%2Fevil.test").ok());
  CHECK_FALSE(request("state=" + std::string(limits::kStateBytesMax + 1, 's')).ok());
  CHECK_FALSE(request("id_token_hint=" + std::string(limits::kJwtBytesMax + 1, 's')).ok());
}
