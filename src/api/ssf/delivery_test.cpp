#include <doctest/doctest.h>

#include <algorithm>
#include <future>
#include <string>

#include "api/ssf/signal_connector.hpp"
#include "revocation/removal.hpp"
#include "revocation/signal_steps.hpp"
#include "revocation/signals/signal_queue.hpp"
#include "store/schema_runs.hpp"
#include "tests/support/signal_rig.hpp"

// What receivers are told, by polls (RFC 8936) and by pushes (RFC 8935), and for how long.

namespace curfew {
namespace {

using namespace std::chrono_literals;
using test::ServerFixture;
using test::SignalRig;
using test::TestReceivers;
using M = HttpMethod;
using Names = std::vector<std::string>;

struct Fixture {
  ServerFixture server;
  SignalRig rig{server};

  void disable(const AppId& id) {
    Removal removal;
    removal.kind = RemovalKind::disable_app;
    removal.app_id = id;
    server.take_away(removal);
  }
  Signal only_signal() {
    const auto all = server.all<Signal>();
    REQUIRE(all.size() == 1);
    return all.front();
  }
};

// --- what is said

TEST_CASE_FIXTURE(
    Fixture, "a disabled account is told as session-revoked and account-disabled, with one txn") {
  const std::string id = rig.poll_stream();
  server.take_away(RemovalKind::disable_user);
  const auto sets = rig.poll(id);
  REQUIRE(SignalRig::names_of(sets) == Names{"session-revoked", "account-disabled"});
  const auto& set = sets.front();
  CHECK(set.at("iss").as_string() == server.context->issuer());
  CHECK(set.at("aud").as_string() == server.web.str());
  CHECK(set.at("iat").as_int64() == to_unix_seconds(server.clock.now()));
  CHECK(set.at("txn") == sets.back().at("txn"));
  CHECK_FALSE(set.contains("sub"));
  CHECK_FALSE(set.contains("exp"));
  const auto& sub_id = set.at("sub_id").as_object();
  CHECK(sub_id.at("format").as_string() == "iss_sub");
  CHECK(sub_id.at("sub").as_string() == server.john.str());
  const auto& event = SignalRig::event_in(set);
  CHECK(event.at("event_timestamp").as_int64() == to_unix_seconds(server.clock.now()));
  CHECK(event.at("initiating_entity").as_string() == "admin");
  CHECK_FALSE(event.at("reason_admin").as_object().at("en").as_string().empty());
  server.give_back(RestoralKind::enable_user, server.john.str());
  CHECK(rig.poll_names(id).back() == "account-enabled");
}

TEST_CASE_FIXTURE(
    Fixture, "a new password, a disabled device and a removed consent are told as what they are") {
  const std::string id = rig.poll_stream();
  const auto told = [&](Removal removal) {
    server.take_away(removal);
    const auto sets = rig.poll(id);
    rig.acknowledge(id, sets);
    return sets;
  };
  Removal reset;
  reset.kind = RemovalKind::reset_password;
  reset.user_id = server.john;
  reset.password_hash = "hash";
  reset.force_change_password = true;
  auto sets = told(reset);
  CHECK(SignalRig::names_of(sets) ==
        Names{"session-revoked", "credential-change", "account-credential-change-required"});
  CHECK(SignalRig::event_in(sets[1]).at("credential_type").as_string() == "password");
  CHECK(SignalRig::event_in(sets[1]).at("change_type").as_string() == "update");
  CHECK(SignalRig::event_in(sets[1]).at("initiating_entity").as_string() == "admin");
  reset.reason = "password_changed";  // a sign-in with one for one use, and Graph
  CHECK(SignalRig::event_in(told(reset)[1]).at("initiating_entity").as_string() == "user");

  Removal device;
  device.kind = RemovalKind::disable_device;
  device.device_id = server.laptop;
  sets = told(device);
  CHECK(SignalRig::names_of(sets) == Names{"device-compliance-change", "session-revoked"});
  CHECK(SignalRig::event_in(sets[0]).at("current_status").as_string() == "not-compliant");
  CHECK(sets[1].at("sub_id").as_object().at("format").as_string() == "complex");
  CHECK(sets[1].at("sub_id").as_object().contains("device"));

  Removal consent;
  consent.kind = RemovalKind::remove_consent;
  consent.user_id = server.john;
  consent.app_id = server.web;
  CHECK(SignalRig::names_of(told(consent)) == Names{"session-revoked"});
  consent.app_id = server.spa;
  CHECK(told(consent).empty());  // no business of this receiver's

  Removal all;
  all.kind = RemovalKind::reauth_tenant;
  sets = told(all);
  CHECK(sets.front().at("sub_id").as_object().contains("tenant"));
}

TEST_CASE_FIXTURE(Fixture, "a stream hears what it asked for, and names people as it wants") {
  const std::string id = rig.poll_stream();
  server.change<SignalStream>(id, [](SignalStream& stream) {
    stream.subject_format = "email";
    stream.events_requested = {std::string{test::kRisc} + "account-disabled"};
  });
  server.take_away(RemovalKind::disable_user);
  const auto sets = rig.poll(id);
  REQUIRE(SignalRig::names_of(sets) == Names{"account-disabled"});
  CHECK(sets.front().at("sub_id").as_object().at("email").as_string() == "john.doe@contoso.com");
}

// --- polls

TEST_CASE_FIXTURE(
    Fixture, "RFC 8936 2.4: what is not acknowledged comes again with the same jti, newly signed") {
  const std::string id = rig.poll_stream();
  server.take_away(RemovalKind::disable_user);
  const auto first = rig.poll(id);
  server.clock.advance(2h);
  const auto again = rig.poll(id);
  CHECK(again.front().at("jti") == first.front().at("jti"));
  CHECK(again.front().at("iat").as_int64() == first.front().at("iat").as_int64() + 7200);
  rig.acknowledge(id, first);
  CHECK(rig.poll(id).empty());
  rig.acknowledge(id, first);  // in silence
  CHECK(server.row<SignalStream>(id).pending_count == 0);
  for (const Signal& signal : server.all<Signal>())
    CHECK(signal.state == SignalState::acknowledged);
}

TEST_CASE_FIXTURE(Fixture, "RFC 8936 2: maxEvents and moreAvailable, an empty request, a bad one") {
  const std::string id = rig.poll_stream();
  server.take_away(RemovalKind::disable_user);
  const auto part = rig.call(M::post, "/poll/" + id, R"({"maxEvents":1,"returnImmediately":true})");
  CHECK(part.body.at("sets").as_object().size() == 1);
  CHECK(part.body.at("moreAvailable").as_bool());
  CHECK(rig.call(M::post, "/poll/" + id, "{}").body.at("sets").as_object().size() == 2);
  CHECK(rig.call(M::post, "/poll/" + id, R"({"maxEvents":-1})").status == 400);
  CHECK(rig.call(M::post, "/poll/" + id, "[").status == 400);
  CHECK(rig.call(M::post, "/poll/unknown", "{}").status == 404);
}

TEST_CASE_FIXTURE(Fixture,
                  "RFC 8936 2.6: what the receiver cannot use is a dead letter with its words") {
  const std::string id = rig.poll_stream();
  server.take_away(RemovalKind::revoke_sessions);
  const std::string jti{rig.poll(id).front().at("jti").as_string()};
  const std::string body = R"({"returnImmediately":true,"setErrs":{")" + jti +
                           R"(":{"err":"invalid_key","description":"which key?"}}})";
  CHECK(rig.poll(id, body).empty());
  CHECK(only_signal().state == SignalState::refused);
  CHECK(only_signal().last_error == "invalid_key: which key?");
}

