#include "protocol/odata/bound_filter.hpp"

#include <algorithm>
#include <charconv>
#include <compare>
#include <string_view>

#include "base/text.hpp"

namespace curfew {

namespace {

using Node = BoundFilter::Node;

// Binding.

Operators operator_of(FilterKind kind) {
  switch (kind) {
    case FilterKind::truth:
    case FilterKind::eq: return operators::kEq;
    case FilterKind::ne: return operators::kNe;
    case FilterKind::gt: return operators::kGt;
    case FilterKind::ge: return operators::kGe;
    case FilterKind::lt: return operators::kLt;
    case FilterKind::le: return operators::kLe;
    case FilterKind::in: return operators::kIn;
    case FilterKind::starts_with: return operators::kStartsWith;
    case FilterKind::ends_with: return operators::kEndsWith;
    case FilterKind::contains: return operators::kContains;
    case FilterKind::conjunction:
    case FilterKind::disjunction:
    case FilterKind::negation:
    case FilterKind::any: return operators::kNone;
  }
  return operators::kNone;
}

bool is_function(FilterKind kind) {
  return kind == FilterKind::starts_with || kind == FilterKind::ends_with ||
         kind == FilterKind::contains;
}

bool is_text(PropertyType type) {
  return type == PropertyType::string || type == PropertyType::guid ||
         type == PropertyType::string_collection;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

std::optional<TimePoint> time_of(std::string_view text) {
  if (text.size() == std::string_view{"2026-11-29"}.size()) {
    return parse_rfc3339(std::string{text} + "T00:00:00Z");
  }
  return parse_rfc3339(text);
}

// The literal as a value of this type; nothing if it is none.
std::optional<BoundLiteral> converted(const FilterLiteral& literal, PropertyType type,
                                      bool is_case_sensitive) {
  switch (type) {
    case PropertyType::string:
    case PropertyType::guid:
    case PropertyType::string_collection:
      if (literal.kind != LiteralKind::string && literal.kind != LiteralKind::guid) break;
      return is_case_sensitive ? literal.text : ascii_lower(literal.text);
    case PropertyType::boolean:
      if (literal.kind != LiteralKind::boolean) break;
      return literal.text == "true";
    case PropertyType::number:
      if (literal.kind != LiteralKind::number) break;
      return whole_number(literal.text);
    case PropertyType::date_time:
      if (literal.kind != LiteralKind::date_time && literal.kind != LiteralKind::string) break;
      return time_of(literal.text);
  }
  return std::nullopt;
}

std::string_view words_for(PropertyType type) {
  switch (type) {
    case PropertyType::string:
    case PropertyType::string_collection: return "text in single quotes";
    case PropertyType::guid: return "a GUID, alone or in single quotes";
    case PropertyType::boolean: return "true or false";
    case PropertyType::number: return "a whole number";
    case PropertyType::date_time: return "a date, 2026-11-29, or a time, 2026-11-29T10:00:00Z";
  }
  return "";
}

// Keeps the first fault; what it returns after one is of no use.
class Binder {
 public:
  Binder(std::span<const PropertyRule> rules, bool is_advanced)
      : rules_(rules), is_advanced_(is_advanced) {}

  Node bind(const FilterNode& filter) {
    switch (filter.kind) {
      case FilterKind::conjunction:
      case FilterKind::disjunction: return bind_children(filter);
      case FilterKind::negation: return bind_negation(filter);
      case FilterKind::any: return bind_any(filter);
      case FilterKind::truth:
      case FilterKind::eq:
      case FilterKind::ne:
      case FilterKind::gt:
      case FilterKind::ge:
      case FilterKind::lt:
      case FilterKind::le:
      case FilterKind::in:
      case FilterKind::starts_with:
      case FilterKind::ends_with:
      case FilterKind::contains: return bind_leaf(filter);
    }
    return {};
  }

  std::optional<QueryError> error;

 private:
  void fail(QueryFault fault, std::string message) {
    if (!error) error = QueryError{fault, "Invalid filter clause: " + std::move(message)};
  }

  Node bind_children(const FilterNode& filter) {
    Node node;
    node.kind = filter.kind;
    for (const FilterNode& child : filter.children) node.children.push_back(bind(child));
    return node;
  }

  Node bind_negation(const FilterNode& filter) {
    ++negations_;
    Node node = bind_children(filter);
    --negations_;
    return node;
  }

  Node bind_any(const FilterNode& filter) {
    if (collection_ != nullptr) {
      fail(QueryFault::unsupported, "any() inside of any() is not supported");
      return {};
    }
    collection_ = &filter;
    element_property_.reset();
    Node node = bind_children(filter);
    collection_ = nullptr;
    node.property = element_property_.value_or(0);
    node.type = PropertyType::string_collection;
    return node;
  }

  // The name to look up: inside of any(), the collection's with what follows the variable.
  std::optional<std::string> name_of(const FilterPath& path) {
    if (collection_ == nullptr) return join(path.segments, "/");
    if (path.segments.empty() || path.segments[0] != collection_->variable) {
      fail(QueryFault::unsupported,
           "inside of any(), every condition must be about its variable '" + collection_->variable +
               "'");
      return std::nullopt;
    }
    std::vector<std::string> segments = collection_->path.segments;
    segments.insert(segments.end(), path.segments.begin() + 1, path.segments.end());
    return join(segments, "/");
  }

  std::optional<std::size_t> find(const FilterNode& filter) {
    const std::optional<std::string> name = name_of(filter.path);
    if (!name) return std::nullopt;
    const std::optional<std::size_t> property = find_property(rules_, *name);
    if (!property) {
      fail(QueryFault::bad_request,
           "there is no property '" + escape_for_display(*name, 100) + "' to filter by");
    }
    return property;
  }

  bool check_shape(const FilterNode& filter, const PropertyRule& rule) {
    const std::string name{rule.name};
    const bool is_collection = rule.type == PropertyType::string_collection;
    if (is_collection && collection_ == nullptr && !filter.path.counts) {
      fail(QueryFault::bad_request,
           "'" + name + "' is a collection; use any(), as in " + name + "/any(x:x eq 'value')");
    } else if (!is_collection && (collection_ != nullptr || filter.path.counts)) {
      fail(QueryFault::bad_request, "'" + name + "' is not a collection");
    } else if (collection_ != nullptr && filter.path.counts) {
      fail(QueryFault::unsupported, "$count inside of any() is not supported");
    } else if (filter.kind == FilterKind::truth && rule.type != PropertyType::boolean) {
      fail(QueryFault::bad_request, "'" + name + "' alone is neither true nor false");
    } else if (is_function(filter.kind) && !is_text(rule.type)) {
      fail(QueryFault::bad_request, "'" + name + "' is not text");
    }
    return !error;
  }

  bool check_allowed(const PropertyRule& rule, Operators wanted, std::string_view word) {
    if ((rule.plain & wanted) == wanted) return true;
    const bool is_allowed = ((rule.plain | rule.advanced) & wanted) == wanted;
    if (is_allowed && is_advanced_) return true;
    std::string message = "'" + std::string{word} + "' is not supported for the property '" +
                          std::string{rule.name} + "'";
    if (is_allowed) {
      message += " without an advanced query: send ConsistencyLevel: eventual and $count=true";
    }
    fail(QueryFault::unsupported, std::move(message));
    return false;
  }

  bool check_operators(const FilterNode& filter, const PropertyRule& rule) {
    if (filter.path.counts && !check_allowed(rule, operators::kCount, "$count")) return false;
    if (negations_ > 0 && !check_allowed(rule, operators::kNot, "not")) return false;
    // A count compares as numbers do, whatever its elements do.
    if (filter.path.counts) return true;
    return check_allowed(rule, operator_of(filter.kind), to_string(filter.kind));
  }

  void add_literal(const FilterNode& filter, const FilterLiteral& literal, const PropertyRule& rule,
                   Node& node) {
    if (literal.kind == LiteralKind::null && !filter.path.counts) {
      if (filter.kind != FilterKind::eq && filter.kind != FilterKind::ne) {
        fail(QueryFault::unsupported, "null can be compared by 'eq' and 'ne' only");
      } else if (check_allowed(rule, operators::kNull, "null")) {
        node.literals.emplace_back(std::monostate{});
      }
      return;
    }
    const PropertyType type = filter.path.counts ? PropertyType::number : rule.type;
    std::optional<BoundLiteral> value = converted(literal, type, node.is_case_sensitive);
    if (!value) {
      fail(QueryFault::bad_request,
           "the value for '" + to_text(filter.path) + "' must be " + std::string{words_for(type)});
      return;
    }
    node.literals.push_back(*std::move(value));
  }

  Node bind_leaf(const FilterNode& filter) {
    const std::optional<std::size_t> property = find(filter);
    if (!property) return {};
    const PropertyRule& rule = rules_[*property];
    if (!check_shape(filter, rule) || !check_operators(filter, rule)) return {};
    if (collection_ != nullptr && element_property_.value_or(*property) != *property) {
      fail(QueryFault::unsupported,
           "any() with conditions on more than one property of an element "
           "is not supported");
      return {};
    }
    element_property_ = property;
    Node node;
    node.kind = filter.kind;
    node.property = *property;
    node.type = rule.type;
    node.is_case_sensitive = rule.is_case_sensitive && rule.type != PropertyType::guid;
    node.counts = filter.path.counts;
    for (const FilterLiteral& literal : filter.literals) add_literal(filter, literal, rule, node);
    if (filter.kind == FilterKind::truth) {
      node.kind = FilterKind::eq;
      node.literals.emplace_back(true);
    }
    return node;
  }

  std::span<const PropertyRule> rules_;
  bool is_advanced_;
  std::size_t negations_ = 0;
  const FilterNode* collection_ = nullptr;       // the any() around
  std::optional<std::size_t> element_property_;  // what it is about, once known
};

// Matching.

std::strong_ordering compare_text(std::string_view value, std::string_view literal,
                                  bool is_case_sensitive) {
  const auto [at_value, at_literal] =
      std::mismatch(value.begin(), value.end(), literal.begin(), literal.end(),
                    [is_case_sensitive](char a, char b) {
                      return (is_case_sensitive ? a : ascii_lower(a)) == b;
                    });
  if (at_value == value.end() || at_literal == literal.end()) {
    return value.size() <=> literal.size();
  }
  const char a = is_case_sensitive ? *at_value : ascii_lower(*at_value);
  return static_cast<unsigned char>(a) <=> static_cast<unsigned char>(*at_literal);
}

// Nothing for null and for values of two types.
std::optional<std::strong_ordering> compare(const PropertyValue& value, const BoundLiteral& literal,
                                            bool is_case_sensitive) {
  if (const auto* text = std::get_if<std::string>(&literal)) {
    const auto* view = std::get_if<std::string_view>(&value);
    if (view == nullptr) return std::nullopt;
    return compare_text(*view, *text, is_case_sensitive);
  }
  if (const auto* number = std::get_if<std::int64_t>(&literal)) {
    const auto* known = std::get_if<std::int64_t>(&value);
    return known == nullptr ? std::nullopt : std::optional{*known <=> *number};
  }
  if (const auto* at = std::get_if<TimePoint>(&literal)) {
    const auto* known = std::get_if<TimePoint>(&value);
    return known == nullptr ? std::nullopt : std::optional{*known <=> *at};
  }
  if (const auto* truth = std::get_if<bool>(&literal)) {
    const auto* known = std::get_if<bool>(&value);
    return known == nullptr ? std::nullopt : std::optional{*known <=> *truth};
  }
  return std::nullopt;
}

bool fits(const PropertyValue& value, PropertyType type) {
  switch (type) {
    case PropertyType::string:
    case PropertyType::guid:
    case PropertyType::string_collection:  // here: one element
      return std::holds_alternative<std::string_view>(value);
    case PropertyType::boolean: return std::holds_alternative<bool>(value);
    case PropertyType::number: return std::holds_alternative<std::int64_t>(value);
    case PropertyType::date_time: return std::holds_alternative<TimePoint>(value);
  }
  return false;
}

bool is_equal(const Node& node, const PropertyValue& value, const BoundLiteral& literal) {
  if (std::holds_alternative<std::monostate>(literal)) return !fits(value, node.type);
  return compare(value, literal, node.is_case_sensitive) == std::strong_ordering::equal;
}

bool matches_function(const Node& node, const PropertyValue& value) {
  const auto* view = std::get_if<std::string_view>(&value);
  const auto* part = std::get_if<std::string>(&node.literals.front());
  if (view == nullptr || part == nullptr) return false;
  const std::string text = node.is_case_sensitive ? std::string{*view} : ascii_lower(*view);
  if (node.kind == FilterKind::starts_with) return text.starts_with(*part);
  if (node.kind == FilterKind::ends_with) return text.ends_with(*part);
  return text.find(*part) != std::string::npos;
}

bool matches_leaf(const Node& node, const PropertyValue& value) {
  if (is_function(node.kind)) return matches_function(node, value);
  const BoundLiteral& literal = node.literals.front();
  if (node.kind == FilterKind::eq) return is_equal(node, value, literal);
  if (node.kind == FilterKind::ne) return !is_equal(node, value, literal);
  if (node.kind == FilterKind::in) {
    return std::any_of(node.literals.begin(), node.literals.end(),
                       [&](const BoundLiteral& one) { return is_equal(node, value, one); });
  }
  const auto order = compare(value, literal, node.is_case_sensitive);
  if (!order) return false;
  if (node.kind == FilterKind::gt) return *order > 0;
  if (node.kind == FilterKind::ge) return *order >= 0;
  if (node.kind == FilterKind::lt) return *order < 0;
  return node.kind == FilterKind::le && *order <= 0;
}

std::span<const std::string> elements_of(const PropertyValue& value) {
  const auto* elements = std::get_if<std::span<const std::string>>(&value);
  return elements == nullptr ? std::span<const std::string>{} : *elements;
}

// `element`: inside of any(), the one element that it is about now.
bool matches_node(const Node& node, const PropertyReader& row, const std::string* element) {
  const auto does = [&](const Node& child) { return matches_node(child, row, element); };
  switch (node.kind) {
    case FilterKind::conjunction:
      return std::all_of(node.children.begin(), node.children.end(), does);
    case FilterKind::disjunction:
      return std::any_of(node.children.begin(), node.children.end(), does);
    case FilterKind::negation:
      return std::none_of(node.children.begin(), node.children.end(), does);
    case FilterKind::any: {
      const PropertyValue value = row.value(node.property);
      const std::span<const std::string> elements = elements_of(value);
      return std::any_of(elements.begin(), elements.end(), [&](const std::string& one) {
        return matches_node(node.children.front(), row, &one);
      });
    }
    case FilterKind::truth:
    case FilterKind::eq:
    case FilterKind::ne:
    case FilterKind::gt:
    case FilterKind::ge:
    case FilterKind::lt:
    case FilterKind::le:
    case FilterKind::in:
    case FilterKind::starts_with:
    case FilterKind::ends_with:
    case FilterKind::contains: break;
  }
  if (element != nullptr) return matches_leaf(node, std::string_view{*element});
  PropertyValue value = row.value(node.property);
  if (node.counts) value = static_cast<std::int64_t>(elements_of(value).size());
  return matches_leaf(node, value);
}

}  // namespace

bool BoundFilter::matches(const PropertyReader& row) const {
  return matches_node(root_, row, nullptr);
}

Bound<BoundFilter> bind_filter(const FilterNode& filter, std::span<const PropertyRule> rules,
                               bool is_advanced) {
  Binder binder{rules, is_advanced};
  Node root = binder.bind(filter);
  if (binder.error) return *std::move(binder.error);
  return BoundFilter{std::move(root)};
}

}  // namespace curfew
