// apps/curfew-gate/look.hpp: `curfew-gate status` and `explain`: what the replica has, as a reader
// sees it; asks nobody and changes nothing.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "apps/curfew-gate/gate_folder.hpp"
#include "base/result.hpp"
#include "gate/replica/machine_time.hpp"

namespace curfew {

struct Looked {
  boost::json::object facts;
  bool may_judge = false;  // readers may go by the replica now; otherwise they refuse everything
};

// Who the gate is, its replica, its lease, its readers, its process and what went wrong last. That
// there is no replica is a fact, not an error.
[[nodiscard]] Result<Looked> look_at_gate(const GateFolder& folder, const std::string& replica,
                                          const MachineTime& time);
// What the replica has on a key, KIND:ID or KIND/ID, with the kinds of model/key.hpp: found by its
// hash, as everything there. invalid_argument for what is no key.
[[nodiscard]] Result<Looked> explain_key(const GateFolder& folder, const std::string& replica,
                                         const std::string& key, const MachineTime& time);

// For people, a line for each fact.
[[nodiscard]] std::string describe_gate(const boost::json::object& facts);
[[nodiscard]] std::string describe_key(const boost::json::object& facts);

}  // namespace curfew
