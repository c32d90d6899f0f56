// revocation/lifetime_history.hpp: how long access tokens can live that were issued under settings
// of the past.
//
// A server writes down the longest lifetime that its settings allow before it issues anything. So
// what was issued before a change of the settings is out of force at the latest so long after the
// change as the lifetime before it was. What was issued before anything was written down, by a
// version that did not write, may live kLifetimeInForceMax.
#pragma once

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "store/store.hpp"

namespace curfew {

// More changes than that within kLifetimeInForceMax: those before them count as the longest.
inline constexpr std::size_t kLifetimeChangesReadMax = 100;

// Adds a row where the newest says another lifetime. Its time is later than the newest one's even
// if the clock went back. Part of a second counts as a whole one.
Status note_lifetime(WriteTx& tx, const TenantId& tenant_id, Duration longest, TimePoint now);

// No access token that was issued before the newest change lives longer than this; in the past
// where none of them can be alive. Whatever was issued since is bounded by the settings of today.
[[nodiscard]] Result<TimePoint> earlier_tokens_end_by(ReadTx& tx, const TenantId& tenant_id,
                                                      TimePoint now);

}  // namespace curfew
