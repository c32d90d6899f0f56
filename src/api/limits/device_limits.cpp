#include "api/limits/device_limits.hpp"

#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace curfew {

struct DevicePolls::Impl {
  struct Poll {
    std::string code_hash;
    Duration last{};
    Duration interval = kPollInterval;
  };
  using Polls = std::list<Poll>;

  std::size_t remembered_max = kPollsRememberedMax;
  std::mutex mutex;
  Polls polls;  // the newest first
  std::unordered_map<std::string, Polls::iterator> index;
};

DevicePolls::DevicePolls(std::size_t remembered_max) : impl_(std::make_unique<Impl>()) {
  impl_->remembered_max = remembered_max;
}
DevicePolls::~DevicePolls() = default;

bool DevicePolls::is_too_soon(const std::string& code_hash, Duration since_boot) {
  const std::lock_guard lock{impl_->mutex};
  auto& [remembered_max, mutex, polls, index] = *impl_;
  const auto found = index.find(code_hash);
  if (found == index.end()) {
    if (polls.size() >= remembered_max) {
      index.erase(polls.back().code_hash);
      polls.pop_back();
    }
    polls.push_front({code_hash, since_boot});
    index.emplace(code_hash, polls.begin());
    return false;
  }
  polls.splice(polls.begin(), polls, found->second);
  Impl::Poll& poll = polls.front();
  const Duration since_last = since_boot - std::exchange(poll.last, since_boot);
  if (since_last + kPollTolerance >= poll.interval) return false;
  poll.interval += kPollSlowDown;
  return true;
}

}  // namespace curfew
