// revocation/facts.hpp: reads what a plan is made from; the only part of planning that sees a
// store.
//
// Reads a bounded number of rows, whatever the subject has: of grants, at most
// kFactsAppsMax * (kFactsGrantsPerAppMax + 3) + kFactsMoreGrantRowsMax, which is 61,500. What was
// not read makes a bound later, never earlier.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.hpp"
#include "revocation/plan.hpp"
#include "store/store.hpp"

namespace curfew {

// Of one application, that are alive or whose access tokens may be. The dead ones that lie between
// count for themselves: nobody's report is incomplete for what ended long ago.
inline constexpr std::size_t kFactsGrantsPerAppMax = 100;
// Rows of one application that are looked at, dead or alive.
inline constexpr std::size_t kFactsGrantRowsPerAppMax = 1'000;
// Rows of all applications together that are looked at, beyond the first kFactsGrantsPerAppMax + 1
// of each.
inline constexpr std::size_t kFactsMoreGrantRowsMax = 10'000;
inline constexpr std::size_t kFactsAppsMax = 500;
inline constexpr std::size_t kFactsSessionsMax = 200;
inline constexpr std::size_t kFactsCodesMax = 200;
inline constexpr std::size_t kFactsObjectsMax = 1'000;  // devices, API keys, assignments, ...: each
// `exhausted`: more than so many of `what`, a plural.
[[nodiscard]] Error too_many_objects(std::string_view what);

// `exhausted` where the subject has more devices, API keys, initial access tokens or assignments
// than kFactsObjectsMax: a run must not silently leave some of them.
[[nodiscard]] Result<SubjectFacts> load_subject_facts(ReadTx& tx, const TenantId& tenant_id,
                                                      const UserId& user_id, TimePoint now);

// Whether the step takes an API key or an initial access token of the subject's own, which every
// run takes with no more right than the run itself; so with those that are gone.
[[nodiscard]] Result<bool> is_always_taken(ReadTx& tx, const TenantId& tenant_id,
                                           const UserId& subject_id, const Step& step);

// By id or, where it holds an '@', by user principal name. `not_found`.
[[nodiscard]] Result<User> find_subject(ReadTx& tx, const TenantId& tenant_id,
                                        const std::string& id_or_name);

}  // namespace curfew
