#include "api/ssf/stream_right.hpp"

#include <doctest/doctest.h>

#include "revocation/removal.hpp"
#include "tests/support/admin_office.hpp"
#include "tests/support/signal_rig.hpp"

// What becomes of a push stream whose right was taken away by "everybody signs in again", or by a
// disabled application that was enabled again: silent until somebody proves who they are, and said
// to be so.

namespace curfew {
namespace {

using test::contains;
using test::Office;
using test::ServerFixture;
using test::SignalRig;
using test::TokenAnswer;
using M = HttpMethod;
using Names = std::vector<std::string>;

struct Fixture {
  Office office;
  ServerFixture& server = office.server;
  SignalRig rig{server};
  std::string id = rig.push_stream();
  std::string old_token = rig.token();

  void sign_everybody_out() { server.take_away(RemovalKind::reauth_tenant); }
  void disable_and_enable() {
    Removal removal;
    removal.kind = RemovalKind::disable_app;
    removal.app_id = server.web;
    server.take_away(removal);
    server.give_back(RestoralKind::enable_app, server.web.str());
  }
  void cut_john_off(const std::string& run) {
    Removal removal;
    removal.kind = RemovalKind::revoke_user;
    removal.user_id = server.john;
    removal.run_id = RunId{run};
    removal.hold_owner = "run:" + run;
    server.take_away(removal);
  }

