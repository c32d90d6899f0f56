// revocation/local_connectors.hpp: our own server as a target: does again and reads back.
//
// The cut has done these steps already; the connectors observe them with the validity rule. What is
// judged is the best credential that can have been made before the cut, stamped right in front of
// it: the rule only looks back, so that if this one is dead, every older one is. A sample of what
// is really stored is judged as well. A credential is judged by the keys that the cut wrote; it
// names more, and a credential that is dead by some of its keys is dead.
//
// If access is found alive, apply() makes the removal again, as an emergency.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/task.hpp"
#include "revocation/connector.hpp"
#include "store/journal.hpp"
#include "store/store.hpp"

namespace curfew {

// All of them outlive the connectors. Tasks resume on `executor`.
struct LocalParts {
  Store& store;
  Journal& journal;
  const Clock& clock;
  Executor& executor;
};

class LocalConnectors {
 public:
  explicit LocalConnectors(const LocalParts& parts);
  ~LocalConnectors();
  // One for each name in local_target and for each part; owned by this.
  [[nodiscard]] ConnectorSet all() const;

 private:
  struct Named;
  std::vector<std::unique_ptr<Named>> connectors_;
};

}  // namespace curfew
