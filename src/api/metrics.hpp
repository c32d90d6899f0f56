// api/metrics.hpp: what the server counts, and its Prometheus text form.
//
// Counting costs one relaxed addition on a cache line that few other threads use: each thread
// counts in a slot of its own until there are more threads than slots. Reading adds the slots up.
// Names and labels never hold anything about a person.
//
// Thread-safe. Spec: Prometheus text exposition format 0.0.4.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace curfew {

enum class Counter {
  tokens_issued_authorization_code,
  tokens_issued_refresh_token,
  tokens_issued_client_credentials,
  tokens_issued_device_code,
  tokens_issued_on_behalf_of,
  refresh_answers_repeated,  // the predecessor inside the grace time got the same successor
  refresh_reuse_detected,    // a superseded refresh token ended its family
  code_replay_detected,      // a redeemed code came again and ended what was made from it
  grants_refused_revoked,    // a code or refresh token that the validity rule refused
  grants_refused_by_policy,  // one that access/evaluate.hpp refused
  clients_refused,           // wrong, expired or missing client secret
  bearer_refused,            // a bearer token refused at one of our own APIs
  introspections_active,
  introspections_inactive,
  tokens_revoked_by_client,  // RFC 7009
  gate_entries_told,         // entries of the journal, each for each gate; not those of snapshots
  gate_acknowledgements,     // that gates have said
  gate_snapshots_sent,       // whole
};
inline constexpr std::size_t kCounterCount =
    static_cast<std::size_t>(Counter::gate_snapshots_sent) + 1;

// The name without prefix and suffix: "refresh_reuse_detected".
[[nodiscard]] std::string_view to_string(Counter counter);

// A value that is asked for when the metrics are read.
struct Gauge {
  std::string name;  // without the prefix "curfew_"
  std::string help;
  double value = 0;
};

class Metrics {
 public:
  // `endpoints`: the names that count_request() gets as indexes; "" at the end is added for
  // requests that no endpoint took.
  explicit Metrics(std::vector<std::string> endpoints);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void add(Counter counter, std::uint64_t by = 1);
  // `endpoint` < endpoint_count(), or endpoint_count() for "no endpoint".
  void count_request(std::size_t endpoint, int status);

  [[nodiscard]] std::size_t endpoint_count() const { return endpoints_.size(); }
  [[nodiscard]] std::uint64_t value(Counter counter) const;
  // Answers of an endpoint with a status of `status_class` (2 for 2xx).
  [[nodiscard]] std::uint64_t requests(std::size_t endpoint, std::size_t status_class) const;

  [[nodiscard]] std::string to_prometheus(const std::vector<Gauge>& gauges) const;

 private:
  struct Slot;
  [[nodiscard]] Slot& my_slot() const;
  [[nodiscard]] std::uint64_t sum(std::size_t cell) const;

  std::vector<std::string> endpoints_;
  std::size_t cell_count_;
  std::vector<std::unique_ptr<Slot>> slots_;
};

}  // namespace curfew