  TokenAnswer status() { return rig.call(M::get, "/status?stream_id=" + id); }
  std::string enabling() const { return R"({"stream_id":")" + id + R"(","status":"enabled"})"; }
  boost::json::object as_administrator(M method, const std::string& body = "") {
    const std::string admin = office.token_of_john(Role::application_administrator);
    const HttpResponse answer = office.call(admin, method, "/streams/" + id, body);
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
    return parse_json_object(answer.body).value();
  }
  Result<Applied> step_of(const std::string& run) {
    SignalConnector connector{*server.store, server.tenant, rig.stands()};
    ConnectorOrder order;
    order.run_id = RunId{run};
    order.target = id;
    std::optional<Result<Applied>> answer;
    start<Result<Applied>>(connector.apply(order), [&](Result<Applied> got) { answer = got; });
    REQUIRE(answer);
    return *answer;
  }
};

TEST_CASE_FIXTURE(Fixture, "a stream that is told nothing says that it is paused, and what to do") {
  CHECK(status().text("status") == "enabled");
  CHECK_FALSE(status().body.contains("reason"));
  SUBCASE("everybody has to sign in again") { sign_everybody_out(); }
  SUBCASE("its application was disabled, and enabled again") { disable_and_enable(); }
  server.take_away(RemovalKind::revoke_sessions);
  CHECK(rig.pushed().empty());

  const TokenAnswer shown = status();
  CHECK(shown.text("status") == "paused");
  CHECK(contains(shown.text("reason"), "made or last updated is revoked"));
  CHECK(contains(shown.text("reason"), "set its status to enabled with a new token"));
  const auto json = as_administrator(M::get);
  CHECK(json.at("status").as_string() == "paused");
  CHECK(json.at("statusReason") == json.at("standsNotBecause"));
  CHECK_FALSE(json.at("stands").as_bool());
  CHECK(json.at("pendingCount").as_int64() > 0);
}

TEST_CASE_FIXTURE(Fixture, "it goes on where it was once its receiver updates it by a new token") {
  sign_everybody_out();
  server.take_away(RemovalKind::disable_user);
  server.give_back(RestoralKind::enable_user, server.john.str());
  CHECK(rig.pushed().empty());
  // The one of before is nobody's word any more.
  CHECK(rig.call_as(old_token, M::post, "/status", enabling()).status == 401);
  CHECK(rig.pushed().empty());

  TokenAnswer answer;
  SUBCASE("its status") {
    answer = rig.call(M::post, "/status", enabling());
    CHECK(answer.text("status") == "enabled");
  }
  SUBCASE("its configuration") {
    answer = rig.call(M::patch, "/stream", R"({"stream_id":")" + id + R"(","description":"x"})");
  }
  REQUIRE(answer.status == 200);
  const auto sets = rig.pushed();
  REQUIRE(SignalRig::names_of(sets) == Names{"stream-updated", "session-revoked", "session-revoked",
                                             "account-disabled", "account-enabled"});
  const auto& update = SignalRig::event_in(sets.front());
  CHECK(update.at("status").as_string() == "enabled");
  CHECK(contains(update.at("reason").as_string(), "nothing was sent until now"));
  CHECK(status().text("status") == "enabled");
  // Who had a right is told of no pause.
  CHECK(rig.call(M::post, "/status", enabling()).status == 200);
  CHECK(rig.pushed().empty());
}

TEST_CASE_FIXTURE(Fixture, "a pause stands when a right is renewed, and is not ended by it") {
  CHECK(as_administrator(M::patch, R"({"status":"paused","reason":"moving"})")
            .at("status")
            .as_string() == "paused");
  static_cast<void>(rig.pushed());
  sign_everybody_out();
  CHECK(status().text("reason") == "moving");
  CHECK(rig.call(M::patch, "/stream", R"({"stream_id":")" + id + R"("})").status == 200);
  CHECK(status().text("status") == "paused");
  CHECK(rig.pushed().empty());
}

TEST_CASE_FIXTURE(Fixture, "what is lost while nothing could be sent is said when it goes on") {
  sign_everybody_out();
  server.change<SignalStream>(id, [](SignalStream& stream) { stream.pending_count = 10'000; });
  server.take_away(RemovalKind::revoke_sessions);
  CHECK(rig.call(M::post, "/status", enabling()).status == 200);
  const auto sets = rig.pushed();
  REQUIRE(SignalRig::names_of(sets).front() == "stream-updated");
  const std::string reason{SignalRig::event_in(sets.front()).at("reason").as_string()};
  CHECK(contains(reason, "nothing was sent until now"));
  CHECK(contains(reason, "1 events were dropped"));
}

TEST_CASE_FIXTURE(
    Fixture, "an administrator resumes a stream without a right, and leaves the right of one") {
  const std::vector<std::string> keys = server.row<SignalStream>(id).keys;
  static_cast<void>(as_administrator(M::patch, R"({"status":"enabled"})"));
  CHECK(server.row<SignalStream>(id).keys == keys);  // else it would end with the administrator
  CHECK(rig.pushed().empty());

  sign_everybody_out();
  server.take_away(RemovalKind::disable_user);
  server.give_back(RestoralKind::enable_user, server.john.str());
  CHECK(rig.pushed().empty());
  const auto json = as_administrator(M::patch, R"({"status":"enabled"})");
  CHECK(json.at("status").as_string() == "enabled");
  CHECK(json.at("stands").as_bool());
  CHECK(SignalRig::names_of(rig.pushed()).front() == "stream-updated");
  // By the administrator's own right from then on.
  server.take_away(RemovalKind::revoke_sessions);
  CHECK(rig.pushed().empty());
  CHECK(status().text("status") == "paused");
}

TEST_CASE_FIXTURE(Fixture, "the step of a run at it waits for a person, and looks again") {
  sign_everybody_out();
  cut_john_off("run-1");
  CHECK(rig.pushed().empty());
  const auto early = step_of("run-1");
  REQUIRE_FALSE(early.ok());
  CHECK(early.error().retry() == Retry::after_human);
  CHECK(contains(early.error().message(), "2 of 2 events are not acknowledged yet"));
  CHECK(contains(early.error().message(), "nothing is sent to it: the credential"));
  CHECK(rig.call(M::post, "/status", enabling()).status == 200);
  CHECK(rig.pushed().size() == 4);
  REQUIRE(step_of("run-1").ok());
}

}  // namespace
}  // namespace curfew
