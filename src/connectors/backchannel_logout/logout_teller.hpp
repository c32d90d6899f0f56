// connectors/backchannel_logout/logout_teller.hpp: tells one application that one session ended.
//
// Each call brings a logout token of its own, made when it is sent. What the application answers
// says what became of it: 200 and 204 are an acknowledgement, never proof.
//
// Threads: tell() from the executor's; `done` is called on the executor, never in tell()'s own
// stack. Lifetime: what OutsideParts refers to outlives every call. Spec: OIDC Back-Channel Logout
// 1.0 2.4 to 2.8.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "connectors/outside_parts.hpp"
#include "connectors/slow_receivers.hpp"
#include "model/application.hpp"
#include "model/logout.hpp"
#include "store/store.hpp"

namespace curfew {

// What an answer is worth. ok: "HTTP 200". Errors: `later` for 408, 425, 429 and 5xx, which time
// can cure; `never` for everything else, such as 400: the application does not accept the token.
[[nodiscard]] Result<std::string> judge_logout_answer(int status);

class LogoutTeller {
 public:
  using Done = std::function<void(Result<std::string>)>;

  explicit LogoutTeller(OutsideParts parts);
  LogoutTeller(const LogoutTeller&) = delete;
  LogoutTeller& operator=(const LogoutTeller&) = delete;

  // `app` has an address. It is not called any more after `not_after`.
  void tell(const App& app, const UserId& user_id, const SessionId& session_id, TimePoint not_after,
            Done done);

  [[nodiscard]] const OutsideParts& parts() const { return parts_; }

 private:
  OutsideParts parts_;
  std::shared_ptr<SlowReceivers> slow_;  // on the executor; shared with calls that outlive this
};

}  // namespace curfew
