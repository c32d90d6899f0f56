#include "revocation/fence/fence_review.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "base/fence_limits.hpp"
#include "revocation/hold_owner.hpp"
#include "store/schema_fences.hpp"
#include "tests/support/revocation_world.hpp"

namespace curfew {
namespace {

struct FenceWorld : RevocationWorld {
  const AppId gate{"gate"};
  const Actor root{ActorKind::local_root, "root", "root", {Role::global_administrator}, "", {}};

  FenceWorld() {
    pass_positions(10);
    write([&](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(journal.start_generation(tx, "fence", clock.now()));
      return Done{};
    });
  }
  Handover handover(std::vector<NamedBlock> lost, const std::string& by = "gate") {
    return {2, AppId{by}, by, "192.0.2.1", {1, 5'000}, std::move(lost)};
  }
  HandoverEffect hold(const Handover& handed) {
    HandoverEffect effect;
    write([&](WriteTx& tx) -> Status {
      CURFEW_TRY(effect, hold_lost_blocks(tx, journal, audit, handed, clock.now()));
      return Done{};
    });
    return effect;
  }
  Status review(const std::string& id, ReviewVerdict verdict, const Actor& by) {
    return store->write_and_wait(Urgency::normal, [&](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(review_lost_block(tx, journal, id, verdict, by, clock.now()));
      return Done{};
    });
  }
  std::vector<LostBlock> rows() {
    return read<std::vector<LostBlock>>([&](ReadTx& tx) {
      Query query;
      query.prefix = keys_of(tenant);
      return scan_as<LostBlock>(tx, query);
    });
  }
  bool is_blocked(const Key& key) {
    return live->states(std::vector<Key>{key}).front().hold_count != 0;
  }
  FenceGate gate_row() { return get<FenceGate>(std::uint64_t{2}, gate).value(); }
};

Key user(const std::string& id) { return {KeyKind::user, id}; }

TEST_CASE_FIXTURE(FenceWorld, "what a gate hands over is held, by one owner of its own") {
  add_user("clerk");
  add_app("app");
  add_device("laptop", "clerk");
  const std::vector<Key> keys{user("clerk"),
                              {KeyKind::application, "app"},
                              {KeyKind::device, "laptop"},
                              authenticator_key("secret"),
                              credential_key("key")};
  std::vector<NamedBlock> lost;
  for (std::size_t i = 0; i < keys.size(); ++i) lost.push_back({keys[i], {1, 20 + i}, ""});
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
}

TEST_CASE_FIXTURE(FenceWorld, "the guard stands between a gate and whom nobody may block") {
  User emergency = add_user("emergency");
  emergency.break_glass = true;
  put(emergency);
  add_user("boss", {Role::global_administrator});
  hold(handover({{user("emergency"), {1, 20}, ""}, {user("boss"), {1, 21}, ""}}));
  CHECK_FALSE(is_blocked(user("emergency")));
  CHECK_FALSE(is_blocked(user("boss")));
  for (const LostBlock& row : rows()) {
    CHECK(row.state == LostBlockState::not_held);
    CHECK(row.why.starts_with("guard."));
  }
}

TEST_CASE_FIXTURE(FenceWorld, "of two administrators a gate blocks one at most") {
  add_user("first", {Role::global_administrator});
  add_user("second", {Role::global_administrator});
  const HandoverEffect effect =
      hold(handover({{user("first"), {1, 20}, ""}, {user("second"), {1, 21}, ""}}));
  CHECK(effect.held == 1);
  CHECK(effect.listed == 1);
}

TEST_CASE_FIXTURE(FenceWorld, "whom the backup does not know keeps nobody else from being held") {
  add_user("clerk");
  const HandoverEffect effect =
      hold(handover({{user("made-later"), {1, 30}, ""}, {user("clerk"), {1, 20}, ""}}));
  CHECK(effect.held == 1);
  CHECK(effect.listed == 1);
  CHECK(is_blocked(user("clerk")));
}

TEST_CASE_FIXTURE(FenceWorld, "a gate has no more written than it may, and the newest of it") {
  std::vector<NamedBlock> lost;
  for (std::uint64_t i = 0; i < limits::kLostBlocksOfGateMax + 5; ++i) {
    lost.push_back({credential_key("k" + std::to_string(i)), {1, 20 + i}, ""});
  }
  const HandoverEffect effect = hold(handover(lost));
  CHECK(effect.held == limits::kLostBlocksOfGateMax);
  CHECK(effect.left == 5);
  CHECK(is_blocked(lost.back().key));
  CHECK_FALSE(is_blocked(lost.front().key));
  const HandoverEffect again = hold(handover({{credential_key("another"), {1, 15}, ""}}));
  CHECK(again.held == 0);
  CHECK(again.left == 1);
}

TEST_CASE_FIXTURE(FenceWorld, "what a person ended stays ended, whichever gate comes next") {
  add_user("clerk");
  const NamedBlock block{user("clerk"), {1, 20}, ""};
  hold(handover({block}));
  REQUIRE(review(rows().front().id, ReviewVerdict::end, root).ok());
  CHECK_FALSE(is_blocked(user("clerk")));
  CHECK(get<User>(UserId{"clerk"})->account_enabled);
  hold(handover({block}, "late"));
  CHECK_FALSE(is_blocked(user("clerk")));
  CHECK(rows().size() == 1);
}

TEST_CASE_FIXTURE(FenceWorld, "ending a block of the fence leaves the holds of others") {
  add_user("clerk");
  hold(handover({{user("clerk"), {1, 20}, ""}}));
  Removal removal;
  removal.kind = RemovalKind::disable_user;
  removal.user_id = UserId{"clerk"};
  write([&](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(remove_access(tx, journal, removal, clock.now()));
    return Done{};
  });
  REQUIRE(review(rows().front().id, ReviewVerdict::end, root).ok());
  CHECK(is_blocked(user("clerk")));
  CHECK_FALSE(get<User>(UserId{"clerk"})->account_enabled);
}

TEST_CASE_FIXTURE(FenceWorld, "a block is kept, and can be ended after that") {
  add_user("clerk");
  hold(handover({{user("clerk"), {1, 20}, ""}}));
  const std::string id = rows().front().id;
  REQUIRE(review(id, ReviewVerdict::keep, root).ok());
  CHECK(is_blocked(user("clerk")));
  const auto open = read<std::vector<LostBlock>>(
      [&](ReadTx& tx) { return open_lost_blocks(tx, tenant, 2, AppId{}, 10); });
  CHECK(open.empty());
  REQUIRE(review(id, ReviewVerdict::end, root).ok());
  CHECK_FALSE(is_blocked(user("clerk")));
  CHECK(review(id, ReviewVerdict::end, root).error().code() == ErrorCode::conflict);
}

TEST_CASE_FIXTURE(FenceWorld, "whoever could not enable an account decides nothing about it") {
  add_user("clerk");
  add_user("helper", {Role::helpdesk_administrator});
  hold(handover({{user("clerk"), {1, 20}, ""}}));
  const Actor helper{ActorKind::user, "helper", "helper", {Role::helpdesk_administrator}, "", {}};
  for (const ReviewVerdict verdict : {ReviewVerdict::keep, ReviewVerdict::end}) {
    const Status refused = review(rows().front().id, verdict, helper);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code() == ErrorCode::denied);
  }
  CHECK(is_blocked(user("clerk")));
}

TEST_CASE_FIXTURE(FenceWorld, "what was not to be blocked is listed with the reason, and only so") {
  add_user("clerk");
  const HandoverEffect effect = hold(handover({{user("clerk"), {1, 20}, "nothing proves it"}}));
  CHECK(effect.listed == 1);
  CHECK_FALSE(is_blocked(user("clerk")));
  CHECK(rows().front().why == "nothing proves it");
  CHECK_FALSE(review(rows().front().id, ReviewVerdict::keep, root).ok());
  CHECK(review(rows().front().id, ReviewVerdict::end, root).ok());
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
}

}  // namespace
}  // namespace curfew
