// apps/curfew/gate_commands.hpp: `curfew gate add`: the other verbs are those of every noun.
#pragma once

#include <boost/json/object.hpp>

#include "apps/curfew/add_commands.hpp"

namespace curfew {

void add_gate_commands(CLI::App& noun, const Choose& choose);

// A gate as people are shown it: `feed.version` of what is connected; where nothing is, the
// version and what was acknowledged as they were, and that they were.
void tell_feed(boost::json::object& gate, TimePoint now);

}  // namespace curfew
