// api/changes/delta_page.hpp: one page of a delta query.
//
// A delta begins by noting how far the change log is, and lists everything that there is; its last
// page has a deltaLink. From there on a page reads the log, and shows each object that it names as
// it is now, or says that it is gone. So an object may be shown more than once, and none is missed.
#pragma once

#include <boost/json/object.hpp>
#include <memory>
#include <span>
#include <vector>

#include "api/changes/delta_kind.hpp"
#include "api/changes/delta_token.hpp"

namespace curfew {

// Rows of the log, and members of groups, that one page reads at the most.
inline constexpr std::size_t kChangesAPage = 2'000;
inline constexpr std::size_t kMembersAPage = 1'000;

struct DeltaPage {
  boost::json::array value;
  DeltaToken next;
  bool is_end = false;  // `next` is of a deltaLink
};

using DeltaKinds = std::span<const std::unique_ptr<DeltaKind>>;

// The page that the token asks for. `kinds` have had their select().
[[nodiscard]] GraphResult<DeltaPage> read_delta_page(const GraphCall& call, DeltaKinds kinds,
                                                     const DeltaToken& token);

}  // namespace curfew
