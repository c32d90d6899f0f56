// apps/curfew-gate/run_status.hpp: what a running gate says of itself beside the replica:
// status.json in its folder, for `curfew-gate status` and for people.
//
// It is about the process alone. Whether the gate refuses and passes is in the replica, which
// readers go by; this file is written when something in it has changed, and may be old.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "apps/curfew-gate/gate_folder.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

namespace curfew {

struct RunStatus {
  std::int64_t pid = 0;
  TimePoint started_at{};
  std::string replica;  // its path
  std::string state;    // of the follower, or `stopped`
  TimePoint since{};    // of that state
  std::string server;   // that it is, or was last, connected to
  std::string last_error;
  TimePoint last_error_at{};
  std::string divergence;  // why the server is not followed; empty where it may be

  friend bool operator==(const RunStatus&, const RunStatus&) = default;
};

[[nodiscard]] std::string to_json_text(const RunStatus& status);
// corrupted: it is none.
[[nodiscard]] Result<RunStatus> read_run_status(const std::string& text);
// As the process last wrote it; nothing where there is none that can be read.
[[nodiscard]] std::optional<RunStatus> last_status(const GateFolder& folder);

}  // namespace curfew
