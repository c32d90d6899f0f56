#include <doctest/doctest.h>

#include "apps/curfew/user_file.hpp"

namespace curfew {
namespace {

using Names = std::vector<std::string>;

Names parsed(std::string_view text) {
  const auto users = parse_user_file(text, "users");
  return users.ok() ? *users : Names{"error: " + users.error().message()};
}

TEST_CASE("one name a line, with comments, blank lines and Windows line ends") {
  CHECK(parsed("# leavers\r\n\r\na@contoso.com\r\nb@contoso.com") ==
        Names{"a@contoso.com", "b@contoso.com"});
}

TEST_CASE("CSV with a heading takes the column of the name, wherever it is") {
  CHECK(parsed("displayName,UserPrincipalName\n\"Doe, John\",johndoe@contoso.com\n") ==
        Names{"johndoe@contoso.com"});
  CHECK(parsed("id,x\n11111111-1111-4111-8111-111111111111,\"say \"\"hi\"\"\"\n") ==
        Names{"11111111-1111-4111-8111-111111111111"});
}

TEST_CASE(
    "blanks around a field are no part of it, blanks inside of quotes neither around a name") {
  CHECK(parsed("x, id\n1 , \"a@contoso.com\" \n2,\" b@contoso.com\"\n") ==
        Names{"a@contoso.com", "b@contoso.com"});
}

TEST_CASE("a JSON array of names, or of users as the API shows them") {
  CHECK(parsed(R"(["a@contoso.com", {"userPrincipalName":"b@contoso.com","id":"1"}])") ==
        Names{"a@contoso.com", "b@contoso.com"});
}

TEST_CASE("a byte order mark is no part of the first name") {
  CHECK(parsed("\xEF\xBB\xBF"
               "a@contoso.com\n") == Names{"a@contoso.com"});
}

TEST_CASE("what cannot be read for sure is refused with its line") {
  CHECK(parsed("name,other\na,b\n").front().find("users:1") != std::string::npos);
  CHECK(parsed("id,x\n\"open,b\n").front().find("users:2") != std::string::npos);
  CHECK(parsed("x,id\nonly\n").front().find("users:2") != std::string::npos);
  CHECK(parsed("name,id\nDoe, John,johndoe\n").front().find("users:2") != std::string::npos);
  CHECK(parsed("a@contoso.com\nb@contoso.com,c\n").front().find("users:2") != std::string::npos);
  CHECK(parsed("id,x\n,b\n").front().find("users:2") != std::string::npos);
  CHECK(parsed("[{\"name\":\"a\"}]").front().find("entry 1") != std::string::npos);
  CHECK(parsed("[\"a\"").front().starts_with("error"));
  CHECK(parsed("id\na\"b\"\n").front().find("users:2") != std::string::npos);
  CHECK(parsed("id\n\"a\"b\n").front().find("users:2") != std::string::npos);
  CHECK(parsed("[\"a\", \" \"]").front().find("entry 2") != std::string::npos);
  CHECK(parsed("{\"users\":[]}").front().find("no array of users") != std::string::npos);
  CHECK(parsed("\xFF\xFE").front().find("UTF-8") != std::string::npos);
}

}  // namespace
}  // namespace curfew
