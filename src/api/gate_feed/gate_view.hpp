// api/gate_feed/gate_view.hpp: a gate's feed as the administrator's API shows it.
#pragma once

#include <boost/json/object.hpp>

#include "api/gate_feed/feed_room.hpp"

namespace curfew {

// `head`: of the journal; `lag` is the number of entries that an instance has not acknowledged.
[[nodiscard]] boost::json::object to_json(const GateFeedView& view, Position head);

}  // namespace curfew
