#include "api/sign_in/new_password.hpp"

#include <doctest/doctest.h>

#include <string>

#include "crypto/password_hash.hpp"

namespace curfew {
namespace {

User john() {
  User user;
  user.user_principal_name = "johndoe@contoso.com";
  user.display_name = "Johnathan Doe";
  return user;
}

bool is_good(std::string_view password) { return password_problem(password, john()).empty(); }

TEST_CASE("a long password is good whatever it is made of") {
  CHECK(is_good("correct horse battery staple"));
  CHECK(is_good("\xC3\xA4\xC3\xB6\xC3\xBC plus nine"));
  CHECK(is_good("welcome to the green house"));
}

TEST_CASE("a password is refused if it is too short, counted in characters, or too long") {
  CHECK(!is_good("eleven char"));
  CHECK(!is_good("\xC3\xA4\xC3\xB6\xC3\xBC\xC3\x9F\xC3\xA4\xC3\xB6"));
  CHECK(!is_good(std::string(kPasswordBytesMax, 'x') + "abcdefgh!"));
}

TEST_CASE("what anybody would try first is refused") {
  CHECK(!is_good("Password1234"));
  CHECK(!is_good("aaaaaaaaaaaaaaaa"));
  CHECK(!is_good("qwertyui1234"));
}

TEST_CASE("a password made of the account's name is refused") {
  CHECK(!is_good("johndoe@contoso.com"));
  CHECK(!is_good("johndoe12345"));
  CHECK(!is_good("Johnathan123"));
  CHECK(is_good("johnathan eats seven apples"));
}

}  // namespace
}  // namespace curfew
