// api/graph/stored_reader.hpp: reads the stored properties of any view that has `stored` and
// `texts` (api/directory/stored_properties.hpp), for the tables of entity.hpp.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "api/graph/entity.hpp"
#include "base/clock.hpp"

namespace curfew {

// A text or a boolean.
template <typename View>
PropertyValue stored_value(const View& view, std::string_view name) {
  const auto* value = view.stored.if_contains(name);
  if (value == nullptr) return {};
  if (const auto* text = value->if_string()) return std::string_view{*text};
  if (const auto* flag = value->if_bool()) return *flag;
  return {};
}

template <typename View>
PropertyValue stored_time(const View& view, std::string_view name) {
  const auto* value = view.stored.if_contains(name);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  const auto time = text == nullptr ? std::nullopt : parse_rfc3339(std::string_view{*text});
  return time ? PropertyValue{*time} : PropertyValue{};
}

template <typename View>
PropertyValue stored_texts(const View& view, std::string_view name) {
  view.texts.clear();
  const auto* value = view.stored.if_contains(name);
  if (const auto* array = value == nullptr ? nullptr : value->if_array()) {
    for (const boost::json::value& element : *array) {
      if (const auto* text = element.if_string()) view.texts.emplace_back(*text);
    }
  }
  return std::span<const std::string>{view.texts};
}

// A property that Graph has and this directory does not keep: null, and no error to ask for.
template <typename View>
PropertyValue no_value(const View& /*view*/, std::string_view /*name*/) {
  return {};
}
template <typename View>
boost::json::value null_value(const View& /*view*/) {
  return nullptr;
}
template <typename View>
boost::json::value empty_list(const View& /*view*/) {
  return boost::json::array{};
}

}  // namespace curfew
