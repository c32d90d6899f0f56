// protocol/odata/property.hpp: what may be asked about a resource's properties, and their values.
//
// One table for each kind of resource says what `$filter` and `$search` may use; its owner reads a
// row's values by the position in that table.
//
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/clock.hpp"

namespace curfew {

enum class PropertyType {
  string,
  boolean,
  number,  // whole
  date_time,
  guid,
  string_collection,  // also one member of a collection of objects: "assignedLicenses/skuId"
};

// What can be asked, each a bit.
using Operators = std::uint32_t;
namespace operators {
inline constexpr Operators kNone = 0;
inline constexpr Operators kEq = 1U << 0U;
inline constexpr Operators kNe = 1U << 1U;
inline constexpr Operators kGt = 1U << 2U;
inline constexpr Operators kGe = 1U << 3U;
inline constexpr Operators kLt = 1U << 4U;
inline constexpr Operators kLe = 1U << 5U;
inline constexpr Operators kIn = 1U << 6U;
inline constexpr Operators kStartsWith = 1U << 7U;
inline constexpr Operators kEndsWith = 1U << 8U;
inline constexpr Operators kContains = 1U << 9U;
inline constexpr Operators kNot = 1U << 10U;    // below a `not`
inline constexpr Operators kNull = 1U << 11U;   // the literal null, beside kEq or kNe
inline constexpr Operators kCount = 1U << 12U;  // path/$count against a number
inline constexpr Operators kEquality = kEq | kIn;
inline constexpr Operators kGeLe = kGe | kLe;
inline constexpr Operators kOrder = kGt | kGe | kLt | kLe;
inline constexpr Operators kNegations = kNe | kNot;
}  // namespace operators

enum class SearchKind {
  none,         // $search does not look here
  tokens,       // by the beginnings of words, see search_tokens()
  starts_with,  // by the beginning of the text
};

// A collection's operators are those of its elements inside of any().
struct PropertyRule {
  std::string_view name;  // "displayName", "signInActivity/lastSignInDateTime"; outlives all use
  PropertyType type = PropertyType::string;
  Operators plain = operators::kNone;     // allowed in every query
  Operators advanced = operators::kNone;  // allowed besides in an advanced query
  SearchKind search = SearchKind::none;
  bool is_case_sensitive = false;  // string and string_collection; ASCII letters only
};

// A row's value; std::monostate is null. A guid is text. What does not fit the rule's type is null.
using PropertyValue = std::variant<std::monostate, bool, std::int64_t, TimePoint, std::string_view,
                                   std::span<const std::string>>;

class PropertyReader {
 public:
  PropertyReader() = default;
  PropertyReader(const PropertyReader&) = default;
  PropertyReader& operator=(const PropertyReader&) = default;
  virtual ~PropertyReader() = default;
  // `index` is the rule's place in its table. What a view points to need live only until the next
  // call, so that a reader can put a value together in one buffer.
  [[nodiscard]] virtual PropertyValue value(std::size_t index) const = 0;
};

enum class QueryFault {
  bad_request,  // wrong in itself: an unknown property, a literal of another type
  unsupported,  // right, and not offered for this property or without an advanced query
};

struct QueryError {
  QueryFault fault = QueryFault::bad_request;
  std::string message;  // a sentence for the caller of the API
};

// Something bound to a table of rules, or why it could not be.
template <typename T>
using Bound = std::variant<T, QueryError>;

// The place of the rule with this name in any case; nothing if there is none.
[[nodiscard]] std::optional<std::size_t> find_property(std::span<const PropertyRule> rules,
                                                       std::string_view name);

}  // namespace curfew
