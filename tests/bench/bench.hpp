// tests/bench/bench.hpp: one run of the benchmark: its rows, and what they share.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "tests/bench/figures.hpp"
#include "tests/bench/floors.hpp"
#include "tests/bench/options.hpp"
#include "tests/bench/scripts.hpp"
#include "tests/bench/seed.hpp"
#include "tests/bench/world.hpp"

namespace curfew::bench {

// A tenant with users, and a session with a refresh grant for each of scale.sessions.
struct TokenWorld {
  std::unique_ptr<World> world;
  Apps apps;
  std::vector<User> users;
  std::vector<std::string> refresh_tokens;  // without an ID token
  std::vector<std::string> refresh_tokens_with_id;
  std::uint64_t bytes_before = 0;  // of the database, before and after the sessions were stored
  std::uint64_t bytes_after = 0;
};

class Bench {
 public:
  explicit Bench(Options options) : options_(std::move(options)) {}

  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] const Scale& scale() const { return options_.scale; }

  // Made at their first use, with a server of one I/O thread.
  [[nodiscard]] Result<TokenWorld*> tokens();
  [[nodiscard]] Result<const Floors*> floors();
  // A server that has used no token yet, with so many I/O threads. The newest refresh tokens are in
  // the hands of the row before, so the grants are stored anew.
  [[nodiscard]] Result<TokenWorld*> fresh_tokens(std::size_t threads);

  // Bounds and warm-up of a row that only sends requests.
  [[nodiscard]] Load load_of(Scripts scripts) const;

 private:
  Options options_;
  TokenWorld tokens_;
  std::optional<Floors> floors_;
};

// CPU, throughput, latency, and the ratio to `floor_micros`, the sum of what it cannot do without.
void add_request_figures(Row& row, const LoadResult& result, double floor_micros);

struct RowSpec {
  std::string_view name;
  std::string_view title;
  Status (*measure)(Bench&, Row&);
};
// Every row, in the order of the table; and those about gates, which are a table of their own.
[[nodiscard]] const std::vector<RowSpec>& all_rows();
[[nodiscard]] const std::vector<RowSpec>& gate_rows();

Status measure_floors_row(Bench& bench, Row& row);
// rows_tokens.cpp
Status measure_app_token_es256(Bench& bench, Row& row);
Status measure_app_token_rs256(Bench& bench, Row& row);
Status measure_refresh(Bench& bench, Row& row);
Status measure_refresh_with_id_token(Bench& bench, Row& row);
Status measure_introspection(Bench& bench, Row& row);
Status measure_introspection_of_new_tokens(Bench& bench, Row& row);
// Access tokens of people for the resource, from grants that nobody else uses; as many as are
// remembered and more.
[[nodiscard]] Result<std::vector<std::string>> fresh_access_tokens(Bench& bench, std::size_t count);
// rows_grants.cpp
Status measure_device_code(Bench& bench, Row& row);
Status measure_on_behalf_of(Bench& bench, Row& row);
Status measure_dpop_token(Bench& bench, Row& row);
// rows_sign_in.cpp
Status measure_sign_in(Bench& bench, Row& row);
// rows_size.cpp
Status measure_memory(Bench& bench, Row& row);
Status measure_two_cores(Bench& bench, Row& row);
// rows_revoke.cpp
Status measure_revoke_few(Bench& bench, Row& row);
Status measure_revoke_many(Bench& bench, Row& row);
Status measure_revoke_most(Bench& bench, Row& row);
Status measure_durable_revocation(Bench& bench, Row& row);
// rows_graph.cpp
Status measure_graph_user(Bench& bench, Row& row);
Status measure_graph_batch(Bench& bench, Row& row);
Status measure_graph_filter(Bench& bench, Row& row);
// rows_bulk.cpp
Status measure_users_revoked(Bench& bench, Row& row);
// rows_gates.cpp
Status measure_one_gate(Bench& bench, Row& row);
Status measure_some_gates(Bench& bench, Row& row);
Status measure_many_gates(Bench& bench, Row& row);
Status measure_many_gates_alone(Bench& bench, Row& row);
// rows_new_gate.cpp
Status measure_new_gate(Bench& bench, Row& row);
// rows_replica.cpp
Status measure_replica(Bench& bench, Row& row);
Status measure_large_replica(Bench& bench, Row& row);

}  // namespace curfew::bench
