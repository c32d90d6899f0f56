#include "gate/feed/greeting.hpp"

#include <doctest/doctest.h>

namespace curfew {

namespace {

constexpr std::string_view kIssuer = "https://id.contoso.com";

const JwtSigner& server_key() {
  static const JwtSigner signer{SigningKey::generate(SignatureAlg::es256).value(), "server"};
  return signer;
}

KeySet keys_of(const JwtSigner& signer) {
  return KeySet::of(JwsKey::asymmetric(signer.kid(), signer.alg(), signer.verify_key()).value());
}

Greeting greeting_at(Position position, std::string hash) {
  Greeting greeting;
  greeting.issuer = kIssuer;
  greeting.node = "node-1";
  greeting.head = {position, std::move(hash)};
  greeting.floor = {1, 1};
  greeting.at = from_unix_millis(1'700'000'000'123);
  greeting.chain_hash_at_yours = "yours";
  return greeting;
}

}  // namespace

TEST_CASE("a greeting is read as it was signed") {
  const Greeting greeting = greeting_at({3, 17}, "hash");
  const std::string jws = sign_greeting(greeting, server_key()).value();
  CHECK(verify_greeting(jws, keys_of(server_key()), kIssuer).value() == greeting);
}

TEST_CASE("a greeting that another key signed, or of another type or issuer, proves nothing") {
  const JwtSigner stranger{SigningKey::generate(SignatureAlg::es256).value(), "server"};
  const std::string forged = sign_greeting(greeting_at({9, 1}, "hash"), stranger).value();
  const KeySet keys = keys_of(server_key());
  CHECK(verify_greeting(forged, keys, kIssuer).error().code() == ErrorCode::unauthenticated);

  const std::string token = server_key().sign("at+jwt", "{}").value();
  CHECK(verify_greeting(token, keys, kIssuer).error().code() == ErrorCode::unauthenticated);

  const std::string ours = sign_greeting(greeting_at({1, 1}, "hash"), server_key()).value();
  CHECK(verify_greeting(ours, keys, "https://else.example").error().code() ==
        ErrorCode::unauthenticated);
  const std::string empty = server_key().sign(kGreetingType, "{}").value();
  CHECK(verify_greeting(empty, keys, kIssuer).error().code() == ErrorCode::invalid_argument);
}

TEST_CASE(
    "a shown greeting proves a rollback when our journal ends before it or has another entry") {
  const Greeting shown = greeting_at({1, 10}, "ten");
  CHECK(judge_shown(shown, {1, 10}, "ten") == ShownGreeting::consistent);
  CHECK(judge_shown(shown, {1, 12}, "ten") == ShownGreeting::consistent);
  CHECK(judge_shown(shown, {1, 9}, std::nullopt) == ShownGreeting::rolled_back);
  CHECK(judge_shown(shown, {1, 12}, "other") == ShownGreeting::rolled_back);
  CHECK(judge_shown(shown, {1, 12}, std::nullopt) == ShownGreeting::rolled_back);
}

TEST_CASE("a greeting from before a fence proves nothing any more") {
  CHECK(judge_shown(greeting_at({1, 10}, "ten"), {2, 1}, std::nullopt) == ShownGreeting::outdated);
  CHECK(judge_shown(greeting_at({3, 1}, "x"), {2, 1}, std::nullopt) == ShownGreeting::rolled_back);
  CHECK(judge_shown(greeting_at({}, ""), {1, 1}, std::nullopt) == ShownGreeting::consistent);
}

TEST_CASE("a gate goes on from its position only in the same journal, above the floor") {
  const ChainMark has{{1, 10}, "ten"};
  CHECK(resume_from(has, {1, 10}, {1, 5}, "ten") == ResumeFrom::position);
  CHECK(resume_from(has, {1, 20}, {1, 10}, "ten") == ResumeFrom::position);
  CHECK(resume_from(has, {1, 20}, {1, 11}, "ten") == ResumeFrom::snapshot);
  CHECK(resume_from(has, {1, 20}, {1, 5}, "other") == ResumeFrom::snapshot);
  CHECK(resume_from(has, {1, 9}, {1, 5}, std::nullopt) == ResumeFrom::snapshot);
  CHECK(resume_from(has, {2, 20}, {1, 5}, "ten") == ResumeFrom::snapshot);
  CHECK(resume_from({}, {1, 20}, {1, 5}, std::nullopt) == ResumeFrom::snapshot);
}

}  // namespace curfew
