#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <set>
#include <string>

#include "base/signal_limits.hpp"
#include "protocol/json/json.hpp"
#include "protocol/ssf/event_types.hpp"
#include "protocol/ssf/security_event_token.hpp"
#include "protocol/ssf/stream_requests.hpp"
#include "protocol/ssf/subject.hpp"

namespace curfew {
namespace {

SubjectNames names_in(const char* json) {
  const auto names = read_subject(parse_json_object(json).value());
  REQUIRE(names.ok());
  return *names;
}
bool names_nobody(const char* json) {
  const SubjectNames names = names_in(json);
  return names.iss_subs.empty() && names.mails.empty() && names.opaques.empty();
}
bool is_refused(const char* json) { return !read_subject(parse_json_object(json).value()).ok(); }

TEST_CASE("every event has one name and one URI") {
  std::set<std::string_view> seen;
  for (const SignalEventType& type : signal_event_types()) {
    CHECK(seen.insert(type.name).second);
    CHECK(seen.insert(type.uri).second);
    CHECK(type.uri.ends_with(type.name));
    CHECK(find_event_type(type.name) == find_event_uri(type.uri));
  }
  CHECK(find_event_type("nothing") == nullptr);
}

TEST_CASE("RFC 9493 3.2: the formats that can name a person of ours") {
  CHECK(names_in(R"({"format":"email","email":"a@b.c"})").mails.front() == "a@b.c");
  CHECK(names_in(R"({"format":"account","uri":"acct:a@b.c"})").mails.front() == "a@b.c");
  CHECK(names_in(R"({"format":"iss_sub","iss":"i","sub":"s"})").iss_subs.front().sub == "s");
  CHECK(names_in(R"({"format":"opaque","id":"x"})").opaques.front() == "x");
  CHECK(names_nobody(R"({"format":"phone_number","phone_number":"+12065550100"})"));
  CHECK(names_in(R"({"format":"complex","user":{"format":"opaque","id":"x"},"tenant":{}})")
            .opaques.size() == 1);
  CHECK(names_nobody(R"({"format":"complex","device":{"format":"opaque","id":"x"}})"));
  const auto both = names_in(
      R"({"format":"aliases","identifiers":[{"format":"email","email":"a@b.c"},{"format":"opaque","id":"x"}]})");
  CHECK(both.mails.size() + both.opaques.size() == 2);
}

TEST_CASE("RFC 9493 3: what lacks its format, or what that requires, is refused") {
  CHECK(is_refused(R"({"email":"a@b.c"})"));
  CHECK(is_refused(R"({"format":"email"})"));
  CHECK(is_refused(R"({"format":"email","email":""})"));
  CHECK(is_refused(R"({"format":"iss_sub","iss":"i"})"));
  CHECK(is_refused(R"({"format":"aliases","identifiers":[]})"));
  CHECK(is_refused(R"({"format":"aliases","identifiers":["x"]})"));
  CHECK(is_refused(R"({"format":"complex","user":"x"})"));
}

TEST_CASE("SSF 1.0 8.1.1: a stream's wish; delivery that is not said stays unsaid") {
  CHECK_FALSE(read_stream_wish("{}")->delivery);
  const auto push = read_stream_wish(
      R"({"delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"https://x/","authorization_header":"Bearer t"},"odd":1})");
  REQUIRE(push.ok());
  CHECK(push->delivery->method == StreamDelivery::push);
  CHECK(push->delivery->authorization_header == "Bearer t");
  CHECK_FALSE(
      read_stream_wish(
          R"({"delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"https://x/","authorization_header":"a\r\nb: c"}})")
          .ok());
  CHECK_FALSE(read_stream_wish(R"({"delivery":{"method":"urn:ietf:rfc:8935"}})").ok());
  CHECK_FALSE(read_stream_wish(R"({"events_requested":[1]})").ok());
  CHECK_FALSE(read_stream_wish("[]").ok());
  const std::string umlauts(limits::kStreamTextBytesMax, 'x');
  const auto cut = read_stream_wish(R"({"description":")" + umlauts.substr(1) + "\xC3\xA4\"}");
  CHECK(cut->description->size() == limits::kStreamTextBytesMax - 1);
}

TEST_CASE("RFC 8936 2: a poll's defaults and limits") {
  const auto plain = read_poll_wish("{}");
  CHECK(plain->max_events == limits::kPollEventsMax);
  CHECK_FALSE(plain->return_immediately);
  CHECK(read_poll_wish(R"({"maxEvents":100000})")->max_events == limits::kPollEventsMax);
  CHECK(read_poll_wish(R"({"maxEvents":0})")->max_events == 0);
  CHECK_FALSE(read_poll_wish(R"({"maxEvents":-1})").ok());
  CHECK_FALSE(read_poll_wish(R"({"ack":"x"})").ok());
  CHECK_FALSE(read_poll_wish(R"({"setErrs":{"x":"y"}})").ok());
  const auto errors = read_poll_wish(R"({"setErrs":{"x":{"err":"invalid_key"}}})");
  CHECK(errors->errors.front().text == "invalid_key");
}

TEST_CASE(
    "SSF 1.0 4: a token has one event, its subject at the top, and is good for nothing else") {
  SecurityEvent event;
  event.iss = "https://issuer";
  event.aud = "receiver";
  event.jti = "jti";
  event.txn = "txn";
  event.sub_id = opaque_subject("x");
  event.event_uri = "urn:event";
  const TimePoint now = from_unix_millis(1'999);
  const auto claims = parse_json_object(security_event_payload(event, now)).value();
  CHECK(claims.at("iat").as_int64() == 1);  // never in the future
  CHECK(claims.at("events").as_object().size() == 1);
  CHECK_FALSE(claims.contains("sub"));
  CHECK_FALSE(claims.contains("exp"));
  CHECK(claims.at("sub_id").as_object().at("format").as_string() == "opaque");
}

}  // namespace
}  // namespace curfew
