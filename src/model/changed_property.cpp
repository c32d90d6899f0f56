#include "model/changed_property.hpp"

#include "base/text.hpp"

namespace curfew {

void append_changed_property(std::string& detail, const ChangedProperty& changed) {
  if (!detail.empty()) detail += ", ";
  detail += changed.name;
  if (changed.value.empty()) return;
  detail += "=";
  detail += changed.value;
}

std::vector<ChangedProperty> parse_changed_properties(std::string_view detail) {
  std::vector<ChangedProperty> found;
  for (const std::string_view part : split(detail, ',')) {
    const std::string_view named = part.starts_with(' ') ? part.substr(1) : part;
    if (named.empty()) continue;
    const std::size_t at = named.find('=');
    found.push_back({named.substr(0, at),
                     at == std::string_view::npos ? std::string_view{} : named.substr(at + 1)});
  }
  return found;
}

}  // namespace curfew
