// connectors/global_revocation/global_revocation_target.hpp: another server as a target: asked to
// end everything that the subject of a run has there.
//
// The step's target is the RevocationTarget's id. One call; the answer's status is all that counts,
// and is an acknowledgement, never proof: 204 says that the revocation has begun. The first one of
// an address is noted: by it a later 404 is known to be an endpoint's answer. A target that is
// disabled is asked nothing, also by steps of before. Asking twice does no more than asking once.
// Nothing is given back: the other server lets the person sign in anew.
//
// Thread: the executor's, which is the engine's. Spec: Global Token Revocation
// (draft-parecki-oauth-global-token-revocation-04); Okta Universal Logout for the signed token.
#pragma once

#include <functional>
#include <string>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "connectors/outside_parts.hpp"
#include "connectors/slow_receivers.hpp"
#include "model/application.hpp"
#include "model/directory.hpp"
#include "model/revocation_target.hpp"
#include "revocation/connector.hpp"
#include "store/store.hpp"

namespace curfew {

// The token that the target gave us, unsealed. Called when a call is made.
using TokenOfTarget = std::function<Result<std::string>(const RevocationTarget&)>;

class GlobalRevocationTarget final : public Connector {
 public:
  // The target of an order, and whom it is about.
  struct Asked {
    RevocationTarget target;
    User user;
  };

  // What the parts refer to outlives every order, and so does this.
  GlobalRevocationTarget(OutsideParts parts, TokenOfTarget token_of);

  Task<Result<std::string>> prior_value(ConnectorOrder order) override;
  Task<Result<Applied>> apply(ConnectorOrder order) override;
  // `unobservable`: nobody can ask what is left there.
  Task<Result<Observation>> observe(ConnectorOrder order) override;
  Task<Result<Applied>> undo(ConnectorOrder order) override;

 private:
  [[nodiscard]] Result<OutsideCall> call_for(const Asked& asked) const;
  [[nodiscard]] Result<std::string> authorization_for(const RevocationTarget& target) const;

  OutsideParts parts_;
  TokenOfTarget token_of_;
  SlowReceivers slow_;
};

}  // namespace curfew
