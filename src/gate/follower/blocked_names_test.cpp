#include "gate/follower/blocked_names.hpp"

#include <doctest/doctest.h>

namespace curfew {

namespace {

Key user(std::string id) { return {KeyKind::user, std::move(id)}; }

ReplicaEntry entry(Position position, Effect effect, std::string id, bool is_blocked_after) {
  return {user(std::move(id)), effect, position, {}, is_blocked_after};
}
ReplicaEntry block(std::uint64_t sequence, std::string id) {
  return entry({1, sequence}, Effect::block, std::move(id), true);
}
ReplicaEntry unblock(std::uint64_t sequence, std::string id, bool is_blocked_after = false) {
  return entry({1, sequence}, Effect::unblock, std::move(id), is_blocked_after);
}

void apply(BlockedNames& names, ReplicaEntry one) { names.apply({&one, 1}); }

}  // namespace

TEST_CASE("a key is blocked by name until the unblock that leaves no hold") {
  BlockedNames names;
  apply(names, block(2, "u"));
  apply(names, block(5, "u"));
  apply(names, unblock(6, "u", true));
  CHECK(names.all() == std::vector<GateBlock>{{user("u"), {1, 5}}});
  apply(names, unblock(7, "u"));
  CHECK(names.all().empty());
  apply(names, entry({1, 8}, Effect::reauth, "u", false));
  CHECK(names.all().empty());
}

TEST_CASE("a block that came early is not ended by the unblock of an earlier one") {
  BlockedNames names;
  apply(names, block(2, "u"));
  apply(names, block(5, "u"));
  apply(names, unblock(4, "u"));
  CHECK(names.all() == std::vector<GateBlock>{{user("u"), {1, 5}}});
}

TEST_CASE("a snapshot says who is blocked, but of what came early beyond it") {
  BlockedNames names;
  apply(names, block(2, "old"));
  apply(names, block(9, "early"));
  const std::vector<ReplicaEntry> part{block(3, "new"),
                                       entry({1, 4}, Effect::reauth, "other", false)};
  names.begin_snapshot();
  names.continue_snapshot(part);
  CHECK(names.all().front().key == user("old"));  // until it is whole
  names.finish_snapshot({1, 6});
  const std::vector<GateBlock> expected{{user("new"), {1, 3}}, {user("early"), {1, 9}}};
  CHECK(names.all() == expected);
}

TEST_CASE("the snapshot of a new generation ends what it does not say") {
  BlockedNames names;
  apply(names, block(9, "lost"));
  names.begin_snapshot();
  const std::vector<ReplicaEntry> part{block(3, "kept"),
                                       entry({2, 2}, Effect::block, "handed-over", true)};
  names.continue_snapshot(part);
  names.finish_snapshot({2, 2});
  const std::vector<GateBlock> expected{{user("kept"), {1, 3}}, {user("handed-over"), {2, 2}}};
  CHECK(names.all() == expected);
}

TEST_CASE("of more blocks than the bound the newest stay") {
  BlockedNames names{2};
  for (std::uint64_t at = 1; at <= 4; ++at) apply(names, block(at, "u" + std::to_string(at)));
  apply(names, block(5, "u3"));
  const std::vector<GateBlock> expected{{user("u4"), {1, 4}}, {user("u3"), {1, 5}}};
  CHECK(names.all() == expected);
  BlockedNames none{0};
  apply(none, block(5, "u3"));
  none.begin_snapshot();
  none.continue_snapshot(std::vector{block(6, "u6")});
  none.finish_snapshot({1, 6});
  CHECK(none.all().empty());
  BlockedNames other{1};
  other.restore(expected);
  CHECK(other.all() == std::vector<GateBlock>{{user("u3"), {1, 5}}});
}

TEST_CASE("who stores the names sees when they have changed") {
  BlockedNames names;
  apply(names, block(2, "u"));
  const std::uint64_t before = names.changes();
  apply(names, block(2, "u"));
  apply(names, unblock(3, "nobody"));
  CHECK(names.changes() == before);
  apply(names, unblock(4, "u"));
  CHECK(names.changes() != before);
}

}  // namespace curfew
