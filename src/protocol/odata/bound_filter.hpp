// protocol/odata/bound_filter.hpp: a filter bound to the properties of one kind of resource.
//
// Null: `eq null` is true of it and `ne 'x'` too; every other comparison, function and order with
// it is false, and `not` turns that around. Text compares by ASCII letters without case, unless the
// rule says otherwise. any() is about the elements of one property, and false without elements.
// What matches() says is the filter; the required_*() are for looking rows up in an index instead
// of reading them all, and may name more rows than match, never fewer.
//
// Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "protocol/odata/filter.hpp"
#include "protocol/odata/property.hpp"

namespace curfew {

// Text is in lower case unless the rule is case-sensitive.
using BoundLiteral = std::variant<std::monostate, bool, std::int64_t, TimePoint, std::string>;

class BoundFilter {
 public:
  // A node of the filter with its path resolved and its literals converted to the property's type.
  struct Node {
    FilterKind kind = FilterKind::truth;
    std::size_t property = 0;  // of every kind but conjunction, disjunction and negation
    PropertyType type = PropertyType::string;
    bool is_case_sensitive = false;
    bool counts = false;  // about how many elements there are
    std::vector<BoundLiteral> literals;
    std::vector<Node> children;
  };

  explicit BoundFilter(Node root) : root_(std::move(root)) {}

  [[nodiscard]] bool matches(const PropertyReader& row) const;

  // Texts of which a row's property (of a collection: one of its elements) must be one for the
  // filter to be true, without duplicates, in lower case unless the rule is case-sensitive; one at
  // least. Nothing if the filter does not imply any. Of string, guid and string_collection only.
  [[nodiscard]] std::optional<std::vector<std::string>> required_equal(std::size_t property) const;
  // What a row's text (of a collection: one of its elements) must begin with; never empty; may end
  // inside of a UTF-8 character.
  [[nodiscard]] std::optional<std::string> required_prefix(std::size_t property) const;

 private:
  Node root_;
};

// `is_advanced`: the caller asked for an advanced query, so that what the rules allow only there is
// allowed.
[[nodiscard]] Bound<BoundFilter> bind_filter(const FilterNode& filter,
                                             std::span<const PropertyRule> rules, bool is_advanced);

}  // namespace curfew
