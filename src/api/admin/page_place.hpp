// api/admin/page_place.hpp: `after` and `next` of lists that are not in the order of one id.
//
// To a client these are text without a meaning. What is not one of ours is `invalid_argument`.
#pragma once

#include <optional>
#include <string>

#include "api/admin/admin_call.hpp"
#include "base/result.hpp"
#include "store/newest_first.hpp"

namespace curfew {

[[nodiscard]] std::string to_next(const TimePlace& place);
// Where the page begins; nothing for the first page.
[[nodiscard]] Result<std::optional<TimePlace>> time_place_of(const PageRequest& page);

// The refusal of an `after` that is not the `next` of a page of the same list.
[[nodiscard]] Error bad_after();

}  // namespace curfew
