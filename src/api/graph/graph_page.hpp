// api/graph/graph_page.hpp: where a list goes on: the text of $skiptoken, and @odata.nextLink.
//
// A token names the last row that was looked at, not a number of rows, so that it survives a
// changed $top, and rows that come and go. It holds nothing that its bearer was not shown, and
// gives no right: the next page is a call of its own.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "api/graph/graph_call.hpp"

namespace curfew {

// The last row looked at: by what the list is in order, and its id.
struct PagePlace {
  std::string value;
  std::string id;

  friend auto operator<=>(const PagePlace&, const PagePlace&) = default;
};

// The place that the caller goes on from, if any. 400 for a token that is not one of ours, or that
// is of another list: another path, $filter, $search or $orderby.
[[nodiscard]] GraphResult<std::optional<PagePlace>> page_place(const GraphCall& call);

// Whether the page before was asked for with ConsistencyLevel: eventual. Clients need not repeat
// the header.
[[nodiscard]] GraphResult<bool> token_is_advanced(const GraphCall& call);

// $top, or the default of 100.
[[nodiscard]] std::size_t page_size(const QueryOptions& options);

// The whole URL of the page that begins after `place`, on the address that clients know us by.
[[nodiscard]] std::string next_link(const GraphCall& call, const PagePlace& place);

}  // namespace curfew
