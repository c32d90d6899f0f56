#include "gate/follower/reconnect.hpp"

#include "base/check.hpp"
#include "base/duration.hpp"
#include "gate/feed/gate_limits.hpp"

namespace curfew {

using namespace gate_limits;

ReconnectPolicy::ReconnectPolicy(std::size_t address_count, Duration now, Chance chance)
    : address_count_(address_count), chance_(std::move(chance)) {
  CURFEW_CHECK(address_count >= 1 && address_count <= kServerAddressesMax);
  next_ = {static_cast<std::size_t>(chance_() % address_count), now};
}

void ReconnectPolicy::failed(Duration now) {
  const bool was_good = since_ && now - *since_ >= kSteadyAfter;
  since_.reset();
  if (was_good) {
    failures_ = 0;
    next_.at = now + between(Duration{0}, kReconnectFirst);
    return;
  }
  ++failures_;
  next_.address = (next_.address + 1) % address_count_;
  const auto rounds = failures_ / static_cast<std::uint32_t>(address_count_);
  const bool have_all_failed = failures_ % address_count_ == 0;
  if (!have_all_failed) {
    next_.at = now + between(Duration{0}, kReconnectFirst);
    return;
  }
  const Duration pause = doubled(kReconnectFirst, rounds, kReconnectMost);
  next_.at = now + between(pause / 2, pause);
}

Duration ReconnectPolicy::between(Duration least, Duration most) const {
  const auto span = static_cast<std::uint64_t>((most - least).count()) + 1;
  return least + Duration{static_cast<std::int64_t>(chance_() % span)};
}

}  // namespace curfew
