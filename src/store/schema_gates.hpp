// store/schema_gates.hpp: the table of gates. Their codes are among the registration tokens.
#pragma once

#include "model/gate.hpp"
#include "store/mapping.hpp"

namespace curfew {

template <>
struct Mapping<Gate> {
  static constexpr std::string_view table = "gates";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &Gate::tenant_id),
                      column("app_id", &Gate::app_id),
                      column("name", &Gate::name),
                      column("mode", &Gate::mode),
                      column("maker_kind", &Gate::maker_kind),
                      column("maker_id", &Gate::maker_id),
                      column("maker_name", &Gate::maker_name),
                      column("created_at", &Gate::created_at),
                      column("enrolled_at", &Gate::enrolled_at),
                      column("uncut_requests", &Gate::uncut_requests)};
  }
  static std::vector<IndexSpec> indexes() { return {{"gates_by_name", {0, 2}, true}}; }
};

}  // namespace curfew
