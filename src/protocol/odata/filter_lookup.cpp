// What rows a bound filter can be true of; see bound_filter.hpp.
#include <algorithm>
#include <string_view>

#include "protocol/odata/bound_filter.hpp"

namespace curfew {

namespace {

using Node = BoundFilter::Node;
using Texts = std::vector<std::string>;

// The texts of a comparison with this property; nothing if it is about something else.
std::optional<Texts> texts_of(const Node& node, std::size_t property) {
  if (node.property != property || node.counts) return std::nullopt;
  Texts texts;
  for (const BoundLiteral& literal : node.literals) {
    const auto* text = std::get_if<std::string>(&literal);
    if (text == nullptr) return std::nullopt;
    if (std::find(texts.begin(), texts.end(), *text) == texts.end()) texts.push_back(*text);
  }
  return texts;
}

std::optional<Texts> equal_to(const Node& node, std::size_t property);

// Any child's texts will do, since all children are true; the fewest are best.
std::optional<Texts> equal_to_fewest(const Node& node, std::size_t property) {
  std::optional<Texts> fewest;
  for (const Node& child : node.children) {
    std::optional<Texts> texts = equal_to(child, property);
    if (texts && (!fewest || texts->size() < fewest->size())) fewest = std::move(texts);
  }
  return fewest;
}

// Only one child need be true: every one must say something, and it is the texts of all.
std::optional<Texts> equal_to_all(const Node& node, std::size_t property) {
  Texts all;
  for (const Node& child : node.children) {
    const std::optional<Texts> texts = equal_to(child, property);
    if (!texts) return std::nullopt;
    for (const std::string& text : *texts) {
      if (std::find(all.begin(), all.end(), text) == all.end()) all.push_back(text);
    }
  }
  return all;
}

std::optional<Texts> equal_to(const Node& node, std::size_t property) {
  switch (node.kind) {
    case FilterKind::conjunction: return equal_to_fewest(node, property);
    case FilterKind::disjunction: return equal_to_all(node, property);
    case FilterKind::any: return equal_to(node.children.front(), property);
    case FilterKind::eq:
    case FilterKind::in: return texts_of(node, property);
    case FilterKind::negation:
    case FilterKind::truth:
    case FilterKind::ne:
    case FilterKind::gt:
    case FilterKind::ge:
    case FilterKind::lt:
    case FilterKind::le:
    case FilterKind::starts_with:
    case FilterKind::ends_with:
    case FilterKind::contains: return std::nullopt;
  }
  return std::nullopt;
}

std::string common_prefix(std::string_view a, std::string_view b) {
  const auto [end, other] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return {a.begin(), end};
}

std::optional<std::string> prefix_of(const Node& node, std::size_t property);

std::optional<std::string> longest_prefix(const Node& node, std::size_t property) {
  std::optional<std::string> longest;
  for (const Node& child : node.children) {
    std::optional<std::string> prefix = prefix_of(child, property);
    if (prefix && (!longest || prefix->size() > longest->size())) longest = std::move(prefix);
  }
  return longest;
}

// The beginning that the prefixes of all children have in common.
std::optional<std::string> shared_prefix(const Node& node, std::size_t property) {
  std::optional<std::string> shared;
  for (const Node& child : node.children) {
    const std::optional<std::string> prefix = prefix_of(child, property);
    if (!prefix) return std::nullopt;
    shared = shared ? common_prefix(*shared, *prefix) : *prefix;
  }
  return shared;
}

std::optional<std::string> prefix_of_texts(const Node& node, std::size_t property) {
  const std::optional<Texts> texts = texts_of(node, property);
  if (!texts) return std::nullopt;
  std::string shared = texts->front();
  for (const std::string& text : *texts) shared = common_prefix(shared, text);
  return shared;
}

std::optional<std::string> prefix_of(const Node& node, std::size_t property) {
  switch (node.kind) {
    case FilterKind::conjunction: return longest_prefix(node, property);
    case FilterKind::disjunction: return shared_prefix(node, property);
    case FilterKind::any: return prefix_of(node.children.front(), property);
    case FilterKind::eq:
    case FilterKind::in:
    case FilterKind::starts_with: return prefix_of_texts(node, property);
    case FilterKind::negation:
    case FilterKind::truth:
    case FilterKind::ne:
    case FilterKind::gt:
    case FilterKind::ge:
    case FilterKind::lt:
    case FilterKind::le:
    case FilterKind::ends_with:
    case FilterKind::contains: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::vector<std::string>> BoundFilter::required_equal(std::size_t property) const {
  return equal_to(root_, property);
}

std::optional<std::string> BoundFilter::required_prefix(std::size_t property) const {
  std::optional<std::string> prefix = prefix_of(root_, property);
  if (prefix && prefix->empty()) return std::nullopt;
  return prefix;
}

}  // namespace curfew
