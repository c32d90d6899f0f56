// revocation/sweep.hpp: finds what a run takes beside the account: the parts that were asked for,
// and what appeared for or by the person since a time.
//
// A sweep is for the hour in which somebody else was in the account. It looks at three things:
// - what the person holds and got since then (rows with their creation time; where there is none,
//   it may be from any time, and a person has to look);
// - what they made for others, by the audit: credentials of applications, applications, people,
//   devices, roles, memberships, assignments, consents, passwords and settings;
// - what was made by those whom they can go on as: an application that they registered or gave a
//   credential to, a person whom they made or whose password they set, also where that is gone
//   again. What an existing principal made may be its own work, so that a person has to look.
//
// Nothing is left out silently: what the actor may not take, what cannot be undone and what may be
// somebody's legitimate work waits for a person, with what to do; and where more was there than is
// read, the plan says so. Reads a bounded number of rows.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/actor.hpp"
#include "revocation/plan.hpp"
#include "revocation/removal.hpp"
#include "store/audit.hpp"
#include "store/store.hpp"

namespace curfew {

// Entries of the audit that are read by one sweep, of each person or application the newest first;
// each costs three rows and the opening of two of them, inside of the cut.
inline constexpr std::size_t kSweepRecordsMax = 20'000;
// The person, and those as whom they can go on.
inline constexpr std::size_t kSweepPrincipalsMax = 20;
// What one sweep finds in the audit, of each sort by itself: what it takes, what it leaves to a
// person, and what nothing takes away. What the person holds is bounded by part (kPartItemsMax).
inline constexpr std::size_t kSweepItemsMax = 1'000;

// `2h`, `90m`, `1d` before now, or RFC 3339. `invalid_argument` for neither, or what is to come.
[[nodiscard]] Result<TimePoint> parse_since(std::string_view text, TimePoint now);

// `invalid_argument` for the name of no part, and for parts or a sweep of a run that only ends
// sessions.
[[nodiscard]] Status check_options(const PlanOptions& options);

// Fills in facts.items and facts.items_complete; facts.user has been read. `denied` where the
// actor may not take something of a part that was asked for by name; `exhausted` where that is
// more than one transaction can take.
[[nodiscard]] Status load_items(ReadTx& tx, const AuditLog& audit, const Actor& actor,
                                const PlanOptions& options, SubjectFacts& facts);

enum class RightTo { take, give };
// May the actor take this away, or give it back? As the API asks that does it one by one; about an
// application that holds a role or a permission, the right to give roles as well. `denied`.
[[nodiscard]] Status check_part_guard(ReadTx& tx, const TenantId& tenant_id, const Actor& actor,
                                      const Removal& removal, RightTo right);

}  // namespace curfew
