// gate/feed/fields.hpp: members that messages and heads of the gate protocol have in common.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/chain_mark.hpp"
#include "protocol/json/json_fwd.hpp"
#include "protocol/json/writer.hpp"

namespace curfew {

// Text of a length between the two, both included. Error: exhausted, naming the limit.
[[nodiscard]] Result<std::string> get_bounded(const boost::json::object& object,
                                              std::string_view name, std::size_t bytes_min,
                                              std::size_t bytes_max);
// A position that may be not set ("0.0"); the other form demands that it is.
[[nodiscard]] Result<Position> get_position(const boost::json::object& object,
                                            std::string_view name);
[[nodiscard]] Result<Position> get_set_position(const boost::json::object& object,
                                                std::string_view name);
// Milliseconds since 1970, of the years 1970 to 9999.
[[nodiscard]] Result<TimePoint> get_millis(const boost::json::object& object,
                                           std::string_view name);
// `position` and `chain_hash` of the object itself. There is no hash before the first entry.
[[nodiscard]] Result<ChainMark> get_mark(const boost::json::object& object);
void write_mark(JsonObjectWriter& object, const ChainMark& mark);

}  // namespace curfew
