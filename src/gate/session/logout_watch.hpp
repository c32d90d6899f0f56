// gate/session/logout_watch.hpp: whether a logout that the server tells of has arrived in the
// replica, so that "200" says what is so.
//
// One thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <unordered_map>

#include "gate/replica/machine_time.hpp"
#include "gate/replica/view.hpp"
#include "gate/session/id_token_check.hpp"

namespace curfew {

class LogoutWatch {
 public:
  // True if the replica refuses the session or the person already, by an entry that can be the one
  // which the token is about; or if it has applied everything that was written before this logout
  // was first asked about here. That is so once a lease counts that ends later than the longest one
  // which was asked for before could: it names a position of after, and counts only with it.
  //
  // That something was asked about is remembered for kLogoutRememberedFor, so that it says nothing
  // of another logout of the same name; of kLogoutsRemembered at once, so that those that are there
  // come to their end. Of more than that, only what the replica refuses is known to have arrived.
  [[nodiscard]] bool is_settled(const ReplicaView& view, const LogoutToken& token,
                                const MachineTime& time);

 private:
  [[nodiscard]] std::optional<std::chrono::nanoseconds> first_heard(const std::string& name,
                                                                    std::chrono::nanoseconds now);
  void forget_old(std::chrono::nanoseconds now);

  std::unordered_map<std::string, std::chrono::nanoseconds> first_heard_;  // since boot
  std::chrono::nanoseconds none_is_old_before_{};
};

}  // namespace curfew
