#include "gate/feed/hello_outcome.hpp"

#include <doctest/doctest.h>

namespace curfew {

namespace {

const ChainMark kTen{{1, 10}, "ten"};

FeedStart start_with(const ChainMark& shown, Position head,
                     const std::optional<std::string>& hash_at_shown) {
  return judge_hello({}, shown, {head, {}, std::nullopt, hash_at_shown}).start;
}

FeedStart start_from(const ChainMark& has, Position head, Position floor,
                     const std::optional<std::string>& hash_at_has) {
  return judge_hello(has, std::nullopt, {head, floor, hash_at_has, std::nullopt}).start;
}

}  // namespace

TEST_CASE("a shown head proves a rollback when our journal ends before it or has another entry") {
  CHECK(start_with(kTen, {1, 10}, "ten") == FeedStart::snapshot);
  CHECK(start_with(kTen, {1, 12}, "ten") == FeedStart::snapshot);
  CHECK(start_with(kTen, {1, 9}, std::nullopt) == FeedStart::rollback_proved);
  CHECK(start_with(kTen, {1, 12}, "other") == FeedStart::rollback_proved);
  CHECK(start_with(kTen, {1, 12}, std::nullopt) == FeedStart::rollback_proved);
  CHECK(start_with({{3, 1}, "x"}, {2, 1}, std::nullopt) == FeedStart::rollback_proved);
}

TEST_CASE("a head from before a fence proves nothing any more") {
  CHECK(start_with(kTen, {2, 1}, std::nullopt) == FeedStart::snapshot);
}

TEST_CASE("what a gate merely says of its position proves nothing") {
  CHECK(start_from(kTen, {1, 9}, {1, 5}, std::nullopt) == FeedStart::snapshot);
  CHECK(start_from(kTen, {1, 20}, {1, 5}, "other") == FeedStart::snapshot);
  CHECK(start_from({{2, 20}, "x"}, {1, 20}, {1, 5}, std::nullopt) == FeedStart::snapshot);
}

TEST_CASE("a gate goes on from its position only in the same journal, above the floor") {
  CHECK(start_from(kTen, {1, 10}, {1, 5}, "ten") == FeedStart::position);
  CHECK(start_from(kTen, {1, 20}, {1, 10}, "ten") == FeedStart::position);
  CHECK(start_from(kTen, {1, 20}, {1, 11}, "ten") == FeedStart::snapshot);
  CHECK(start_from({}, {1, 20}, {1, 5}, std::nullopt) == FeedStart::snapshot);
  // Both: what it shows stands further than what it has, as with a lease that names a later one.
  const JournalBesideHello journal{{1, 20}, {}, "ten", "twelve"};
  CHECK(judge_hello(kTen, ChainMark{{1, 12}, "twelve"}, journal).start == FeedStart::position);
  CHECK(judge_hello(kTen, ChainMark{{1, 12}, "x"}, journal).start == FeedStart::rollback_proved);
}

TEST_CASE("a gate of an older generation hands over its blocks") {
  const JournalBesideHello journal{{2, 1}, {}, std::nullopt, std::nullopt};
  const HelloOutcome expected{FeedStart::snapshot, true};
  CHECK(judge_hello(kTen, kTen, journal) == expected);
  CHECK(judge_hello(kTen, std::nullopt, journal) == expected);
  CHECK(judge_hello({}, kTen, journal) == expected);
  // One that heard of the new generation, and was killed before it had the snapshot.
  const JournalBesideHello fenced{{2, 1}, {}, std::nullopt, "f"};
  CHECK(judge_hello(kTen, ChainMark{{2, 1}, "f"}, fenced) == expected);
  CHECK(judge_hello({}, ChainMark{{2, 1}, "f"}, fenced) == expected);
  CHECK_FALSE(judge_hello({{2, 1}, "f"}, std::nullopt, journal).hands_over_blocks);
  const JournalBesideHello first{{1, 12}, {}, std::nullopt, "ten"};
  CHECK_FALSE(judge_hello({}, kTen, first).hands_over_blocks);
}

TEST_CASE("a block is lost where the journal has no such entry") {
  const GateBlock block{{KeyKind::user, "u"}, {1, 7}};
  ReplicaEntry entry{block.key, Effect::block, {1, 7}, {}, true};
  CHECK_FALSE(is_lost(block, entry));
  CHECK(is_lost(block, std::nullopt));
  entry.key.id = "v";
  CHECK(is_lost(block, entry));
  entry.key = block.key;
  entry.effect = Effect::reauth;
  CHECK_FALSE(is_lost(block, entry));
  entry.is_blocked_after = false;
  CHECK(is_lost(block, entry));
}

}  // namespace curfew
