// protocol/resource/proof_memory.hpp: the DPoP proofs of the last minutes, so that each counts once
// (RFC 9449 11.1).
//
// What is remembered is a digest of key and jti. Nothing is written: a proof is good for two
// minutes only, and after a restart whoever replays one still needs what came with it. Memory is
// bounded; over the bound the older half is forgotten. A clock that is set back forgets nothing.
// Only requests that were good otherwise are remembered, so nobody fills it who has nothing.
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_set>

#include "base/clock.hpp"
#include "protocol/oauth/dpop.hpp"

namespace curfew {

inline constexpr std::size_t kProofsRemembered = 200'000;  // in each half; some 100 bytes each

class ProofMemory {
 public:
  explicit ProofMemory(std::size_t proofs_max = kProofsRemembered) : proofs_max_(proofs_max) {}

  // Whether the proof is seen for the first time; from now on it is not.
  [[nodiscard]] bool is_first_use(const DpopProof& proof, TimePoint now);

 private:
  void make_room(TimePoint now);

  std::size_t proofs_max_;
  std::mutex mutex_;
  TimePoint began_{};                      // of `young_`
  std::unordered_set<std::string> young_;  // 16 bytes of the digest
  std::unordered_set<std::string> old_;
};

}  // namespace curfew
