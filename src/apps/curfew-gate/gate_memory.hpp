// apps/curfew-gate/gate_memory.hpp: what a gate keeps over its restarts beside its replica: where
// in which journal it was, the server's signed proof of that, and the server's keys.
//
// It lies in the gate's folder (feed.json) and beside the replica. Who changes it makes the gate
// ask for a snapshot, or prove nothing; it cannot make it believe or refuse anything.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "apps/curfew-gate/gate_folder.hpp"
#include "base/result.hpp"
#include "gate/follower/follower.hpp"

namespace curfew {

inline constexpr std::size_t kMemoryBytesMax = 128UL * 1024;

struct GateMemory {
  FollowerMemory follower;
  std::string jwks;  // the server's keys as it last said them; empty: as at the enrolment

  friend bool operator==(const GateMemory&, const GateMemory&) = default;
};

// Beside the replica.
[[nodiscard]] std::string quick_memory_path(const std::string& replica_path);

// `issuer`: whose journal it is.
[[nodiscard]] std::string to_json_text(const GateMemory& memory, const std::string& issuer);
// corrupted: it is none. conflict: of another issuer.
[[nodiscard]] Result<GateMemory> read_gate_memory(const std::string& text,
                                                  const std::string& issuer);
// Nothing where there is no such file; errors as above, with the path.
[[nodiscard]] Result<std::optional<GateMemory>> load_gate_memory(const std::string& path,
                                                                 const std::string& issuer);

}  // namespace curfew
