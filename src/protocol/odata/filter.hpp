// protocol/odata/filter.hpp: the expression of `$filter`, as a tree of values.
//
// A path, an operator and a literal make a comparison; `not` binds weaker than those, `and` weaker
// than `not`, `or` weakest. Chains of `and` and of `or` are one node each, whatever their
// parentheses. Operators and functions are taken in any case. What a path means, and which
// operators a property has, is decided where the filter is bound (bound_filter.hpp).
//
// Spec: OData 4.01 URL conventions 5.1.1, the part that directories use. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace curfew {

inline constexpr std::size_t kFilterBytesMax = 8UL * 1024;
inline constexpr std::size_t kFilterDepthMax = 32;  // parentheses, `not` and any() inside another
inline constexpr std::size_t kFilterNodesMax = 256;
inline constexpr std::size_t kFilterInMax = 50;   // literals of one `in`
inline constexpr std::size_t kFilterPathMax = 8;  // segments of one path

enum class LiteralKind { null, boolean, number, string, guid, date_time };

// `text`: of a string, its content; of a boolean, "true" or "false"; of a GUID, in lower case; of
// a number, date or time as written ("12", "2026-11-29", "2026-11-29T10:00:00Z"); of null, empty.
struct FilterLiteral {
  LiteralKind kind = LiteralKind::null;
  std::string text;

  friend bool operator==(const FilterLiteral&, const FilterLiteral&) = default;
};

// "a/b" is {"a", "b"}, in the case as written; `counts` for a path that ended in "/$count".
struct FilterPath {
  std::vector<std::string> segments;
  bool counts = false;

  friend bool operator==(const FilterPath&, const FilterPath&) = default;
};

enum class FilterKind {
  conjunction,  // children, two or more
  disjunction,  // children, two or more
  negation,     // one child
  truth,        // path alone: a boolean property
  eq,           // path, one literal; the same for the next five
  ne,
  gt,
  ge,
  lt,
  le,
  in,           // path, one literal or more
  starts_with,  // path, one literal, a string; the same for the next two
  ends_with,
  contains,
  any,  // path of a collection, variable, one child whose paths start with the variable
};

struct FilterNode {
  FilterKind kind = FilterKind::truth;
  FilterPath path;
  std::vector<FilterLiteral> literals;
  std::string variable;
  std::vector<FilterNode> children;

  friend bool operator==(const FilterNode&, const FilterNode&) = default;
};

// invalid_argument with the place and what was expected there; exhausted for one of the limits.
[[nodiscard]] Result<FilterNode> parse_filter(std::string_view text);

// One spelling of a parsed filter: parse_filter(to_text(node)) is `node`, unless that spelling is
// longer than kFilterBytesMax.
[[nodiscard]] std::string to_text(const FilterNode& node);
[[nodiscard]] std::string to_text(const FilterPath& path);
// The word of the query language: "eq", "startsWith", "and".
[[nodiscard]] std::string_view to_string(FilterKind kind);

}  // namespace curfew
