// api/graph/entity.hpp: one kind of object as Graph shows it: its properties as data, so that
// $select, $filter, $search and the answer all come from one table.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/directory/stored_properties.hpp"
#include "api/graph/graph_error.hpp"
#include "protocol/odata/property.hpp"
#include "protocol/odata/query_options.hpp"

namespace curfew {

// `View`: the object with whatever is needed to show it.
template <typename View>
struct EntityProperty {
  PropertyRule rule;
  bool is_default = true;  // shown where nothing is selected
  // A value that can be filtered by; it is told its own name. Or, where it is more than that,
  // how it is shown; such a property cannot be filtered by.
  PropertyValue (*read)(const View& view, std::string_view name) = nullptr;
  boost::json::value (*show)(const View& view) = nullptr;
};

// The properties that are shown, as places in the table.
using Selection = std::vector<std::size_t>;

[[nodiscard]] boost::json::value to_json(const PropertyValue& value);

// "Could not find a property named 'x' on type 'microsoft.graph.user'."
[[nodiscard]] GraphError unknown_property(std::string_view name, std::string_view type);

template <typename View>
class EntityKind {
 public:
  // `type`: "user"; `set`: "users", as the context URL names the collection.
  EntityKind(std::string_view type, std::string_view set,
             std::vector<EntityProperty<View>> properties)
      : type_(type), set_(set), properties_(std::move(properties)) {
    for (const auto& property : properties_) rules_.push_back(property.rule);
  }

  [[nodiscard]] std::string_view type() const { return type_; }
  [[nodiscard]] std::string_view set() const { return set_; }
  [[nodiscard]] std::span<const PropertyRule> rules() const { return rules_; }
  [[nodiscard]] const EntityProperty<View>& property(std::size_t index) const {
    return properties_[index];
  }

  // Names in any case; "*" is everything; none: the defaults.
  [[nodiscard]] GraphResult<Selection> select(const std::vector<std::string>& names) const {
    Selection selection;
    std::vector<bool> chosen(properties_.size(), names.empty());
    for (const std::string& name : names) {
      if (name == "*") {
        chosen.assign(properties_.size(), true);
        continue;
      }
      const auto found = find_property(rules_, name.substr(0, name.find('/')));
      if (!found) return unknown_property(name, type_);
      chosen[*found] = true;
    }
    for (std::size_t i = 0; i < properties_.size(); ++i) {
      // A part of another one, such as "status/errorCode", is there for filters alone.
      const bool is_whole = rules_[i].name.find('/') == std::string_view::npos;
      if (is_whole && chosen[i] && (!names.empty() || properties_[i].is_default)) {
        selection.push_back(i);
      }
    }
    return selection;
  }

  [[nodiscard]] boost::json::object show(const View& view, const Selection& selection) const {
    boost::json::object shown;
    for (const std::size_t index : selection) {
      const EntityProperty<View>& property = properties_[index];
      shown[property.rule.name] = property.show != nullptr
                                      ? property.show(view)
                                      : to_json(property.read(view, property.rule.name));
    }
    return shown;
  }

  // "users", or "users(id,displayName)" where something was selected.
  [[nodiscard]] std::string fragment(const std::vector<std::string>& selected) const {
    std::string text{set_};
    if (selected.empty()) return text;
    text += '(';
    for (std::size_t i = 0; i < selected.size(); ++i) {
      const auto found = find_property(rules_, selected[i]);
      text += (i == 0 ? "" : ",") + (found ? std::string{rules_[*found].name} : selected[i]);
    }
    return text + ')';
  }

 private:
  std::string_view type_;
  std::string_view set_;
  std::vector<EntityProperty<View>> properties_;
  std::vector<PropertyRule> rules_;
};

// For filters and searches.
template <typename View>
class ViewReader final : public PropertyReader {
 public:
  ViewReader(const EntityKind<View>& kind, const View& view) : kind_(kind), view_(view) {}
  [[nodiscard]] PropertyValue value(std::size_t index) const override {
    const EntityProperty<View>& property = kind_.property(index);
    return property.read != nullptr ? property.read(view_, property.rule.name) : PropertyValue{};
  }

 private:
  const EntityKind<View>& kind_;
  const View& view_;
};

}  // namespace curfew
