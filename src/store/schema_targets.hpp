// store/schema_targets.hpp: the table of other servers that are asked to end what a person has.
#pragma once

#include "model/revocation_target.hpp"
#include "store/mapping.hpp"

namespace curfew {

template <>
struct Mapping<RevocationTarget> {
  static constexpr std::string_view table = "revocation_targets";
  static constexpr std::size_t key_column_count = 2;
  static auto columns() {
    return std::tuple{column("tenant_id", &RevocationTarget::tenant_id),
                      column("id", &RevocationTarget::id),
                      column("display_name", &RevocationTarget::display_name),
                      column("url", &RevocationTarget::url),
                      column("subject_member", &RevocationTarget::subject_member),
                      column("subject_format", &RevocationTarget::subject_format),
                      column("authentication", &RevocationTarget::authentication),
                      column("client_id", &RevocationTarget::client_id),
                      column("sealed_token", &RevocationTarget::sealed_token),
                      column("is_enabled", &RevocationTarget::is_enabled),
                      column("created_at", &RevocationTarget::created_at),
                      column("answered_at", &RevocationTarget::answered_at)};
  }
  static std::vector<IndexSpec> indexes() {
    return {{"revocation_targets_by_display_name", {0, 2}, true}};
  }
};

}  // namespace curfew
