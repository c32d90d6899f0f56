// connectors/backchannel_logout/logout_outbox.hpp: makes the calls that a sign-out, or another end
// of sessions outside of a run, has noted (revocation/logout_notices.hpp).
//
// At least once: a notice stands until its application has answered, so a server that is killed
// goes on with it. What time can cure is tried again, later each time, for
// limits::kLogoutRetryTimeMax; everything else is dropped and logged, for there is no run in which
// a person would see it.
//
// Threads: everything runs on one I/O thread, the teller's executor.
#pragma once

#include <cstddef>
#include <memory>
#include <set>
#include <utility>

#include "connectors/backchannel_logout/logout_teller.hpp"
#include "io/runtime.hpp"
#include "store/table_watch.hpp"

namespace curfew {

// How soon after its commit a notice is looked at, at the latest.
inline constexpr Duration kLogoutLookEvery = std::chrono::milliseconds{50};

class LogoutOutbox : public std::enable_shared_from_this<LogoutOutbox> {
 public:
  // Both outlive the executor's last work.
  LogoutOutbox(LogoutTeller& teller, Runtime& runtime);

  // From now on, round after round; ends with the runtime.
  void start_rounds();

  // Begins what is due. On the executor.
  [[nodiscard]] Task<Done> round();
  // Calls that have begun and are not settled yet. On the executor.
  [[nodiscard]] std::size_t under_way() const { return under_way_.size(); }

 private:
  using Pair = std::pair<SessionId, AppId>;

  [[nodiscard]] Result<std::vector<LogoutNotice>> due() const;
  Task<Done> look_at(LogoutNotice notice);
  Task<Done> settle(LogoutNotice notice, Result<std::string> said);
  Task<Done> drop(LogoutNotice notice);
  Task<Done> write(std::function<Result<Done>(WriteTx&)> body);

  LogoutTeller& teller_;
  Runtime& runtime_;
  TableWatch watch_;
  std::set<Pair> under_way_;
  // Nothing is told before this: where what was said cannot be written, it would be told for ever.
  TimePoint not_before_{};
};

}  // namespace curfew
