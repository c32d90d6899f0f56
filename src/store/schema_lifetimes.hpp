// store/schema_lifetimes.hpp: the table of the lifetimes that access tokens were made with.
#pragma once

#include "model/lifetime_in_force.hpp"
#include "store/mapping.hpp"

namespace curfew {

// One for each change of the settings; kept, as history.
template <>
struct Mapping<LifetimeInForce> {
  static constexpr std::string_view table = "lifetimes_in_force";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &LifetimeInForce::tenant_id),
                      column("since", &LifetimeInForce::since),
                      column("longest_seconds", &LifetimeInForce::longest_seconds)};
  }
  static std::vector<IndexSpec> indexes() { return {}; }
};

}  // namespace curfew
