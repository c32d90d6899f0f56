// What gates had as blocked when an older database took the place of the server's, and what of it
// is written after the fence.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "api/gate_feed/test_fenced_office.hpp"
#include "base/fence_limits.hpp"
#include "model/built_in_app_ids.hpp"
#include "revocation/hold_owner.hpp"

namespace curfew {
namespace {

using namespace std::chrono_literals;
using test::contains;
using test::FeedClient;
using test::FencedOffice;
using test::FollowedGate;
using test::GateOffice;
using test::has_audit;
using test::has_block;
using test::kFirst;
using test::kSecond;
using test::ServerFixture;
using test::signed_by_server;

TEST_CASE("what a gate had as blocked and the backup did not know is blocked before it is told") {
  FencedOffice at;
  const UserId clerk = at.office.add_user("clerk@contoso.com");
  FeedClient client = at.comes(at.gate);
  GateBlocks first;
  first.blocks = {{key_of(at.server.laptop), at.lost_at(3)}};
  client.send(first);
  // What all gates are told is not told to it yet.
  at.site.tick();
  at.server.take_away(RemovalKind::revoke_sessions);
  client.send(GateBlocks{1, true, {{key_of(clerk), at.lost_at(7)}}});
  const auto message = client.next();
  REQUIRE(message);
  CHECK(std::holds_alternative<FeedPolicy>(*message));
  const auto entries = FencedOffice::snapshot(client);
  REQUIRE(entries);
  CHECK(has_block(*entries, key_of(clerk)));
  CHECK(has_block(*entries, key_of(at.server.laptop)));
  CHECK(client.gets_lease());

  CHECK_FALSE(at.server.row<User>(clerk).account_enabled);
  CHECK_FALSE(at.server.row<Device>(at.server.laptop).account_enabled);
  const auto holds = at.server.all<Hold>();
  CHECK(std::ranges::count(holds, std::string{kFenceReviewOwner}, &Hold::owner) == 2);
  CHECK(at.named(key_of(clerk)).state == LostBlockState::held);
  CHECK(at.named(key_of(clerk)).subject_name == "clerk@contoso.com");
  CHECK(has_audit(at, "fence.hold", at.gate.app.str(), clerk.str()));
}

TEST_CASE("where its blocks cannot be written a gate is told nothing") {
  FencedOffice at;
  const UserId clerk = at.office.add_user("clerk@contoso.com");
  FeedClient client = at.comes(at.gate);
  at.server.store->set_group_hook(
      [] { return Status{Error::transient(ErrorCode::unavailable, "the disk is full")}; });
  FencedOffice::hand_over(client, {{key_of(clerk), at.lost_at(7)}});
  CHECK_FALSE(FencedOffice::snapshot(client).has_value());
  at.server.store->set_group_hook(nullptr);
  // It comes again, with what it had.
  at.comes_with(at.gate, {{key_of(clerk), at.lost_at(7)}});
  CHECK(at.is_blocked(key_of(clerk)));
}

TEST_CASE("a gate that was greeted after the fence and killed is asked again, and is believed") {
  FencedOffice at;
  const UserId clerk = at.office.add_user("clerk@contoso.com");
  std::string newest;
  {
    FeedClient client = at.connect(at.gate);
    const auto hello =
        client.greet(kFirst, at.lost_head(), signed_by_server(at.server, at.lost_head()));
    REQUIRE(hello);
    newest = hello->head;
    client.close();
  }
  FeedClient again = at.connect(at.gate);
  const auto hello = again.greet(kSecond, at.lost_head(), newest);
  REQUIRE(hello);
  REQUIRE(hello->wants_blocks);
  FencedOffice::hand_over(again, {{key_of(clerk), at.lost_at(7)}});
  REQUIRE(FencedOffice::snapshot(again));
  CHECK(at.is_blocked(key_of(clerk)));
}

TEST_CASE("who has followed this generation is asked for nothing") {
  FencedOffice at;
  at.comes_with(at.gate, {});
  const JournalHead head = at.server.live->head();
  FeedClient client = at.connect(at.gate);
  const auto hello = client.greet(kSecond, {head.position, head.chain_hash});
  REQUIRE(hello);
  CHECK_FALSE(hello->wants_blocks);
  client.send(GateBlocks{0, true, {}});
  CHECK(client.refusal().find("nobody asked for") != std::string::npos);
}

TEST_CASE("a gate that proves nothing blocks nobody, and is listed") {
  FencedOffice at;
  const UserId clerk = at.office.add_user("clerk@contoso.com");
  std::string head;
  SUBCASE("it shows no head") {}
  SUBCASE("it shows what somebody else signed") {
    const JwtSigner signer{GateOffice::new_key(),
                           at.server.keys->active_key(TokenAlg::es256).str()};
    head = sign_head(at.server.context->issuer(), at.lost_head(), signer).value().jws;
  }
  SUBCASE("it shows a head of the journal that was restored") {
    const auto entry = at.server.row<JournalEntry>(at.restored);
    head = signed_by_server(at.server, {at.restored, entry.chain_hash});
  }
  FeedClient client = at.connect(at.gate);
  const auto hello = client.greet(kFirst, at.lost_head(), head);
  REQUIRE(hello);
  REQUIRE(hello->wants_blocks);
  FencedOffice::hand_over(client, {{key_of(clerk), at.lost_at(7)}});
  REQUIRE(FencedOffice::snapshot(client));
  CHECK_FALSE(at.is_blocked(key_of(clerk)));
  const LostBlock listed = at.named(key_of(clerk));
  CHECK(listed.state == LostBlockState::not_held);
  CHECK(listed.why.find("proves") != std::string::npos);
}

TEST_CASE("nothing is believed beyond what is proved, nor before the backup ended") {
  FencedOffice at;
  const UserId beyond = at.office.add_user("beyond@contoso.com");
  const UserId before = at.office.add_user("before@contoso.com");
  at.comes_with(at.gate, {{key_of(before), at.restored},
                          {key_of(beyond),
                           at.lost_at(FencedOffice::kLost + gate_limits::kUrgentAheadMax + 1)}});
  CHECK_FALSE(at.is_blocked(key_of(before)));
  CHECK_FALSE(at.is_blocked(key_of(beyond)));
}

TEST_CASE("where the server ran on the older database, what it wrote over is asked for too") {
  FencedOffice at;
  const UserId clerk = at.office.add_user("clerk@contoso.com");
  at.server.put(Fence{at.server.tenant, 2, at.server.clock.now(), at.restored, true});
  at.comes_with(at.gate, {{key_of(clerk), at.restored}});
  CHECK(at.is_blocked(key_of(clerk)));
}

TEST_CASE("what the journal has is nobody's to write again, nor what is blocked already") {
  FencedOffice at;
  const UserId clerk = at.office.add_user("clerk@contoso.com");
  const UserId known = at.office.add_user("known@contoso.com");
  Removal removal;
  removal.kind = RemovalKind::disable_user;
  removal.user_id = clerk;
  at.server.take_away(removal);
  at.comes_with(at.gate, {{key_of(clerk), at.lost_at(4)}, {key_of(known), at.lost_at(5)}});
  CHECK(at.named(key_of(clerk)).why == "it is blocked already");
  const Position head = at.server.head();
  // Another gate that had the same.
  at.comes_with(at.other, {{key_of(known), at.lost_at(5)}});
  CHECK(at.server.head() == head);
  CHECK(at.server.all<LostBlock>().size() == 2);
}

TEST_CASE("no gate blocks whom nobody may block by a request, nor the server itself") {
  FencedOffice at;
  const UserId emergency = at.office.add_user("emergency@contoso.com");
  at.server.change<User>(emergency, [](User& user) { user.break_glass = true; });
  const AppId command_line{std::string{kCliClientId}};
  const Key signing = key_of(at.server.keys->active_key(TokenAlg::es256));
  at.comes_with(at.gate, {{key_of(emergency), at.lost_at(1)},
                          {key_of(at.server.john), at.lost_at(2)},
                          {key_of(command_line), at.lost_at(3)},
                          {signing, at.lost_at(4)},
                          {key_of(at.server.tenant), at.lost_at(5)}});
  for (const LostBlock& block : at.server.all<LostBlock>()) {
    CAPTURE(to_string(block.key()));
    CHECK(block.state == LostBlockState::not_held);
    CHECK_FALSE(block.why.empty());
    CHECK_FALSE(at.is_blocked(block.key()));
  }
  CHECK(at.server.all<LostBlock>().size() == 5);
  CHECK(at.named(key_of(emergency)).why.starts_with("guard.break_glass"));
  CHECK(at.named(key_of(at.server.john)).why.starts_with("guard.last_administrator"));
}

TEST_CASE("whoever stole a gate's key blocks so many and no more, and one command ends it all") {
  FencedOffice at;
  const auto named = at.blocks_of_keys(limits::kLostBlocksOfGateMax + 200);
  at.comes_with(at.gate, named);
  CHECK(at.server.all<LostBlock>().size() == limits::kLostBlocksOfGateMax);
  CHECK(at.gate_row().left_count == 200);
  // The newest are those that a backup is the least likely to have.
  CHECK(at.is_blocked(named.back().key));
  CHECK_FALSE(at.is_blocked(named.front().key));
  // Coming again gives it no more.
  FeedClient again = at.comes(at.gate, kSecond);
  FencedOffice::hand_over(again, {named.front()});
  REQUIRE(FencedOffice::snapshot(again));
  CHECK_FALSE(at.is_blocked(named.front().key));

  const HttpResponse ended = at.ask(HttpMethod::post, "/end", R"({"gate":"edge"})");
  CAPTURE(ended.body);
  CHECK(ended.status == 200);
  CHECK(contains(ended.body, R"("hasMore":false)"));
  CHECK_FALSE(at.is_blocked(named.back().key));
  const auto holds = at.server.all<Hold>();
  CHECK(std::ranges::count(holds, std::string{kFenceReviewOwner}, &Hold::owner) == 0);
  CHECK(at.gate_row().left_count == 0);
  // The instance that is the gate's own is heard now.
  FeedClient honest = at.comes(at.gate, "third-start-of-the-gate");
  FencedOffice::hand_over(honest, {named.front()});
  REQUIRE(FencedOffice::snapshot(honest));
  CHECK(at.is_blocked(named.front().key));
}

TEST_CASE("what a gate should not have done while it hands over closes it") {
  FencedOffice at;
  FeedClient client = at.comes(at.gate);
  SUBCASE("it asks for a lease first") { client.send(LeaseRequest{1}); }
  SUBCASE("a part is missing") { client.send(GateBlocks{1, true, {}}); }
  SUBCASE("a block of the new generation") {
    client.send(GateBlocks{0, true, {{key_of(at.server.john), {2, 1}}}});
  }
  SUBCASE("it hands over nothing") {
    at.server.clock.advance(limits::kGateBlocksTimeMax + 1s);
    at.site.tick();
  }
  CHECK_FALSE(client.refusal().empty());
  CHECK(at.site.hub().view(at.gate.app).refused == 1);
  CHECK(at.server.all<LostBlock>().empty());
}

TEST_CASE("a person keeps what was blocked rightly, and ends what was not") {
  FencedOffice at;
  const UserId clerk = at.office.add_user("clerk@contoso.com");
  at.comes_with(at.gate,
                {{key_of(clerk), at.lost_at(4)}, {key_of(at.server.laptop), at.lost_at(5)}});
  const std::string clerks = at.named(key_of(clerk)).id;
  const std::string laptops = at.named(key_of(at.server.laptop)).id;
  CHECK(contains(at.ask(HttpMethod::get, "").body, R"("toReview":2)"));
  CHECK(at.ask(HttpMethod::post, "/blocks/" + clerks + "/keep").status == 200);
  CHECK(at.ask(HttpMethod::post, "/blocks/" + laptops + "/end").status == 200);
  CHECK(at.is_blocked(key_of(clerk)));
  CHECK_FALSE(at.is_blocked(key_of(at.server.laptop)));
  CHECK(at.server.row<Device>(at.server.laptop).account_enabled);
  CHECK(at.ask(HttpMethod::post, "/blocks/" + laptops + "/end").status == 409);
  CHECK(contains(at.ask(HttpMethod::get, "").body, R"("toReview":0)"));
  // What was said stands, whoever comes with it again; and what was kept is not ended with the
  // rest.
  at.comes_with(at.other, {{key_of(at.server.laptop), at.lost_at(5)}});
  CHECK_FALSE(at.is_blocked(key_of(at.server.laptop)));
  CHECK(at.ask(HttpMethod::post, "/end", "{}").status == 200);
  CHECK(at.is_blocked(key_of(clerk)));
  CHECK(at.ask(HttpMethod::post, "/blocks/" + clerks + "/end").status == 200);
  CHECK(at.server.row<User>(clerk).account_enabled);
}

TEST_CASE("who may not give something back may not say of it what is to be") {
  FencedOffice at;
  at.comes_with(at.gate, {{key_of(at.server.files), at.lost_at(4)}});
  const std::string id = at.named(key_of(at.server.files)).id;
  const UserId helper = at.office.add_user("helper@contoso.com");
  at.server.put(RoleAssignment{at.server.tenant, helper.str(),
                               GateOffice::role_id(Role::helpdesk_administrator),
                               at.server.clock.now()});
  ServerFixture::CodeOptions wanted;
  wanted.resource = std::string{kAdminApiResource};
  wanted.scopes = {"offline_access", "api://curfew/manage"};
  const std::string token =
      at.server.redeem(at.server.add_code(at.server.add_session(helper).row, wanted)).access();
  for (const std::string verb : {"/keep", "/end"}) {
    CHECK(at.office.call(token, HttpMethod::post, "/fence/blocks/" + id + verb).status == 403);
  }
  CHECK(at.is_blocked(key_of(at.server.files)));
}

TEST_CASE("a fence is complete when every gate that had a lease of before has the new generation") {
  FencedOffice at;
  const Position first{2, 1};
  // As after a start: what an earlier life of the server gave is not known.
  at.site.restart();
  CHECK(contains(at.ask(HttpMethod::get, "").body, R"("isComplete":false)"));
  CHECK_FALSE(at.site.hub().gates_at(first).is_complete());
  FollowedGate gate{at.server, at.connect(at.gate), kFirst};
  REQUIRE(gate.reaches(at.server.head()));
  REQUIRE(gate.client().gets_lease());
  CHECK_FALSE(at.site.hub().gates_at(first).is_complete());
  at.server.clock.advance(11s);
  CHECK(at.site.hub().gates_at(first).is_complete());
  CHECK(contains(at.ask(HttpMethod::get, "").body, R"("isComplete":true)"));
}

TEST_CASE("two gates of before a fence: whoever one of them refuses, the other refuses too") {
  FencedOffice at;
  const UserId clerk = at.office.add_user("clerk@contoso.com");
  at.comes_with(at.gate, {{key_of(clerk), at.lost_at(7)}});
  FollowedGate late{at.server, at.connect(at.other), kFirst};
  REQUIRE(late.reaches(at.server.head()));
  const Position now = at.server.head();
  const CredentialFacts clerks{
      CredentialClass::access, {now, now}, at.server.clock.now() + 1h, {key_of(clerk)}};
  CHECK(late.verdict(clerks) == Verdict::blocked);
}

TEST_CASE("a tenant that never was fenced says so") {
  test::Office office;
  const std::string token = office.token_of_john(Role::global_administrator);
  CHECK(office.call(token, HttpMethod::get, "/fence").status == 404);
}

}  // namespace
}  // namespace curfew
