// revocation/parts/rows.hpp: what parts do alike whose items are rows of the store.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "revocation/part.hpp"
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
