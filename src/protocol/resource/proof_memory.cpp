#include "protocol/resource/proof_memory.hpp"

#include <utility>

#include "crypto/digest.hpp"

namespace curfew {

namespace {

constexpr std::size_t kDigestBytes = 16;
// A proof made ahead of our clock is accepted for both halves of its window.
constexpr Duration kHalf = 2 * kDpopWindow;

}  // namespace

void ProofMemory::make_room(TimePoint now) {
  // The clock was set back: proofs from before may be accepted still, so none is forgotten.
  if (now < began_) began_ = now;
  const bool is_over = now >= began_ + kHalf;
  if (!is_over && young_.size() < proofs_max_) return;
  const bool all_over = now >= began_ + 2 * kHalf;
  old_ = all_over ? std::unordered_set<std::string>{} : std::move(young_);
  young_ = {};
  began_ = now;
}

bool ProofMemory::is_first_use(const DpopProof& proof, TimePoint now) {
  const std::string id{as_view(sha256(proof.jkt + " " + proof.jti)).substr(0, kDigestBytes)};
  const std::lock_guard lock{mutex_};
  make_room(now);
  return !old_.contains(id) && young_.insert(id).second;
}

}  // namespace curfew
