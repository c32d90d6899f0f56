// api/gate_feed/gates_at.hpp: how far the gates are with one entry of the journal: what is proved
// of each, and the sentence for a run's report.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/position.hpp"

namespace curfew {

// A gate that may still let in what the entry outdates.
struct OpenGate {
  AppId gate;
  std::string name;
  // Since boot: no lease of before is left then. Nothing: it goes on without a lease, until the
  // tokens end.
  std::optional<Duration> until;
};

struct GatesAt {
  Position position;
  std::size_t gates = 0;
  std::size_t acknowledged = 0;      // by each of their connected instances
  std::vector<std::string> ran_out;  // names of those that have no lease of before any more
  std::vector<OpenGate> open;
  // Names of gates whose leases and acknowledgements do not cover all that they let in
  // (UncutRequests): web servers ask them; or they have not said whether.
  std::vector<std::string> asked_once;
  std::vector<std::string> not_heard;
  // Gates that are not known any more may have leases of an earlier life of this server until then.
  std::optional<Duration> unknown_until;

  [[nodiscard]] bool is_complete() const;
  // Whatever is left does not end by leases.
  [[nodiscard]] bool is_all_that_leases_can_do() const;
  // Nothing more is to be waited for but words: one of the two.
  [[nodiscard]] bool is_settled() const { return is_complete() || is_all_that_leases_can_do(); }
  // What was let in before may go on all the same, and no expiry of a token ends it.
  [[nodiscard]] bool may_have_uncut_requests() const {
    return !asked_once.empty() || !not_heard.empty();
  }
};

// "3 gates at 1.57: 2 acknowledged, 1 has no lease of before any more (edge)", and what of that
// does not hold for requests that were let in before. Names: a few.
[[nodiscard]] std::string words_of(const GatesAt& at);
// "1 of 3 gates may act without 1.57: edge until 2026-11-30T01:00:03Z". `boot_now` and `now` are
// the same moment.
[[nodiscard]] std::string words_of_open(const GatesAt& at, Duration boot_now, TimePoint now);

}  // namespace curfew