TEST_CASE_FIXTURE(Fixture,
                  "a long poll is answered when something happens, and not to who was cut off") {
  const std::string id = rig.poll_stream();
  HttpRequest request =
      server.get(server.path("/ssf/v1/poll/" + id), {{"Authorization", "Bearer " + rig.token()}});
  request.method = M::post;
  request.body = "{}";
  auto waiting = server.begin(HttpRequest{request});
  server.take_away(RemovalKind::revoke_sessions);
  CHECK(test::contains(waiting.get().body, only_signal().jti));
  rig.acknowledge(id, rig.poll(id));

  auto cut_off = server.begin(std::move(request));
  disable(server.web);
  server.take_away(RemovalKind::revoke_sessions);
  CHECK(cut_off.get().status == 401);
}

TEST_CASE_FIXTURE(Fixture,
                  "SSF 8.1.2: a paused stream keeps, a disabled one drops and hears nothing") {
  const std::string id = rig.poll_stream();
  const auto set = [&](const std::string& status) {
    CHECK(rig.call(M::post, "/status",
                   R"({"stream_id":")" + id + R"(","status":")" + status + R"("})")
              .status == 200);
  };
  set("paused");
  server.take_away(RemovalKind::revoke_sessions);
  CHECK(rig.poll(id).empty());
  set("enabled");
  CHECK(rig.poll(id).size() == 1);
  set("disabled");
  CHECK(only_signal().state == SignalState::dropped);
  server.take_away(RemovalKind::revoke_sessions);
  set("enabled");
  CHECK(rig.poll(id).empty());
}

