// The gates' feed: who may follow it, what ends it, and what liars get.
#include <doctest/doctest.h>

#include <future>
#include <string>
#include <vector>

#include "tests/support/feed_office.hpp"

namespace curfew {
namespace {

using namespace std::chrono_literals;
using test::EnrolledGate;
using test::FeedClient;
using test::FeedOffice;
using test::GateOffice;
using test::kFirst;
using test::kSecond;
using test::signed_by_server;

std::string signed_by(const SigningKey& key, const std::string& kid, const std::string& issuer,
                      const ChainMark& mark) {
  return sign_head(issuer, mark, JwtSigner{SigningKey{key}, kid}).value().jws;
}

// --- who may follow

TEST_CASE("nobody but an enrolled gate with its token for the feed gets in") {
  FeedOffice at;
  const std::string good = at.token();
  CHECK(at.ask(good).status == 426);  // let in, and no WebSocket
  CHECK(at.ask("").status == 401);
  CHECK(at.ask("made up").status == 401);
  CHECK(at.ask(at.office.admin).status == 401);
  CHECK(at.ask(at.server.app_token().access()).status == 401);
  const HttpResponse refused = at.ask(at.server.app_token("api://files/.default").access());
  CHECK(refused.status == 401);
  CHECK(test::contains(test::header_of(refused, "www-authenticate"), "invalid_token"));
  CHECK_FALSE(at.site.open(at.office.admin).ok());

  // The machine's own root is no gate.
  HttpRequest local = at.server.get("/curfew/v1/gate");
  local.peer = {Transport::unix_socket, "", 0, ::geteuid()};
  CHECK(at.server.send(std::move(local)).status == 403);

  // A gate whose row is gone, or that was never enrolled.
  Gate gate = at.server.row<Gate>(at.gate.app);
  gate.enrolled_at.reset();
  at.server.put(gate);
  CHECK(at.ask(good).status == 403);
}

TEST_CASE("without a feed there is no way in") {
  GateOffice office;
  const EnrolledGate gate{office};
  const std::string token = office.feed_token(gate.app, gate.key).access();
  const HttpResponse answer = office.server.send(
      office.server.get("/curfew/v1/gate", {{"Authorization", "Bearer " + token}}));
  CHECK(answer.status == 503);
}

// --- what ends it

TEST_CASE("whatever ends the gate's token closes its feed, which says nothing more") {
  const auto closes = [](const std::function<void(FeedOffice&)>& act) {
    FeedOffice at;
    FeedClient client = at.caught_up();
    REQUIRE(client.gets_lease());
    act(at);
    Position told;
    bool is_refused = false;
    // A feed that goes on would answer; one that is closed may not even take it.
    static_cast<void>(client.send(LeaseRequest{99}));
    while (const auto message = client.next()) {
      REQUIRE_FALSE(std::holds_alternative<LeaseAnswer>(*message));
      is_refused = std::holds_alternative<FeedRefusal>(*message);
      const auto* const entries = std::get_if<FeedEntries>(&*message);
      if (entries != nullptr) told = entries->entries.back().position;
    }
    CHECK(is_refused);
    CHECK(told < at.server.head());  // what ended it is not among it
    CHECK(at.site.hub().view(at.gate.app).connected.empty());
  };
  SUBCASE("disabled") {
    closes([](FeedOffice& at) {
      Removal removal;
      removal.kind = RemovalKind::disable_app;
      removal.app_id = at.gate.app;
      at.server.take_away(removal);
    });
  }
  SUBCASE("removed") {
    closes([](FeedOffice& at) {
      CHECK(at.office.call(at.office.admin, HttpMethod::delete_, "/gates/edge").status == 200);
    });
  }
  SUBCASE("enrolled anew") {
    closes([](FeedOffice& at) {
      CHECK(at.office.enrol(at.office.new_code("edge"), GateOffice::new_key()).status == 201);
    });
  }
  SUBCASE("everybody has to prove themselves again") {
    closes([](FeedOffice& at) {
      Removal removal;
      removal.kind = RemovalKind::reauth_tenant;
      at.server.take_away(removal);
    });
  }
  SUBCASE("its time is over") {
    closes([](FeedOffice& at) {
      at.server.clock.advance(2h);
      at.site.tick();
    });
  }
}

TEST_CASE("a gate that was disabled is waited for as long as its leases last, and may come back") {
  FeedOffice at;
  FeedClient client = at.caught_up();
  REQUIRE(client.gets_lease());
  Removal removal;
  removal.kind = RemovalKind::disable_app;
  removal.app_id = at.gate.app;
  at.server.take_away(removal);
  const Position cut = at.server.head();
  CHECK_FALSE(client.refusal().empty());
  CHECK_FALSE(at.is_complete(cut));
  at.server.clock.advance(11s);
  CHECK(at.is_complete(cut));
  CHECK_FALSE(at.office.feed_token(at.gate.app, at.gate.key).ok());
  at.server.give_back(RestoralKind::enable_app, at.gate.app.str());
  FeedClient again = at.caught_up(kSecond);
  CHECK(again.gets_lease());
}

TEST_CASE("a gate that says no hello is closed, and nobody has many connections") {
  FeedOffice at;
  FeedClient mute = at.connect();
  auto refused = std::async(std::launch::async, [&] { return mute.refusal(); });
  // Its time begins when the server takes it over, which may be later than its handshake ends.
  while (refused.wait_for(10ms) != std::future_status::ready) {
    at.server.clock.advance(11s);
    at.site.tick();
  }
  CHECK(test::contains(refused.get(), "hello"));

  const std::string token = at.token();
  std::vector<FeedClient> open;
  for (std::size_t i = 0; i < kConnectionsOfGateMax; ++i) open.push_back(at.site.connect(token));
  FeedClient one_more = at.site.connect(token);
  CHECK(test::contains(one_more.refusal(), "as many connections"));
}

// --- gates that do not do as they should

TEST_CASE("a gate that breaks the protocol is refused, closed and counted") {
  FeedOffice at;
  std::uint64_t refused = 0;
  const auto is_refused_for = [&](const std::string& word,
                                  const std::function<void(FeedClient&)>& act) {
    FeedClient client = at.caught_up();
    act(client);
    const std::string reason = client.refusal();
    CAPTURE(reason);
    CHECK(test::contains(reason, word));
    CHECK(at.site.hub().view(at.gate.app).refused == ++refused);
  };
  is_refused_for("JSON", [](FeedClient& client) { client.send_text("nonsense"); });
  is_refused_for("twice", [](FeedClient& client) {
    GateHello again;
    again.instance = GateInstanceId{kFirst};
    client.send(again);
  });
  is_refused_for("was sent nothing after", [&](FeedClient& client) {
    client.send(FeedAck{{1, at.server.head().sequence + 1}});
  });
  is_refused_for("never go back", [&](FeedClient& client) {
    client.send(FeedAck{at.server.head()});
    client.send(FeedAck{{1, at.server.head().sequence - 1}});
  });
  is_refused_for("earlier request", [](FeedClient& client) {
    client.send(LeaseRequest{7});
    client.send(LeaseRequest{7});
  });
  is_refused_for("more messages", [&](FeedClient& client) {
    for (std::size_t i = 0; i <= kGateMessagesPerSecond; ++i) {
      client.send(FeedAck{at.server.head()});
    }
  });
  FeedClient early = at.connect();
  early.send(LeaseRequest{1});
  CHECK(test::contains(early.refusal(), "hello first"));
}

TEST_CASE("an instance is one gate's, and has one connection") {
  FeedOffice at;
  FeedClient first = at.caught_up();
  FeedClient second = at.caught_up();
  CHECK(test::contains(first.refusal(), "newer connection"));
  CHECK(second.gets_lease());

  const EnrolledGate other{at.office, "other"};
  at.site.tick();
  FeedClient thief = at.site.connect(at.office.feed_token(other.app, other.key).access());
  GateHello hello;
  hello.instance = GateInstanceId{kFirst};
  thief.send(hello);
  CHECK(test::contains(thief.refusal(), "another gate"));
  CHECK(second.gets_lease());
}

TEST_CASE("a gate that asks for leases without end is given no more than it may have") {
  FeedOffice at;
  FeedClient client = at.caught_up();
  for (std::size_t i = 0; i < 16; ++i) {
    at.append(1);  // each names another position
    CHECK(client.gets_lease());
  }
  at.append(1);
  client.send(LeaseRequest{1'000});
  client.send(FeedAck{{9, 9}});
  bool has_lease = false;
  while (const auto message = client.next()) {
    has_lease = has_lease || std::holds_alternative<LeaseAnswer>(*message);
  }
  CHECK_FALSE(has_lease);
}

// --- rollbacks

TEST_CASE("a head that our key signed and our journal contradicts stops leases and issuing") {
  FeedOffice at;
  at.append(3);
  ChainMark shown;
  SUBCASE("the journal ends before it") { shown = {{1, 1'000}, "lost"}; }
  SUBCASE("another entry stands there") { shown = {{1, 2}, "lost"}; }
  FeedClient witness = at.connect();
  GateHello hello;
  hello.instance = GateInstanceId{kFirst};
  hello.head = signed_by_server(at.server, shown);
  FeedClient honest = at.caught_up(kSecond);
  REQUIRE(honest.gets_lease());
  witness.send(hello);
  const auto refused = witness.find<FeedRefusal>();
  REQUIRE(refused);
  CHECK(refused->is_rolled_back);
  CHECK_FALSE(witness.next());
  // On the one thread that there is, the alarm was looked into before anything after.
  at.site.tick();
  REQUIRE(at.server.live->rollback().is_raised());
  CHECK(at.server.live->rollback().proof()->stamp == shown.position);
  honest.send(LeaseRequest{1'000});
  honest.send_text("an end");
  bool has_lease = false;
  bool is_told = false;
  while (const auto message = honest.next()) {
    has_lease = has_lease || std::holds_alternative<LeaseAnswer>(*message);
    const auto* const policy = std::get_if<FeedPolicy>(&*message);
    is_told = is_told || (policy != nullptr && policy->newest_stamp.is_set());
  }
  CHECK_FALSE(has_lease);
  CHECK(is_told);
  CHECK_FALSE(at.office.feed_token(at.gate.app, at.gate.key).ok());
}

TEST_CASE("what a gate merely says, or somebody else signed, proves nothing and is counted") {
  FeedOffice at;
  at.append(3);
  const ChainMark ahead{{1, 1'000}, "lost"};
  const SigningKey key = GateOffice::new_key();
  const std::string kid = at.server.keys->active_key(TokenAlg::es256).str();
  const std::string issuer = at.server.context->issuer();
  const std::vector<std::string> shown{
      "made up", signed_by(key, kid, issuer, ahead),
      at.server.keys->sign(TokenAlg::es256, "JWT", R"({"iss":")" + issuer + R"("})").value()};
  for (const std::string& head : shown) {
    FeedClient client = at.connect();
    CHECK(client.greet(kFirst, ahead, head).has_value());
  }
  at.site.tick();
  CHECK_FALSE(at.server.live->rollback().is_raised());
  CHECK(at.site.hub().view(at.gate.app).refused == shown.size());
}

TEST_CASE("an honest gate's own head proves nothing against us") {
  FeedOffice at;
  at.append(3);
  const ChainMark mark = at.mark();
  const std::string head = signed_by_server(at.server, mark);
  at.append(2);
  FeedClient client = at.connect();
  CHECK(client.greet(kFirst, mark, head).has_value());
  CHECK(client.gets_lease());
  CHECK_FALSE(at.server.live->rollback().is_raised());
}

}  // namespace
}  // namespace curfew
