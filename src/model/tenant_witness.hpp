// model/tenant_witness.hpp: that a tenant has a witness, and which file is the one.
//
// Kept in the database, so that a server that is told of no witness, or of another file, finds out
// before it serves anything (store/witness.hpp).
#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/id.hpp"

namespace curfew {

struct TenantWitness {
  TenantId tenant_id;
  std::string witness_id;  // a GUID; the file carries the same
  std::string path;        // where it was last seen
  TimePoint made_at{};
};

}  // namespace curfew
