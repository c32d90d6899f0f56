// protocol/odata/query_options.hpp: the system query options of an OData request.
//
// Names are taken with or without '$', in any case; each at most once. A name with '$' that is no
// option of ours is refused, because ignoring it would answer another question; other names are
// reported. Whether a resource supports an option is its owner's business.
//
// Spec: OData 4.01 URL conventions 5.1; WHATWG URL 5 ('+' is a space). Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "base/result.hpp"

namespace curfew {

inline constexpr std::size_t kQueryBytesMax = limits::kHttpHeaderBytesMax;
inline constexpr std::size_t kSelectPathsMax = 200;
inline constexpr std::size_t kOrderByPathsMax = 10;
inline constexpr std::size_t kExpandMax = 10;
inline constexpr std::uint64_t kSkipMax = 1'000'000;

// A path is "name" or "name/name", as written.
struct OrderByPath {
  std::string path;
  bool is_descending = false;

  friend bool operator==(const OrderByPath&, const OrderByPath&) = default;
};

struct ExpandItem {
  std::string relationship;
  std::vector<std::string> select;  // of relationship($select=a,b)

  friend bool operator==(const ExpandItem&, const ExpandItem&) = default;
};

struct QueryField {
  std::string name;  // an option's own spelling, "$skiptoken"; another name as written
  std::string value;

  friend bool operator==(const QueryField&, const QueryField&) = default;
};

struct QueryOptions {
  std::vector<std::string> select;    // paths, or "*"; empty: not given
  std::optional<std::string> filter;  // text, see filter.hpp
  std::optional<std::string> search;  // text, see search.hpp
  std::vector<OrderByPath> order_by;
  std::optional<std::uint64_t> top;
  std::optional<std::uint64_t> skip;
  std::optional<bool> count;
  std::optional<std::string> skip_token;
  std::optional<std::string> delta_token;
  std::vector<ExpandItem> expand;
  std::optional<std::string> format;  // "json"; nothing else is taken
  std::optional<std::string> id;      // $id or @id: a reference to be removed
  std::vector<std::string> unknown;   // names that are no option, as written
  std::vector<QueryField> given;      // everything, in order

  friend bool operator==(const QueryOptions&, const QueryOptions&) = default;
};

struct QueryLimits {
  std::uint64_t top_max = limits::kPageSizeMax;  // $top is 1 to this
  std::uint64_t skip_max = kSkipMax;             // $skip is 0 to this
};

// `query` is what follows '?', still encoded. invalid_argument names the option and the rule, in
// words for the caller of the API; exhausted for too much of something.
[[nodiscard]] Result<QueryOptions> parse_query_options(std::string_view query,
                                                       const QueryLimits& limits);

// The query of a link to the next page: what was given, in order and encoded again, with this
// $skiptoken. $deltatoken and $skip are left out: the token says where to go on.
[[nodiscard]] std::string next_page_query(const QueryOptions& options, std::string_view skip_token);
// The same for the link that ends a delta: with this $deltatoken, without $skiptoken and $skip.
[[nodiscard]] std::string delta_query(const QueryOptions& options, std::string_view delta_token);

}  // namespace curfew
