#include "protocol/resource/proof_memory.hpp"

#include <doctest/doctest.h>

using namespace curfew;

namespace {

const TimePoint kNow = from_unix_seconds(1'790'000'000);
DpopProof proof(int number) { return {"key", std::to_string(number)}; }

}  // namespace

TEST_CASE("a proof counts once for as long as it is accepted") {
  ProofMemory memory;
  CHECK(memory.is_first_use(proof(1), kNow));
  for (const int seconds : {0, 1, 60, 119, 120}) {
    CHECK_FALSE(memory.is_first_use(proof(1), kNow + std::chrono::seconds{seconds}));
  }
}

TEST_CASE("a proof that came just before a half was over is remembered through the next one") {
  ProofMemory memory;
  CHECK(memory.is_first_use(proof(1), kNow));
  const TimePoint late = kNow + 2 * kDpopWindow - std::chrono::seconds{1};
  CHECK(memory.is_first_use(proof(2), late));
  CHECK_FALSE(memory.is_first_use(proof(2), late + 2 * kDpopWindow));
}

TEST_CASE("a clock that goes back makes no proof new that is still accepted") {
  ProofMemory memory;
  CHECK(memory.is_first_use(proof(1), kNow));
  CHECK(memory.is_first_use(proof(2), kNow + 2 * kDpopWindow));
  const TimePoint back = kNow + 2 * kDpopWindow - std::chrono::seconds{1};
  CHECK_FALSE(memory.is_first_use(proof(2), back));
  CHECK_FALSE(memory.is_first_use(proof(1), back));
}

TEST_CASE("the same jti under another key is another proof") {
  ProofMemory memory;
  CHECK(memory.is_first_use({"one", "jti"}, kNow));
  CHECK(memory.is_first_use({"two", "jti"}, kNow));
}

TEST_CASE("memory is bounded, and the oldest are forgotten first") {
  ProofMemory memory{100};
  for (int i = 0; i < 250; ++i) CHECK(memory.is_first_use(proof(i), kNow));
  CHECK_FALSE(memory.is_first_use(proof(249), kNow));
  CHECK_FALSE(memory.is_first_use(proof(120), kNow));
  CHECK(memory.is_first_use(proof(1), kNow));
}
