#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <set>
#include <string>

#include "base/limits.hpp"
#include "base/signal_limits.hpp"
#include "protocol/json/json.hpp"
#include "protocol/ssf/event_types.hpp"
#include "protocol/ssf/foreign_subject.hpp"
#include "protocol/ssf/poll_exchange.hpp"
#include "protocol/ssf/received_events.hpp"
#include "protocol/ssf/received_token.hpp"

// What others send about people's access, as it is really sent.

namespace curfew {
namespace {

SubjectNames names_in(const char* json) {
  return read_foreign_subject(parse_json_object(json).value());
}
Result<ReceivedToken> token_in(const std::string& json) {
  return read_received(parse_json_object(json).value());
}
std::string with_event(const std::string& uri, const std::string& members) {
  return R"({"jti":"1","events":{"https://schemas.openid.net/secevent/)" + uri + R"(":)" + members +
         "}}";
}

TEST_CASE(
    "every event of others has one name and one URI, and those that we transmit are among them") {
  std::set<std::string_view> seen;
  for (const ReceivedEventType& type : received_event_types()) {
    CHECK(seen.insert(type.name).second);
    CHECK(seen.insert(type.uri).second);
    CHECK(type.uri.ends_with("/" + std::string{type.name}));
    CHECK((type.may_act || type.usual == SignalEffect::notify));
  }
  for (const SignalEventType& type : signal_event_types()) {
    const ReceivedEventType* const known = find_received_event(type.name);
    REQUIRE(known != nullptr);
    CHECK(known->uri == type.uri);
  }
}

TEST_CASE("the policy of a source is asked before what an event usually leads to") {
  CHECK(effect_of("session-revoked", true, {}) == SignalEffect::revoke_sessions);
  CHECK(effect_of("session-revoked", true, {"session-revoked=disable"}) == SignalEffect::disable);
  CHECK(effect_of("session-revoked", false, {"session-revoked=disable"}) == SignalEffect::notify);
  CHECK(effect_of("account-enabled", true, {"account-enabled=disable"}) == SignalEffect::notify);
  CHECK(effect_of("urn:unknown", true, {"urn:unknown=disable"}) == SignalEffect::notify);
}

TEST_CASE("people are named in the forms of the standard, of Okta and of Google") {
  CHECK(names_in(R"({"format":"email","email":"a@b.test"})").mails.size() == 1);
  CHECK(names_in(R"({"format":"complex","user":{"format":"opaque","id":"x"}})").opaques.size() ==
        1);
  CHECK(names_in(R"({"user":{"format":"email","email":"a@b.test"}})").mails.size() == 1);
  CHECK(names_in(R"({"user":{"format":"email","email":"a@b.test"},"device":{"format":"x"}})")
            .mails.size() == 1);
  CHECK(names_in(R"({"subject_type":"iss-sub","iss":"i","sub":"s"})").iss_subs.size() == 1);
  const SubjectNames claims =
      names_in(R"({"subject_type":"id_token_claims","iss":"i","sub":"s","email":"a@b.test"})");
  CHECK(claims.iss_subs.size() == 1);
  CHECK(claims.mails.size() == 1);
  CHECK(names_in(R"({"email":"a@b.test"})").mails.size() == 1);
  CHECK(names_in(R"({"format":"aliases","identifiers":[{"format":"email","email":"a@b.test"},
                     {"format":"opaque","id":"x"}]})")
            .opaques.size() == 1);
}

TEST_CASE("what names nobody that we could know is no error") {
  for (const char* const json :
       {"{}", R"({"format":"phone_number","phone_number":"+1"})", R"({"format":"phone"})",
        R"({"format":"email"})", R"({"format":"email","email":7})", R"({"format":7})",
        R"({"user":{"user":{"format":"email","email":"a@b.test"}}})",
        R"({"format":"account","uri":"acct:"})", R"({"format":"aliases","identifiers":7})",
        R"({"session":{"format":"opaque","id":"x"}})"}) {
    CAPTURE(json);
    const SubjectNames names = names_in(json);
    CHECK(names.iss_subs.empty());
    CHECK(names.mails.empty());
    CHECK(names.opaques.empty());
  }
}

TEST_CASE("an event is read from where it stands, with times in seconds or milliseconds") {
  const auto at = [](const std::string& time) {
    return token_in(
               with_event("caep/event-type/session-revoked", R"({"event_timestamp":)" + time + "}"))
        .value()
        .happened_at;
  };
  CHECK(at("1700000000") == from_unix_seconds(1700000000));
  CHECK(at("1700000000123") == from_unix_millis(1700000000123));
  CHECK_FALSE(at("-1"));
  CHECK_FALSE(at("1e300"));
  CHECK_FALSE(at(R"("soon")"));
  const auto token = token_in(with_event("caep/event-type/session-revoked",
                                         R"({"subject":{"format":"email","email":"a@b.test"}})"));
  CHECK(token.value().event == "session-revoked");
  CHECK(token.value().subject.at("email").as_string() == "a@b.test");
}

