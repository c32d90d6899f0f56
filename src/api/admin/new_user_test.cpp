// With which password somebody is added by an administrator; and guests, who may have none here.
#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <string>

#include "crypto/password_hash.hpp"
#include "tests/support/at_the_machine.hpp"
#include "tests/support/server_fixture.hpp"

namespace curfew {
namespace {

using test::ServerFixture;

struct Desk {
  ServerFixture server;

  HttpResponse post(const std::string& below, const std::string& body) {
    return test::at_the_machine(server, HttpMethod::post, below, body);
  }
  HttpResponse add(const std::string& more) {
    return post("/users", R"({"userPrincipalName":"newcomer@contoso.com")" + more + "}");
  }
  User added(const HttpResponse& answer) {
    const auto id = boost::json::parse(answer.body).at("id").as_string();
    return server.row<User>(UserId{std::string{id}});
  }
};

TEST_CASE("somebody is added with a password that they could have chosen themselves") {
  Desk desk;
  for (const char* const password :
       {"password", "12345678", "aaaaaaaaaaaa", "Password1234", "newcomer1234"}) {
    for (const char* const forced : {"true", "false"}) {
      CAPTURE(password);
      CAPTURE(forced);
      const HttpResponse refused = desk.add(R"(,"password":")" + std::string{password} +
                                            R"(","forceChangePasswordNextSignIn":)" + forced);
      CHECK(refused.status == 400);
      CHECK(test::contains(refused.body, "password"));
    }
  }
  const HttpResponse answer = desk.add(R"(,"password":"seven green apples")");
  REQUIRE_MESSAGE(answer.status == 201, answer.body);
  CHECK(verify_password(Secret{std::string_view{"seven green apples"}},
                        desk.added(answer).password_hash.value())
            .value());
}

TEST_CASE("a guest has a password here only where one is given, and that one can be taken") {
  Desk desk;
  const HttpResponse elsewhere = desk.add(R"(,"userType":"Guest")");
  REQUIRE_MESSAGE(elsewhere.status == 201, elsewhere.body);
  CHECK_FALSE(test::contains(elsewhere.body, "oneTimePassword"));
  const User theirs = desk.added(elsewhere);
  CHECK_FALSE(theirs.password_hash);
  CHECK_FALSE(theirs.force_change_password);
  const std::string path = "/users/" + theirs.id.str();
  CHECK(test::contains(desk.post(path + "/password", "{}").body, "guard.guest"));

  const HttpResponse here =
      desk.post("/users", R"({"userPrincipalName":"partner@contoso.com","userType":"Guest",)"
                          R"("password":"seven green apples"})");
  REQUIRE_MESSAGE(here.status == 201, here.body);
  const User partner = desk.added(here);
  const HttpResponse revoked = desk.post(
      "/revocations", R"({"subject":"partner@contoso.com","also":["methods"],"reason":"gone"})");
  CHECK_MESSAGE(revoked.status == 200, revoked.body);
  const User now = desk.server.row<User>(partner.id);
  CHECK_FALSE(now.account_enabled);
  CHECK(now.password_id != partner.password_id);
  CHECK(desk.post("/users/" + partner.id.str() + "/password", "{}").status == 200);
}

TEST_CASE("a guest without a password is revoked with everything that there is of them") {
  Desk desk;
  const User guest = desk.added(desk.add(R"(,"userType":"Guest")"));
  const HttpResponse revoked =
      desk.post("/revocations", R"({"subject":"newcomer@contoso.com","also":["methods"]})");
  CHECK_MESSAGE(revoked.status == 200, revoked.body);
  CHECK_FALSE(desk.server.row<User>(guest.id).account_enabled);
}

}  // namespace
}  // namespace curfew
