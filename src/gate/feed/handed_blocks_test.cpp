#include "gate/feed/handed_blocks.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/fence_limits.hpp"
#include "gate/feed/gate_limits.hpp"

namespace curfew {
namespace {

constexpr std::uint64_t kGeneration = 2;

Key user(const std::string& id) { return {KeyKind::user, id}; }

GateBlocks part_of(std::uint32_t part, std::vector<GateBlock> blocks, bool is_last = false) {
  return {part, is_last, std::move(blocks)};
}

ReplicaEntry block_entry(const GateBlock& block) {
  return {block.key, Effect::block, block.position, {}, true};
}

const GateBlock kJohns{user("john"), {1, 15}};
const LostJournal kLost{{1, 20}, {1, 10}, false};

TEST_CASE("parts of blocks follow each other, and the last ends them") {
  HandedBlocks handed;
  CHECK(handed.add(part_of(0, {{user("a"), {1, 3}}, {user("b"), {1, 4}}}), kGeneration).ok());
  CHECK_FALSE(handed.is_whole());
  CHECK(handed.add(part_of(1, {{user("c"), {1, 5}}}, true), kGeneration).ok());
  CHECK(handed.is_whole());
  CHECK(handed.all().size() == 3);
  CHECK_FALSE(handed.add(part_of(2, {}, true), kGeneration).ok());
}

TEST_CASE("a gate that has nothing says so in one part") {
  HandedBlocks handed;
  CHECK(handed.add(part_of(0, {}, true), kGeneration).ok());
  CHECK(handed.is_whole());
}

TEST_CASE("what no honest gate hands over is refused") {
  HandedBlocks handed;
  REQUIRE(handed.add(part_of(0, {{user("a"), {1, 3}}}), kGeneration).ok());
  SUBCASE("a part is missing") { CHECK_FALSE(handed.add(part_of(2, {}), kGeneration).ok()); }
  SUBCASE("a part comes twice") { CHECK_FALSE(handed.add(part_of(0, {}), kGeneration).ok()); }
  SUBCASE("two keys by one entry") {
    CHECK_FALSE(handed.add(part_of(1, {{user("b"), {1, 3}}}), kGeneration).ok());
  }
  SUBCASE("backwards") {
    CHECK_FALSE(handed.add(part_of(1, {{user("b"), {1, 2}}}), kGeneration).ok());
  }
  SUBCASE("no position") {
    CHECK_FALSE(handed.add(part_of(1, {{user("b"), {}}}), kGeneration).ok());
  }
  SUBCASE("a key twice") {
    CHECK_FALSE(handed.add(part_of(1, {{user("a"), {1, 4}}}), kGeneration).ok());
  }
  SUBCASE("of the new generation") {
    CHECK_FALSE(handed.add(part_of(1, {{user("b"), {2, 1}}}), kGeneration).ok());
  }
}

TEST_CASE("a gate hands over no more parts than it can have blocks") {
  HandedBlocks handed;
  for (std::uint32_t part = 0; part < gate_limits::kBlockPartsMax; ++part) {
    REQUIRE(handed.add(part_of(part, {}), kGeneration).ok());
  }
  CHECK_FALSE(handed.add(part_of(gate_limits::kBlockPartsMax, {}, true), kGeneration).ok());
}

TEST_CASE("only a head that this journal does not have, of before the fence, proves a lost one") {
  const ChainMark shown{{1, 20}, "theirs"};
  const Position head{2, 4};
  CHECK(proves_lost_journal(shown, head, std::nullopt));
  CHECK(proves_lost_journal(shown, head, "ours"));
  CHECK_FALSE(proves_lost_journal(shown, head, "theirs"));
  CHECK_FALSE(proves_lost_journal({}, head, std::nullopt));
  // That is no lost journal but a rollback of this one, and dealt with as such.
  CHECK_FALSE(proves_lost_journal({{2, 9}, "theirs"}, head, std::nullopt));
}

TEST_CASE("a block that the journal has is nobody's to write again") {
  CHECK(judge_claim(kJohns, block_entry(kJohns), kLost) == BlockClaim::known);
  CHECK(judge_claim(kJohns, block_entry(kJohns), std::nullopt) == BlockClaim::known);
}

TEST_CASE("a block is lost between the restored head and what our signature proves") {
  CHECK(judge_claim(kJohns, std::nullopt, kLost) == BlockClaim::lost);
  CHECK(judge_claim({user("john"), {1, 20}}, std::nullopt, kLost) == BlockClaim::lost);
  // What was urgent may have come, and the head that proves it not.
  const std::uint64_t reach = 20 + gate_limits::kUrgentAheadMax;
  CHECK(judge_claim({user("john"), {1, reach}}, std::nullopt, kLost) == BlockClaim::lost);
  CHECK(judge_claim({user("john"), {1, reach + 1}}, std::nullopt, kLost) == BlockClaim::unproved);
  CHECK(judge_claim(kJohns, std::nullopt, std::nullopt) == BlockClaim::unproved);
}

TEST_CASE("below the restored head only a journal that was written on can have lost anything") {
  const GateBlock early{user("john"), {1, 8}};
  const ReplicaEntry other{user("jane"), Effect::reauth, {1, 8}, {}, false};
  CHECK(judge_claim(early, other, kLost) == BlockClaim::known);
  CHECK(judge_claim(early, other, std::nullopt) == BlockClaim::unproved);
  LostJournal written_on = kLost;
  written_on.was_written_on = true;
  CHECK(judge_claim(early, other, written_on) == BlockClaim::lost);
  // What our signature proves bounds it there too.
  const LostJournal short_proof{{1, 5}, {1, 100}, true};
  CHECK(judge_claim({user("john"), {1, 5 + gate_limits::kUrgentAheadMax + 1}}, other,
                    short_proof) == BlockClaim::unproved);
}

TEST_CASE("whoever was revoked cannot write over the block by an entry of their own") {
  LostJournal written_on = kLost;
  written_on.was_written_on = true;
  ReplicaEntry own{user("john"), Effect::reauth, kJohns.position, {}, false};
  CHECK(judge_claim(kJohns, own, written_on) == BlockClaim::lost);
  // A block of the journal as a snapshot tells it: by the newest entry of its key.
  own.is_blocked_after = true;
  CHECK(judge_claim(kJohns, own, written_on) == BlockClaim::known);
}

TEST_CASE("between two generations of the lost journal no more is believed than was plausible") {
  const LostJournal lost{{2, 5}, {1, 50}, false};
  const std::uint64_t most = 50 + limits::kLostEntriesMax;
  CHECK(judge_claim({user("john"), {1, most}}, std::nullopt, lost) == BlockClaim::lost);
  CHECK(judge_claim({user("john"), {1, most + 1}}, std::nullopt, lost) == BlockClaim::unproved);
  CHECK(judge_claim({user("john"), {2, 1}}, std::nullopt, lost) == BlockClaim::lost);
}

}  // namespace
}  // namespace curfew
