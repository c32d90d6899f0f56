#include "protocol/global_revocation/revocation_call.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "protocol/global_revocation/global_revocation.hpp"
#include "protocol/json/json.hpp"

namespace curfew {
namespace {

const TimePoint kNow = TimePoint{std::chrono::seconds{1'800'000'000}};

TEST_CASE("the token names the very address without query and fragment, for ten minutes") {
  const RevocationToken token{"https://issuer", "client", "https://x.test/revoke?tenant=1#a", "id",
                              kNow};
  const auto claims = parse_json_object(revocation_token_claims(token));
  REQUIRE(claims.ok());
  CHECK(claims->at("iss") == "https://issuer");
  CHECK(claims->at("sub") == "client");
  CHECK(claims->at("aud") == "https://x.test/revoke");
  CHECK(claims->at("jti") == "id");
  CHECK(claims->at("iat").as_int64() == 1'800'000'000);
  CHECK(claims->at("nbf").as_int64() == 1'800'000'000 - 300);
  CHECK(claims->at("exp").as_int64() == 1'800'000'000 + 300);
}

TEST_CASE("both spellings of the subject are written, and read back as the same") {
  const RevokedSubject subject{SubjectFormat::iss_sub, "https://issuer", "a\"b"};
  for (const std::string_view member : {"sub_id", "subject"}) {
    const std::string body = global_revocation_body(subject, member);
    CHECK(body.find("\"" + std::string{member} + "\"") != std::string::npos);
    const auto read = parse_global_revocation(body);
    REQUIRE(read.ok());
    CHECK(read->format == subject.format);
    CHECK(read->issuer == subject.issuer);
    CHECK(read->value == subject.value);
  }
}

TEST_CASE("an answer says what became of it, and who can cure what did not") {
  for (const int status : {200, 202, 204, 404}) CHECK(judge_revocation_answer(status).ok());
  for (const int status : {408, 425, 429, 500, 503}) {
    CHECK(judge_revocation_answer(status).error().retry() == Retry::later);
  }
  for (const int status : {401, 403, 422}) {
    CHECK(judge_revocation_answer(status).error().retry() == Retry::after_human);
  }
  for (const int status : {201, 301, 307, 400, 405, 418}) {
    CHECK(judge_revocation_answer(status).error().retry() == Retry::never);
  }
}

}  // namespace
}  // namespace curfew