TEST_CASE_FIXTURE(Fixture, "a stream that is full drops the oldest and says so first") {
  const std::string id = rig.poll_stream();
  server.take_away(RemovalKind::revoke_sessions);
  server.change<SignalStream>(id, [](SignalStream& stream) { stream.pending_count = 10'000; });
  server.take_away(RemovalKind::disable_user);
  const auto sets = rig.poll(id);
  // The first of the two found no room, the second neither.
  REQUIRE(SignalRig::names_of(sets) == Names{"stream-updated", "account-disabled"});
  CHECK(test::contains(SignalRig::event_in(sets.front()).at("reason").as_string(), "2 events"));
  CHECK(server.row<SignalStream>(id).dropped_count == 2);
}

TEST_CASE_FIXTURE(Fixture, "what nobody took for a week is dropped, and records go after a month") {
  const std::string id = rig.poll_stream();
  server.take_away(RemovalKind::revoke_sessions);
  const auto prune = [&] {
    server.write([&](WriteTx& tx) -> Status {
      CURFEW_TRY(const auto count, prune_signals(tx, server.tenant, server.clock.now(), 100));
      static_cast<void>(count);
      return Done{};
    });
  };
  prune();
  CHECK(rig.poll_names(id) == Names{"session-revoked"});
  server.clock.advance(24h * 7 + 1min);
  prune();
  CHECK(rig.poll_names(id) == Names{"stream-updated"});
  server.clock.advance(24h * 31);
  prune();
  CHECK(server.all<Signal>().size() == 1);
}

// --- pushes

TEST_CASE_FIXTURE(Fixture, "while a push is signed the server answers others") {
  static_cast<void>(rig.push_stream());
  server.take_away(RemovalKind::revoke_sessions);
  test::HeldSigning held{server};
  std::future<void> round = std::async(std::launch::async, [&] { rig.round(); });
  held.await_work();
  CHECK(server.send(server.get("/healthz")).status == 200);
  CHECK(rig.receivers.take().empty());
  held.let_go();
  round.get();
  CHECK(rig.receivers.take().size() == 1);
}

TEST_CASE_FIXTURE(Fixture,
                  "where too much is to be signed a push waits, and its receiver has not failed") {
  static_cast<void>(rig.push_stream());
  server.take_away(RemovalKind::revoke_sessions);
  {
    const test::HeldSigning held{server};
    held.fill();
    for (int again = 0; again < 3; ++again) rig.round();
    CHECK(rig.receivers.take().empty());
  }
  test::await_signed(server);
  rig.round();
  const auto calls = rig.receivers.take();
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].lane == CallLane::ending);
}

TEST_CASE_FIXTURE(Fixture,
                  "RFC 8935 2: pushed one by one in order, with the header that was asked for") {
  static_cast<void>(rig.push_stream());
  server.take_away(RemovalKind::disable_user);
  rig.round();
  const auto calls = rig.receivers.take();
  REQUIRE(calls.size() == 1);
  CHECK(calls.front().url == "https://watch.contoso.com/events");
  CHECK(calls.front().content_type == "application/secevent+jwt");
  const auto& headers = calls.front().headers;
  CHECK(std::ranges::count(headers, std::pair<std::string, std::string>{
                                        "Authorization", "Bearer of-the-receiver"}) == 1);
  CHECK(SignalRig::names_of(rig.pushed()) == Names{"account-disabled"});
  for (const Signal& signal : server.all<Signal>())
    CHECK(signal.state == SignalState::acknowledged);
  CHECK(rig.pushed().empty());
}

TEST_CASE_FIXTURE(Fixture, "without a header of the receiver's there is no Authorization") {
  static_cast<void>(rig.push_stream(""));
  server.take_away(RemovalKind::revoke_sessions);
  rig.round();
  const auto calls = rig.receivers.take();
  REQUIRE(calls.size() == 1);
  for (const auto& [name, value] : calls.front().headers) {
    CHECK(name != "Authorization");
  }
}

