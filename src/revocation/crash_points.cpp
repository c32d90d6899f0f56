#include "revocation/crash_points.hpp"

#include <array>
#include <cstddef>

#ifdef CURFEW_CRASH_POINTS
#include <signal.h>
#include <unistd.h>

#include <atomic>
#endif

namespace curfew {

namespace {

constexpr std::array<std::string_view, 9> kNames{
    "before_cut",   "inside_cut",   "after_cut",   "before_save",
    "after_save",   "before_order", "after_order", "before_restore_commit",
    "after_restore"};

#ifdef CURFEW_CRASH_POINTS
// What this process was told at its start; the one piece of global state, and only in test builds.
std::atomic<int> armed_point{-1};
std::atomic<unsigned> passes_left{0};
#endif

}  // namespace

std::string_view to_string(CrashPoint point) { return kNames.at(static_cast<std::size_t>(point)); }

#ifdef CURFEW_CRASH_POINTS

std::span<const std::string_view> crash_points() { return kNames; }

bool arm_crash_point(std::string_view name, unsigned nth) {
  for (std::size_t at = 0; at < kNames.size(); ++at) {
    if (kNames[at] != name || nth == 0) continue;
    passes_left = nth;
    armed_point = static_cast<int>(at);
    return true;
  }
  return false;
}

void crash_point(CrashPoint point) {
  if (armed_point != static_cast<int>(point)) return;
  if (passes_left.fetch_sub(1) == 1) ::kill(::getpid(), SIGKILL);
}

#else

std::span<const std::string_view> crash_points() { return {}; }
bool arm_crash_point(std::string_view /*name*/, unsigned /*nth*/) { return false; }
void crash_point(CrashPoint /*point*/) {}

#endif

}  // namespace curfew
