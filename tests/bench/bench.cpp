#include "tests/bench/bench.hpp"

#include <utility>

namespace curfew::bench {

Result<TokenWorld*> Bench::tokens() {
  if (tokens_.world) return &tokens_;
  CURFEW_TRY(tokens_.world, World::make(options_));
  CURFEW_TRY_STATUS(tokens_.world->fill([this](OfflineTenant& tenant) -> Status {
    CURFEW_TRY(tokens_.apps, add_apps(tenant));
    CURFEW_TRY(tokens_.users, add_users(tenant, scale().users));
    return Done{};
  }));
  tokens_.bytes_before = tokens_.world->database_bytes();
  std::vector<GrantId> plain;
  std::vector<GrantId> with_id;
  CURFEW_TRY_STATUS(tokens_.world->fill([&](OfflineTenant& tenant) -> Status {
    CURFEW_TRY(plain, add_grants(tenant, tokens_.apps, tokens_.users, scale().sessions,
                                 GrantScope::access_only));
    return Done{};
  }));
  tokens_.bytes_after = tokens_.world->database_bytes();
  CURFEW_TRY_STATUS(tokens_.world->fill([&](OfflineTenant& tenant) -> Status {
    CURFEW_TRY(with_id, add_grants(tenant, tokens_.apps, tokens_.users, scale().sessions / 10,
                                   GrantScope::with_id_token));
    return Done{};
  }));
  tokens_.refresh_tokens = first_refresh_tokens(*tokens_.world, plain);
  tokens_.refresh_tokens_with_id = first_refresh_tokens(*tokens_.world, with_id);
  CURFEW_TRY_STATUS(tokens_.world->serve(1));
  return &tokens_;
}

Result<TokenWorld*> Bench::fresh_tokens(std::size_t threads) {
  CURFEW_TRY(TokenWorld* const known, tokens());
  known->world->stop_server();
  std::vector<GrantId> grants;
  CURFEW_TRY_STATUS(known->world->fill([&](OfflineTenant& tenant) -> Status {
    CURFEW_TRY(grants, add_grants(tenant, known->apps, known->users, scale().sessions,
                                  GrantScope::access_only));
    return Done{};
  }));
  known->refresh_tokens = first_refresh_tokens(*known->world, grants);
  CURFEW_TRY_STATUS(known->world->serve(threads));
  return known;
}

Result<const Floors*> Bench::floors() {
  if (!floors_) {
    CURFEW_TRY(const TokenWorld* const known, tokens());
    CURFEW_TRY(floors_, measure_floors(options_, *known->world));
  }
  return &*floors_;
}

Load Bench::load_of(Scripts scripts) const {
  Load load;
  load.scripts = std::move(scripts);
  load.warm_up = scale().warm_up;
  load.count = scale().requests;
  load.time_max = scale().row_time;
  return load;
}

void add_request_figures(Row& row, const LoadResult& result, double floor_micros) {
  const double each = result.cpu_micros_each();
  row.add("cpu_us", each, "us").add("per_cpu_second", 1e6 / each, "/s");
  row.add("floor_us", floor_micros, "us").add("times_floor", each / floor_micros, "x");
  row.add("p50_ms", result.units.percentile(0.5) / 1e3, "ms");
  row.add("p99_ms", result.units.percentile(0.99) / 1e3, "ms");
  row.add("per_second", result.per_second(), "/s");
  row.add("measured", static_cast<double>(result.ended), "");
}

Status measure_floors_row(Bench& bench, Row& row) {
  CURFEW_TRY(const Floors* const floors, bench.floors());
  row.figures = row_of(*floors).figures;
  return Done{};
}

const std::vector<RowSpec>& all_rows() {
  static const std::vector<RowSpec> rows{
      {"floors", "raw OpenSSL, a bare HTTPS answer of the same server code, the disk",
       measure_floors_row},
      {"app-token-es256", "client credentials, ES256", measure_app_token_es256},
      {"app-token-rs256", "client credentials, RS256", measure_app_token_rs256},
      {"refresh", "refresh with rotation, durable, ES256, no ID token", measure_refresh},
      {"refresh-id-token", "refresh with rotation, durable, ES256, and an RS256 ID token",
       measure_refresh_with_id_token},
      {"introspection", "introspection of access tokens seen before", measure_introspection},
      {"introspection-new", "introspection of access tokens never seen before",
       measure_introspection_of_new_tokens},
      {"device-code", "device code: an approved code's tokens, durable, ES256, no ID token",
       measure_device_code},
      {"on-behalf-of", "on behalf of: a token seen before for one to the next resource, durable",
       measure_on_behalf_of},
      {"dpop-token", "client credentials with a DPoP proof (ES256), ES256", measure_dpop_token},
      {"sign-in", "sign-in without the hash: page, form, session, code, tokens", measure_sign_in},
      {"graph-user", "Graph: one user by id, as JSON", measure_graph_user},
      {"graph-batch", "Graph: a batch of 20 users by id", measure_graph_batch},
      {"graph-filter", "Graph: $filter by the beginning of a name over a million users",
       measure_graph_filter},
      {"memory", "memory for stored sessions, each with a refresh grant, all of them used",
       measure_memory},
      {"two-cores", "two I/O threads against one", measure_two_cores},
      {"revoke-1", "revoke a user with the fewest stored refresh grants", measure_revoke_few},
      {"revoke-10k", "revoke a user with many stored refresh grants", measure_revoke_many},
      {"revoke-1m", "revoke a user with most stored refresh grants", measure_revoke_most},
      {"durable-revocation", "durable revocations straight at the store, 64 writers",
       measure_durable_revocation},
      {"users-revoked", "users revoked over the API while tokens are issued",
       measure_users_revoked},
  };
  return rows;
}

const std::vector<RowSpec>& gate_rows() {
  static const std::vector<RowSpec> rows{
      {"gates-1", "from a revocation to the refusal at one gate, while others are revoked",
       measure_one_gate},
      {"gates-100", "the same at many gates", measure_some_gates},
      {"gates-1000", "the same at most gates", measure_many_gates},
      {"gates-1000-alone", "the same while hardly anybody else is revoked",
       measure_many_gates_alone},
      {"new-gate", "a new gate is brought up to date with a long journal", measure_new_gate},
      {"replica-1m", "a gate's replica with many entries", measure_replica},
      {"replica-10m", "a gate's replica with most entries", measure_large_replica},
  };
  return rows;
}

}  // namespace curfew::bench
