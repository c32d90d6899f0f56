// The gates' feed: what gates are told, and what runs learn from them.
#include <doctest/doctest.h>

#include <algorithm>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "api/gate_feed/gate_view.hpp"
#include "api/metrics.hpp"
#include "tests/support/feed_office.hpp"

namespace curfew {
namespace {

using namespace std::chrono_literals;
using test::EnrolledGate;
using test::FeedClient;
using test::FeedOffice;
using test::FollowedGate;
using test::kFirst;
using test::kSecond;

// --- following

TEST_CASE("a gate that follows knows of a revocation, has leases, and the run is told") {
  FeedOffice at;
  FollowedGate gate{at.server, at.connect(), kFirst};
  REQUIRE(gate.until([&] { return gate.has_lease(); }));
  const Position before = at.server.head();
  const CredentialFacts johns{CredentialClass::access,
                              {before, before},
                              at.server.clock.now() + 1h,
                              {key_of(at.server.john)}};
  CHECK(gate.verdict(johns) == Verdict::live);

  at.server.take_away(RemovalKind::revoke_user);
  const Position cut = at.server.head();
  CHECK_FALSE(at.is_complete(cut));
  REQUIRE(gate.reaches(cut));
  CHECK(gate.verdict(johns) == Verdict::blocked);
  // The acknowledgement is on its way: what is answered after it was heard.
  CHECK(gate.client().gets_lease());
  CHECK(at.is_complete(cut));

  at.server.give_back(RestoralKind::enable_user, at.server.john.str());
  REQUIRE(gate.reaches(at.server.head()));
  CHECK(gate.verdict(johns) == Verdict::revoked);
  CHECK(gate.replica().signing_keys == at.server.keys->jwks_json());
}

TEST_CASE("a gate that comes back goes on where it was, or is told everything") {
  FeedOffice at;
  at.append(5);
  const ChainMark mark = at.mark();
  at.append(3);
  FeedClient knows = at.connect();
  const auto greeted = knows.greet(kFirst, mark);
  REQUIRE(greeted);
  CHECK(greeted->chain_hash_at_yours == mark.chain_hash);
  const auto entries = knows.find<FeedEntries>();
  REQUIRE(entries);
  CHECK(entries->entries.size() == 3);
  CHECK(entries->entries.front().position == mark.position.next());

  const ChainMark other{mark.position, "another journal's"};
  const ChainMark beyond{{1, 1'000'000}, "made up"};
  const ChainMark fenced{{7, 1}, "of another generation"};
  for (const ChainMark& claim : {other, beyond, fenced, ChainMark{}}) {
    CAPTURE(to_string(claim.position));
    FeedClient client = at.connect();
    const auto hello = client.greet("start-" + to_string(claim.position) + "-of-a-gate", claim);
    REQUIRE(hello);
    CHECK(hello->chain_hash_at_yours == (claim == other ? mark.chain_hash : ""));
    CHECK(client.find<SnapshotPart>().has_value());
  }
  CHECK_FALSE(at.server.live->rollback().is_raised());
}

TEST_CASE("below the floor a gate is told everything that can still matter, and blocks for ever") {
  FeedOffice at;
  const Key leaver{KeyKind::user, "a leaver"};
  const Key forgiven{KeyKind::user, "somebody forgiven"};
  at.write_entry(leaver, Effect::block, "administrator");
  const ChainMark old = at.mark();
  at.write_entry(forgiven, Effect::block, "administrator");
  at.write_entry(forgiven, Effect::unblock, "administrator");
  at.server.clock.advance(30h);
  at.append(2);
  const Key blocked{KeyKind::user, "blocked now"};
  at.write_entry(blocked, Effect::reauth);
  at.write_entry(blocked, Effect::block, "administrator");

  MapReplica::File file;
  file.contiguous = old.position;
  FollowedGate gate{at.server, at.connect(), kFirst, FollowerMemory{old, {}}, std::move(file)};
  REQUIRE(gate.reaches(at.server.head()));
  const MapReplica::Table& table = gate.replica().file().table;
  CHECK(gate.replica().file().floor >= old.position);
  CHECK(table.at(leaver).watermark.hold_count == 1);
  CHECK_FALSE(table.contains(forgiven));
  CHECK(table.at(blocked).watermark.hold_count == 1);
  CHECK(table.at(Key{KeyKind::user, "user-2"}).watermark.reauth.is_set());
}

TEST_CASE("below the floor a gate acknowledges what it has, and is no liar for it") {
  FeedOffice at;
  at.append(1);
  const ChainMark old = at.mark();
  at.append(1);
  at.server.clock.advance(30h);
  at.append(5'000);

  MapReplica::File file;
  file.contiguous = old.position;
  FollowedGate gate{at.server, at.connect(), kFirst, FollowerMemory{old, {}}, std::move(file)};
  REQUIRE(gate.until([&] { return gate.follower().state() == FollowerState::following; }));
  REQUIRE(gate.reaches(at.server.head()));
  CHECK(at.site.hub().view(at.gate.app).refused == 0);
}

TEST_CASE("a snapshot in many parts adds up to what the journal says, whatever comes meanwhile") {
  FeedOffice at;
  at.append(1'500, Effect::block, "administrator");
  at.append(1'500);
  at.append(500, Effect::reevaluate);
  at.server.write([&](WriteTx& tx) -> Status {
    for (int i = 1; i <= 700; ++i) {
      const Key key{KeyKind::user, "user-" + std::to_string(2 * i)};
      CURFEW_TRY_STATUS(at.server.journal->append(
          tx, {key, Effect::unblock, "administrator", std::nullopt, "test"},
          at.server.clock.now()));
    }
    return Done{};
  });
  FollowedGate gate{at.server, at.connect(), kFirst};
  REQUIRE(gate.until([&] { return gate.follower().state() == FollowerState::following; }));
  at.write_entry({KeyKind::user, "user-4"}, Effect::block, "administrator");
  at.write_entry({KeyKind::user, "user-3"}, Effect::unblock, "administrator");
  at.write_entry({KeyKind::user, "user-1600"}, Effect::reauth);
  REQUIRE(gate.reaches(at.server.head()));
  std::size_t compared = 0;
  for (std::size_t i = 1; i <= at.users; ++i) {
    const Key key{KeyKind::user, "user-" + std::to_string(i)};
    const Watermark there = at.server.live->states(std::vector{key}).front();
    const Watermark here = gate.replica().file().table.at(key).watermark;
    const bool is_same = here.reauth == there.reauth && here.reevaluate == there.reevaluate &&
                         (here.hold_count != 0) == (there.hold_count != 0);
    CAPTURE(key.id);
    CHECK(is_same);
    ++compared;
  }
  CHECK(compared == 3'500);
}

TEST_CASE("a head is signed once for all gates, and entries are sent to each as they come") {
  FeedOffice at;
  std::vector<FeedClient> clients;
  for (int i = 0; i < 8; ++i)
    clients.push_back(at.caught_up("start-of-the-gate-" + std::to_string(i)));
  // All have become live once each has a lease after its snapshot.
  for (FeedClient& client : clients) CHECK(client.gets_lease());
  const std::size_t before = at.site.hub().signatures();
  at.write_entry(key_of(at.server.john), Effect::reauth);
  for (FeedClient& client : clients) {
    const auto entries = client.find<FeedEntries>();
    REQUIRE(entries);
    CHECK(entries->entries.size() == 1);
    const auto head =
        verify_head(entries->head, *at.server.keys->verify_keys(), at.server.context->issuer());
    REQUIRE(head.ok());
    CHECK(*head == at.mark());
  }
  CHECK(at.site.hub().signatures() == before + 1);
}

TEST_CASE("a gate learns of another mode and of other keys while it follows") {
  FeedOffice at;
  FeedClient client = at.greeted();
  CHECK(client.find<FeedPolicy>()->mode == GateMode::strict);
  CHECK(client.find<FeedKeys>()->jwks == at.server.keys->jwks_json());
  at.server.change<Gate>(at.gate.app, [](Gate& gate) { gate.mode = GateMode::best_effort; });
  at.site.tick();
  CHECK(client.find<FeedPolicy>()->mode == GateMode::best_effort);
  at.server.put(make_signing_key(at.server.tenant, KeyUse::token, TokenAlg::es256, KeyState::next,
                                 at.server.master_key, at.server.clock.now())
                    .value());
  REQUIRE(at.server.keys->reload().ok());
  at.site.tick();
  CHECK(client.find<FeedKeys>()->jwks == at.server.keys->jwks_json());
}

TEST_CASE("the first gate of a new tenant has a position to be at") {
  FeedOffice at;
  FeedClient client = at.caught_up();
  CHECK(at.server.head().is_set());
  CHECK(client.gets_lease());
}

// --- telling

// So that a gate that is told nothing fails a test, and does not wait for ever.
Timer cut_later(FeedOffice& at, FeedClient& client) {
  return call_after(*at.server.runtime, at.server.runtime->executor(0), 8s,
                    [session = client.session().shared_from_this()] { session->cut(); });
}

TEST_CASE(
    "what comes while gates are told of something goes out after it, with nothing to follow") {
  FeedOffice at;
  FeedClient client = at.caught_up();
  REQUIRE(client.gets_lease());
  const Timer limit = cut_later(at, client);
  Executor& thread = at.server.runtime->executor(0);
  REQUIRE(at.server.runtime->thread_count() == 1);
  std::promise<void> is_published;
  std::promise<void> is_begun;
  std::promise<void> is_published_again;
  thread.post([&] { is_published.get_future().wait(); });
  at.append(1);  // the round begins behind that,
  thread.post([&] {
    is_begun.set_value();
    is_published_again.get_future().wait();
  });
  is_published.set_value();
  is_begun.get_future().wait();
  at.append(1);  // and has not ended
  is_published_again.set_value();
  Position has;
  std::size_t messages = 0;
  while (has < at.server.head()) {
    const auto entries = client.find<FeedEntries>();
    REQUIRE(entries);
    CHECK(entries->ack_pause == Duration{0});
    has = entries->entries.back().position;
    ++messages;
  }
  CHECK(messages == 2);
}

TEST_CASE("what comes in the pause after a long round goes out in one message when it is over") {
  FeedOffice at;
  GateHubSettings settings = test::usual_feed();
  settings.telling = {.short_round = Duration{-1}, .pause_least = 30ms, .pause_most = 30ms};
  at.site.restart(settings);
  FeedClient client = at.caught_up();
  REQUIRE(client.gets_lease());
  const Timer limit = cut_later(at, client);
  at.server.clock.advance(1s);
  at.append(1);
  const auto first = client.find<FeedEntries>();
  REQUIRE(first);
  CHECK(first->entries.size() == 1);
  // Time stands still.
  at.append(1);
  at.append(1);
  client.send(LeaseRequest{100});
  const auto next = client.next();
  REQUIRE(next);
  CHECK(std::holds_alternative<LeaseAnswer>(*next));
  at.server.clock.advance(30ms);
  const auto rest = client.find<FeedEntries>();
  REQUIRE(rest);
  CHECK(rest->entries.size() == 2);
  CHECK(rest->entries.back().position == at.server.head());
  CHECK(rest->ack_pause == gate_limits::kAckPauseMax);
}

TEST_CASE("what gates are told, and how far they are, is in the metrics") {
  FeedOffice at;
  const Metrics& metrics = at.server.context->metrics;
  at.append(2);
  FeedClient client = at.caught_up();
  REQUIRE(client.gets_lease());
  CHECK(metrics.value(Counter::gate_snapshots_sent) == 1);
  const std::uint64_t before = metrics.value(Counter::gate_entries_told);
  at.append(3);
  for (Position has; has < at.server.head();)
    has = client.find<FeedEntries>()->entries.back().position;
  CHECK(metrics.value(Counter::gate_entries_told) == before + 3);
  FeedTotals totals = at.site.hub().totals();
  CHECK(totals.connected == 1);
  CHECK(totals.leases == 1);
  CHECK(totals.lag == at.server.head().sequence);

  client.send(FeedAck{{1, at.server.head().sequence - 1}});
  REQUIRE(client.gets_lease());
  CHECK(metrics.value(Counter::gate_acknowledgements) == 1);
  CHECK(at.site.hub().totals().lag == 1);
  const std::string reader = at.office.token_of_john(Role::reports_reader);
  const HttpResponse answer =
      at.server.send(at.server.get("/metrics", {{"Authorization", "Bearer " + reader}}));
  CHECK(answer.body.find("\ncurfew_gates_connected 1.") != std::string::npos);
  CHECK(answer.body.find("\ncurfew_gate_leases_outstanding 1.") != std::string::npos);
  CHECK(answer.body.find("\ncurfew_gate_snapshots_sent_total 1\n") != std::string::npos);
  CHECK(answer.body.find("# TYPE curfew_gate_lag_entries gauge\n") != std::string::npos);

  client.close();
  at.server.clock.advance(10s);
  CHECK(at.site.hub().totals().leases == 1);  // and the drift
  at.server.clock.advance(1s);
  totals = at.site.hub().totals();
  CHECK(totals.leases == 0);
}

// --- leases and runs

TEST_CASE("a run waits for every instance, for no longer than its lease of before") {
  FeedOffice at;
  FeedClient first = at.caught_up(kFirst);
  FeedClient second = at.caught_up(kSecond);
  REQUIRE(first.gets_lease());
  REQUIRE(second.gets_lease());
  at.append(1);
  const Position cut = at.server.head();
  REQUIRE(first.find<FeedEntries>());
  first.send(FeedAck{cut});
  REQUIRE(first.gets_lease());  // the acknowledgement was heard
  CHECK_FALSE(at.is_complete(cut));
  for (const GateInstanceView& one : at.site.hub().view(at.gate.app).connected) {
    CHECK((one.acknowledged >= cut) == (one.instance.str() == kFirst));
  }
  at.server.clock.advance(5s);
  REQUIRE(second.gets_lease());  // names the cut: nobody waits for it
  CHECK_FALSE(at.is_complete(cut));
  at.server.clock.advance(6s);
  CHECK(at.is_complete(cut));
}

TEST_CASE("a server that was started again waits for leases that it does not know") {
  FeedOffice at;
  FeedClient client = at.caught_up();
  REQUIRE(client.gets_lease());
  GateHubSettings settings = test::usual_feed();
  settings.owed_before_max = 31s;  // once leases were longer
  at.site.restart(settings);
  at.append(1);
  const Position cut = at.server.head();
  CHECK(at.site.hub().gates_of_run(cut).unknown_until.has_value());
  FeedClient again = at.caught_up(kSecond);
  again.send(FeedAck{cut});
  REQUIRE(again.gets_lease());
  at.server.clock.advance(30s);
  CHECK_FALSE(at.is_complete(cut));
  at.server.clock.advance(1s);
  CHECK(at.is_complete(cut));
}

// --- for people

TEST_CASE("where a gate was is known of it after it has gone, until it comes back") {
  FeedOffice at;
  const auto view = [&] { return at.site.hub().view(at.gate.app); };
  CHECK_FALSE(view().last);
  FeedClient client = at.connect();
  client.program_version = "1.2.3";
  FeedOffice::catch_up(client, kFirst);
  client.send(FeedAck{at.server.head()});
  REQUIRE(client.gets_lease());
  REQUIRE(view().connected.size() == 1);
  CHECK(view().connected.front().program_version == "1.2.3");
  const Position had = view().connected.front().acknowledged;
  REQUIRE(had.is_set());
  client.close();
  while (!view().connected.empty()) std::this_thread::yield();
  at.append(2);
  REQUIRE(view().last);
  CHECK(view().last->instance.program_version == "1.2.3");
  CHECK(view().last->instance.acknowledged == had);
  CHECK(view().last->until == at.server.clock.now());
  const auto json = to_json(view(), at.server.head());
  CHECK(json.at("acknowledged").is_null());
  CHECK(json.at("last").at("acknowledged").as_string() == to_string(had));
  CHECK(json.at("last").at("lag").to_number<int>() == 2);

  FeedClient older = at.connect();  // of a version that does not say which it is
  REQUIRE(older.greet(kSecond));
  const auto again = to_json(view(), at.server.head());
  CHECK(again.at("last").is_null());
  CHECK(again.at("connected").at(0).at("programVersion").is_null());
}

// --- slow gates

TEST_CASE("a slow gate holds up nobody, costs little, and gets everything once it reads") {
  FeedOffice at;
  FeedClient slow = at.caught_up(kFirst);
  FeedClient quick = at.caught_up(kSecond);
  REQUIRE(slow.gets_lease());
  REQUIRE(quick.gets_lease());
  const Position from = at.server.head();
  std::size_t batches = 0;
  const auto has_fallen_behind = [&] {
    const GateFeedView view = at.site.hub().view(at.gate.app);
    return std::ranges::any_of(view.connected, [](const auto& one) { return !one.has_caught_up; });
  };
  Position quick_has = from;
  while (!has_fallen_behind() && ++batches < 400) {
    at.append(500);
    while (quick_has < at.server.head()) {
      const auto entries = quick.find<FeedEntries>();
      REQUIRE(entries);
      if (!entries->is_urgent) quick_has = entries->entries.back().position;
    }
  }
  REQUIRE(has_fallen_behind());
  // What takes one person's access away overtakes it.
  at.server.take_away(RemovalKind::revoke_user);
  const Position urgent = at.server.head();
  Position has = from;
  bool came_early = false;
  while (has < urgent) {
    const auto entries = slow.find<FeedEntries>();
    REQUIRE(entries);
    if (entries->is_urgent) {
      came_early = entries->entries.back().position == urgent && has.sequence + 1 < urgent.sequence;
      continue;
    }
    if (entries->entries.empty()) continue;
    REQUIRE(entries->entries.front().position == has.next());
    has = entries->entries.back().position;
  }
  CHECK(came_early);
  CHECK(slow.gets_lease());
}

TEST_CASE("a thousand connections of gates get an entry for one signature") {
  FeedOffice at;
  std::vector<FeedClient> clients;
  for (int g = 0; g < 16; ++g) {
    const EnrolledGate gate{at.office, "gate-" + std::to_string(g)};
    const std::string token = at.office.feed_token(gate.app, gate.key).access();
    for (int i = 0; i < 63; ++i) {
      clients.push_back(at.site.connect(token));
      REQUIRE(clients.back().greet("start-" + std::to_string(i) + "-of-gate-" + std::to_string(g)));
      REQUIRE(clients.back().find<SnapshotPart>());
    }
  }
  for (FeedClient& client : clients) REQUIRE(client.gets_lease());
  CHECK(at.site.hub().connected() == clients.size());
  const std::size_t before = at.site.hub().signatures();
  at.server.take_away(RemovalKind::disable_user);
  for (FeedClient& client : clients) {
    Position has;
    while (has < at.server.head()) {
      const auto entries = client.find<FeedEntries>();
      REQUIRE(entries);
      if (!entries->is_urgent) has = entries->entries.back().position;
    }
  }
  CHECK(at.site.hub().signatures() - before <= 3);
}

}  // namespace
}  // namespace curfew
