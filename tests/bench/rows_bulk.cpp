// tests/bench/rows_bulk.cpp: very many users revoked one by one over the API, while applications go
// on getting tokens from the same server.
#include <utility>

#include "tests/bench/revocations.hpp"

namespace curfew::bench {

namespace {

// Four applications that each want a token about two hundred times a second.
constexpr std::size_t kIssuing = 4;
constexpr double kIssuingPauseMicros = 5'000;

Scripts issuing(const RevokeWorld& known) {
  Scripts scripts;
  for (std::size_t i = 0; i < kIssuing; ++i) {
    scripts.push_back(std::make_unique<AppTokenScript>(*known.world, known.apps.service,
                                                       known.apps.scope(), kIssuingPauseMicros));
  }
  return scripts;
}

Result<LoadResult> issue_alone(const Bench& bench, const RevokeWorld& known) {
  Load load;
  load.scripts = issuing(known);
  load.count = bench.scale().connections * 30;
  load.time_max = bench.scale().row_time;
  return run_load(known.world->target(), std::move(load));
}

}  // namespace

Status measure_users_revoked(Bench& bench, Row& row) {
  const std::size_t count = bench.scale().users_revoked;
  row.title = std::to_string(count) + " users revoked over the API while tokens are issued";
  CURFEW_TRY(const RevokeWorld known, make_revoke_world(bench, count, count));
  CURFEW_TRY(const CredentialSample sample,
             CredentialSample::accepted(known, bench.scale().sample));
  CURFEW_TRY(const std::string token, operator_token(known));
  CURFEW_TRY(const LoadResult quiet, issue_alone(bench, known));
  const double before = static_cast<double>(resident_bytes_of(known.world->target().pid));

  std::vector<UserId> subjects;
  for (const User& user : known.users) subjects.push_back(user.id);
  Load load;
  for (auto& hand : dealt(subjects, bench.scale().revoking_connections)) {
    load.scripts.push_back(std::make_unique<RevokeScript>(token, std::move(hand)));
  }
  load.background = issuing(known);
  load.count = count;
  load.time_max = bench.scale().revoking_time;
  CURFEW_TRY(const LoadResult result, run_load(known.world->target(), std::move(load)));
  const double after = static_cast<double>(resident_bytes_of(known.world->target().pid));
  if (result.ended < count) {
    return Error::permanent(ErrorCode::timeout, "only " + std::to_string(result.ended) +
                                                    " users were revoked in the time given");
  }
  CURFEW_TRY_STATUS(sample.check_refused(known));

  row.add("users", static_cast<double>(result.ended), "").add("seconds", result.seconds, "s");
  row.add("per_second", result.per_second(), "/s").add("cpu_us", result.cpu_micros_each(), "us");
  row.add("p50_ms", result.units.percentile(0.5) / 1e3, "ms");
  row.add("p99_ms", result.units.percentile(0.99) / 1e3, "ms");
  row.add("issuing_alone_p50_ms", quiet.units.percentile(0.5) / 1e3, "ms");
  row.add("issuing_alone_p99_ms", quiet.units.percentile(0.99) / 1e3, "ms");
  row.add("issuing_meanwhile_p50_ms", result.background.percentile(0.5) / 1e3, "ms");
  row.add("issuing_meanwhile_p99_ms", result.background.percentile(0.99) / 1e3, "ms");
  row.add("issuing_meanwhile_max_ms", result.background.percentile(1) / 1e3, "ms");
  row.add("issued_meanwhile", static_cast<double>(result.background.count()), "");
  row.add("memory_per_user", (after - before) / static_cast<double>(count), "bytes");
  row.add("refused_after", static_cast<double>(sample.size()), "");
  return Done{};
}

}  // namespace curfew::bench
