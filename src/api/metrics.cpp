#include "api/metrics.hpp"

#include <utility>

#include "base/check.hpp"

namespace curfew {

namespace {

constexpr std::size_t kSlots = 32;         // more threads than this share slots
constexpr std::size_t kStatusClasses = 6;  // 0 for anything odd, then 1xx to 5xx
constexpr std::string_view kStatusWords[kStatusClasses] = {"other", "1xx", "2xx",
                                                           "3xx",   "4xx", "5xx"};

std::size_t class_of(int status) {
  return status >= 100 && status < 600 ? static_cast<std::size_t>(status / 100) : 0;
}

// Numbers the threads of the process in the order in which they first count something.
std::size_t thread_number() {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed);
  return mine;
}

void append_head(std::string& out, std::string_view name, std::string_view help,
                 std::string_view type) {
  out.append("# HELP ").append(name).append(" ").append(help).append("\n");
  out.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

}  // namespace

struct Metrics::Slot {
  explicit Slot(std::size_t cells) : values(cells) {}
  std::vector<std::atomic<std::uint64_t>> values;
};

std::string_view to_string(Counter counter) {
  switch (counter) {
    case Counter::tokens_issued_authorization_code: return "tokens_issued_authorization_code";
    case Counter::tokens_issued_refresh_token: return "tokens_issued_refresh_token";
    case Counter::tokens_issued_client_credentials: return "tokens_issued_client_credentials";
    case Counter::tokens_issued_device_code: return "tokens_issued_device_code";
    case Counter::tokens_issued_on_behalf_of: return "tokens_issued_on_behalf_of";
    case Counter::refresh_answers_repeated: return "refresh_answers_repeated";
    case Counter::refresh_reuse_detected: return "refresh_reuse_detected";
    case Counter::code_replay_detected: return "code_replay_detected";
    case Counter::grants_refused_revoked: return "grants_refused_revoked";
    case Counter::grants_refused_by_policy: return "grants_refused_by_policy";
    case Counter::clients_refused: return "clients_refused";
    case Counter::bearer_refused: return "bearer_refused";
    case Counter::introspections_active: return "introspections_active";
    case Counter::introspections_inactive: return "introspections_inactive";
    case Counter::tokens_revoked_by_client: return "tokens_revoked_by_client";
    case Counter::gate_entries_told: return "gate_entries_told";
    case Counter::gate_acknowledgements: return "gate_acknowledgements";
    case Counter::gate_snapshots_sent: return "gate_snapshots_sent";
  }
  CURFEW_CHECK(false);
}

Metrics::Metrics(std::vector<std::string> endpoints)
    : endpoints_(std::move(endpoints)),
      cell_count_(kCounterCount + (endpoints_.size() + 1) * kStatusClasses) {
  for (std::size_t i = 0; i < kSlots; ++i) slots_.push_back(std::make_unique<Slot>(cell_count_));
}

Metrics::~Metrics() = default;

Metrics::Slot& Metrics::my_slot() const { return *slots_[thread_number() % kSlots]; }

void Metrics::add(Counter counter, std::uint64_t by) {
  my_slot().values[static_cast<std::size_t>(counter)].fetch_add(by, std::memory_order_relaxed);
}

void Metrics::count_request(std::size_t endpoint, int status) {
  CURFEW_CHECK(endpoint <= endpoints_.size());
  const std::size_t cell = kCounterCount + endpoint * kStatusClasses + class_of(status);
  my_slot().values[cell].fetch_add(1, std::memory_order_relaxed);
}

std::uint64_t Metrics::sum(std::size_t cell) const {
  std::uint64_t total = 0;
  for (const auto& slot : slots_) total += slot->values[cell].load(std::memory_order_relaxed);
  return total;
}

std::uint64_t Metrics::value(Counter counter) const {
  return sum(static_cast<std::size_t>(counter));
}

std::uint64_t Metrics::requests(std::size_t endpoint, std::size_t status_class) const {
  CURFEW_CHECK(endpoint <= endpoints_.size() && status_class < kStatusClasses);
  return sum(kCounterCount + endpoint * kStatusClasses + status_class);
}

std::string Metrics::to_prometheus(const std::vector<Gauge>& gauges) const {
  std::string out;
  append_head(out, "curfew_http_requests_total", "Answers by endpoint and status class.",
              "counter");
  for (std::size_t endpoint = 0; endpoint <= endpoints_.size(); ++endpoint) {
    const std::string_view name =
        endpoint < endpoints_.size() ? std::string_view{endpoints_[endpoint]} : "none";
    for (std::size_t status = 0; status < kStatusClasses; ++status) {
      const std::uint64_t count = requests(endpoint, status);
      if (count == 0) continue;
      out.append("curfew_http_requests_total{endpoint=\"").append(name);
      out.append("\",status=\"").append(kStatusWords[status]).append("\"} ");
      out.append(std::to_string(count)).append("\n");
    }
  }
  for (std::size_t i = 0; i < kCounterCount; ++i) {
    const auto counter = static_cast<Counter>(i);
    const std::string name = "curfew_" + std::string{to_string(counter)} + "_total";
    append_head(out, name, "Since the server started.", "counter");
    out.append(name).append(" ").append(std::to_string(value(counter))).append("\n");
  }
  for (const Gauge& gauge : gauges) {
    const std::string name = "curfew_" + gauge.name;
    append_head(out, name, gauge.help, "gauge");
    out.append(name).append(" ").append(std::to_string(gauge.value)).append("\n");
  }
  return out;
}

}  // namespace curfew
