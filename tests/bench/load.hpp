// tests/bench/load.hpp: the load generator: a script for each connection, all in one thread.
//
// Closed loop: a connection sends its next request when it has the answer to the last one. What is
// measured begins after a warm-up, and is bounded by a count and by a time.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "tests/bench/https.hpp"

namespace curfew::bench {

enum class Outcome {
  goes_on,    // the answer is right, and the unit of work needs another request
  unit_done,  // it is right, and ends the unit
  wrong,      // the measurement is worth nothing: it ends with an error
};

// What one connection does.
class Script {
 public:
  virtual ~Script() = default;
  // The next request; empty: this connection has nothing more to do.
  [[nodiscard]] virtual std::string next() = 0;
  [[nodiscard]] virtual Outcome take(const Answer& answer) = 0;
  // Microseconds between the end of a unit and the next request.
  [[nodiscard]] virtual double pause() const { return 0; }
};
using Scripts = std::vector<std::unique_ptr<Script>>;

// The process under load.
struct Target {
  std::uint16_t port = 0;
  pid_t pid = -1;
  std::string ca_file;
};

// How the generator waits for answers. Polling keeps its processor awake: on a virtual machine it
// takes whoever wakes one that sleeps several microseconds, and the server would be charged for
// them. Sleeping leaves the processor to a server that needs them all.
enum class Waiting { polls, sleeps };

struct Load {
  Scripts scripts;
  // Go on as long as the others do, and are timed apart.
  Scripts background = {};
  std::size_t warm_up = 0;  // units that are not measured
  std::size_t count = 0;    // units that are, at the most
  Duration time_max{10'000};
  Waiting waiting = Waiting::polls;
};

struct Timing {
  std::vector<double> micros;  // of each unit, sorted

  [[nodiscard]] std::size_t count() const { return micros.size(); }
  // 0.5 for the median; 0 where nothing was measured.
  [[nodiscard]] double percentile(double part) const;
};

struct LoadResult {
  Timing units;
  std::size_t ended = 0;  // units that ended while it was measured
  Timing background;
  double seconds = 0;             // by the clock on the wall
  double server_cpu_micros = 0;   // all threads of the server
  double hashing_cpu_micros = 0;  // of those, the password threads
  double own_cpu_micros = 0;      // the load generator
  double idle_seconds = 0;        // of all processors

  [[nodiscard]] double cpu_micros_each() const;
  [[nodiscard]] double per_second() const;
};

// Runs the load; `load` is used up. Errors: an answer was wrong, a connection was lost, or nothing
// was measured.
[[nodiscard]] Result<LoadResult> run_load(const Target& target, Load load);

}  // namespace curfew::bench
