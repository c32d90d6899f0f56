#include "revocation/fence/fence_holding.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "base/fence_limits.hpp"
#include "revocation/fence/test_fence_world.hpp"
#include "revocation/hold_owner.hpp"

namespace curfew {
namespace {

TEST_CASE_FIXTURE(FenceWorld, "what a gate hands over is held, by one owner of its own") {
  add_user("clerk");
  add_app("app");
  add_device("laptop", "clerk");
  add_api_key("key", "clerk");
  const std::vector<Key> keys{
      user_key("clerk"),           {KeyKind::application, "app"}, {KeyKind::device, "laptop"},
      add_secret("app", "secret"), add_method("clerk", "method"), credential_key("key")};
  std::vector<NamedBlock> lost;
  for (std::size_t i = 0; i < keys.size(); ++i) lost.push_back({keys[i], {1, 20 + i}, "", {}});
  const HandoverEffect effect = hold(handover(lost));
  CHECK(effect.held == keys.size());
  for (const Key& key : keys) {
    CAPTURE(to_string(key));
    CHECK(is_blocked(key));
    const auto holds =
        read<std::vector<Hold>>([&](ReadTx& tx) { return holds_on(tx, tenant, key); });
    REQUIRE(holds.size() == 1);
    CHECK(holds.front().owner == kFenceReviewOwner);
  }
  CHECK(gate_row().held_count == keys.size());
  const auto all = rows();
  CHECK(std::ranges::count(all, "client secret of App app", &LostBlock::subject_name) == 1);
  CHECK(std::ranges::count(all, "email method of clerk@contoso.com", &LostBlock::subject_name) ==
        1);
}

TEST_CASE_FIXTURE(FenceWorld, "the guard stands between a gate and whom nobody may block") {
  User emergency = add_user("emergency");
  emergency.break_glass = true;
  put(emergency);
  add_user("boss", {Role::global_administrator});
  hold(handover({{user_key("emergency"), {1, 20}, ""}, {user_key("boss"), {1, 21}, ""}}));
  CHECK_FALSE(is_blocked(user_key("emergency")));
  CHECK_FALSE(is_blocked(user_key("boss")));
  for (const LostBlock& row : rows()) {
    CHECK(row.state == LostBlockState::not_held);
    CHECK(row.why.starts_with("guard."));
    CHECK(is_open(row));
  }
}

TEST_CASE_FIXTURE(FenceWorld, "nobody is locked out by the key of their password") {
  add_user("boss", {Role::global_administrator});
  add_user("clerk");
  hold(handover({{authenticator_key("password-of-boss"), {1, 20}, ""},
                 {authenticator_key("password-of-clerk"), {1, 21}, ""}}));
  CHECK_FALSE(is_blocked(authenticator_key("password-of-boss")));
  CHECK_FALSE(is_blocked(authenticator_key("password-of-clerk")));
  CHECK(rows().size() == 2);
}

TEST_CASE_FIXTURE(FenceWorld, "of two administrators a gate blocks one at most") {
  add_user("first", {Role::global_administrator});
  add_user("second", {Role::global_administrator});
  const HandoverEffect effect =
      hold(handover({{user_key("first"), {1, 20}, ""}, {user_key("second"), {1, 21}, ""}}));
  CHECK(effect.held == 1);
  CHECK(effect.listed == 1);
}

TEST_CASE_FIXTURE(FenceWorld, "whom the backup does not know keeps nobody else from being held") {
  add_user("clerk");
  const HandoverEffect effect = hold(handover({{user_key("made-later"), {1, 30}, ""},
                                               {credential_key("invented"), {1, 31}, ""},
                                               {user_key("clerk"), {1, 20}, ""}}));
  CHECK(effect.held == 1);
  CHECK(effect.listed == 2);
  CHECK(is_blocked(user_key("clerk")));
  // Nothing to look at.
  CHECK(open().size() == 1);
}

TEST_CASE_FIXTURE(FenceWorld, "whoever names somebody first without proof keeps nobody from it") {
  add_user("clerk");
  const auto unproved = handover({{user_key("clerk"), {1, 90}, kUnproved}}, "thief");
  hold(unproved);
  CHECK_FALSE(is_blocked(user_key("clerk")));
  CHECK(open().size() == 1);
  SUBCASE("nobody has looked") {}
  SUBCASE("a person has ended all that the first gate had named") { disbelieve("thief"); }
  hold(handover({{user_key("clerk"), {1, 20}, ""}}));
  CHECK(is_blocked(user_key("clerk")));
  REQUIRE(rows().size() == 1);
  CHECK(rows().front().gate_name == "gate");
  CHECK(rows().front().position == Position{1, 20});
  CHECK(rows().front().why.empty());
  CHECK(is_open(rows().front()));
}

TEST_CASE_FIXTURE(FenceWorld, "a gate has no more written than it may, and the newest of it") {
  const auto lost = blocks_of_keys(limits::kLostBlocksOfGateMax + 5);
  const HandoverEffect effect = hold(handover(lost));
  CHECK(effect.held == limits::kLostBlocksOfGateMax);
  CHECK(effect.left == 5);
  CHECK(is_blocked(lost.back().key));
  CHECK_FALSE(is_blocked(lost.front().key));
  const HandoverEffect again = hold(handover({lost.front()}));
  CHECK(again.held == 0);
  CHECK(again.left == 1);
  CHECK(gate_row().left_count == 5);
  // Once its word is not taken for those, there is room for what it says next.
  disbelieve("gate");
  CHECK(hold(handover({lost.front()})).held == 1);
}

TEST_CASE_FIXTURE(FenceWorld, "what proves nothing takes no room from what does") {
  add_user("clerk");
  auto unproved = blocks_of_keys(limits::kListedOfGateMax + 3);
  for (NamedBlock& block : unproved) block.why_not = kUnproved;
  const HandoverEffect flood = hold(handover(unproved));
  CHECK(flood.listed == limits::kListedOfGateMax);
  CHECK(flood.left == 3);
  CHECK(hold(handover({{user_key("clerk"), {1, 10}, ""}})).held == 1);
  CHECK(is_blocked(user_key("clerk")));
}

TEST_CASE_FIXTURE(FenceWorld, "who says the same for ever costs one write") {
  add_user("clerk");
  User emergency = add_user("emergency");
  emergency.break_glass = true;
  put(emergency);
  const auto same = handover({{user_key("clerk"), {1, 20}, ""},
                              {user_key("emergency"), {1, 21}, ""},
                              {user_key("unknown"), {1, 22}, kUnproved}});
  CHECK(hand_over(same));
  const Position head = live->head().position;
  for (int i = 0; i < 4; ++i) CHECK_FALSE(hand_over(same));
  CHECK(live->head().position == head);
  CHECK(gate_row().left_count == 0);
  // Also who says nothing: that it has come is written once.
  CHECK(hand_over(handover({}, "empty")));
  CHECK_FALSE(hand_over(handover({}, "empty")));
}

TEST_CASE_FIXTURE(FenceWorld, "a sieve keeps no more than may be written, the newest first") {
  const auto lost = blocks_of_keys(limits::kLostBlocksOfGateMax + 5);
  const auto kept =
      read<std::optional<Handover>>([&](ReadTx& tx) { return sifted(tx, handover(lost)); });
  REQUIRE(kept);
  CHECK(kept->lost.size() == limits::kLostBlocksOfGateMax);
  CHECK(kept->left == 5);
  CHECK(kept->lost.front().position == lost.back().position);
}

TEST_CASE_FIXTURE(FenceWorld, "of two proofs of one gate the one that reaches further stays") {
  FenceGate proof;
  proof.tenant_id = tenant;
  proof.generation = 2;
  proof.gate_id = gate;
  for (const std::uint64_t sequence : {50U, 70U, 60U}) {
    proof.shown = {1, sequence};
    write([&](WriteTx& tx) { return note_fence_proof(tx, proof); });
  }
  CHECK(gate_row().shown == Position{1, 70});
  CHECK_FALSE(gate_row().handed_over_at);
}

}  // namespace
}  // namespace curfew
