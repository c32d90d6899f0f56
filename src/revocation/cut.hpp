// revocation/cut.hpp: the one transaction that makes us refuse the subject.
//
// Guard, journal entries, disabled account and devices, removed keys, the run with its steps and
// paths, and the audit entry: all of it or nothing. When it is durable, nobody gets anything new
// from us for this subject, even if every connector is down.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "model/actor.hpp"
#include "revocation/plan.hpp"
#include "revocation/run_machine.hpp"
#include "store/audit.hpp"
#include "store/journal.hpp"

namespace curfew {

struct CutOrder {
  RunId run_id;  // new
  UserId subject_id;
  Actor actor;
  PlanOptions options;
  std::string reason;
  std::string txn = {};                        // Removal::txn
  std::optional<std::string> idempotency_key;  // already scoped to the actor
  std::string request_hash;
  TimePoint requested_at{};
};

struct CutOutcome {
  RunData data;
  bool made_now = true;  // false: the run that an earlier request with this key made
};

// In the body of a write with Urgency::emergency. Errors: `denied` with the guard's rule;
// `not_found`; `conflict` for a known idempotency key with another request.
[[nodiscard]] Result<CutOutcome> cut(WriteTx& tx, Journal& journal, AuditLog& audit,
                                     const PlanPolicy& policy, const CutOrder& order,
                                     TimePoint now);

}  // namespace curfew