TEST_CASE_FIXTURE(
    Fixture,
    "only 202 says that the receiver has it; anything else is tried again, later each time") {
  static_cast<void>(rig.push_stream());
  server.take_away(RemovalKind::revoke_sessions);
  for (const int status : {200, 204, 500, 401, 302}) {
    CAPTURE(status);
    rig.receivers.answer_with(
        [status](const ReceiverCall&) { return TestReceivers::status(status); });
    rig.round();
    CHECK(rig.receivers.take().size() == 1);
    rig.round();
    CHECK(rig.receivers.take().empty());  // not at once again
    CHECK(only_signal().state == SignalState::pending);
    server.clock.advance(5min);
  }
  rig.receivers.answer_with(nullptr);
  CHECK(rig.pushed().size() == 1);
  CHECK(only_signal().state == SignalState::acknowledged);
}

TEST_CASE_FIXTURE(
    Fixture, "a bad certificate and an answer that is too long are said, not asked for at once") {
  static_cast<void>(rig.push_stream());
  server.take_away(RemovalKind::revoke_sessions);
  for (const Error& error :
       {Error{ErrorCode::denied, Retry::after_human, "the certificate has expired"},
        Error::permanent(ErrorCode::exhausted, "the answer is too long")}) {
    CAPTURE(error.message());
    rig.receivers.answer_with([error](const ReceiverCall&) { return error; });
    rig.round();
    CHECK(rig.receivers.take().size() == 1);
    CHECK(only_signal().last_error == error.message());
    rig.round();
    CHECK(rig.receivers.take().empty());
    server.clock.advance(5min);
  }
}

