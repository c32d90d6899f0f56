// gate/session/logout_watch.hpp: whether a logout that the server tells of has arrived in the
// replica, so that "200" says what is so.
//
// One thread.
#pragma once

#include <chrono>
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
  [[nodiscard]] bool is_settled(const ReplicaView& view, const LogoutToken& token,
                                const MachineTime& time);

 private:
  std::unordered_map<std::string, std::chrono::nanoseconds> first_heard_;
};

}  // namespace curfew
