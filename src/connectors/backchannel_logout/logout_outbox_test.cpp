#include "connectors/backchannel_logout/logout_outbox.hpp"

#include <doctest/doctest.h>

#include "tests/support/logout_world.hpp"

using namespace curfew;
using namespace std::chrono_literals;

namespace {

struct OutboxWorld : LogoutWorld {
  OutboxWorld() { restart(); }

  // As after a restart: nothing is left in memory.
  void restart() {
    teller_ = std::make_unique<LogoutTeller>(parts());
    outbox_ = std::make_shared<LogoutOutbox>(*teller_, runtime_);
  }
  // One round, and what it began is settled.
  void round() {
    start<Done>(outbox_->round(), [](Done) {});
    loop.run_for(6s);
    CHECK(outbox_->under_way() == 0);
  }
  std::size_t notices() {
    return read<std::vector<LogoutNotice>>([&](ReadTx& tx) {
             Query query;
             query.prefix = keys_of(tenant);
             return scan_as<LogoutNotice>(tx, query);
           })
        .size();
  }
  void end(const std::string& session) {
    Removal removal;
    removal.kind = RemovalKind::end_session;
    removal.session_id = SessionId{session};
    REQUIRE(RevocationWorld::take(removal).ok());
  }

 private:
  Runtime runtime_{1};
  std::unique_ptr<LogoutTeller> teller_;
  std::shared_ptr<LogoutOutbox> outbox_;
};

}  // namespace

TEST_CASE("the applications of a session that ended are told, and those of others are not") {
  OutboxWorld world;
  world.sign_in("s");
  world.sign_in("other");
  world.round();
  CHECK(world.calls.empty());
  world.end("s");
  world.round();
  REQUIRE(world.calls.size() == 1);
  CHECK(world.calls.front().sid() == "s");
  CHECK(world.alive == std::set<std::string>{"other"});
  CHECK(world.notices() == 0);
  world.round();
  CHECK(world.calls.size() == 1);
}

TEST_CASE(
    "an application that was not reached is told again, also by a server that was restarted") {
  OutboxWorld world;
  world.sign_in("s");
  world.end("s");
  world.status = 500;
  world.round();
  CHECK(world.calls.size() == 1);
  CHECK(world.notices() == 1);
  world.restart();
  world.status = 200;
  world.round();
  CHECK(world.alive.empty());
  CHECK(world.notices() == 0);
}

TEST_CASE("tries come later each time, and end after a day") {
  OutboxWorld world;
  world.sign_in("s");
  world.end("s");
  world.status = 0;
  for (int tries = 0; tries < 20; ++tries) world.round();
  const std::size_t soon = world.calls.size();
  CHECK(soon >= 4);
  CHECK(soon < 10);
  world.loop.run_for(24h);
  world.round();
  CHECK(world.notices() == 0);
  CHECK(world.calls.size() == soon + 1);
}

TEST_CASE("what the application refuses is not told again") {
  OutboxWorld world;
  world.sign_in("s");
  world.end("s");
  world.status = 400;
  world.round();
  CHECK(world.notices() == 0);
  CHECK(world.calls.size() == 1);
}

TEST_CASE("an application without an address is no notice's") {
  OutboxWorld world;
  world.add_app("silent");
  world.sign_in("s", "silent");
  world.end("s");
  CHECK(world.notices() == 0);
}
