// access/token_status.hpp: which place an access token gets in a status list, and what the list
// says.
//
// A list says INVALID of a place for as long as the validity rule refuses the token that has it,
// for anything but its age: what introspection would answer, until the token has expired and
// kStatusToldAfterExpiry more, since resources allow for clocks that differ.
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/token_status.hpp"
#include "model/validity.hpp"
#include "protocol/token_status/status_list.hpp"
#include "store/journal.hpp"
#include "store/store.hpp"

namespace curfew {

struct StatusPlace {
  StatusListName list;
  std::uint32_t idx = 0;
};

// A place that no token has, for one with these facts: at random among the lists of the resource;
// stored in this transaction, so that the token must not be handed out before that is durable. A
// token that is dead already gets kDeadIdx and no row. `exhausted`: every list is full.
[[nodiscard]] Result<StatusPlace> take_status_place(WriteTx& tx, const Journal& journal,
                                                    const AppId& resource,
                                                    const CredentialFacts& facts);

// The lists of this generation that hold places of tokens; 0: none.
[[nodiscard]] Result<std::uint32_t> newest_status_list(ReadTx& tx, const TenantId& tenant_id,
                                                       const AppId& resource,
                                                       std::uint64_t generation);

// What the list says now. Reads every row of it: some 100 ms where it is full.
[[nodiscard]] Result<StatusBits> read_status_list(ReadTx& tx, const LiveJournal& live,
                                                  const TenantId& tenant_id,
                                                  const StatusListName& name, TimePoint now);

// What it says where nothing can be vouched for: everything is INVALID.
[[nodiscard]] StatusBits dead_status_list();

}  // namespace curfew
