// revocation/signals/own_txn.hpp: by what name others hear of an incident that began with us, and
// how we know it when it comes back.
//
// Who hears us may be heard by us. What follows there is told with the name that we gave it
// (RFC 8417 2.2), so that an answer to our own word ends nothing a second time.
#pragma once

#include <optional>
#include <string>

#include "base/id.hpp"
#include "base/result.hpp"
#include "model/position.hpp"
#include "model/signal_source.hpp"
#include "store/store.hpp"

namespace curfew {

// Of an act that is in no run, whose name would do; with the tenant in it, as every server counts
// its journal from one.
[[nodiscard]] std::string txn_of_act(const TenantId& tenant_id, Position position);

struct OwnIncident {
  SignalEffect strength = SignalEffect::notify;  // what it took away
  std::string run_id;                            // empty: it was no run's
};
// Nothing where it did not begin with us, or was about another person. What was about a device, or
// the tenant, may come back about any person.
[[nodiscard]] Result<std::optional<OwnIncident>> own_incident(ReadTx& tx, const TenantId& tenant_id,
                                                              const std::string& txn,
                                                              const UserId& user_id);

}  // namespace curfew
