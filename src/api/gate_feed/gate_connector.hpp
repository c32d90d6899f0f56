// api/gate_feed/gate_connector.hpp: a run's step at the gates (revocation/connector.hpp).
//
// The cut itself is what takes the access away: every gate is told. apply() ends when that is
// proved: each instance of each gate has acknowledged the cut's last entry, or has no lease of
// before it any more. A gate that goes on without leases and has not acknowledged bounds nothing:
// the step is then acknowledged only, and the path ends with the tokens. One that web servers ask
// cannot cut what they let in (UncutRequests): the step is acknowledged only, and the path has no
// bound. What is proved once stays so, but after a restart of the server it is waited for again:
// observe() then says until when, and never that access came back.
#pragma once

#include <memory>

#include "api/gate_feed/gate_hub.hpp"
#include "revocation/connector.hpp"
#include "store/store.hpp"

namespace curfew {

class GateConnector final : public Connector {
 public:
  // All outlive the engine.
  GateConnector(Store& store, TenantId tenant_id, const Clock& clock, Executor& executor)
      : store_(store), tenant_id_(std::move(tenant_id)), clock_(clock), executor_(executor) {}

  // Before the first order.
  void attach(std::shared_ptr<GateHub> hub) { hub_ = std::move(hub); }
  [[nodiscard]] std::size_t gate_count() const { return hub_ ? hub_->gate_count() : 0; }

  [[nodiscard]] Task<Result<std::string>> prior_value(ConnectorOrder order) override;
  [[nodiscard]] Task<Result<Applied>> apply(ConnectorOrder order) override;
  [[nodiscard]] Task<Result<Observation>> observe(ConnectorOrder order) override;
  [[nodiscard]] Task<Result<Applied>> undo(ConnectorOrder order) override;

 private:
  [[nodiscard]] Result<Position> cut_of(const ConnectorOrder& order) const;
  [[nodiscard]] Task<GatesAt> settled(Position cut, TimePoint deadline);
  // Which gates may act, and until when.
  [[nodiscard]] Error not_yet(const GatesAt& at) const;

  Store& store_;
  TenantId tenant_id_;
  const Clock& clock_;
  Executor& executor_;
  std::shared_ptr<GateHub> hub_;
};

}  // namespace curfew