TEST_CASE("of several events the gravest counts, and what is better calls for nothing") {
  const auto both = token_in(
      R"({"jti":"1","events":{"urn:unknown":{},
          "https://schemas.openid.net/secevent/risc/event-type/account-disabled":{}}})");
  CHECK(both.value().event == "account-disabled");
  const auto calls = [](const std::string& uri, const std::string& members) {
    return token_in(with_event(uri, members)).value().calls_for_action;
  };
  CHECK(calls("caep/event-type/risk-level-change", R"({"current_level":"HIGH"})"));
  CHECK_FALSE(calls("caep/event-type/risk-level-change", R"({"current_level":"LOW"})"));
  CHECK_FALSE(
      calls("caep/event-type/device-compliance-change", R"({"current_status":"compliant"})"));
  CHECK(calls("caep/event-type/device-compliance-change", R"({"current_status":"not-compliant"})"));
  CHECK_FALSE(
      calls("caep/event-type/assurance-level-change", R"({"change_direction":"increase"})"));
  CHECK(token_in(with_event("ssf/event-type/stream-updated", R"({"status":"paused"})"))
            .value()
            .status == "paused");
}

TEST_CASE("of several events the one counts that leads to the most by the policy, in any order") {
  const std::string low =
      R"("https://schemas.openid.net/secevent/caep/event-type/risk-level-change":{"current_level":"LOW"})";
  const std::string change =
      R"("https://schemas.openid.net/secevent/caep/event-type/credential-change":{})";
  const auto event = [](const std::string& first, const std::string& second,
                        const std::vector<std::string>& policy) {
    const auto claims = parse_json_object(R"({"jti":"1","events":{)" + first + "," + second + "}}");
    return read_received(claims.value(), policy).value().event;
  };
  for (const std::vector<std::string>& policy :
       {std::vector<std::string>{"credential-change=disable"}, std::vector<std::string>{}}) {
    CHECK(event(low, change, policy) == "credential-change");
    CHECK(event(change, low, policy) == "credential-change");
  }
}

TEST_CASE("what is no event is refused") {
  for (const char* const json :
       {R"({"events":{"urn:a":{}}})", R"({"jti":"","events":{"urn:a":{}}})", R"({"jti":"1"})",
        R"({"jti":"1","events":{}})", R"({"jti":"1","events":[]})",
        R"({"jti":"1","events":{"urn:a":7}})", R"({"jti":"1\n","events":{"urn:a":{}}})"}) {
    CAPTURE(json);
    CHECK_FALSE(token_in(json).ok());
  }
  const std::string long_one(limits::kJtiBytesMax + 1, 'x');
  CHECK_FALSE(token_in(R"({"jti":")" + long_one + R"(","events":{"urn:a":{}}})").ok());
}

TEST_CASE("RFC 8936 2.2: a poll says how much it wants, what arrived and what was refused") {
  PollRequest request;
  request.max_events = 20;
  CHECK(poll_request_text(request) == R"({"maxEvents":20,"returnImmediately":true})");
  request.acks = {"one"};
  request.errors = {{"two", "invalid_key", "unknown"}};
  const auto body = parse_json_object(poll_request_text(request)).value();
  CHECK(body.at("ack").as_array().at(0).as_string() == "one");
  CHECK(body.at("setErrs").as_object().at("two").as_object().at("err").as_string() ==
        "invalid_key");
}

TEST_CASE("RFC 8936 2.3: tokens are an object by jti, in order") {
  const auto answer = read_poll_answer(R"({"sets":{"b":"x","a":"y"},"moreAvailable":true})");
  REQUIRE(answer.ok());
  REQUIRE(answer->sets.size() == 2);
  CHECK(answer->sets.front().first == "b");
  CHECK(read_poll_answer(R"({"sets":{}})").value().sets.empty());
  for (const char* const json : {"{}", "[]", R"({"sets":[]})"}) {
    CAPTURE(json);
    CHECK_FALSE(read_poll_answer(json).ok());
  }
}

TEST_CASE("nothing in an answer to a poll makes us deaf to the rest of it") {
  boost::json::object sets;
  for (std::size_t i = 0; i <= limits::kSourcePollEvents; ++i) sets[std::to_string(i)] = "x";
  const auto more = read_poll_answer(boost::json::serialize(boost::json::object{{"sets", sets}}));
  REQUIRE(more.ok());
  CHECK(more->sets.size() == limits::kSourcePollEvents);
  CHECK(more->sets.front().first == "0");
  const auto mixed =
      read_poll_answer(R"({"sets":{"bad":7,"good":"x","":"y"},"moreAvailable":"yes"})");
  REQUIRE(mixed.ok());
  REQUIRE(mixed->sets.size() == 3);
  CHECK(mixed->sets.at(0).second.empty());
  CHECK(mixed->sets.at(1).second == "x");
}

}  // namespace
}  // namespace curfew
