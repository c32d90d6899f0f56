// revocation/parts/rows.hpp: what parts do alike whose items are rows of the store.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "revocation/part.hpp"
#include "store/journal.hpp"
#include "store/mapping.hpp"

namespace curfew {

// At most kPartItemsMax of them.
template <typename T>
[[nodiscard]] Result<std::vector<T>> rows_of_part(const PartLook& look, std::string_view index,
                                                  std::vector<Value> prefix) {
  Query query;
  query.index = index;
  query.prefix = std::move(prefix);
  query.limit = kPartItemsMax;
  return scan_as<T>(look.tx, query);
}

// As people know the rows, each.
template <typename T>
[[nodiscard]] Result<std::vector<FoundItem>> items_of_rows(
    const PartLook& look, std::string_view index, std::vector<Value> prefix,
    Result<FoundItem> (*item_of)(const PartLook&, const T&)) {
  CURFEW_TRY(const auto rows, rows_of_part<T>(look, index, std::move(prefix)));
  std::vector<FoundItem> items;
  for (const T& row : rows) {
    CURFEW_TRY(FoundItem item, item_of(look, row));
    items.push_back(std::move(item));
  }
  return items;
}

// A prior value that says no more than that it was there.
template <typename T, typename Id = std::string>
[[nodiscard]] Result<std::optional<std::string>> target_if_there(const PartLook& look,
                                                                 const std::string& target) {
  CURFEW_TRY(const auto row, load<T>(look.tx, look.tenant_id, Id{target}));
  return row ? std::optional{target} : std::nullopt;
}

// A person or an application: it is out as long as somebody holds it out.
[[nodiscard]] inline Result<Observation> observe_held(const PartLook& look, std::string_view what,
                                                      const Key& key, bool is_enabled) {
  CURFEW_TRY(const auto holds, holds_on(look.tx, look.tenant_id, key));
  if (is_enabled || holds.empty()) {
    return Observation{Finding::alive, "the " + std::string{what} + " is enabled"};
  }
  return Observation{Finding::gone,
                     std::string{what} + " disabled; holds: " + std::to_string(holds.size())};
}

template <typename T, typename... Keys>
[[nodiscard]] Result<Observation> observe_row(const PartLook& look, std::string_view what,
                                              const Keys&... keys) {
  CURFEW_TRY(const auto row, load<T>(look.tx, look.tenant_id, keys...));
  if (row) return Observation{Finding::alive, std::string{what} + " is stored"};
  return Observation{Finding::gone, "no such " + std::string{what} + " is stored any more"};
}

// Somebody or something that has to be there for a row to be given back.
[[nodiscard]] inline GivenBack stays(std::string why) { return {false, std::move(why)}; }

}  // namespace curfew
