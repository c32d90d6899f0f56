#include "revocation/fence/fence_review.hpp"

#include <doctest/doctest.h>

#include <string>

#include "revocation/fence/test_fence_world.hpp"

namespace curfew {
namespace {

TEST_CASE_FIXTURE(FenceWorld, "what a person ended stays ended, whichever gate comes next") {
  add_user("clerk");
  const NamedBlock block{user_key("clerk"), {1, 20}, ""};
  hold(handover({block}));
  REQUIRE(review(rows().front().id, ReviewVerdict::end, root()).ok());
  CHECK_FALSE(is_blocked(user_key("clerk")));
  CHECK(get<User>(UserId{"clerk"})->account_enabled);
  hold(handover({block}, "late"));
  CHECK_FALSE(is_blocked(user_key("clerk")));
  CHECK(rows().size() == 1);
}

TEST_CASE_FIXTURE(FenceWorld, "ending a block of the fence leaves the holds of others") {
  add_user("clerk");
  hold(handover({{user_key("clerk"), {1, 20}, ""}}));
  Removal removal;
  removal.kind = RemovalKind::disable_user;
  removal.user_id = UserId{"clerk"};
  REQUIRE(take(removal).ok());
  REQUIRE(review(rows().front().id, ReviewVerdict::end, root()).ok());
  CHECK(is_blocked(user_key("clerk")));
  CHECK_FALSE(get<User>(UserId{"clerk"})->account_enabled);
}

TEST_CASE_FIXTURE(FenceWorld, "a block is kept, and can be ended after that") {
  add_user("clerk");
  hold(handover({{user_key("clerk"), {1, 20}, ""}}));
  const std::string id = rows().front().id;
  REQUIRE(review(id, ReviewVerdict::keep, root()).ok());
  CHECK(is_blocked(user_key("clerk")));
  CHECK(open().empty());
  REQUIRE(review(id, ReviewVerdict::end, root()).ok());
  CHECK_FALSE(is_blocked(user_key("clerk")));
  CHECK(review(id, ReviewVerdict::end, root()).error().code() == ErrorCode::conflict);
}

TEST_CASE_FIXTURE(FenceWorld, "whoever could not enable an account decides nothing about it") {
  add_user("clerk");
  add_user("helper", {Role::helpdesk_administrator});
  hold(handover({{user_key("clerk"), {1, 20}, ""}}));
  const Actor helper = actor("helper", {Role::helpdesk_administrator});
  for (const ReviewVerdict verdict : {ReviewVerdict::keep, ReviewVerdict::end}) {
    const Status refused = review(rows().front().id, verdict, helper);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code() == ErrorCode::denied);
  }
  CHECK(is_blocked(user_key("clerk")));
}

TEST_CASE_FIXTURE(FenceWorld, "an administrator of applications gives back nobody's email method") {
  add_user("boss", {Role::global_administrator});
  add_user("developer", {Role::application_administrator});
  add_app("app");
  const Key method = add_method("boss", "method");
  const Key secret = add_secret("app", "secret");
  hold(handover({{method, {1, 20}, ""}, {secret, {1, 21}, ""}}));
  const Actor developer = actor("developer", {Role::application_administrator});
  for (const LostBlock& row : rows()) {
    CHECK(review(row.id, ReviewVerdict::end, developer).ok() == (row.key() == secret));
  }
  CHECK(is_blocked(method));
  CHECK_FALSE(is_blocked(secret));
  for (const LostBlock& row : open()) CHECK(review(row.id, ReviewVerdict::end, root()).ok());
  CHECK_FALSE(is_blocked(method));
}

TEST_CASE_FIXTURE(FenceWorld, "what was not to be blocked is listed with the reason, and only so") {
  add_user("clerk");
  const HandoverEffect effect = hold(handover({{user_key("clerk"), {1, 20}, kUnproved}}));
  CHECK(effect.listed == 1);
  CHECK_FALSE(is_blocked(user_key("clerk")));
  CHECK(rows().front().why == kUnproved);
  CHECK_FALSE(review(rows().front().id, ReviewVerdict::keep, root()).ok());
  CHECK(review(rows().front().id, ReviewVerdict::end, root()).ok());
  CHECK(open().empty());
}

TEST_CASE_FIXTURE(FenceWorld,
                  "what another gate has proved too stays when the first is not believed") {
  add_user("clerk");
  add_user("framed");
  hold(handover({{user_key("clerk"), {1, 20}, ""}, {user_key("framed"), {1, 21}, ""}}, "stolen"));
  hold(handover({{user_key("clerk"), {1, 20}, ""}}));
  disbelieve("stolen");
  CHECK(is_blocked(user_key("clerk")));
  CHECK_FALSE(is_blocked(user_key("framed")));
  REQUIRE(open().size() == 1);
  CHECK(open().front().gate_name == "gate");
  CHECK(open().front().also_gate_name.empty());
  // And not because of the one that is not believed, once the other is not either.
  hold(handover({{user_key("clerk"), {1, 20}, ""}}, "stolen"));
  disbelieve("stolen");
  disbelieve("gate");
  CHECK_FALSE(is_blocked(user_key("clerk")));
}

TEST_CASE_FIXTURE(FenceWorld, "who comes after a gate that is not believed is heard") {
  add_user("clerk");
  hold(handover({{user_key("clerk"), {1, 20}, ""}}, "stolen"));
  disbelieve("stolen");
  CHECK_FALSE(is_blocked(user_key("clerk")));
  CHECK(open().empty());
  hold(handover({{user_key("clerk"), {1, 20}, ""}}, "late"));
  CHECK(is_blocked(user_key("clerk")));
  CHECK(open(AppId{"late"}).size() == 1);
}

TEST_CASE_FIXTURE(FenceWorld, "what was left out is seen by a Global Administrator alone") {
  add_user("developer", {Role::application_administrator});
  Handover much = handover({});
  much.left = 7;
  hold(much);
  const auto see = [&](const Actor& by) {
    return store->write_and_wait(Urgency::normal,
                                 [&](WriteTx& tx) { return note_left_seen(tx, tenant, gate, by); });
  };
  CHECK_FALSE(see(actor("developer", {Role::application_administrator})).ok());
  CHECK(gate_row().left_count == 7);
  CHECK(see(root()).ok());
  CHECK(gate_row().left_count == 0);
}

}  // namespace
}  // namespace curfew
