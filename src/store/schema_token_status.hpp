// store/schema_token_status.hpp: the table of the places that access tokens have in status lists.
#pragma once

#include "model/token_status.hpp"
#include "store/mapping.hpp"

namespace curfew {

template <>
struct Mapping<TokenStatus> {
  static constexpr std::string_view table = "token_status";
  static constexpr std::size_t key_column_count = 5;
  static auto columns() {
    return std::tuple{column("tenant_id", &TokenStatus::tenant_id),
                      column("app_id", &TokenStatus::app_id),
                      column("generation", &TokenStatus::generation),
                      column("list", &TokenStatus::list),
                      column("idx", &TokenStatus::idx),
                      column("keys", &TokenStatus::keys),
                      column("auth_as_of", &TokenStatus::auth_as_of),
                      column("as_of", &TokenStatus::as_of),
                      column("expires_at", &TokenStatus::expires_at)};
  }
  static std::vector<IndexSpec> indexes() { return {{"token_status_by_expiry", {0, 8}, false}}; }
};

}  // namespace curfew
