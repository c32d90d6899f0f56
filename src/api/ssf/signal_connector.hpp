// api/ssf/signal_connector.hpp: the step of a run at one stream: has its receiver got what the cut
// queued for it?
//
// It delivers nothing itself: the sender and the polls do. `acknowledged` means that the receiver
// said so, and nothing more; it is a fact that was told, not access that was seen to end. A dead
// letter waits for a person, and so does a stream that has no right to be told anything. What is
// not acknowledged in time is given up; whatever waits or was given up is looked at again when the
// receiver comes after all (api/ssf/signal_sender.hpp).
#pragma once

#include <functional>
#include <utility>

#include "base/id.hpp"
#include "base/result.hpp"
#include "model/signal_stream.hpp"
#include "revocation/connector.hpp"
#include "store/store.hpp"

namespace curfew {

class SignalConnector final : public Connector {
 public:
  // Whether the stream may be told anything, as check_stream_stands() says.
  using Stands = std::function<Status(ReadTx&, const SignalStream&)>;

  // The store, and what `stands` refers to, outlive it.
  SignalConnector(Store& store, TenantId tenant_id, Stands stands)
      : store_(store), tenant_id_(std::move(tenant_id)), stands_(std::move(stands)) {}

  Task<Result<std::string>> prior_value(ConnectorOrder order) override;
  Task<Result<Applied>> apply(ConnectorOrder order) override;
  Task<Result<Observation>> observe(ConnectorOrder order) override;
  // Giving access back has queued what tells of it.
  Task<Result<Applied>> undo(ConnectorOrder order) override;

 private:
  Store& store_;
  TenantId tenant_id_;
  Stands stands_;
};

}  // namespace curfew
