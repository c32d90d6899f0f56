// connectors/backchannel_logout/backchannel_logout.hpp: an application as a target: tells it of
// every session that a run ended.
//
// The step's target is the application's id. One logout token for each session from before the run,
// at most kLogoutCallsAtOnce at a time; each answer counts by itself, so that an order that is
// given again goes on with those that have not been acknowledged. After a crash all are told again,
// which is the same to an application. Nothing is held while an application calls us back.
//
// Thread: the executor's, which is the engine's.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "connectors/backchannel_logout/logout_teller.hpp"
#include "revocation/connector.hpp"

namespace curfew {

class BackchannelLogout final : public Connector {
 public:
  // `teller` outlives this.
  explicit BackchannelLogout(LogoutTeller& teller) : teller_(teller) {}

  Task<Result<std::string>> prior_value(ConnectorOrder order) override;
  Task<Result<Applied>> apply(ConnectorOrder order) override;
  // `unobservable`: an application has no way to show that it ended a session.
  Task<Result<Observation>> observe(ConnectorOrder order) override;
  // Nothing: whoever may come back signs in again.
  Task<Result<Applied>> undo(ConnectorOrder order) override;

 private:
  struct Round;
  // Who acknowledged so far, of steps that are not done.
  using Acknowledged = std::map<StepId, std::set<SessionId>>;

  [[nodiscard]] Result<std::shared_ptr<Round>> begin(const ConnectorOrder& order);

  LogoutTeller& teller_;
  Acknowledged acknowledged_;
};

}  // namespace curfew