TEST_CASE_FIXTURE(Fixture,
                  "what a receiver goes on refusing is a dead letter, and the next one comes") {
  static_cast<void>(rig.push_stream());
  server.take_away(RemovalKind::revoke_sessions);
  rig.receivers.answer_with([](const ReceiverCall&) {
    return ReceiverAnswer{400, "application/json",
                          R"({"err":"invalid_audience","description":"not me"})"};
  });
  for (int i = 0; i < 5; ++i) {
    CHECK(only_signal().state == SignalState::pending);
    rig.round();
    server.clock.advance(5min);
  }
  CHECK(only_signal().state == SignalState::refused);
  CHECK(only_signal().last_error == "invalid_audience: not me");
  rig.receivers.answer_with(nullptr);
  static_cast<void>(rig.receivers.take());
  server.take_away(RemovalKind::disable_user);
  CHECK(rig.pushed().size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "after a restart it goes on where it was") {
  static_cast<void>(rig.push_stream());
  server.take_away(RemovalKind::disable_user);
  rig.round();
  static_cast<void>(rig.receivers.take());
  rig.restart();
  CHECK(SignalRig::names_of(rig.pushed()) == Names{"account-disabled"});
}

// --- by what right

TEST_CASE_FIXTURE(Fixture,
                  "a receiver whose application, permission or secret is gone is told nothing") {
  const std::string id = rig.push_stream();
  SUBCASE("disabled") { disable(server.web); }
  SUBCASE("without permission") {
    server.change<App>(server.web, [](App& app) { app.application_permissions.clear(); });
  }
  SUBCASE("by a secret that was removed") {
    Removal removal;
    removal.kind = RemovalKind::remove_app_secret;
    removal.app_id = server.web;
    removal.object_id = server.web_secret_id;
    server.take_away(removal);
  }
  server.take_away(RemovalKind::revoke_sessions);
  CHECK(rig.pushed().empty());
  CHECK(only_signal().state == SignalState::pending);  // kept for when it stands again
}

TEST_CASE_FIXTURE(Fixture,
                  "a stream that is deleted, or sent elsewhere, while its call waits is not told") {
  const std::string id = rig.push_stream();
  server.take_away(RemovalKind::revoke_sessions);
  class Late final : public ReceiverCalls {
   public:
    explicit Late(std::function<void()> before) : before_(std::move(before)) {}
    void post(ReceiverCall call, Done done) override {
      before_();
      const Status allowed = call.still_allowed();
      CHECK_FALSE(allowed.ok());
      done(allowed.error());
    }

   private:
    std::function<void()> before_;
  };
  Late late{[&] {
    server.change<SignalStream>(
        id, [](SignalStream& stream) { stream.endpoint_url = "https://elsewhere.test/"; });
  }};
  server.context->receivers = &late;
  rig.round();
  server.context->receivers = &rig.receivers;
  CHECK(only_signal().state == SignalState::pending);
}

// --- the step of a run

TEST_CASE_FIXTURE(Fixture,
                  "a run's step is acknowledged when the receiver said so, and never before") {
  const std::string id = rig.poll_stream();
  Removal removal;
  removal.kind = RemovalKind::revoke_user;
  removal.user_id = server.john;
  removal.run_id = RunId{"run-1"};
  removal.hold_owner = "run:run-1";
  server.take_away(removal);
  SignalConnector connector{*server.store, server.tenant, rig.stands()};
  const auto ask = [&] {
    ConnectorOrder order;
    order.run_id = RunId{"run-1"};
    order.target = id;
    std::optional<Result<Applied>> answer;
    start<Result<Applied>>(connector.apply(order), [&](Result<Applied> got) { answer = got; });
    REQUIRE(answer);
    return *answer;
  };
  const auto early = ask();
  REQUIRE_FALSE(early.ok());
  CHECK(early.error().retry() == Retry::later);
  const auto sets = rig.poll(id);
  CHECK(sets.front().at("txn").as_string() == "run-1");
  rig.acknowledge(id, {sets.front()});
  CHECK_FALSE(ask().ok());
  SUBCASE("the rest as well") {
    rig.acknowledge(id, sets);
    REQUIRE(ask().ok());
    CHECK(ask()->evidence == "2 events were acknowledged");
  }
  SUBCASE("the rest is refused") {
    const std::string jti{sets.back().at("jti").as_string()};
    static_cast<void>(rig.poll(
        id, R"({"returnImmediately":true,"setErrs":{")" + jti + R"(":{"err":"access_denied"}}})"));
    REQUIRE_FALSE(ask().ok());
    CHECK(ask().error().retry() == Retry::after_human);
    CHECK(test::contains(ask().error().message(), "dead letter"));
  }
  SUBCASE("the stream goes") {
    CHECK(rig.call(M::delete_, "/stream?stream_id=" + id).status == 204);
    CHECK(ask().error().retry() == Retry::after_human);
  }
}

TEST_CASE_FIXTURE(
    Fixture,
    "a step that had given a receiver up looks again when it comes, unless it was closed") {
  const std::string id = rig.poll_stream();
  for (const char* run : {"run-1", "run-2"}) {
    Step step;
    step.tenant_id = server.tenant;
    step.run_id = RunId{run};
    step.id = StepId{std::string{run} + ".0"};
    step.connector = kSignalsConnector;
    step.target = id;
    step.state = StepState::failed;
    if (step.run_id == RunId{"run-2"}) step.closed_by = "somebody";
    server.put(step);
    Removal removal;
    removal.kind = RemovalKind::revoke_sessions;
    removal.user_id = server.john;
    removal.run_id = step.run_id;
    server.take_away(removal);
  }
  rig.round();
  CHECK(rig.woken.empty());
  rig.acknowledge(id, rig.poll(id));
  rig.round();
  REQUIRE(rig.woken.size() == 1);
  CHECK(rig.woken.front().second == StepId{"run-1.0"});
}

TEST_CASE_FIXTURE(Fixture, "a plan has a step for each stream that will hear of it") {
  const std::string first = rig.poll_stream();
  const std::string second = rig.poll_stream();
  const std::string deaf = rig.poll_stream();
  server.change<SignalStream>(deaf, [](SignalStream& stream) { stream.events_requested.clear(); });
  Actor root;
  root.kind = ActorKind::local_root;
  root.roles = {Role::global_administrator};
  const auto plan = server.revocation->access_of(server.upn, root);
  REQUIRE(plan.ok());
  CHECK(std::ranges::count(plan->steps, kSignalsConnector, &Step::connector) == 2);
  for (const std::string& stream : {first, second}) {
    const auto step = std::ranges::find(plan->steps, stream, &Step::target);
    REQUIRE(step != plan->steps.end());
    CHECK(step->title.ends_with(" (stream " + stream.substr(0, 8) + ")"));
  }
}

}  // namespace
}  // namespace curfew
