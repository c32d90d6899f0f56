#include <doctest/doctest.h>

#include "base/signal_limits.hpp"
#include "revocation/signals/own_txn.hpp"
#include "revocation/signals/source_brake.hpp"
#include "store/schema_runs.hpp"
#include "tests/support/acting_source.hpp"
#include "tests/support/signal_rig.hpp"

// One incident leads to one run, and a source to so many: also where two servers hear each other.

namespace curfew {
namespace {

using namespace std::chrono_literals;
using test::ActingSource;
using test::ServerFixture;
using test::SignalRig;
using test::SourceRig;

TEST_CASE_FIXTURE(ActingSource, "our own word that comes back leads to no second run") {
  const ReceivedSignal first = heard(rig.about_john("session-revoked"));
  REQUIRE(first.state == ReceivedState::acted);
  const ReceivedSignal back = heard(in_incident("session-revoked", first.run_id));
  CHECK(back.state == ReceivedState::covered);
  CHECK(back.run_id == first.run_id);
  CHECK(runs() == 1);
  // It asks for more than we did.
  CHECK(heard(in_incident("account-disabled", first.run_id)).state == ReceivedState::acted);
  CHECK(runs() == 2);
}

TEST_CASE_FIXTURE(ActingSource,
                  "our own word of what was no run's is known as well, and by its person") {
  server.take_away(RemovalKind::disable_user);
  const std::string txn = txn_of_act(server.tenant, server.head());
  CHECK(heard(in_incident("account-disabled", txn)).state == ReceivedState::covered);
  CHECK(runs() == 0);
  const std::string other = txn_of_act(TenantId{new_guid()}, server.head());
  CHECK(heard(in_incident("account-disabled", other)).state == ReceivedState::acted);
  CHECK(heard(in_incident("session-revoked", "journal:x")).state == ReceivedState::acted);
}

TEST_CASE_FIXTURE(ActingSource, "one incident leads to one run of a kind, for an hour") {
  CHECK(heard(in_incident("account-disabled", "theirs")).state == ReceivedState::acted);
  CHECK(heard(in_incident("session-revoked", "theirs")).state == ReceivedState::covered);
  CHECK(heard(in_incident("account-disabled", "theirs")).state == ReceivedState::covered);
  CHECK(runs() == 1);
  CHECK(heard(in_incident("account-disabled", "another")).state == ReceivedState::acted);
  server.clock.advance(61min);
  CHECK(heard(in_incident("account-disabled", "theirs")).state == ReceivedState::acted);
  CHECK(runs() == 3);
}

TEST_CASE_FIXTURE(ActingSource, "what came before a cut is covered by it") {
  REQUIRE(rig.push(rig.about_john("session-revoked")).status == 202);
  REQUIRE(rig.push(rig.about_john("session-revoked")).status == 202);
  server.clock.advance(1s);
  const auto all = rig.settled();
  CHECK(all.front().state == ReceivedState::acted);
  CHECK(all.back().state == ReceivedState::covered);
  CHECK(all.back().run_id == all.front().run_id);
  CHECK(heard(rig.about_john("session-revoked")).state == ReceivedState::acted);
  CHECK(runs() == 2);
}

TEST_CASE_FIXTURE(ActingSource, "who hears of a source's run hears the name of its incident") {
  test::SignalRig streams{server, &rig.receivers};
  const std::string stream = streams.poll_stream();
  REQUIRE(heard(in_incident("account-disabled", "theirs")).state == ReceivedState::acted);
  const auto sets = streams.poll(stream);
  REQUIRE(sets.size() >= 2);
  for (const auto& set : sets) CHECK(set.at("txn").as_string() == "theirs");
}

// --- the brake

TEST_CASE_FIXTURE(ActingSource, "more people in an hour than a source may end the access of wait") {
  rig.change([](SignalSource& source) { source.people_per_hour_max = 1; });
  CHECK(heard(rig.about_john("session-revoked")).state == ReceivedState::acted);
  // One person counts once.
  CHECK(heard(rig.about_john("account-disabled")).state == ReceivedState::acted);
  const UserId clerk = add_clerk();
  REQUIRE(rig.push(about_clerk("account-disabled")).status == 202);
  rig.round();
  CHECK(server.row<User>(clerk).account_enabled);
  CHECK(rig.row().held_at == server.clock.now());
  CHECK(rig.row().held_because.find("1 people") != std::string::npos);
  CHECK(rig.row().pending_count == 1);
  // Not by itself, however long it takes.
  server.clock.advance(2h);
  rig.round();
  CHECK(server.row<User>(clerk).account_enabled);
  rig.change([](SignalSource& source) { release_source(source); });
  CHECK(rig.settled().back().state == ReceivedState::acted);
  CHECK_FALSE(server.row<User>(clerk).account_enabled);
}

TEST_CASE_FIXTURE(ActingSource,
                  "the next hour is another one, and what is recorded alone is not counted") {
  rig.change([](SignalSource& source) { source.people_per_hour_max = 1; });
  CHECK(heard(rig.about_john("account-enabled")).state == ReceivedState::noted);
  CHECK(rig.row().people_count == 0);
  CHECK(heard(rig.about_john("session-revoked")).state == ReceivedState::acted);
  server.clock.advance(61min);
  static_cast<void>(add_clerk());
  CHECK(heard(about_clerk("account-disabled")).state == ReceivedState::acted);
}

TEST_CASE_FIXTURE(ActingSource, "one person's access is not ended again and again") {
  // As of two servers that tell each other, each in words of its own.
  for (std::size_t i = 0; i < limits::kSourceRunsOfPersonMax; ++i) {
    CHECK(heard(rig.about_john("session-revoked")).state == ReceivedState::acted);
  }
  server.clock.advance(1s);
  REQUIRE(rig.push(rig.about_john("session-revoked")).status == 202);
  rig.round();
  CHECK(rig.row().held_because.find("one person") != std::string::npos);
  CHECK(runs() == limits::kSourceRunsOfPersonMax);
}

// --- two servers

// Each tells the other what happens to people's access, and hears it.
struct Pair {
  struct End {
    ServerFixture server;
    test::TestReceivers receivers;
    SourceRig source{server, &receivers};
    SignalRig streams{server, &receivers};
    std::string keys;  // as they are published

