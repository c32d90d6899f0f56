#include "gate/token/open_connections.hpp"

#include "gate/token/test_gate.hpp"

namespace curfew {

using namespace testing;

namespace {

struct World {
  TestIssuer issuer;
  TestGate here{issuer};
  ReaderTable table =
      ReaderTable::open(reader_table_path(here.replica.path()), std::nullopt).value();
  std::unique_ptr<TokenGate> gate = here.gate();
  std::unique_ptr<OpenConnections> connections = OpenConnections::open(*gate).value();

  struct Opened {
    GateAnswer answer;
    OpenConnections::Connection* connection = nullptr;
  };
  Opened open(const std::string& oid, int* user = nullptr, const FixedRules* rules = nullptr) {
    AccessTokenClaims claims = good_claims();
    claims.oid = claims.sub = oid;
    claims.jti = "token-of-" + oid;
    const std::string authorization = "Bearer " + issuer.token(claims);
    GateRequest request;
    request.authorization = authorization;
    request.rules = rules;
    Opened opened;
    opened.answer.reason = "of another request";
    opened.connection = connections->check(request, user, opened.answer);
    return opened;
  }
  [[nodiscard]] FixedRules strict() const {
    TokenRules rules = gate->config().rules;
    rules.lease = LeaseNeed::always;
    return FixedRules{std::move(rules)};
  }
  [[nodiscard]] Position closed_through() const { return table.standing().closed_through; }
};

}  // namespace

TEST_CASE("an entry hands out the connections that it outdates, and counts when they are left") {
  World world;
  int first = 0;
  const auto one = world.open("user-1", &first);
  const auto two = world.open("user-2");
  REQUIRE(one.answer.is_live());
  REQUIRE(two.answer.is_live());
  CHECK(world.connections->count() == 2);
  CHECK(world.table.standing().holders == 1);
  CHECK(world.connections->review().connection == nullptr);
  CHECK(world.closed_through() == at(1));

  world.here.apply(Effect::reauth, user_key(1));
  CHECK(world.closed_through() == at(1));
  for (int again = 0; again < 3; ++again) {
    const auto dead = world.connections->review();
    REQUIRE(dead.connection == one.connection);
    CHECK(dead.connection->user == &first);
    CHECK(dead.why.status == 401);
    CHECK(world.closed_through() == at(1));  // it is not closed yet
  }
  world.connections->leave(*one.connection);
  CHECK(world.connections->review().connection == nullptr);
  CHECK(world.closed_through() == at(2));
  CHECK(world.connections->count() == 1);
  world.connections->leave(*two.connection);
  CHECK(world.table.standing().holders == 0);
}

TEST_CASE("a table that was removed is moved out of with what is open, and nothing is missed") {
  World world;
  const auto one = world.open("user-1");
  REQUIRE(one.answer.is_live());
  CHECK(world.connections->review().connection == nullptr);
  const std::string path = reader_table_path(world.here.replica.path());
  REQUIRE(::unlink(path.c_str()) == 0);
  REQUIRE(world.table.keep().ok());
  world.here.apply(Effect::reauth, user_key(1));
  CHECK(world.closed_through() == at(1));
  CHECK(world.connections->review().connection == one.connection);
  CHECK(world.closed_through() == at(1));
  // The gate's next process finds it, too.
  CHECK(ReaderTable::look(path)->standing().closed_through == at(1));
  world.connections->leave(*one.connection);
  CHECK(world.connections->review().connection == nullptr);
  CHECK(world.table.standing().holders == 0);
}

TEST_CASE("at best effort a connection that was opened strictly ends with the lease, others not") {
  World world;
  world.here.writer->set_mode(GateMode::best_effort);
  const FixedRules strict = world.strict();
  const auto loose = world.open("user-1");
  const auto held = world.open("user-2", nullptr, &strict);
  REQUIRE(loose.answer.is_live());
  REQUIRE(held.answer.is_live());
  CHECK(world.connections->review().connection == nullptr);
  world.here.writer->end_lease();
  const auto dead = world.connections->review();
  REQUIRE(dead.connection == held.connection);
  CHECK(dead.why.status == 503);
  world.connections->leave(*held.connection);
  CHECK(world.connections->review().connection == nullptr);
  CHECK(world.open("user-3", nullptr, &strict).answer.status == 503);
  CHECK(world.open("user-3").answer.is_live());
}

TEST_CASE("before each piece a connection is told that it must end, by whatever ended it") {
  const auto ended_by = [](int status, auto what) {
    World world;
    const auto one = world.open("user-1");
    const auto two = world.open("user-2");
    OpenConnections& all = *world.connections;
    // Judged together at a look, and by itself before there was one.
    CHECK(all.must_end(*one.connection) == nullptr);
    CHECK(all.review().connection == nullptr);
    CHECK(all.must_end(*one.connection) == nullptr);
    what(world);
    const GateAnswer* const why = all.must_end(*one.connection);
    REQUIRE(why != nullptr);
    CHECK(why->status == status);
    CHECK(all.must_end(*one.connection) == why);
    CHECK(world.closed_through() == at(1));  // it says nothing to the gate
    const auto dead = all.review();
    CHECK(dead.connection == one.connection);
    CHECK(dead.why.status == status);
    all.leave(*one.connection);
    return all.must_end(*two.connection) == nullptr;
  };
  CHECK(ended_by(401, [](World& at) { at.here.apply(Effect::reauth, user_key(1)); }));
  CHECK_FALSE(ended_by(503, [](World& at) { at.here.writer->end_lease(); }));
  CHECK_FALSE(ended_by(503, [](World& at) { at.here.writer->withdraw(); }));
  CHECK_FALSE(ended_by(503, [](World& at) { at.here.time.since_boot += std::chrono::hours{101}; }));
  CHECK_FALSE(
      ended_by(401, [](World& at) { at.here.time.now = from_unix_seconds(good_claims().exp); }));
}

TEST_CASE("a piece of a connection that was opened strictly needs a lease at best effort too") {
  World world;
  world.here.writer->set_mode(GateMode::best_effort);
  const FixedRules strict = world.strict();
  const auto loose = world.open("user-1");
  const auto held = world.open("user-2", nullptr, &strict);
  CHECK(world.connections->review().connection == nullptr);
  world.here.writer->end_lease();
  CHECK(world.connections->must_end(*loose.connection) == nullptr);
  CHECK(world.connections->must_end(*held.connection) != nullptr);
}

TEST_CASE("a refused request is not announced any more") {
  World world;
  world.here.apply(Effect::reauth, user_key(1));
  const auto refused = world.open("user-1");
  CHECK(refused.answer.status == 401);
  CHECK(refused.connection == nullptr);
  CHECK(world.connections->count() == 0);
  CHECK(world.table.standing().holders == 0);
}

TEST_CASE("a connection that is opened between two looks is judged by the next entry") {
  World world;
  const auto one = world.open("user-2");
  CHECK(world.connections->review().connection == nullptr);
  const auto two = world.open("user-1");
  world.here.apply(Effect::reauth, user_key(1));
  CHECK(world.connections->review().connection == two.connection);
  world.connections->leave(*two.connection);
  CHECK(world.connections->review().connection == nullptr);
  world.connections->leave(*one.connection);
}

TEST_CASE("a token that expires ends its connection, with no entry at all") {
  World world;
  const auto one = world.open("user-1");
  CHECK(world.connections->review().connection == nullptr);
  world.here.time.now = from_unix_seconds(good_claims().exp);
  CHECK(world.connections->review().connection == one.connection);
  world.connections->leave(*one.connection);
}

TEST_CASE("at a strict gate whose lease has ended everything is closed; best effort goes on") {
  World world;
  const auto one = world.open("user-1");
  CHECK(world.connections->review().connection == nullptr);
  world.here.time.since_boot = std::chrono::hours{101};
  world.here.writer->set_mode(GateMode::best_effort);
  CHECK(world.connections->review().connection == nullptr);
  world.here.writer->set_mode(GateMode::strict);
  const auto dead = world.connections->review();
  CHECK(dead.connection == one.connection);
  CHECK(dead.why.status == 503);
  world.connections->leave(*one.connection);
}

TEST_CASE("when the replica is gone everything is closed") {
  World world;
  const auto one = world.open("user-1");
  world.here.writer->withdraw();
  const auto dead = world.connections->review();
  CHECK(dead.connection == one.connection);
  CHECK(dead.why.status == 503);
  world.connections->leave(*one.connection);
  CHECK(world.connections->review().connection == nullptr);
  CHECK(world.open("user-2").answer.status == 503);
}

TEST_CASE("a file that takes the place of another is judged by anew") {
  World world;
  const auto one = world.open("user-1");
  CHECK(world.connections->review().connection == nullptr);
  // A snapshot that knows more than what was served.
  ReplicaWriter& writer = *world.here.writer;
  REQUIRE(writer.begin_snapshot({at(5), at(5), kGateNow, {}}).ok());
  REQUIRE(writer
              .continue_snapshot(
                  std::vector<ReplicaEntry>{entry_of(Effect::reauth, user_key(1), 4, kGateNow)})
              .ok());
  REQUIRE(writer.finish_snapshot().ok());
  CHECK(world.connections->review().connection == one.connection);
  world.connections->leave(*one.connection);
}

TEST_CASE("a connection that takes the place of one that was left has nothing of it") {
  World world;
  const auto one = world.open("user-1");
  world.here.apply(Effect::reauth, user_key(3));
  CHECK(world.connections->review().connection == nullptr);  // judged, so its keys were hashed
  world.connections->leave(*one.connection);
  const auto two = world.open("user-2");
  REQUIRE(two.answer.is_live());
  world.here.apply(Effect::reauth, user_key(1));
  CHECK(world.connections->review().connection == nullptr);
  world.here.apply(Effect::reauth, user_key(2));
  REQUIRE(world.connections->review().connection == two.connection);
  world.connections->leave(*two.connection);
  const auto three = world.open("user-4");
  REQUIRE(three.answer.is_live());
  CHECK(world.connections->review().connection == nullptr);
  CHECK(world.connections->count() == 1);
}

TEST_CASE("a request is judged by the file that open connections are looked at by") {
  World world;
  // Wherever tokens are remembered the old file is open.
  for (int again = 0; again < 16; ++again) {
    world.connections->leave(*world.open("user-9").connection);
  }
  // A file that was put over the path, and no mark on the old one, as when a gate is killed.
  const TestReplica elsewhere;
  const auto other = serving_writer(elsewhere);
  REQUIRE(other->set_signing_keys(world.issuer.jwks()).ok());
  apply_all(*other,
            {entry_of(Effect::reauth, user_key(8), 1), entry_of(Effect::reauth, user_key(9), 2)});
  REQUIRE(
      other->set_lease({at(1), std::chrono::hours{100}, kGateNow + std::chrono::hours{99}}, at(2)));
  REQUIRE(::rename(elsewhere.path().c_str(), world.here.replica.path().c_str()) == 0);
  // Who has the old one open goes by it as long as its lease lasts.
  world.connections.reset();
  world.connections = OpenConnections::open(*world.gate).value();
  CHECK(world.open("user-9").answer.status == 401);
  CHECK(world.open("user-2").answer.is_live());
}

TEST_CASE("at best effort without a lease open connections are looked at by the file of now") {
  World world;
  world.here.writer->set_mode(GateMode::best_effort);
  const auto one = world.open("user-1");
  const auto two = world.open("user-2");
  REQUIRE(one.answer.is_live());
  REQUIRE(two.answer.is_live());
  world.here.writer->end_lease();
  CHECK(world.connections->review().connection == nullptr);
  // The gate stopped, its file was removed, and it was started again: nobody marked the old one.
  const TestReplica elsewhere;
  const auto next = serving_writer(elsewhere);
  next->set_mode(GateMode::best_effort);
  apply_all(*next, {entry_of(Effect::reauth, user_key(1), 2)});
  REQUIRE(::rename(elsewhere.path().c_str(), world.here.replica.path().c_str()) == 0);
  SUBCASE("at the next look") {}
  SUBCASE("before the next piece") {
    CHECK(world.connections->must_end(*one.connection) != nullptr);
  }
  CHECK(world.connections->must_end(*two.connection) == nullptr);
  CHECK(world.connections->review().connection == one.connection);
  world.connections->leave(*one.connection);
  CHECK(world.connections->review().connection == nullptr);
}

TEST_CASE("whoever goes away leaves no connection behind") {
  World world;
  REQUIRE(world.open("user-1").answer.is_live());
  REQUIRE(world.open("user-2").answer.is_live());
  world.connections.reset();
  CHECK(world.table.standing().holders == 0);
  world.connections = OpenConnections::open(*world.gate).value();
  CHECK(world.open("user-3").answer.is_live());
}

TEST_CASE("without a table of readers nobody can keep connections open") {
  const TestIssuer issuer;
  TestGate here{issuer};
  const auto gate = here.gate();
  CHECK_FALSE(OpenConnections::open(*gate).ok());
}

}  // namespace curfew
