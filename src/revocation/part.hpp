// revocation/part.hpp: what a run can take beside the account, one part for each kind of thing.
//
// A part is one file in revocation/parts that fills in a RunPart, and one line of the list in
// revocation/parts/run_parts.cpp. Nothing else names it: the request and the command line take its
// option by name, the plan makes a step and a path of each item that it finds, the cut takes each
// through remove_access() after the guard, a local connector of its name observes it and takes it
// again, and the undo gives it back.
//
// To add one, such as another kind of authentication method: write revocation/parts/NAME.cpp with a
// `const RunPart& NAME_part()`, declare it in revocation/parts/all_parts.hpp and put it in the
// list. What takes it away must be a RemovalKind;
// a new one is a row of removal.hpp, of the guard and of the matrix. Where none of the kinds in
// PathKind says what it is, that enumeration grows, and with it docs/openapi.yaml.
//
// What a part finds of a person (`of_person`) is what they hold. What the audit says that somebody
// made (`made_by`) may belong to others. A part that is asked for by its option takes the first,
// or where it has none, the second; a sweep looks at both (revocation/sweep.hpp).
//
// Functions: inside of the caller's transaction; they read a bounded number of rows. Any may be
// null where the comment says what that means. Errors are the store's.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/run.hpp"
#include "revocation/connector.hpp"
#include "revocation/facts.hpp"
#include "revocation/found_item.hpp"
#include "revocation/removal.hpp"
#include "store/audit.hpp"
#include "store/store.hpp"

namespace curfew {

struct PartLook {
  ReadTx& tx;
  const TenantId& tenant_id;
};

// What an undo did about one item.
struct GivenBack {
  bool done = false;
  std::string why;  // not done: why it stays away, for people
};

// At most so many of one part are found; one more than kFactsObjectsMax shows that there are more.
inline constexpr std::size_t kPartItemsMax = kFactsObjectsMax + 1;

struct RunPart {
  // What asks for it in `also`, such as "roles"; several parts may share one. Empty: taken by a
  // sweep alone.
  std::string_view option = {};
  std::string_view option_help = {};  // for people; in the first part of the option
  std::string_view connector = {};    // "local.role": Step::connector, one for each part
  PathKind path_kind = PathKind::change;
  std::string_view noun = {};     // begins a step's title: "Role"
  std::string_view control = {};  // what closes the path, for people

  // What the person holds. Null: nothing of it is a person's own.
  Result<std::vector<FoundItem>> (*of_person)(const PartLook&, const UserId&) = nullptr;
  // What of it that is still there the record says its actor made; nothing: it is not about this
  // part. An item without a target could not be named by the record. Null: no record is.
  Result<std::optional<std::vector<FoundItem>>> (*made_by)(const PartLook&,
                                                           const AuditRecord&) = nullptr;
  // The user or application as whom somebody can go on who made this. Null: nobody's.
  Result<std::string> (*leads_to)(const PartLook&, const std::string& target) = nullptr;

  // What takes it away. Null: only a person can; its items say what to do.
  Result<Removal> (*removal)(const PartLook&, const std::string& target) = nullptr;
  // What give_back() needs to know, as text; kept before the removal. Nothing: it is gone already.
  Result<std::optional<std::string>> (*prior_value)(const PartLook&,
                                                    const std::string& target) = nullptr;
  // Null: a connector of that name in local_connectors.cpp observes it.
  Result<Observation> (*observe)(const PartLook&, const std::string& target,
                                 const std::optional<std::string>& prior_value) = nullptr;
  // Puts it back where nobody has put anything else there meanwhile. The caller has been guarded.
  // Null: `stays_away` says why nothing does; where that is empty, the end of the run's hold does.
  Result<GivenBack> (*give_back)(WriteTx&, const TenantId&, const std::string& target,
                                 const std::string& prior_value) = nullptr;
  std::string_view stays_away = {};
};

// Every part, in the order in which a run takes them: revocation/parts/run_parts.cpp.
[[nodiscard]] std::span<const RunPart* const> run_parts();

[[nodiscard]] inline const RunPart* part_of_connector(std::string_view connector) {
  for (const RunPart* part : run_parts()) {
    if (part->connector == connector) return part;
  }
  return nullptr;
}

// What nobody but a person can judge, and what was not read.
[[nodiscard]] inline const RunPart& part_of_changes() { return *part_of_connector("local.change"); }

// The names that `also` takes, each once.
[[nodiscard]] std::vector<std::string_view> part_options();

// The option that the first version of the API had a member of its own for.
inline constexpr std::string_view kAssignmentsOption = "assignments";

}  // namespace curfew