    void set_up() {
      source.add();
      source.change([this](SignalSource& row) {
        row.issuer = server.context->issuer();  // the other one's, which is called the same
        row.audiences = {server.web.str()};
      });
      keys = server.send(server.get(server.path("/discovery/v2.0/keys"))).body;
    }
    void hear(End& other) {
      receivers.answer_with([&other](const ReceiverCall& call) -> Result<ReceiverAnswer> {
        if (call.url == test::kSourceJwks) {
          return ReceiverAnswer{200, "application/json", other.keys};
        }
        if (call.url != "https://watch.contoso.com/events") return test::TestReceivers::usual(call);
        const HttpResponse answer = other.source.push(call.body);
        return ReceiverAnswer{answer.status, "application/json", answer.body};
      });
      static_cast<void>(streams.push_stream());
    }
    std::size_t runs() { return server.all<Run>().size(); }
    bool is_enabled() { return server.row<User>(server.john).account_enabled; }
  };

  Pair() {
    there.set_up();
    here.set_up();
    there.hear(here);
    here.hear(there);
  }
  ~Pair() {
    there.server.runtime->stop_and_wait();
    here.server.runtime->stop_and_wait();
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  End there;
  End here;

  // Until everything that is said was heard and acted on, there and back again.
  void talk() {
    constexpr int kTurns = 20;  // one signal of a stream goes in each
    for (int i = 0; i < kTurns; ++i) {
      for (End* end : {&there, &here}) {
        end->streams.round();
        static_cast<void>(end->source.settled());
      }
    }
  }
};

TEST_CASE_FIXTURE(Pair, "two servers that hear each other come to rest, and can be undone") {
  there.server.take_away(RemovalKind::disable_user);
  talk();
  CHECK_FALSE(here.is_enabled());
  CHECK(here.runs() == 2);  // one that ends sessions, one that disables
  CHECK(there.runs() == 0);
  const std::size_t said = there.server.all<Signal>().size();
  talk();
  CHECK(there.server.all<Signal>().size() == said);
  there.server.give_back(RestoralKind::enable_user, there.server.john.str());
  talk();
  CHECK(there.is_enabled());
  CHECK_FALSE(here.is_enabled());  // nothing is given back on the word of another
  CHECK(there.runs() == 0);
}

TEST_CASE_FIXTURE(Pair, "two servers come to rest also where one makes more of what it hears") {
  here.source.change([](SignalSource& source) {
    source.policy = {policy_entry("session-revoked", "disable").value()};
  });
  there.server.take_away(RemovalKind::revoke_sessions);
  talk();
  CHECK_FALSE(here.is_enabled());
  CHECK_FALSE(there.is_enabled());  // as its own policy says of account-disabled
  const std::size_t runs = here.runs() + there.runs();
  CHECK(runs <= 3);
  talk();
  CHECK(here.runs() + there.runs() == runs);
}

}  // namespace
}  // namespace curfew
