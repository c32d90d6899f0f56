// tests/bench/rows_revoke.cpp: one user revoked, by how much is stored of that user; and what a
// durable revocation costs by itself.
#include <algorithm>
#include <atomic>
#include <future>
#include <utility>

#include "revocation/removal.hpp"
#include "tests/bench/revocations.hpp"

namespace curfew::bench {

namespace {

constexpr std::size_t kWriters = 64;

// The first revocation takes the access away. The others find the same grants and sessions stored
// and make the same entries again, so that there is a median to tell.
Status measure_revoke(Bench& bench, Row& row, std::size_t grants) {
  row.title = "revoke a user who has " + std::to_string(grants) +
              " stored refresh grants, each with its session";
  CURFEW_TRY(const RevokeWorld known, make_revoke_world(bench, 1, grants));
  CURFEW_TRY(const CredentialSample sample,
             CredentialSample::accepted(known, bench.scale().sample));
  CURFEW_TRY(const std::string token, operator_token(known));
  const UserId& subject = known.users.front().id;

  Load first;
  first.scripts.push_back(std::make_unique<RevokeScript>(token, std::vector{subject}));
  first.count = 1;
  CURFEW_TRY(const LoadResult cut, run_load(known.world->target(), std::move(first)));
  CURFEW_TRY_STATUS(sample.check_refused(known));

  Load again;
  again.scripts.push_back(std::make_unique<RevokeScript>(
      token, std::vector<UserId>(bench.scale().revocations, subject)));
  again.count = bench.scale().revocations;
  again.time_max = bench.scale().revoking_time;
  CURFEW_TRY(const LoadResult more, run_load(known.world->target(), std::move(again)));

  row.add("stored_grants", static_cast<double>(grants), "");
  row.add("first_ms", cut.units.percentile(0.5) / 1e3, "ms");
  row.add("p50_ms", more.units.percentile(0.5) / 1e3, "ms");
  row.add("p99_ms", more.units.percentile(0.99) / 1e3, "ms");
  row.add("refused_after", static_cast<double>(sample.size()), "");
  row.add("accepted_after", 0, "");  // or there would be no row
  return Done{};
}

// Keeps kWriters removals in flight until all users are revoked; microseconds of each.
class Writers {
 public:
  Writers(OfflineTenant& tenant, const std::vector<User>& users) : tenant_(tenant), users_(users) {}

  Result<Timing> run() {
    waiting_ = std::min(kWriters, users_.size());
    for (std::size_t writer = std::min(kWriters, users_.size()); writer > 0; --writer) next();
    CURFEW_TRY_STATUS(done_.get_future().get());
    std::sort(timing_.micros.begin(), timing_.micros.end());
    return std::move(timing_);
  }

 private:
  // In this thread first, then in the store's writer.
  void next() {
    const std::size_t at = next_++;
    if (at >= users_.size()) {
      if (--waiting_ == 0) done_.set_value(Done{});
      return;
    }
    const double began = monotonic_micros();
    Removal removal;
    removal.kind = RemovalKind::revoke_user;
    removal.user_id = users_[at].id;
    tenant_.store->write(
        Urgency::emergency,
        [this, removal](WriteTx& tx) -> Status {
          CURFEW_TRY_STATUS(remove_access(tx, *tenant_.journal, removal, SystemClock{}.now()));
          return Done{};
        },
        [this, began](const Status& status) {
          failed_ = failed_ || !status.ok();
          timing_.micros.push_back(monotonic_micros() - began);
          next();
        });
  }

  OfflineTenant& tenant_;
  const std::vector<User>& users_;
  std::atomic<std::size_t> next_{0};
  std::atomic<std::size_t> waiting_{0};
  std::atomic<bool> failed_{false};
  Timing timing_;  // of the writer's thread
  std::promise<Status> done_;
};

}  // namespace

Status measure_revoke_few(Bench& bench, Row& row) {
  return measure_revoke(bench, row, bench.scale().stored_grants[0]);
}

Status measure_revoke_many(Bench& bench, Row& row) {
  return measure_revoke(bench, row, bench.scale().stored_grants[1]);
}

Status measure_revoke_most(Bench& bench, Row& row) {
  return measure_revoke(bench, row, bench.scale().stored_grants[2]);
}

Status measure_durable_revocation(Bench& bench, Row& row) {
  CURFEW_TRY(const Floors* const floors, bench.floors());
  CURFEW_TRY(const std::unique_ptr<World> world, World::make(bench.options()));
  row.budget = Budget{"p50_ms", 1};
  return world->fill([&](OfflineTenant& tenant) -> Status {
    CURFEW_TRY(const std::vector<User> users, add_users(tenant, bench.scale().store_revocations));
    const double cpu = own_cpu_micros();
    const double wall = monotonic_micros();
    CURFEW_TRY(const Timing timing, (Writers{tenant, users}.run()));
    const double count = static_cast<double>(users.size());
    row.add("p50_ms", timing.percentile(0.5) / 1e3, "ms");
    row.add("p99_ms", timing.percentile(0.99) / 1e3, "ms");
    row.add("cpu_us", (own_cpu_micros() - cpu) / count, "us");
    row.add("per_second", count / (monotonic_micros() - wall) * 1e6, "/s");
    row.add("fdatasync_us", floors->disk, "us");
    return Done{};
  });
}

}  // namespace curfew::bench
