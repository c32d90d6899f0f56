#include "protocol/odata/property.hpp"

#include "base/text.hpp"

namespace curfew {

std::optional<std::size_t> find_property(std::span<const PropertyRule> rules,
                                         std::string_view name) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (ascii_iequals(rules[i].name, name)) return i;
  }
  return std::nullopt;
}

}  // namespace curfew
