// The gates' feed: who may follow it, what they are told, and what ends it.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/gate_feed_site.hpp"
#include "tests/support/gate_office.hpp"

namespace curfew {
namespace {

using namespace std::chrono_literals;
using test::EnrolledGate;
using test::FeedClient;
using test::FollowedGate;
using test::GateFeedSite;
using test::GateOffice;
using test::ServerFixture;

const std::string kFirst = "first-start-of-the-gate";
const std::string kSecond = "second-start-of-the-gate";

struct FeedOffice {
  GateOffice office;
  ServerFixture& server = office.server;
  EnrolledGate gate{office};
  GateFeedSite site{server};

  // Long after the server's start: nothing of before is waited for.
  FeedOffice() { server.clock.advance(11s); }

  std::string token() { return office.feed_token(gate.app, gate.key).access(); }
  FeedClient connect() { return site.connect(token()); }
  // Greeted, with nothing of its own.
  FeedClient greeted(const std::string& instance = kFirst) {
    FeedClient client = connect();
    REQUIRE(client.greet(instance).has_value());
    return client;
  }
  // Greeted, and everything was sent to it.
  FeedClient caught_up(const std::string& instance = kFirst) {
    FeedClient client = greeted(instance);
    for (auto part = client.find<SnapshotPart>(); part && !part->is_last;) {
      part = client.find<SnapshotPart>();
    }
    return client;
  }
  ChainMark mark() {
    const JournalHead head = server.live->head();
    return {head.position, head.chain_hash};
  }
  // So many entries, each about somebody else.
  void append(std::size_t count, Effect effect = Effect::reauth, const std::string& owner = "") {
    server.write([&](WriteTx& tx) -> Status {
      for (std::size_t i = 0; i < count; ++i) {
        const Key key{KeyKind::user, "user-" + std::to_string(++users)};
        const NewEntry entry{key, effect, owner, std::nullopt, "test"};
        CURFEW_TRY_STATUS(server.journal->append(tx, entry, server.clock.now()));
      }
      return Done{};
    });
  }
  void write_entry(const Key& key, Effect effect, const std::string& owner = "") {
    server.write([&](WriteTx& tx) -> Status {
      const NewEntry entry{key, effect, owner, std::nullopt, "test"};
      CURFEW_TRY_STATUS(server.journal->append(tx, entry, server.clock.now()));
      return Done{};
    });
  }
  HttpResponse ask(const std::string& bearer) {
    return server.send(server.get("/curfew/v1/gate", {{"Authorization", "Bearer " + bearer}}));
  }
  bool is_complete(Position position) {
    return site.hub().completeness(gate.app, position).is_complete;
  }
  std::size_t users = 0;
};

std::string signed_by(const SigningKey& key, const std::string& kid, const std::string& issuer,
                      const ChainMark& mark) {
  return sign_head(issuer, mark, JwtSigner{SigningKey{key}, kid}).value().jws;
}

// Signed by the server's own key.
std::string signed_by_server(FeedOffice& at, const ChainMark& mark) {
  const SignPayload sign = [&](std::string_view typ, std::string_view payload) {
    return at.server.keys->sign(TokenAlg::es256, typ, payload);
  };
  return sign_head(at.server.context->issuer(), mark, sign).value().jws;
}

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
    while (const auto message = client.next()) {
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
  at.server.clock.advance(11s);
  at.site.tick();
  CHECK(test::contains(mute.refusal(), "hello"));

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

// --- leases and runs

TEST_CASE("a run waits for every instance, for no longer than its lease of before") {
  FeedOffice at;
  FeedClient first = at.caught_up(kFirst);
  FeedClient second = at.caught_up(kSecond);
  REQUIRE(first.gets_lease());
  REQUIRE(second.gets_lease());
  at.append(1);
  const Position cut = at.server.head();
  first.send(FeedAck{cut});
  REQUIRE(first.find<FeedEntries>());
  REQUIRE(first.gets_lease());  // the acknowledgement was heard
  const GateCompleteness waits = at.site.hub().completeness(at.gate.app, cut);
  CHECK_FALSE(waits.is_complete);
  REQUIRE(waits.waits_for.size() == 1);
  CHECK(waits.waits_for.front().instance.str() == kSecond);
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
  CHECK(at.site.hub().completeness(at.gate.app, cut).waits_for_unknown);
  FeedClient again = at.caught_up(kSecond);
  again.send(FeedAck{cut});
  REQUIRE(again.gets_lease());
  at.server.clock.advance(30s);
  CHECK_FALSE(at.is_complete(cut));
  at.server.clock.advance(1s);
  CHECK(at.is_complete(cut));
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
  hello.head = signed_by_server(at, shown);
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
  const std::string head = signed_by_server(at, mark);
  at.append(2);
  FeedClient client = at.connect();
  CHECK(client.greet(kFirst, mark, head).has_value());
  CHECK(client.gets_lease());
  CHECK_FALSE(at.server.live->rollback().is_raised());
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
