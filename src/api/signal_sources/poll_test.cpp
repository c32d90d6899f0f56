#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/signal_limits.hpp"
#include "store/schema_runs.hpp"
#include "tests/support/acting_source.hpp"

// Sources that are polled (RFC 8936): what is asked for, acknowledged and refused, and how often.

namespace curfew {
namespace {

using namespace std::chrono_literals;
using test::ActingSource;

TEST_CASE_FIXTURE(ActingSource,
                  "RFC 8936: what is polled is kept, acted on, and acknowledged next time") {
  rig.add(StreamDelivery::poll);
  boost::json::object good = rig.claims("session-revoked", rig.john());
  boost::json::object bad = good;
  good["jti"] = "good";
  bad["jti"] = "bad";
  bad["aud"] = "https://somebody.test";
  rig.poll_answers = {boost::json::serialize(boost::json::object{
      {"sets", boost::json::object{{"good", rig.sign(good)}, {"bad", rig.sign(bad)}}}})};
  rig.round();
  const auto first = rig.polled();
  REQUIRE(first.size() == 1);
  CHECK(first.front().at("returnImmediately").as_bool());
  CHECK_FALSE(first.front().contains("ack"));
  CHECK(rig.settled().size() == 1);
  const auto next = rig.polled();
  REQUIRE_FALSE(next.empty());
  CHECK(next.front().at("ack").as_array().at(0).as_string() == "good");
  CHECK(next.front().at("setErrs").as_object().at("bad").as_object().at("err").as_string() ==
        "invalid_audience");
  CHECK(server.all<Run>().size() == 1);
}

TEST_CASE_FIXTURE(ActingSource,
                  "a poll that fails is put off, and its source is sealed with its header") {
  rig.add(StreamDelivery::poll);
  rig.change([&](SignalSource& source) {
    source.sealed_authorization =
        seal_source_authorization(*server.context, source.id, "Bearer theirs");
  });
  CHECK(rig.row().sealed_authorization.find("theirs") == std::string::npos);
  rig.poll_answers = {"no json"};
  rig.round();
  auto calls = rig.receivers.take();
  REQUIRE(calls.size() == 1);
  CHECK(std::ranges::find(calls.front().headers,
                          std::pair{std::string{"Authorization"}, std::string{"Bearer theirs"}}) !=
        calls.front().headers.end());
  rig.round();
  CHECK(rig.receivers.take().empty());
  server.clock.advance(6s);
  rig.round();
  CHECK(rig.receivers.take().size() == 1);
}

TEST_CASE_FIXTURE(ActingSource, "a source that is not heard is not polled") {
  rig.add(StreamDelivery::poll);
  rig.change([](SignalSource& source) { source.enabled = false; });
  rig.round();
  CHECK(rig.receivers.take().empty());
}

TEST_CASE_FIXTURE(ActingSource,
                  "who answers the same again and again is not polled without pause") {
  rig.add(StreamDelivery::poll);
  rig.poll_answers.assign(3, rig.answer_of({rig.claims("session-revoked", rig.john())}));
  for (int i = 0; i < 5; ++i) rig.round();
  CHECK(rig.polled().size() == 2);
  server.clock.advance(6s);
  rig.round();
  CHECK(rig.polled().size() == 1);
  CHECK(runs() == 1);
}

TEST_CASE_FIXTURE(ActingSource, "more tokens than were asked for are heard in two polls") {
  rig.add(StreamDelivery::poll);
  std::vector<boost::json::object> all;
  for (std::size_t i = 0; i < limits::kSourcePollEvents + 5; ++i) {
    all.push_back(rig.claims("account-enabled", rig.john()));
  }
  const std::string first = rig.answer_of(all);
  all.erase(all.begin(), all.begin() + std::ssize(all) - 5);
  rig.poll_answers = {first, rig.answer_of(all)};
  rig.round();
  rig.round();
  CHECK(server.all<ReceivedSignal>().size() == limits::kSourcePollEvents + 5);
}

TEST_CASE_FIXTURE(ActingSource,
                  "what cannot be verified yet makes nobody else in the answer wait") {
  rig.add(StreamDelivery::poll);
  rig.poll_answers = {rig.answer_of({rig.claims("account-enabled", rig.john())})};
  rig.round();
  static_cast<void>(rig.polled());
  const boost::json::object known = rig.claims("session-revoked", rig.john());
  const boost::json::object unknown = rig.claims("session-revoked", rig.john());
  const std::string kid = std::exchange(rig.kid, "two");
  const std::string signed_by_another = rig.sign(unknown);
  rig.kid = kid;
  rig.poll_answers = {boost::json::serialize(boost::json::object{
      {"sets", boost::json::object{{"unknown", signed_by_another}, {"known", rig.sign(known)}}}})};
  rig.round();
  CHECK(rig.row().received_count == 2);
  server.clock.advance(6s);
  rig.round();
  const auto said = rig.polled();
  REQUIRE_FALSE(said.empty());
  CHECK(said.back().at("ack").as_array().size() == 1);
  CHECK_FALSE(said.back().contains("setErrs"));
}

TEST_CASE_FIXTURE(ActingSource,
                  "why a source is not heard is in its row, until it is heard again") {
  rig.add(StreamDelivery::poll);
  rig.poll_status = 401;
  rig.round();
  CHECK(rig.row().trouble.find("401") != std::string::npos);
  CHECK(rig.row().trouble_since == server.clock.now());
  const TimePoint since = server.clock.now();
  server.clock.advance(6s);
  rig.round();
  CHECK(rig.row().trouble_since == since);
  rig.poll_status = 200;
  server.clock.advance(1min);
  rig.round();
  CHECK(rig.row().trouble.empty());
  rig.change([](SignalSource& source) { source.sealed_authorization = "sealed elsewhere"; });
  rig.receivers.take();
  server.clock.advance(6s);
  rig.round();
  CHECK(rig.row().trouble.find("master key") != std::string::npos);
  CHECK(rig.receivers.take().empty());
}

TEST_CASE_FIXTURE(ActingSource,
                  "a poll that was not sent is no failure, and what it was to say is kept") {
  rig.add(StreamDelivery::poll);
  rig.poll_answers = {rig.answer_of({rig.claims("session-revoked", rig.john())})};
  rig.round();
  static_cast<void>(rig.polled());
  rig.receivers.answer_with([this](const ReceiverCall& call) -> Result<ReceiverAnswer> {
    if (call.url != test::kSourcePolls) return rig.answer(call);
    return Error{ErrorCode::exhausted, Retry::later, "every thread has work"};
  });
  rig.round();
  static_cast<void>(rig.polled());
  CHECK(rig.row().trouble.empty());
  rig.receivers.answer_with([this](const ReceiverCall& call) { return rig.answer(call); });
  rig.round();
  const auto said = rig.polled();
  REQUIRE(said.size() == 1);
  CHECK(said.front().contains("ack"));
}

TEST_CASE_FIXTURE(ActingSource, "an answer that is too long is asked for in smaller parts") {
  rig.add(StreamDelivery::poll);
  rig.receivers.answer_with([this](const ReceiverCall& call) -> Result<ReceiverAnswer> {
    if (call.url != test::kSourcePolls) return rig.answer(call);
    return Error::permanent(ErrorCode::exhausted, "the answer is too long");
  });
  for (const std::int64_t wanted : {20, 10, 5, 2, 1, 1}) {
    rig.round();
    const auto said = rig.polled();
    REQUIRE(said.size() == 1);
    CHECK(said.front().at("maxEvents").as_int64() == wanted);
    server.clock.advance(10min);
  }
}

TEST_CASE_FIXTURE(ActingSource, "a clock that is set back makes no source wait for it") {
  rig.add(StreamDelivery::poll);
  rig.round();
  CHECK(rig.polled().size() == 1);
  server.clock.jump(-1h);
  server.clock.advance(6s);
  rig.round();
  CHECK(rig.polled().size() == 1);
}

TEST_CASE_FIXTURE(ActingSource,
                  "what was to be acknowledged at one address is not said at another") {
  rig.add(StreamDelivery::poll);
  rig.poll_answers = {rig.answer_of({rig.claims("session-revoked", rig.john())})};
  rig.round();
  static_cast<void>(rig.polled());
  rig.change([](SignalSource& source) { source.poll_url = "https://idp.fabrikam.test/poll?new"; });
  rig.round();
  for (const ReceiverCall& call : rig.receivers.take()) {
    if (call.url.ends_with("new")) CHECK(call.body.find("ack") == std::string::npos);
  }
}

}  // namespace
}  // namespace curfew
