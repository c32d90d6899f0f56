#include "protocol/global_revocation/global_revocation.hpp"

#include <doctest/doctest.h>

namespace curfew {
namespace {

std::string refusal_of(std::string_view body) {
  const auto parsed = parse_global_revocation(body);
  REQUIRE_FALSE(parsed.ok());
  CHECK(parsed.error().code() == ErrorCode::invalid_argument);
  return parsed.error().message();
}

TEST_CASE("3.: a subject is said by email, iss_sub or opaque, under either name of the member") {
  for (const std::string name : {"sub_id", "subject"}) {
    const auto email =
        parse_global_revocation("{\"" + name + R"(":{"format":"email","email":"u@contoso.com"}})");
    REQUIRE(email.ok());
    CHECK(email->format == SubjectFormat::email);
    CHECK(email->value == "u@contoso.com");
  }
  const auto pair =
      parse_global_revocation(R"({"sub_id":{"format":"iss_sub","iss":"https://op","sub":"17"}})");
  REQUIRE(pair.ok());
  CHECK(pair->issuer == "https://op");
  CHECK(pair->value == "17");
  const auto opaque = parse_global_revocation(R"({"sub_id":{"format":"opaque","id":"x"},"a":1})");
  REQUIRE(opaque.ok());
  CHECK(opaque->value == "x");
}

TEST_CASE("3.: what is not such a body is refused with the rule") {
  CHECK(refusal_of(R"({})").find("one of sub_id and subject") != std::string::npos);
  CHECK(refusal_of(R"({"sub_id":{"format":"opaque","id":"x"},"subject":{"format":"opaque",
                      "id":"y"}})")
            .find("one of") != std::string::npos);
  CHECK(refusal_of(R"({"sub_id":{"format":"phone_number","phone_number":"+1"}})").find("format") !=
        std::string::npos);
  for (const char* const body :
       {"", "[]", "null", R"({"sub_id":"x"})", R"({"sub_id":{}})",
        R"({"sub_id":{"format":"email"}})", R"({"sub_id":{"format":"email","email":""}})",
        R"({"sub_id":{"format":"email","email":7}})",
        R"({"sub_id":{"format":"iss_sub","sub":"1"}})",
        R"({"sub_id":{"format":"opaque","id":"x"},"sub_id":{"format":"opaque","id":"y"}})"}) {
    CAPTURE(body);
    refusal_of(body);
  }
  refusal_of(R"({"sub_id":{"format":"opaque","id":")" + std::string(2049, 'x') + R"("}})");
  refusal_of(std::string(20'000, ' '));
}

TEST_CASE("what is sent is what is read") {
  for (const RevokedSubject& subject :
       {RevokedSubject{SubjectFormat::email, "", "u@contoso.com"},
        RevokedSubject{SubjectFormat::iss_sub, "https://op", "a\"b"},
        RevokedSubject{SubjectFormat::opaque, "", "id"}}) {
    const auto read = parse_global_revocation(global_revocation_body(subject));
    REQUIRE(read.ok());
    CHECK(read->format == subject.format);
    CHECK(read->issuer == subject.issuer);
    CHECK(read->value == subject.value);
  }
}

}  // namespace
}  // namespace curfew
