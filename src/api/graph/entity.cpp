#include "api/graph/entity.hpp"

#include "base/text.hpp"

namespace curfew {

namespace {

struct ToJson {
  boost::json::value operator()(std::monostate /*null*/) const { return nullptr; }
  boost::json::value operator()(bool value) const { return value; }
  boost::json::value operator()(std::int64_t value) const { return value; }
  boost::json::value operator()(std::string_view value) const { return boost::json::value(value); }
  boost::json::value operator()(TimePoint value) const {
    return boost::json::value(graph_time(value));
  }
  boost::json::value operator()(std::span<const std::string> values) const {
    boost::json::array array;
    for (const std::string& value : values) array.emplace_back(value);
    return array;
  }
};

}  // namespace

boost::json::value to_json(const PropertyValue& value) { return std::visit(ToJson{}, value); }

GraphError unknown_property(std::string_view name, std::string_view type) {
  return {400, graph_code::kBadRequest,
          "Could not find a property named '" + escape_for_display(name, 128) +
              "' on type 'microsoft.graph." + std::string{type} + "'."};
}

}  // namespace curfew
