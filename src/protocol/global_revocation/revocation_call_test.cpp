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
  const auto judged = [](int status) {
    return judge_revocation_answer(status, SubjectFormat::email, false);
  };
  for (const int status : {202, 204}) CHECK(judged(status).ok());
  for (const int status : {408, 425, 429, 500, 503}) {
    CHECK(judged(status).error().retry() == Retry::later);
  }
  for (const int status : {401, 403, 404, 422}) {
    CHECK(judged(status).error().retry() == Retry::after_human);
  }
  for (const int status : {200, 201, 301, 307, 400, 405, 418}) {
    CHECK(judged(status).error().retry() == Retry::never);
  }
}

TEST_CASE("that nobody is known is believed of an endpoint that has revoked somebody before") {
  const auto unknown = judge_revocation_answer(404, SubjectFormat::opaque, true);
  REQUIRE(unknown.ok());
  CHECK(*unknown == "HTTP 404: it knows nobody by this id");
  CHECK_FALSE(judge_revocation_answer(200, SubjectFormat::opaque, true).ok());
}

}  // namespace
}  // namespace curfew
