// How somebody signs in, through the Graph API: methods, resetPassword, changePassword.
#include <doctest/doctest.h>

#include "crypto/password_hash.hpp"
#include "tests/support/graph_office.hpp"

namespace curfew {
namespace {

using test::GraphOffice;
using test::GraphReply;

const std::string kPassword = "28c10230-6103-485e-b985-444c60001490";

struct Desk : GraphOffice {
  std::string bearer = token_of_john_as(Role::authentication_administrator);
  UserId person = add_person("person@contoso.com");
  std::string below = "/users/" + person.str() + "/authentication";

  Desk() {
    server.change<User>(person, [&](User& user) { user.password_hash = hash("the old one"); });
  }
  static std::string hash(std::string_view text) { return hash_password(Secret{text}).value(); }
  bool has_password(const UserId& id, std::string_view text) {
    return verify_password(Secret{text}, server.row<User>(id).password_hash.value()).value();
  }
  std::string reset_path() const { return below + "/methods/" + kPassword + "/resetPassword"; }
};

TEST_CASE("a person's methods are their password, and nothing of what there is not") {
  Desk desk;
  const GraphReply all = desk.get(desk.bearer, desk.below + "/methods");
  CHECK(all.values("@odata.type") == "#microsoft.graph.passwordAuthenticationMethod");
  CHECK(all.values("id") == kPassword);
  CHECK(all.value().front().at("password").is_null());
  CHECK(desk.get(desk.bearer, desk.below + "/passwordMethods").values("id") == kPassword);
  CHECK(desk.get(desk.bearer, desk.below + "/passwordMethods/" + kPassword).text("id") ==
        kPassword);
  CHECK(desk.get(desk.bearer, desk.below + "/methods/" + kPassword).status == 200);
  CHECK(desk.get(desk.bearer, desk.below + "/methods/other").status == 404);
  CHECK(desk.remove(desk.bearer, desk.below + "/passwordMethods/" + kPassword).status == 405);
  for (const char* const kind :
       {"phoneMethods", "fido2Methods", "microsoftAuthenticatorMethods", "softwareOathMethods",
        "temporaryAccessPassMethods", "windowsHelloForBusinessMethods", "platformCredentialMethods",
        "externalAuthenticationMethods"}) {
    CAPTURE(kind);
    const std::string path = desk.below + "/" + kind;
    CHECK(desk.get(desk.bearer, path).value().empty());
    CHECK(desk.get(desk.bearer, path + "/x").status == 404);
    CHECK(desk.remove(desk.bearer, path + "/x").status == 404);
  }
  const UserId none = desk.add_person("none@contoso.com");
  CHECK(desk.get(desk.bearer, "/users/" + none.str() + "/authentication/methods").value().empty());
}

TEST_CASE("a reset answers with a new password once, ends every session, and is done") {
  Desk desk;
  const std::string theirs = desk.token_of(desk.person);
  const GraphReply reply = desk.post(desk.bearer, desk.reset_path(), "{}");
  REQUIRE_MESSAGE(reply.status == 202, reply.http.body);
  CHECK(desk.has_password(desk.person, reply.text("newPassword")));
  CHECK(desk.server.row<User>(desk.person).force_change_password);
  CHECK(desk.get(theirs, "/me").status == 401);
  const std::string location = desk.target_of(reply.header("Location")).substr(5);
  const GraphReply operation = desk.get(desk.bearer, location);
  CHECK(operation.status == 200);
  CHECK(operation.text("status") == "succeeded");
  CHECK(desk.get(desk.bearer, desk.below + "/operations/other").status == 404);

  const GraphReply given =
      desk.post(desk.bearer, desk.reset_path(), R"({"newPassword":"a good long one"})");
  CHECK(given.status == 202);
  CHECK_FALSE(test::contains(given.http.body, "a good long one"));
  CHECK(desk.has_password(desk.person, "a good long one"));
  CHECK(desk.get(desk.bearer, location).status == 404);
}

TEST_CASE("an administrator sets no password that the person could not choose") {
  Desk desk;
  for (const char* const password : {"password", "12345678", "aaaaaaaaaaaa", "Password1234",
                                     "person12345", "person@contoso.com"}) {
    CAPTURE(password);
    const GraphReply refused = desk.post(desk.bearer, desk.reset_path(),
                                         R"({"newPassword":")" + std::string{password} + R"("})");
    CHECK(refused.status == 400);
    CHECK(test::contains(refused.message(), "does not comply with password complexity"));
  }
  CHECK(desk.has_password(desk.person, "the old one"));
}

TEST_CASE(
    "nobody resets their own password, an application none, and a helper not their superior's") {
  Desk desk;
  const std::string johns = "/users/" + desk.server.john.str() + "/authentication/methods/" +
                            kPassword + "/resetPassword";
  CHECK(desk.post(desk.bearer, johns, "{}").status == 403);
  CHECK(desk.post(desk.app_token(), desk.reset_path(), "{}").status == 403);
  desk.give_role(desk.person.str(), Role::privileged_role_administrator);
  CHECK(desk.post(desk.bearer, desk.reset_path(), "{}").status == 403);
  CHECK(desk.has_password(desk.person, "the old one"));
}

TEST_CASE("methods are read by those who help, by oneself, and by nobody else") {
  Desk desk;
  GraphOffice plain;
  const UserId other = plain.add_person("other@contoso.com");
  const std::string johns = plain.token_of(plain.server.john);
  CHECK(plain.get(johns, "/me/authentication/methods").status == 200);
  CHECK(plain.get(johns, "/users/" + other.str() + "/authentication/methods").status == 403);
  CHECK(
      plain
          .post(johns,
                "/users/" + other.str() + "/authentication/methods/" + kPassword + "/resetPassword",
                "{}")
          .status == 403);
}

TEST_CASE("a person changes their own password with the current one, and signs in anew") {
  Desk desk;
  const std::string theirs = desk.token_of(desk.person);
  const std::string other = desk.token_of(desk.person);
  const auto body = [](const std::string& current, const std::string& wanted) {
    return R"({"currentPassword":")" + current + R"(","newPassword":")" + wanted + R"("})";
  };
  const std::string wanted = "quite another pass phrase";
  CHECK(desk.post(theirs, "/me/changePassword", body("a wrong one", wanted)).status == 400);
  CHECK(desk.post(theirs, "/me/changePassword", body("the old one", "short")).status == 400);
  CHECK(desk.post(theirs, "/me/changePassword", body("the old one", "the old one")).status == 400);
  CHECK(desk.post(theirs, "/me/changePassword", R"({"newPassword":"x"})").status == 400);
  CHECK(desk.post(desk.bearer, "/users/" + desk.person.str() + "/changePassword",
                  body("the old one", wanted))
            .status == 403);
  CHECK(desk.has_password(desk.person, "the old one"));
  CHECK(desk.get(theirs, "/me").status == 200);

  CHECK(desk.post(theirs, "/me/changePassword", body("the old one", wanted)).status == 204);
  CHECK(desk.has_password(desk.person, wanted));
  CHECK(desk.get(other, "/me").status == 401);
  CHECK(desk.get(theirs, "/me").status == 401);
  CHECK(desk.get(desk.token_of(desk.person), "/me").status == 200);
}

TEST_CASE("guessing at the current password is stopped, whatever is tried then") {
  Desk desk;
  const std::string theirs = desk.token_of(desk.person);
  int status = 400;
  for (int i = 0; i < 50 && status == 400; ++i) {
    status = desk.post(theirs, "/me/changePassword",
                       R"({"currentPassword":"guess","newPassword":"quite another pass phrase"})")
                 .status;
  }
  CHECK(status == 429);
  CHECK(desk.post(theirs, "/me/changePassword",
                  R"({"currentPassword":"the old one","newPassword":"quite another pass phrase"})")
            .status == 429);
  CHECK(desk.has_password(desk.person, "the old one"));
}

}  // namespace
}  // namespace curfew
