// store/schema_commands.hpp: the table of applications that take commands about accounts.
#pragma once

#include "model/command_party.hpp"
#include "store/mapping.hpp"

namespace curfew {

template <>
struct Mapping<CommandParty> {
  static constexpr std::string_view table = "command_parties";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &CommandParty::tenant_id),
                      column("app_id", &CommandParty::app_id),
                      column("command_endpoint", &CommandParty::command_endpoint)};
  }
  static std::vector<IndexSpec> indexes() { return {}; }
};

}  // namespace curfew
