#include "revocation/lifetime_history.hpp"

#include <algorithm>
#include <vector>

#include "store/schema_lifetimes.hpp"

namespace curfew {

namespace {

Query newest_first(const TenantId& tenant_id, std::size_t limit) {
  Query query;
  query.prefix = keys_of(tenant_id);
  query.descending = true;
  query.limit = limit;
  return query;
}

}  // namespace

Status note_lifetime(WriteTx& tx, const TenantId& tenant_id, Duration longest, TimePoint now) {
  CURFEW_TRY(const auto newest, scan_as<LifetimeInForce>(tx, newest_first(tenant_id, 1)));
  const std::int64_t seconds = std::chrono::ceil<std::chrono::seconds>(longest).count();
  if (!newest.empty() && newest.front().longest_seconds == seconds) return Done{};
  const TimePoint since = newest.empty() ? now : std::max(now, newest.front().since + Duration{1});
  return add(tx, LifetimeInForce{tenant_id, since, seconds});
}

Result<TimePoint> earlier_tokens_end_by(ReadTx& tx, const TenantId& tenant_id, TimePoint now) {
  CURFEW_TRY(const auto changes,
             scan_as<LifetimeInForce>(tx, newest_first(tenant_id, kLifetimeChangesReadMax)));
  if (changes.empty()) return now + kLifetimeInForceMax;
  TimePoint end{};
  for (std::size_t at = 0; at < changes.size(); ++at) {
    const TimePoint since = changes[at].since;
    if (since + kLifetimeInForceMax <= now) break;  // nothing from before it is alive
    const bool is_known = at + 1 < changes.size();
    const Duration before =
        is_known ? std::chrono::seconds{changes[at + 1].longest_seconds} : kLifetimeInForceMax;
    end = std::max(end, since + before);
  }
  return end;
}

}  // namespace curfew
