// api/directory/room.hpp: how much one person can be given.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "revocation/facts.hpp"
#include "store/mapping.hpp"
#include "store/store.hpp"

namespace curfew {

// Refuses one more of what a revocation takes from a person one by one: nobody must be given so
// much that their access could not be taken away in one transaction any more.
template <typename T>
[[nodiscard]] Status check_room(ReadTx& tx, std::string_view index, std::vector<Value> prefix,
                                std::string_view what) {
  Query query;
  query.table = &table_of<T>();
  query.index = index;
  query.prefix = std::move(prefix);
  CURFEW_TRY(const std::uint64_t count, tx.count(query));
  if (count < kFactsObjectsMax) return Done{};
  return Error{ErrorCode::conflict, Retry::after_human,
               "the person has " + std::to_string(count) + " " + std::string{what} +
                   " already, the most there can be; remove some first"};
}

}  // namespace curfew
