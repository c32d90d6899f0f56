// connectors/provider_commands/provider_commands.hpp: an application as a target: commands it to
// suspend the account of the subject of a run, or to end its sessions and tokens, and asks it
// afterwards what became of it.
//
// The step's target is the application's id. The command goes out first and nothing is read before
// it: what an account was before is told by the answer, which is a conflict where it was suspended
// already. Whether the party offers `audit` and `suspend` is asked by sending them: one that does
// not take a command refuses it. So what is said of the account is from after the command.
//
//   run                  command       acknowledged where          ended where the audit says
//   revoke               suspend       not active any more         not active
//   (suspend refused)    invalidate    it says that it did it      not active
//   sessions_only        invalidate    it says that it did it      not active
//
// An account that stays active shows by no state of its that its sessions ended: that is never
// called ended.
//
// The undo reactivates what this very step suspended, where it is suspended still, and nothing
// else. An order that is given again after its answer was lost finds the account suspended, and
// cannot know by whom: then a person decides.
//
// Thread: the executor's, which is the engine's. Spec: OpenID Provider Commands 1.0 (draft 02).
#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "connectors/outside_parts.hpp"
#include "connectors/slow_receivers.hpp"
#include "model/application.hpp"
#include "model/command_party.hpp"
#include "model/run.hpp"
#include "protocol/provider_commands/provider_command.hpp"
#include "revocation/connector.hpp"
#include "store/store.hpp"

namespace curfew {

class ProviderCommands final : public Connector {
 public:
  // Who is commanded.
  struct Party {
    CommandParty row;
    App app;
  };

  // What the parts refer to outlives every order, and so does this.
  explicit ProviderCommands(OutsideParts parts) : parts_(std::move(parts)) {}

  Task<Result<std::string>> prior_value(ConnectorOrder order) override;
  Task<Result<Applied>> apply(ConnectorOrder order) override;
  // `unobservable` where the party has no audit, or the account rightly is active.
  Task<Result<Observation>> observe(ConnectorOrder order) override;
  Task<Result<Applied>> undo(ConnectorOrder order) override;

 private:
  // In one state: the run's mode, and whom to command; an error in its place where nobody is.
  struct Asked {
    RunMode mode = RunMode::revoke;
    Result<Party> party;
  };

  [[nodiscard]] Result<Party> party_of(const ConnectorOrder& order) const;
  [[nodiscard]] Result<Asked> asked_of(const ConnectorOrder& order) const;
  [[nodiscard]] Result<OutsideCall> call_for(const ConnectorOrder& order, const Party& party,
                                             AccountCommand command) const;
  [[nodiscard]] Task<Result<CommandAnswer>> command(ConnectorOrder order, Result<Party> party,
                                                    AccountCommand command);

  OutsideParts parts_;
  SlowReceivers slow_;
};

}  // namespace curfew
