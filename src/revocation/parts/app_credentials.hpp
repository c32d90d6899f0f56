// revocation/parts/app_credentials.hpp: what the parts do alike that are about what applications
// prove themselves with. Target: application/id.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/application.hpp"
#include "revocation/parts/rows.hpp"
#include "revocation/parts/words.hpp"

namespace curfew {

inline constexpr std::string_view kCredentialsOption = "credentials";
inline constexpr std::string_view kOldCredentialsStayDead =
    "stays removed: old credentials stay dead; add a new one";

// Row: AppSecret or ClientKey. `describe`: what people call it, without the application.
template <typename Row>
[[nodiscard]] MadeItems credentials_made_by(const PartLook& look, const AuditRecord& record,
                                            const RunPart& part, std::string_view action,
                                            std::string (*describe)(const Row&)) {
  const bool is_new_app = record.entry.action == "app.add" || record.entry.action == "app.register";
  if (!is_new_app && record.entry.action != action) return not_made();
  CURFEW_TRY(const std::string app, app_name(look, record.subject_id));
  if (!is_new_app && record.detail.empty()) return made({{&part, "", "of " + app, {}, "", ""}});
  CURFEW_TRY(const auto rows,
             rows_of_part<Row>(look, "", keys_of(look.tenant_id, AppId{record.subject_id})));
  const std::vector<std::string> named = split_words(record.detail);
  std::vector<FoundItem> items;
  for (const Row& row : rows) {
    const bool is_named = std::find(named.begin(), named.end(), row.id) != named.end();
    if (!is_new_app && !is_named) continue;
    items.push_back({&part, target_of({row.app_id.str(), row.id}), describe(row) + " of " + app,
                     known_time(row.created_at), "", ""});
  }
  return made(std::move(items));
}

[[nodiscard]] inline Result<std::string> application_of(const PartLook& /*look*/,
                                                        const std::string& target) {
  CURFEW_TRY(const auto ids, ids_in<2>(target));
  return ids[0];
}

[[nodiscard]] inline Result<Removal> app_credential_removal(RemovalKind kind,
                                                            const std::string& target) {
  CURFEW_TRY(const auto ids, ids_in<2>(target));
  Removal removal;
  removal.kind = kind;
  removal.app_id = AppId{ids[0]};
  removal.object_id = ids[1];
  return removal;
}

template <typename Row>
[[nodiscard]] Result<std::optional<std::string>> app_credential_id(const PartLook& look,
                                                                   const std::string& target) {
  CURFEW_TRY(const auto ids, ids_in<2>(target));
  CURFEW_TRY(const auto row, load<Row>(look.tx, look.tenant_id, AppId{ids[0]}, ids[1]));
  return row ? std::optional{row->id} : std::nullopt;
}

}  // namespace curfew
