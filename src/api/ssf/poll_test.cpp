#include <doctest/doctest.h>

#include <functional>
#include <future>
#include <string>
#include <vector>

#include "api/ssf/signal_text.hpp"
#include "base/signal_limits.hpp"
#include "revocation/removal.hpp"
#include "tests/support/signal_rig.hpp"

// What a server does while a whole page of events is signed, and what becomes of the page.

namespace curfew {
namespace {

using namespace std::chrono_literals;
using test::contains;
using test::HeldSigning;
using test::ServerFixture;
using test::SignalRig;
using M = HttpMethod;

struct Fixture {
  ServerFixture server;
  SignalRig rig{server};
  std::string id = rig.poll_stream();
  std::string token = rig.token();

  Fixture() {
    server.write([&](WriteTx& tx) -> Status {
      for (std::size_t i = 1; i <= limits::kPollEventsMax; ++i) {
        CURFEW_TRY_STATUS(add(tx, pending(static_cast<std::int64_t>(i))));
      }
      return Done{};
    });
  }
  Signal pending(std::int64_t sequence) {
    Signal signal;
    signal.tenant_id = server.tenant;
    signal.stream_id = id;
    signal.sequence = sequence;
    signal.jti = "jti-" + std::to_string(sequence);
    signal.event = signal_event::kAccountEnabled;
    signal.user_id = server.john.str();
    signal.members = "{}";
    return signal;
  }
  std::future<HttpResponse> begin_poll() { return begin_poll(id); }
  std::future<HttpResponse> begin_poll(const std::string& stream) {
    HttpRequest request =
        server.get(server.path("/ssf/v1/poll/" + stream), {{"Authorization", "Bearer " + token}});
    request.method = HttpMethod::post;
    request.body = R"({"returnImmediately":true})";
    return server.begin(std::move(request));
  }
  // Answered by the thread that the poll is on, behind what the poll does there.
  void ask_something_else() { CHECK(server.send(server.get("/healthz")).status == 200); }
  static std::vector<std::string> jtis_in(const HttpResponse& answer) {
    REQUIRE_MESSAGE(answer.status == 200, answer.body);
    std::vector<std::string> jtis;
    const auto body = boost::json::parse(answer.body);  // more than we would take from others
    for (const auto& [jti, set] : body.at("sets").as_object()) {
      CHECK(test::claim(std::string{set.as_string()}, "jti") == jti);
      jtis.emplace_back(jti);
    }
    return jtis;
  }
  static std::vector<std::string> all_jtis() {
    std::vector<std::string> jtis;
    for (std::size_t i = 1; i <= limits::kPollEventsMax; ++i) {
      jtis.push_back("jti-" + std::to_string(i));
    }
    return jtis;
  }
  void disable_receiver() {
    Removal removal;
    removal.kind = RemovalKind::disable_app;
    removal.app_id = server.web;
    server.take_away(removal);
  }
  void take_secret() {
    Removal removal;
    removal.kind = RemovalKind::remove_app_secret;
    removal.app_id = server.web;
    removal.object_id = server.web_secret_id;
    server.take_away(removal);
  }
};

TEST_CASE_FIXTURE(Fixture, "while a page of events is signed the server answers others") {
  HeldSigning held{server};
  std::future<HttpResponse> answer = begin_poll();
  ask_something_else();
  CHECK(server.app_token("ssf.read").ok());
  CHECK(answer.wait_for(0s) == std::future_status::timeout);
  held.let_go();
  CHECK(jtis_in(answer.get()) == all_jtis());
}

TEST_CASE_FIXTURE(Fixture, "a page is signed in lots, so that others are signed for in between") {
  HeldSigning held{server};
  std::future<HttpResponse> page = begin_poll();
  held.await_work();
  std::promise<void> other;
  REQUIRE(server.context->signing_pool->submit([&] {
    ask_something_else();
    CHECK(page.wait_for(0s) == std::future_status::timeout);
    other.set_value();
  }));
  held.let_go();
  other.get_future().wait();
  CHECK(jtis_in(page.get()) == all_jtis());
}

TEST_CASE_FIXTURE(Fixture, "of one stream a page is signed at a time, however many are asked for") {
  HeldSigning held{server};
  std::vector<std::future<HttpResponse>> pages;
  for (int page = 0; page < 3; ++page) pages.push_back(begin_poll());
  ask_something_else();
  CHECK(server.context->signing_pool->waiting() == 1);
  const std::string other = rig.poll_stream();
  server.write([&](WriteTx& tx) -> Status {
    Signal signal = pending(1);
    signal.stream_id = other;
    signal.jti = "jti-other";
    return add(tx, signal);
  });
  std::future<HttpResponse> of_other = begin_poll(other);
  ask_something_else();
  CHECK(server.context->signing_pool->waiting() == 2);
  held.let_go();
  CHECK(jtis_in(of_other.get()) == std::vector<std::string>{"jti-other"});
  for (auto& page : pages) CHECK(jtis_in(page.get()) == all_jtis());
}

TEST_CASE_FIXTURE(Fixture, "who is cut off while a page is signed is told nothing of it") {
  HeldSigning held{server};
  std::future<HttpResponse> answer = begin_poll();
  held.await_work();
  int expected = 0;
  SUBCASE("its application is disabled") {
    disable_receiver();
    expected = 401;
  }
  SUBCASE("the secret of its token is taken away") {
    take_secret();
    expected = 401;
  }
  SUBCASE("its permission is taken away") {
    server.change<App>(server.web, [](App& app) { app.application_permissions.clear(); });
    expected = 403;
  }
  SUBCASE("its stream is removed") {
    CHECK(rig.call(M::delete_, "/stream?stream_id=" + id).status == 204);
    expected = 404;
  }
  held.let_go();
  const HttpResponse refused = answer.get();
  CHECK(refused.status == expected);
  CHECK_FALSE(contains(refused.body, "sets"));
}

TEST_CASE_FIXTURE(Fixture,
                  "of a stream that is paused while a page is signed nothing is told yet") {
  const auto set_status = [&](const std::string& status) {
    return rig.call(M::post, "/status",
                    R"({"stream_id":")" + id + R"(","status":")" + status + "\"}");
  };
  {
    HeldSigning held{server};
    std::future<HttpResponse> answer = begin_poll();
    held.await_work();
    REQUIRE(set_status("paused").status == 200);
    held.let_go();
    CHECK(jtis_in(answer.get()).empty());
  }
  REQUIRE(set_status("enabled").status == 200);
  CHECK(jtis_in(begin_poll().get()) == all_jtis());
}

TEST_CASE_FIXTURE(Fixture, "where too much is to be signed a poll is asked to come again") {
  {
    const HeldSigning held{server};
    held.fill();
    const HttpResponse refused = begin_poll().get();
    CHECK(refused.status == 503);
    CHECK(contains(refused.body, "temporarily_unavailable"));
  }
  test::await_signed(server);
  CHECK(jtis_in(begin_poll().get()) == all_jtis());
}

}  // namespace
}  // namespace curfew
