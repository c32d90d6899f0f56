#include "gate/replica/digest.hpp"

#include "gate/replica/test_replica.hpp"

namespace curfew {

using namespace replica;
using namespace testing;

namespace {

constexpr SipKey kKey{0x0123456789abcdef, 0xfedcba9876543210};

}  // namespace

TEST_CASE("each bit of a slot or a checkpoint, and its place, is in the digest") {
  const SlotWords words{77, kBlockedBit | 9, 12};
  const std::uint64_t digest = digest_of_slot(kKey, 5, words);
  const std::uint64_t checkpoint = digest_of_checkpoint(kKey, 5, 9, 12);
  for (unsigned bit = 0; bit < 64; ++bit) {
    CAPTURE(bit);
    for (std::size_t word = 0; word < kSlotWords; ++word) {
      SlotWords other = words;
      other[word] ^= 1ULL << bit;
      CHECK(digest_of_slot(kKey, 5, other) != digest);
    }
    CHECK(digest_of_slot(kKey, 5 ^ (1ULL << bit), words) != digest);
    CHECK(digest_of_checkpoint(kKey, 5, 9 ^ (1ULL << bit), 12) != checkpoint);
    CHECK(digest_of_checkpoint(kKey, 5, 9, 12 ^ (1ULL << bit)) != checkpoint);
    CHECK(digest_of_checkpoint(kKey, 5 ^ (1ULL << bit), 9, 12) != checkpoint);
  }
  CHECK(digest_of_slot(kKey, 5, {77, 12, kBlockedBit | 9}) != digest);
  CHECK(digest_of_slot({kKey.high, kKey.low}, 5, words) != digest);
  CHECK(digest_of_slot(kKey, 5, {0, 4, 4}) == 0);
}

TEST_CASE("a pass in pieces finds what a pass at once does") {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  const MadeUpJournal journal{3, 200, 90};
  apply_all(*writer, journal.entries());
  const ReplicaView& view = *writer->serving();
  SlotsPass whole;
  REQUIRE(whole.look(view, view.fixed().slot_count).ok());
  CHECK(whole.is_over(view));
  CHECK(whole.used() == view.entry_count());
  for (std::uint64_t piece = 1; piece < 80; ++piece) {
    SlotsPass pass;
    while (!pass.is_over(view)) REQUIRE(pass.look(view, piece).ok());
    CHECK(pass.sum() == whole.sum());
    CHECK(pass.used() == whole.used());
    CHECK(pass.farthest() == whole.farthest());
  }
}

TEST_CASE("what changes behind a pass is taken in, what changes before it is met") {
  const TestReplica replica;
  const auto writer = serving_writer(replica);
  const ReplicaView& view = *writer->serving();
  SlotsPass pass;
  REQUIRE(pass.look(view, 10).ok());
  pass.changed(9, 7, true);
  pass.changed(10, 100, true);
  pass.changed(3, ~0ULL, false);
  CHECK(pass.sum() == 6);
  CHECK(pass.used() == 1);
}

}  // namespace curfew
