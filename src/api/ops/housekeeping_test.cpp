#include "api/ops/housekeeping.hpp"

#include <doctest/doctest.h>

#include "store/schema_signins.hpp"
#include "tests/support/device_flow.hpp"

namespace curfew {
namespace {

using std::chrono::hours;
using test::DeviceFlow;
using test::ServerFixture;
using test::TokenAnswer;

Pruned prune(ServerFixture& server, const PruneCursor& cursor = {}) {
  Pruned pruned;
  server.write([&](WriteTx& tx) -> Status {
    CURFEW_TRY(pruned, prune_some(tx, server.tenant, PrunePolicy{}, cursor, server.clock.now()));
    return Done{};
  });
  return pruned;
}

void add_sign_in(ServerFixture& server, TimePoint at) {
  SignIn line;
  line.tenant_id = server.tenant;
  line.id = new_guid();
  line.created_at = at;
  server.put(line);
}

void advance_to(ServerFixture& server, TimePoint at) {
  server.clock.advance(at - server.clock.now());
}

void say_own_session(ServerFixture& server, std::optional<std::int64_t> seconds) {
  App app = server.row<App>(server.web);
  app.own_session_lifetime_seconds = seconds;
  server.put(app);
}

bool plan_names_own_session(ServerFixture& server) {
  Actor root{ActorKind::local_root,        "local-root", "local-root",
             {Role::global_administrator}, "",           {}};
  const auto plan = server.context->revocation.access_of(server.john.str(), root);
  REQUIRE(plan.ok());
  return std::ranges::any_of(
      plan->paths, [](const AccessPath& path) { return path.kind == PathKind::app_session; });
}

TEST_CASE("lines of the sign-in log go after the time that they are kept, and no sooner") {
  ServerFixture server;
  const TimePoint now = server.clock.now();
  add_sign_in(server, now - hours{24 * 90} - std::chrono::milliseconds{1});
  add_sign_in(server, now - hours{24 * 90});
  add_sign_in(server, now);
  CHECK(prune(server).sign_ins == 1);
  CHECK(server.all<SignIn>().size() == 2);
}

TEST_CASE("one part removes a bounded number of rows and says that there is more") {
  ServerFixture server;
  for (std::size_t i = 0; i < kPrunedAtOnce + 5; ++i) {
    add_sign_in(server, server.clock.now() - hours{24 * 91});
  }
  const Pruned first = prune(server);
  CHECK(first.sign_ins == kPrunedAtOnce);
  CHECK(first.has_more);
  const Pruned second = prune(server);
  CHECK(second.sign_ins == 5);
  CHECK_FALSE(second.has_more);
}

TEST_CASE("a redeemed code stays while what was made from it can live, so a replay still ends it") {
  ServerFixture server;
  const Session session = server.add_session(server.john).row;
  const std::string code = server.add_code(session);
  const std::string unused = server.add_code(session);
  const TokenAnswer tokens = server.redeem(code);
  server.clock.advance(kCodeKeptAfterExpiry + hours{1});
  CHECK(prune(server).codes == 1);  // the one that nobody redeemed in time
  CHECK(server.all<AuthorizationCode>().size() == 1);
  CHECK(server.redeem(unused).error() == "invalid_grant");
  CHECK(server.row<AuthorizationCode>(sha256_base64url(code)).used_at);

  CHECK(server.redeem(code).error() == "invalid_grant");
  CHECK(server.refresh(tokens.refresh()).error() == "invalid_grant");
  // Nothing is left that a third use could end.
  CHECK(prune(server).codes == 1);
  CHECK(server.all<AuthorizationCode>().empty());
}

TEST_CASE("a code stays for longer than any access token that came of it without a grant") {
  ServerFixture server;
  const std::string code = server.add_code(server.add_session(server.john).row);
  static_cast<void>(server.redeem(code));
  const std::vector<Grant> grants = server.all<Grant>();
  server.write([&](WriteTx& tx) -> Status {
    for (const Grant& grant : grants) {
      CURFEW_TRY_STATUS(remove<Grant>(tx, server.tenant, grant.id));
    }
    return Done{};
  });
  server.clock.advance(kAccessTokenLifetimeMax + hours{1});
  CHECK(prune(server).codes == 0);
  server.clock.advance(kCodeKeptAfterExpiry);
  CHECK(prune(server).codes == 1);
}

TEST_CASE("codes that stay do not hide those behind them") {
  ServerFixture server;
  const Session session = server.add_session(server.john).row;
  const std::string kept = server.add_code(session);
  static_cast<void>(server.redeem(kept));
  const AuthorizationCode row = server.row<AuthorizationCode>(sha256_base64url(kept));
  server.write([&](WriteTx& tx) -> Status {
    for (std::size_t i = 0; i < kPrunedAtOnce + 3; ++i) {
      AuthorizationCode other = row;
      other.hash = "code " + std::to_string(i);
      other.expires_at += std::chrono::milliseconds{1 + i};
      if (i >= kPrunedAtOnce) other.used_at.reset();
      CURFEW_TRY_STATUS(add(tx, other));
    }
    return Done{};
  });
  server.clock.advance(kCodeKeptAfterExpiry + hours{1});
  const Pruned first = prune(server);
  CHECK(first.codes == 0);
  REQUIRE(first.next.codes_after);
  CHECK(first.has_more);
  const Pruned second = prune(server, first.next);
  CHECK(second.codes == 3);
  CHECK_FALSE(second.next.codes_after);
}

TEST_CASE(
    "a device code goes soon after its time, a redeemed one not while its replay ends a grant") {
  ServerFixture server;
  DeviceFlow flow{server};
  const auto session = server.add_session(server.john);
  const std::string unanswered = flow.begin().text("device_code");
  const std::string approved = flow.approved(session);
  const std::string redeemed = flow.approved(session);
  const TokenAnswer tokens = flow.poll(redeemed);
  REQUIRE(tokens.ok());
  server.clock.advance(kDeviceCodeLifetime + kDeviceCodeKeptAfterExpiry);
  CHECK(prune(server).device_codes == 0);
  CHECK(flow.poll(unanswered).error() == "expired_token");
  server.clock.advance(std::chrono::milliseconds{1});
  CHECK(prune(server).device_codes == 2);
  CHECK(flow.poll(unanswered).error() == "invalid_grant");
  server.clock.advance(kCodeKeptAfterExpiry + hours{1});
  CHECK(prune(server).device_codes == 0);
  CHECK(flow.poll(redeemed).error() == "invalid_grant");
  CHECK_FALSE(server.refresh(tokens.refresh()).ok());
  CHECK(prune(server).device_codes == 1);
  CHECK(server.all<DeviceCode>().empty());
}

TEST_CASE("sessions and grants go a while after they are over, the grant first") {
  ServerFixture server;
  say_own_session(server, 0);
  static_cast<void>(server.signed_in());
  const Session session = server.all<Session>().front();
  Grant grant = server.all<Grant>().front();
  REQUIRE(grant.expires_at > session.expires_at);
  advance_to(server, session.expires_at + kEndedKept + hours{1});
  CHECK(prune(server).sessions == 0);  // ending it must still end the grant
  advance_to(server, grant.expires_at + kEndedKept);
  CHECK(prune(server).grants == 0);
  server.clock.advance(std::chrono::milliseconds{1});
  const Pruned pruned = prune(server);
  CHECK(pruned.grants == 1);
  CHECK(pruned.sessions == 1);
  CHECK_FALSE(pruned.has_more);
}

TEST_CASE("a grant stays while an access token of it can live, however early it was ended") {
  ServerFixture server;
  say_own_session(server, 0);
  static_cast<void>(server.signed_in());
  Grant grant = server.all<Grant>().front();
  grant.ended_at = server.clock.now();
  grant.access_ends_by = server.clock.now() + hours{28};
  server.put(grant);
  advance_to(server, grant.access_ends_by + kEndedKept);
  CHECK(prune(server).grants == 0);
  server.clock.advance(std::chrono::milliseconds{1});
  CHECK(prune(server).grants == 1);
}

TEST_CASE("the newest grant stays while the application's own session may go on, as plans say") {
  ServerFixture server;
  say_own_session(server, std::nullopt);
  static_cast<void>(server.signed_in());
  server.clock.advance(std::chrono::milliseconds{1});
  static_cast<void>(server.signed_in());
  server.clock.advance(hours{24 * 365 * 10});
  CHECK(plan_names_own_session(server));
  CHECK(prune(server).grants == 1);
  CHECK(plan_names_own_session(server));
  CHECK(prune(server).grants == 0);

  const Grant newest = server.all<Grant>().front();
  const hours longer{24 * 365 * 20};
  say_own_session(server, std::chrono::seconds{longer}.count());
  advance_to(server, newest.created_at + longer + kEndedKept);
  CHECK(prune(server).grants == 0);
  server.clock.advance(std::chrono::milliseconds{1});
  CHECK(prune(server).grants == 1);
}

TEST_CASE("living sessions do not hide those behind them that are over") {
  ServerFixture server;
  Session session = server.add_session(server.john).row;
  for (std::size_t i = 0; i < kPrunedAtOnce + 5; ++i) {
    Session other = session;
    other.id = SessionId{new_guid()};
    server.put(other);
  }
  const std::vector<Session> by_id = server.all<Session>();
  session = by_id.back();
  session.ended_at = server.clock.now() - kEndedKept - hours{1};
  server.put(session);
  const Pruned first = prune(server);
  CHECK(first.sessions == 0);
  CHECK(first.has_more);
  const Pruned second = prune(server, first.next);
  CHECK(second.sessions == 1);
  CHECK_FALSE(second.has_more);
}

TEST_CASE("somebody who was deleted is gone for good after 30 days, with all that names them") {
  ServerFixture server;
  const GroupMember membership{server.tenant, server.staff, server.john, server.clock.now()};
  server.put(membership);
  const User user = server.row<User>(server.john);
  server.put(DeletedUser{user, server.clock.now()});
  server.write([&](WriteTx& tx) { return drop_user_row(tx, user); });
  server.clock.advance(hours{24 * 30});
  CHECK(prune(server).deleted_users == 0);
  CHECK(server.all<GroupMember>().size() == 1);
  server.clock.advance(std::chrono::milliseconds{1});
  CHECK(prune(server).deleted_users == 1);
  CHECK(server.all<DeletedUser>().empty());
  CHECK(server.all<GroupMember>().empty());
}

TEST_CASE("what is in the journal is never removed, however old it is") {
  ServerFixture server;
  static_cast<void>(server.signed_in());
  server.take_away(RemovalKind::revoke_sessions);
  const std::size_t entries = server.all<JournalEntry>().size();
  server.clock.advance(hours{24 * 3650});
  static_cast<void>(prune(server));
  CHECK(server.all<JournalEntry>().size() == entries);
}

}  // namespace
}  // namespace curfew
