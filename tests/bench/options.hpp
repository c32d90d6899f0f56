// tests/bench/options.hpp: how much is measured, and with which programs.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "base/clock.hpp"

namespace curfew::bench {

// The counts and times that bound a run. Small ones only show that everything works.
struct Scale {
  std::size_t connections = 32;
  std::size_t warm_up = 3'000;
  std::size_t requests = 100'000;  // of one row, at the most
  Duration row_time{4'000};        // of one row, at the most
  std::size_t users = 1'000;
  std::size_t sessions = 100'000;  // each with a refresh grant, spread over the users
  std::size_t new_tokens = 10'000;
  std::size_t sign_in_connections = 8;  // the server lets one address have no more checks in hand
  std::array<std::size_t, 3> stored_grants = {1, 10'000, 1'000'000};  // of one user
  std::size_t revocations = 41;  // of that user, one after the other
  std::size_t sample = 100;      // credentials that are tried before and after
  std::size_t users_revoked = 100'000;
  std::size_t users_filtered = 1'000'000;
  std::size_t revoking_connections = 64;
  Duration revoking_time{180'000};
  std::size_t store_revocations = 50'000;
  Duration memory_time{60'000};
  double crypto_micros = 300'000;  // for each floor

  // Of the rows about gates.
  std::array<std::size_t, 3> gates = {1, 100, 1'000};
  std::size_t gate_revocations = 210;  // that are timed, one after the other
  std::size_t gate_warm_up = 10;       // of those, the first, which do not count
  Duration gate_pause{150};            // from one to the next
  // After the server's start, until then: whatever is revoked waits for leases that a server before
  // it may have given, 10 s and 1 s of drift, and all of that is over in one moment.
  Duration gate_settling{12'000};
  std::size_t others_per_minute = 10'000;
  std::size_t few_others_per_minute = 60;
  std::size_t journal_entries = 1'000'000;  // that a new gate has to get
  std::size_t new_gates = 3;
  std::array<std::size_t, 2> replica_entries = {1'000'000, 10'000'000};
};

[[nodiscard]] inline Scale quick_scale() {
  Scale scale;
  scale.connections = 4;
  scale.warm_up = 8;
  scale.requests = 40;
  scale.users = 10;
  scale.sessions = 100;
  scale.new_tokens = 60;
  scale.sign_in_connections = 2;
  scale.stored_grants = {1, 20, 300};
  scale.revocations = 3;
  scale.sample = 10;
  scale.users_revoked = 40;
  scale.users_filtered = 120;
  scale.revoking_connections = 4;
  scale.store_revocations = 200;
  scale.crypto_micros = 2'000;
  scale.gates = {1, 3, 6};
  scale.gate_revocations = 8;
  scale.gate_warm_up = 2;
  scale.gate_pause = Duration{30};
  scale.gate_settling = Duration{0};
  scale.others_per_minute = 1'200;
  scale.journal_entries = 3'000;
  scale.new_gates = 1;
  scale.replica_entries = {2'000, 5'000};
  return scale;
}

struct Options {
  Scale scale;
  std::string bin;   // the folder of curfewd and http_floor
  std::string temp;  // where folders are made; on the disk in question
};

}  // namespace curfew::bench
