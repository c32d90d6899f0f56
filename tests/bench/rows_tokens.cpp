// tests/bench/rows_tokens.cpp: the rows that send one kind of request to the OAuth endpoints.
#include <utility>

#include "tests/bench/bench.hpp"

namespace curfew::bench {

namespace {

Status measure_app_token(Bench& bench, Row& row, const std::string& scope, double sign_micros) {
  CURFEW_TRY(const TokenWorld* const known, bench.tokens());
  CURFEW_TRY(const Floors* const floors, bench.floors());
  Scripts scripts;
  for (std::size_t i = 0; i < bench.scale().connections; ++i) {
    scripts.push_back(std::make_unique<AppTokenScript>(*known->world, known->apps.service, scope));
  }
  CURFEW_TRY(const LoadResult result,
             run_load(known->world->target(), bench.load_of(std::move(scripts))));
  add_request_figures(row, result, floors->https + sign_micros);
  return Done{};
}

Scripts refresh_scripts(const Bench& bench, const TokenWorld& known,
                        const std::vector<std::string>& tokens, RefreshScript::Expect expect) {
  Scripts scripts;
  for (auto& hand : dealt(tokens, bench.scale().connections)) {
    scripts.push_back(std::make_unique<RefreshScript>(refresh_form(*known.world, known.apps.web),
                                                      std::move(hand), expect));
  }
  return scripts;
}

Status measure_introspections(Bench& bench, Row& row, std::size_t token_count,
                              IntrospectScript::Turns turns, double floor_micros) {
  CURFEW_TRY(const std::vector<std::string> tokens, fresh_access_tokens(bench, token_count));
  CURFEW_TRY(const TokenWorld* const known, bench.tokens());
  Scripts scripts;
  for (auto& hand : dealt(tokens, bench.scale().connections)) {
    scripts.push_back(std::make_unique<IntrospectScript>(
        introspect_form(*known->world, known->apps.resource), std::move(hand), turns));
  }
  Load load = bench.load_of(std::move(scripts));
  if (turns == IntrospectScript::Turns::once) load.warm_up = token_count / 10;
  CURFEW_TRY(const LoadResult result, run_load(known->world->target(), std::move(load)));
  add_request_figures(row, result, floor_micros);
  return Done{};
}

}  // namespace

Result<std::vector<std::string>> fresh_access_tokens(Bench& bench, std::size_t count) {
  CURFEW_TRY(TokenWorld* const known, bench.fresh_tokens(1));
  std::vector<std::string> requests;
  for (std::size_t i = 0; i < count && i < known->refresh_tokens.size(); ++i) {
    requests.push_back(refresh_request(*known->world, known->apps.web, known->refresh_tokens[i]));
  }
  CURFEW_TRY(const auto answers, ask_each(*known->world, std::move(requests)));
  std::vector<std::string> tokens;
  for (const KeptAnswer& answer : answers) {
    tokens.emplace_back(json_member(answer.body, "access_token"));
    if (tokens.back().empty()) return Error::permanent(ErrorCode::protocol, "no access token");
  }
  return tokens;
}

Status measure_app_token_es256(Bench& bench, Row& row) {
  CURFEW_TRY(const TokenWorld* const known, bench.tokens());
  CURFEW_TRY(const Floors* const floors, bench.floors());
  row.budget = Budget{"cpu_us", 45};
  return measure_app_token(bench, row, known->apps.scope(), floors->es256_sign);
}

Status measure_app_token_rs256(Bench& bench, Row& row) {
  CURFEW_TRY(const TokenWorld* const known, bench.tokens());
  CURFEW_TRY(const Floors* const floors, bench.floors());
  return measure_app_token(bench, row, known->apps.rs256_scope(), floors->rs256_sign);
}

Status measure_refresh(Bench& bench, Row& row) {
  CURFEW_TRY(const Floors* const floors, bench.floors());
  CURFEW_TRY(const TokenWorld* const known, bench.fresh_tokens(1));
  row.budget = Budget{"cpu_us", 90};
  CURFEW_TRY(const LoadResult result,
             run_load(known->world->target(),
                      bench.load_of(refresh_scripts(bench, *known, known->refresh_tokens,
                                                    RefreshScript::Expect::no_id_token))));
  add_request_figures(row, result, floors->https + floors->es256_sign);
  return Done{};
}

Status measure_refresh_with_id_token(Bench& bench, Row& row) {
  CURFEW_TRY(const Floors* const floors, bench.floors());
  CURFEW_TRY(const TokenWorld* const known, bench.tokens());
  CURFEW_TRY(const LoadResult result,
             run_load(known->world->target(),
                      bench.load_of(refresh_scripts(bench, *known, known->refresh_tokens_with_id,
                                                    RefreshScript::Expect::id_token))));
  add_request_figures(row, result, floors->https + floors->es256_sign + floors->rs256_sign);
  return Done{};
}

Status measure_introspection(Bench& bench, Row& row) {
  CURFEW_TRY(const Floors* const floors, bench.floors());
  row.budget = Budget{"cpu_us", 22};
  return measure_introspections(bench, row, bench.scale().users, IntrospectScript::Turns::for_ever,
                                floors->https + floors->sha256);
}

Status measure_introspection_of_new_tokens(Bench& bench, Row& row) {
  CURFEW_TRY(const Floors* const floors, bench.floors());
  return measure_introspections(bench, row, bench.scale().new_tokens, IntrospectScript::Turns::once,
                                floors->https + floors->sha256 + floors->es256_verify);
}

}  // namespace curfew::bench
