// apps/curfew-gate/run.hpp: `curfew-gate run`: the process that keeps the replica, from its first
// look at the folder to its end.
//
// One process has the folder, and one the replica: conflict for another one. SIGTERM and SIGINT end
// the lease in the file, then the connection; what readers find refuses from that moment on.
#pragma once

#include <string>
#include <vector>

#include "apps/curfew-gate/gate_feed.hpp"
#include "apps/curfew-gate/gate_folder.hpp"
#include "base/log.hpp"
#include "base/result.hpp"

namespace curfew {

struct RunOptions {
  std::string data;
  std::vector<std::string> servers;  // none: those of the enrolment
  std::string replica;               // empty: default_replica_path()
  std::string reader_group;          // may read the replica beside the gate's user; empty: nobody
  LogLevel log_level = LogLevel::info;
  FeedTimes times;
};

// In the directory that systemd made for the service, else one of the gate's own in /dev/shm.
[[nodiscard]] std::string default_replica_path(const GateIdentity& identity);

// Where the replica lies: `given`, or where the process that ran last had it, or the default.
[[nodiscard]] std::string replica_path_of(const GateFolder& folder, const GateIdentity& identity,
                                          const std::string& given);

// Until a signal. Errors are about the start; afterwards everything is in the log.
[[nodiscard]] Status run_gate(const RunOptions& options);

}  // namespace curfew
