// api/directory/directory_index.hpp: keeps what people are found by in step with their rows.
//
// Users are added, renamed and dropped through these functions, so that no row is without its
// index entries. The entries hold what is in the row and nothing else: whoever finds an id here
// reads the row and judges by it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/directory.hpp"
#include "store/store.hpp"

namespace curfew {

inline constexpr std::string_view kUserIndexKind = "user";

// Whether an index holds this property of users: "displayName", or "displayName:word".
[[nodiscard]] bool is_indexed(std::string_view property);
// As it stands in the index: in lower case, cut to kDirectoryIndexValueBytesMax.
[[nodiscard]] std::string index_value(std::string_view text);

[[nodiscard]] std::vector<DirectoryIndexEntry> index_entries(const User& user);

// `conflict` if the id or the user principal name is taken.
[[nodiscard]] Status add_user_row(WriteTx& tx, const User& user);
[[nodiscard]] Status save_user_row(WriteTx& tx, const User& before, const User& after);
[[nodiscard]] Status drop_user_row(WriteTx& tx, const User& user);

// For a tenant without users: what is added from now on is indexed as it comes.
[[nodiscard]] Status mark_directory_index_built(WriteTx& tx, const TenantId& tenant_id);

// Brings a database up to date whose users are older than the index. At start, before anything is
// served; returns at once where it was done before.
[[nodiscard]] Status build_directory_index(Store& store, const TenantId& tenant_id);

}  // namespace curfew
