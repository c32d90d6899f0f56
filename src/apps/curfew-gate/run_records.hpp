// apps/curfew-gate/run_records.hpp: writes what a running gate remembers, and what it says of
// itself, when that has changed; on a thread that may wait for the disk.
//
// The memory is written in two places. Beside the replica, before anything of what it proves is
// acknowledged: that is memory, takes no time, and outlives the process. In the gate's folder once
// a second: that outlives the machine's end, short of the last second. A disk that does not take it
// stops nothing; if the memory beside the replica does not, nothing is acknowledged.
//
// Thread: the executor's. Lifetime: outlives the task that it made.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/curfew-gate/blocked_file.hpp"
#include "apps/curfew-gate/gate_folder.hpp"
#include "apps/curfew-gate/gate_memory.hpp"
#include "apps/curfew-gate/run_status.hpp"
#include "base/task.hpp"
#include "io/offload_pool.hpp"

namespace curfew {

class RunRecords {
 public:
  RunRecords(OffloadPool& pool, Executor& executor, GateFolder folder, std::string issuer,
             const std::string& replica_path)
      : pool_(pool),
        executor_(executor),
        folder_(std::move(folder)),
        issuer_(std::move(issuer)),
        quick_path_(quick_memory_path(replica_path)) {}

  // Once, before all else: the newer of the two that lie there; nothing where neither does. An
  // error: one is damaged or of another server, and the other one does not help out. Go on without.
  [[nodiscard]] Result<GateMemory> load();

  // The names of before; none where they were not stored. Errors as read_blocks().
  [[nodiscard]] Result<std::vector<GateBlock>> load_blocks() const;

  // Beside the replica; does nothing where it has not changed. Before acknowledging.
  [[nodiscard]] Status store_quickly(const FollowerMemory& memory, const std::string& jwks);
  [[nodiscard]] bool has_changed(const GateMemory& memory, const RunStatus& status) const {
    return memory != memory_ || status != status_;
  }
  // Each file whole or not at all. One call at a time. What could not be written is written by the
  // next call. `blocks`: where their names have changed.
  [[nodiscard]] Task<Status> store(GateMemory memory, RunStatus status,
                                   std::optional<std::vector<GateBlock>> blocks);

 private:
  OffloadPool& pool_;
  Executor& executor_;
  GateFolder folder_;
  std::string issuer_;
  std::string quick_path_;
  GateMemory quick_;   // as it lies beside the replica
  GateMemory memory_;  // as it lies in the folder
  RunStatus status_;
};

}  // namespace curfew
