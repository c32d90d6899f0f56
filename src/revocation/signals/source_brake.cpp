#include "revocation/signals/source_brake.hpp"

#include <chrono>
#include <cstddef>
#include <set>
#include <utility>

#include "base/signal_limits.hpp"
#include "revocation/signals/received_queue.hpp"

namespace curfew {

namespace {

constexpr auto kHour = std::chrono::hours{1};
// Of one person's records; what led to no run of its own is among them.
constexpr std::size_t kLookedAt = 10 * limits::kSourceRunsOfPersonMax;

// Also where the clock was set back: then nothing is known of this hour.
bool is_over(const SignalSource& source, TimePoint now) {
  return !source.counted_from || now < *source.counted_from || now >= *source.counted_from + kHour;
}

bool is_counted(const ReceivedSignal& signal) {
  return signal.state == ReceivedState::acted && !signal.run_id.empty();
}

Result<std::size_t> runs_about(ReadTx& tx, const SignalSource& source, const std::string& user_id) {
  CURFEW_TRY(const auto rows, received_about(tx, source, user_id,
                                             source.counted_from.value_or(TimePoint{}), kLookedAt));
  std::set<std::string> runs;
  for (const ReceivedSignal& row : rows) {
    if (is_counted(row)) runs.insert(row.run_id);
  }
  return runs.size();
}

}  // namespace

Result<std::string> why_to_hold(ReadTx& tx, const SignalSource& source, const std::string& user_id,
                                TimePoint now) {
  if (is_over(source, now)) return std::string{};
  CURFEW_TRY(const std::size_t runs, runs_about(tx, source, user_id));
  if (runs >= limits::kSourceRunsOfPersonMax) {
    return "it ended one person's access " + std::to_string(runs) + " times within an hour";
  }
  if (runs > 0 || source.people_count < source.people_per_hour_max) return std::string{};
  return "it ended the access of " + std::to_string(source.people_count) +
         " people within an hour, as many as it may";
}

Status count_person(ReadTx& tx, SignalSource& source, const ReceivedSignal& signal, TimePoint now) {
  if (!is_counted(signal)) return Done{};
  if (is_over(source, now)) {
    source.counted_from = now;
    source.people_count = 0;
  }
  CURFEW_TRY(const std::size_t before, runs_about(tx, source, signal.user_id));
  if (before == 0) ++source.people_count;
  return Done{};
}

void hold_source(SignalSource& source, std::string why, TimePoint now) {
  source.held_at = now;
  source.held_because = std::move(why);
}

void release_source(SignalSource& source) {
  source.held_at.reset();
  source.held_because.clear();
  source.counted_from.reset();
  source.people_count = 0;
}

}  // namespace curfew
