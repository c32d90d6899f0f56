// api/directory/stored_properties.hpp: the properties of users, groups and devices that nothing in
// the server decides by: kept as they were given, as one JSON object for each.
//
// Pure. The names are Graph's.
#pragma once

#include <boost/json/object.hpp>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace curfew {

enum class StoredType { text, texts, boolean, date_time, object };

struct StoredProperty {
  std::string_view name;
  StoredType type = StoredType::text;
  std::size_t bytes_max = 256;  // of each text
};

[[nodiscard]] std::span<const StoredProperty> stored_user_properties();
[[nodiscard]] std::span<const StoredProperty> stored_group_properties();
[[nodiscard]] std::span<const StoredProperty> stored_device_properties();

// In any case; null if there is none.
[[nodiscard]] const StoredProperty* find_stored(std::span<const StoredProperty> properties,
                                                std::string_view name);

// How Graph writes a time: the directory knows whole seconds, "2026-11-29T10:00:00Z".
[[nodiscard]] std::string graph_time(TimePoint at);

// What a column holds; an unreadable one is an empty object.
[[nodiscard]] boost::json::object parse_stored(const std::string& column);

// Sets, or with null removes, one property. `invalid_argument` for another type or too much of it.
[[nodiscard]] Status set_stored(boost::json::object& stored, const StoredProperty& property,
                                const boost::json::value& value);

}  // namespace curfew
