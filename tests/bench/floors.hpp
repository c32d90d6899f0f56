// tests/bench/floors.hpp: what nothing of ours could be faster than, measured in the same run.
#pragma once

#include "base/result.hpp"
#include "tests/bench/figures.hpp"
#include "tests/bench/options.hpp"
#include "tests/bench/world.hpp"

namespace curfew::bench {

// Microseconds of CPU for one operation.
struct Floors {
  double es256_sign = 0;  // OpenSSL's own, with a key that is parsed already
  double es256_verify = 0;
  double rs256_sign = 0;  // 2048 bits
  double rs256_verify = 0;
  double sha256 = 0;  // of 1,000 bytes
  double argon2 = 0;  // one password check as it is stored
  double https = 0;   // our HTTP server over TLS with a handler that answers 900 fixed bytes
  double disk = 0;    // one append of a page and its fdatasync, by the clock on the wall
};

// http_floor: a bare answer of our own server code over TLS. `world` lends its certificate.
struct FloorServer {
  Child process;
  Target target;
};
[[nodiscard]] Result<FloorServer> start_floor_server(const Options& options, const World& world);

// How long one answer after the other takes, each asked for so long after the last: whoever asks
// sleeps in between, as other programs do.
[[nodiscard]] Result<Timing> floor_times(const FloorServer& floor, Duration pause,
                                         std::size_t count_max, Duration time_max);

// `world` lends its certificate.
[[nodiscard]] Result<Floors> measure_floors(const Options& options, const World& world);

[[nodiscard]] Row row_of(const Floors& floors);

}  // namespace curfew::bench
