#include "gate/session/id_token_check.hpp"

#include "gate/session/session_limits.hpp"
#include "gate/session/test_site.hpp"
#include "protocol/jose/jwk.hpp"

namespace curfew {

using namespace testing;

namespace {

constexpr const char* kEvent = "http://schemas.openid.net/event/backchannel-logout";

struct Issued {
  TestIssuer issuer;
  KeySet keys = parse_jwks(issuer.jwks()).value();
  std::string access_token = "the-access-token";
  boost::json::object id{{"iss", "https://id.contoso.com"},
                         {"aud", "app-1"},
                         {"sub", "user-1"},
                         {"nonce", "n-1"},
                         {"iat", to_unix_seconds(kGateNow)},
                         {"exp", to_unix_seconds(kGateNow) + 300}};
  boost::json::object logout{{"iss", "https://id.contoso.com"},
                             {"aud", "app-1"},
                             {"sub", "user-1"},
                             {"sid", "session-1"},
                             {"jti", "j-1"},
                             {"iat", to_unix_seconds(kGateNow)},
                             {"exp", to_unix_seconds(kGateNow) + 120},
                             {"events", {{kEvent, boost::json::object{}}}}};

  [[nodiscard]] Result<std::string> check_id(const boost::json::object& claims,
                                             std::string_view typ = "JWT",
                                             std::string nonce = "n-1") const {
    return check_id_token(issuer.token(claims, typ), keys,
                          {"https://id.contoso.com", "app-1", nonce, access_token, kGateNow});
  }
  [[nodiscard]] Result<LogoutToken> check_logout(const boost::json::object& claims,
                                                 std::string_view typ = "logout+jwt") const {
    return check_logout_token(issuer.token(claims, typ), keys,
                              {"https://id.contoso.com", "app-1", kGateNow});
  }
};

boost::json::object with(boost::json::object claims, const char* name,
                         const boost::json::value& value) {
  claims[name] = value;
  return claims;
}
boost::json::object without(boost::json::object claims, const char* name) {
  claims.erase(name);
  return claims;
}

}  // namespace

TEST_CASE("an ID token of this sign-in says who it is") {
  const Issued issued;
  CHECK(issued.check_id(issued.id).value() == "user-1");
  const std::string at_hash = token_hash_claim(SignatureAlg::es256, issued.access_token);
  CHECK(issued.check_id(with(issued.id, "at_hash", boost::json::string{at_hash})).ok());
}

TEST_CASE("OIDC Core 3.1.3.7: an ID token that breaks one rule is refused") {
  const Issued issued;
  const std::int64_t now = to_unix_seconds(kGateNow);
  const std::vector<boost::json::object> wrong{
      with(issued.id, "iss", "https://evil.test"), with(issued.id, "aud", "app-2"),
      with(issued.id, "aud", boost::json::array{"app-1", "app-2"}), with(issued.id, "azp", "app-2"),
      with(issued.id, "nonce", "n-2"), with(issued.id, "nonce", ""), without(issued.id, "nonce"),
      without(issued.id, "iat"), without(issued.id, "exp"), with(issued.id, "exp", now - 3600),
      with(issued.id, "iat", now + 3600), with(issued.id, "at_hash", "AAAA"),
      without(issued.id, "sub"), with(issued.id, "sub", ""),
      // An access token with the same typ.
      with(issued.id, "client_id", "app-1")};
  for (const auto& claims : wrong) {
    CHECK_FALSE_MESSAGE(issued.check_id(claims).ok(), boost::json::serialize(claims));
  }
  CHECK_FALSE(issued.check_id(issued.id, "at+jwt").ok());
  CHECK_FALSE(issued.check_id(issued.id, "logout+jwt").ok());
  CHECK_FALSE(issued.check_id(issued.id, "command+jwt").ok());
  CHECK_FALSE(issued.check_id(with(issued.id, "nonce", ""), "JWT", "").ok());
  const TestIssuer other;
  CHECK_FALSE(check_id_token(other.token(issued.id), issued.keys,
                             {"https://id.contoso.com", "app-1", "n-1", "", kGateNow})
                  .ok());
}

TEST_CASE("a logout token names the session and the person") {
  const Issued issued;
  const auto token = issued.check_logout(issued.logout);
  REQUIRE(token.ok());
  CHECK(token->sub == "user-1");
  CHECK(token->sid == "session-1");
  CHECK(issued.check_logout(without(issued.logout, "sub")).ok());
  CHECK(issued.check_logout(without(issued.logout, "sid")).ok());
}

TEST_CASE("Back-Channel Logout 2.6: a logout token that breaks one rule is refused") {
  const Issued issued;
  const std::int64_t now = to_unix_seconds(kGateNow);
  const std::vector<boost::json::object> wrong{
      with(issued.logout, "iss", "https://evil.test"),
      with(issued.logout, "aud", "app-2"),
      with(issued.logout, "nonce", "n-1"),
      without(issued.logout, "events"),
      with(issued.logout, "events", boost::json::object{}),
      with(issued.logout, "events", boost::json::object{{kEvent, true}}),
      with(issued.logout, "events", boost::json::object{{"https://other", boost::json::object{}}}),
      without(without(issued.logout, "sub"), "sid"),
      with(without(issued.logout, "sub"), "sid", ""),
      without(issued.logout, "jti"),
      without(issued.logout, "iat"),
      without(issued.logout, "exp"),
      with(issued.logout, "exp", now - 3600),
      with(issued.logout, "exp", now + 3600)};
  for (const auto& claims : wrong) {
    CHECK_FALSE_MESSAGE(issued.check_logout(claims).ok(), boost::json::serialize(claims));
  }
  CHECK_FALSE(issued.check_logout(issued.logout, "JWT").ok());
  CHECK_FALSE(issued.check_logout(issued.logout, "").ok());
  CHECK_FALSE(issued.check_logout(issued.logout, "command+jwt").ok());
  const TestIssuer other;
  CHECK_FALSE(check_logout_token(other.token(issued.logout, "logout+jwt"), issued.keys,
                                 {"https://id.contoso.com", "app-1", kGateNow})
                  .ok());
}

}  // namespace curfew
