// revocation/found_item.hpp: one thing that a run can take beside the account, and who made it
// when.
#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"

namespace curfew {

struct RunPart;  // revocation/part.hpp

struct FoundItem {
  const RunPart* part = nullptr;  // never null in a plan
  std::string target;             // names it in its part's form: the step's target
  std::string display_name;
  std::optional<TimePoint> made_at;  // nothing: not recorded
  std::string made_by;               // user principal name or the like; empty: not recorded
  // What a person has to do about it, as a sentence; empty: the run takes it.
  std::string waits_for;
};

}  // namespace curfew
