// apps/curfewd/witness_check.hpp: is this store the one that the witness remembers, and this file
// the witness that the store knows?
//
// A tenant that has a witness says so in its database (model/tenant_witness.hpp). So neither a
// mistyped path nor a forgotten option lets a rolled-back database be served: each is refused with
// what happened and the next command. Only `curfewd new-witness` makes a file.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "apps/curfewd/data_folder.hpp"
#include "base/result.hpp"
#include "model/tenant_witness.hpp"
#include "store/journal.hpp"
#include "store/store.hpp"
#include "store/witness.hpp"

namespace curfew {

// `invalid_argument` where the witness would lie in the data folder: whoever puts that folder back
// puts the witness back with it, and it proves nothing.
[[nodiscard]] Status check_witness_place(const std::string& path, const std::string& data_folder);

// What the database says of its witness; nothing: it has none.
[[nodiscard]] Result<std::optional<TenantWitness>> known_witness(Store& store,
                                                                 const TenantId& tenant_id);

// The witness at `path` (empty: none was named), which must be the known one. Null where none was
// named and none is known. A file that carries an id where the database knows of no witness is
// opened: what that means is the caller's to say.
[[nodiscard]] Result<std::unique_ptr<Witness>> open_named_witness(
    const std::string& path, const DataFolder& folder, const TenantId& tenant_id,
    const std::optional<TenantWitness>& known);

// The same for whoever is about to serve, or to write on, and compares. `conflict` / after_human
// where the store was rolled back: what was revoked since may be accepted again, so the server must
// not start, and nothing may raise the witness, until an operator fences it. The database remembers
// the path of a witness that agrees.
[[nodiscard]] Result<std::unique_ptr<Witness>> open_agreeing_witness(const std::string& path,
                                                                     const DataFolder& folder,
                                                                     Store& store,
                                                                     const TenantId& tenant_id);

// The path as the database remembers it: the same wherever a command is typed.
[[nodiscard]] std::string path_to_remember(const std::string& path);

// From now on every acknowledged commit is known to the witness. Both outlive the store's writer.
void keep_witness(Store& store, Witness& witness, const LiveJournal& live);

}  // namespace curfew
