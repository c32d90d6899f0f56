// api/limits/refusal_meter.hpp: how many refused calls of one caller the audit records.
//
// Only a caller who was recognised is recorded, but that may be any person of the tenant: their
// refusals must not fill the audit, nor keep the store's writer from taking access away. Who goes
// on is counted, and the log says it once a minute.
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>

#include "base/clock.hpp"

namespace curfew {

inline constexpr std::size_t kRefusalsAuditedPerMinute = 10;  // of one caller
inline constexpr std::size_t kRefusedCallersPerMinute = 1000;

class RefusalMeter {
 public:
  // Whether this refusal of that caller is to be recorded.
  [[nodiscard]] bool admit(const std::string& actor_id, TimePoint now);

 private:
  std::mutex mutex_;
  TimePoint window_began_{};
  std::map<std::string, std::size_t> counts_;  // in this window
  std::size_t left_out_ = 0;
};

}  // namespace curfew
