// What is believed of a gate, and what it costs, where its key may be another's.
#include "api/gate_feed/claim_reader.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "api/gate_feed/test_fenced_office.hpp"
#include "base/fence_limits.hpp"

namespace curfew {
namespace {

using namespace std::chrono_literals;
using test::contains;
using test::FeedClient;
using test::FencedOffice;
using test::kFirst;
using test::kSecond;

std::string instance(std::size_t number) {
  return "instance-of-the-gate-" + std::to_string(number);
}

TEST_CASE("whoever names somebody first and proves nothing does not keep them from being blocked") {
  FencedOffice at;
  const UserId clerk = at.office.add_user("clerk@contoso.com");
  at.comes_without_proof_with(at.other, {{key_of(clerk), at.lost_at(1'000)}});
  CHECK_FALSE(at.is_blocked(key_of(clerk)));
  at.comes_with(at.gate, {{key_of(clerk), at.lost_at(7)}});
  CHECK(at.is_blocked(key_of(clerk)));
  CHECK(at.named(key_of(clerk)).gate_id == at.gate.app);
}

TEST_CASE("what a thief lists takes no room from the gate's own instance") {
  FencedOffice at;
  const UserId clerk = at.office.add_user("clerk@contoso.com");
  at.comes_without_proof_with(at.gate, at.blocks_of_keys(limits::kListedOfGateMax + 1));
  CHECK(at.gate_row().left_count == 1);
  FeedClient honest = at.comes(at.gate, kSecond);
  FencedOffice::hand_over(honest, {{key_of(clerk), at.lost_at(7)}});
  REQUIRE(FencedOffice::snapshot(honest));
  CHECK(at.is_blocked(key_of(clerk)));
}

TEST_CASE("nobody is locked out by the key of their password, however well it is proved") {
  FencedOffice at;
  const UserId emergency = at.office.add_user("emergency@contoso.com");
  at.server.change<User>(emergency, [](User& user) { user.break_glass = true; });
  std::vector<Key> passwords;
  for (const UserId& user : {emergency, at.server.john}) {
    passwords.push_back(authenticator_key(at.server.row<User>(user).password_id));
  }
  at.comes_with(at.gate, {{passwords[0], at.lost_at(1)}, {passwords[1], at.lost_at(2)}});
  for (const Key& password : passwords) {
    CHECK_FALSE(at.is_blocked(password));
    CHECK(at.named(password).state == LostBlockState::not_held);
  }
}

TEST_CASE("a block that a snapshot told by a later entry of its key is not taken for lost") {
  FencedOffice at;
  const UserId clerk = at.office.add_user("clerk@contoso.com");
  // As before the backup: blocked, asked to sign in anew, and rightly enabled again.
  at.server.put(Fence{at.server.tenant, 2, at.server.clock.now(), at.restored, true});
  const auto entry = [&](Effect effect, std::uint64_t sequence) {
    JournalEntry made = at.server.row<JournalEntry>(Position{1, sequence});
    made.key_kind = KeyKind::user;
    made.key_id = clerk.str();
    made.effect = effect;
    made.hold_owner = effect == Effect::reauth ? "" : "administrator";
    at.server.put(made);
  };
  const std::uint64_t end = at.restored.sequence;
  SUBCASE("it was blocked there") {
    entry(Effect::block, end - 2);
    entry(Effect::reauth, end - 1);
    entry(Effect::unblock, end);
    at.comes_with(at.gate, {{key_of(clerk), {1, end - 1}}});
    CHECK_FALSE(at.is_blocked(key_of(clerk)));
    CHECK(at.server.all<LostBlock>().empty());
  }
  SUBCASE("it was not: the person wrote over the lost block, by signing out everywhere") {
    entry(Effect::block, end - 3);
    entry(Effect::unblock, end - 2);
    entry(Effect::reauth, end - 1);
    at.comes_with(at.gate, {{key_of(clerk), {1, end - 1}}});
    CHECK(at.is_blocked(key_of(clerk)));
  }
}

TEST_CASE("below the end of the restored journal nothing was lost, and nothing is listed") {
  FencedOffice at;
  const UserId clerk = at.office.add_user("clerk@contoso.com");
  at.comes_with(at.gate, {{key_of(clerk), at.restored}});
  CHECK_FALSE(at.is_blocked(key_of(clerk)));
  CHECK(at.server.all<LostBlock>().empty());
}

TEST_CASE("a gate that says the same for ever is listened to, and nothing more is written") {
  FencedOffice at;
  const UserId clerk = at.office.add_user("clerk@contoso.com");
  const std::vector<GateBlock> same{{key_of(clerk), at.lost_at(1)},
                                    {key_of(at.server.john), at.lost_at(2)},
                                    {credential_key("invented"), at.lost_at(3)}};
  at.comes_with(at.gate, same);
  const std::size_t audited = at.audit_records().size();
  const std::size_t written = at.office.store->writes;
  const int emergencies = at.office.store->emergencies;
  for (std::size_t i = 0; i < 4; ++i) {
    FeedClient again = at.comes(at.gate, instance(i));
    FencedOffice::hand_over(again, same);
    REQUIRE(FencedOffice::snapshot(again));
  }
  CHECK(at.audit_records().size() == audited);
  CHECK(at.office.store->emergencies == emergencies);
  CHECK(at.gate_row().left_count == 0);
  static_cast<void>(written);
}

TEST_CASE("no more instances of a gate hand over at a time than memory is for") {
  FencedOffice at;
  std::vector<FeedClient> waiting;
  for (std::size_t i = 0; i < limits::kHandoversOfGateMax; ++i) {
    waiting.push_back(at.comes_without_proof(at.gate, instance(i)));
  }
  FeedClient next = at.connect(at.gate);
  CHECK_FALSE(next.greet(instance(100), at.lost_head()).has_value());
  // Who shows a head of the lost journal waits for none of those, nor does another gate.
  const UserId clerk = at.office.add_user("clerk@contoso.com");
  FeedClient honest = at.comes(at.gate, instance(101));
  FencedOffice::hand_over(honest, {{key_of(clerk), at.lost_at(7)}});
  REQUIRE(FencedOffice::snapshot(honest));
  CHECK(at.is_blocked(key_of(clerk)));
  at.comes_without_proof_with(at.other, {});
  // There is room again when one is done.
  FencedOffice::hand_over(waiting.front(), {});
  REQUIRE(FencedOffice::snapshot(waiting.front()));
  at.comes_without_proof(at.gate, instance(102));
}

TEST_CASE("what is written on a gate's word is written while its token is good") {
  FencedOffice at;
  const UserId clerk = at.office.add_user("clerk@contoso.com");
  FeedClient stolen = at.comes(at.gate);
  at.office.store->overtake = [&] {
    Removal removal;
    removal.kind = RemovalKind::disable_app;
    removal.app_id = at.gate.app;
    at.server.take_away(removal);
  };
  FencedOffice::hand_over(stolen, {{key_of(clerk), at.lost_at(7)}});
  CHECK_FALSE(FencedOffice::snapshot(stolen).has_value());
  CHECK(at.server.all<LostBlock>().empty());
  CHECK_FALSE(at.is_blocked(key_of(clerk)));
}

TEST_CASE("the server's own time to write is not the gate's to keep") {
  FencedOffice at;
  FeedClient client = at.comes(at.gate);
  at.office.store->overtake = [&] {
    // A slow disk, and the clock's tick meanwhile.
    at.server.clock.advance(limits::kGateBlocksTimeMax + 1s);
    at.site.hub().tick();
  };
  FencedOffice::hand_over(client, {});
  CHECK(FencedOffice::snapshot(client).has_value());
  CHECK(at.site.hub().view(at.gate.app).refused == 0);
}

}  // namespace
}  // namespace curfew
