#include "api/housekeeping.hpp"

#include <memory>
#include <vector>

#include "base/log.hpp"
#include "model/session.hpp"
#include "model/sign_in.hpp"
#include "store/schema.hpp"
#include "store/schema_signins.hpp"

namespace curfew {

namespace {

Result<std::size_t> prune_sign_ins(WriteTx& tx, const TenantId& tenant_id, TimePoint before) {
  Query query;
  query.index = "sign_ins_by_time";
  query.prefix = keys_of(tenant_id);
  query.below = to_unix_millis(before);
  query.limit = kPrunedAtOnce;
  CURFEW_TRY(const auto lines, scan_as<SignIn>(tx, query));
  for (const SignIn& line : lines) {
    CURFEW_TRY_STATUS(remove<SignIn>(tx, tenant_id, line.id));
  }
  return lines.size();
}

// Whether the code's second use could still end something.
Result<bool> is_needed(ReadTx& tx, const AuthorizationCode& code, TimePoint now) {
  if (!code.used_at) return false;
  CURFEW_TRY(const auto grant, load<Grant>(tx, code.tenant_id, code.grant_id));
  return grant && !grant->ended_at && (grant->expires_at > now || grant->access_ends_by > now);
}

Status prune_codes(WriteTx& tx, const TenantId& tenant_id, std::optional<TimePoint> after,
                   TimePoint now, Pruned& pruned) {
  Query query;
  query.index = "authorization_codes_by_expiry";
  query.prefix = keys_of(tenant_id);
  if (after) query.above = to_unix_millis(*after);
  query.below = to_unix_millis(now - kCodeKeptAfterExpiry);
  query.limit = kPrunedAtOnce;
  CURFEW_TRY(const auto codes, scan_as<AuthorizationCode>(tx, query));
  for (const AuthorizationCode& code : codes) {
    CURFEW_TRY(const bool needed, is_needed(tx, code, now));
    if (needed) continue;
    CURFEW_TRY_STATUS(remove<AuthorizationCode>(tx, tenant_id, code.hash));
    ++pruned.codes;
  }
  if (codes.size() == kPrunedAtOnce) pruned.codes_after = codes.back().expires_at;
  return Done{};
}

struct Housekeeping : std::enable_shared_from_this<Housekeeping> {
  explicit Housekeeping(const HousekeepingParts& given)
      : parts(given), executor(given.runtime.executor(0)) {}

  Task<Done> run() {
    const std::shared_ptr<Housekeeping> alive = shared_from_this();
    std::optional<TimePoint> codes_after;
    Duration pause = kPruneEvery;
    while (true) {
      co_await sleep_for(parts.runtime, executor, pause);
      std::function<Result<Pruned>(WriteTx&)> body = [this, codes_after](WriteTx& tx) {
        return prune_some(tx, parts.tenant_id, parts.policy, codes_after, parts.clock.now());
      };
      const Result<Pruned> pruned =
          co_await write_value<Pruned>(parts.store, executor, Urgency::normal, std::move(body));
      if (!pruned.ok()) {
        log(LogLevel::warning, "housekeeping.failed", {{"why", pruned.error().message()}});
      }
      codes_after = pruned.ok() ? pruned->codes_after : std::nullopt;
      pause = pruned.ok() && pruned->has_more ? kPruneAgainAfter : kPruneEvery;
    }
  }

  HousekeepingParts parts;
  Executor& executor;
};

}  // namespace

Result<Pruned> prune_some(WriteTx& tx, const TenantId& tenant_id, const PrunePolicy& policy,
                          std::optional<TimePoint> codes_after, TimePoint now) {
  Pruned pruned;
  CURFEW_TRY(pruned.sign_ins, prune_sign_ins(tx, tenant_id, now - policy.sign_ins_kept));
  CURFEW_TRY_STATUS(prune_codes(tx, tenant_id, codes_after, now, pruned));
  pruned.has_more = pruned.sign_ins == kPrunedAtOnce || pruned.codes_after.has_value();
  return pruned;
}

void start_housekeeping(const HousekeepingParts& parts) {
  const auto keeping = std::make_shared<Housekeeping>(parts);
  keeping->executor.post([keeping] { start<Done>(keeping->run(), [](Done) {}); });
}

}  // namespace curfew
