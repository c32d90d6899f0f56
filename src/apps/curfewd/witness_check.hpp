// apps/curfewd/witness_check.hpp: is this store the one that the witness remembers?
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "store/journal.hpp"
#include "store/store.hpp"
#include "store/witness.hpp"

namespace curfew {

// `invalid_argument` where the witness would lie in the data folder: whoever puts that folder back
// puts the witness back with it, and it proves nothing.
[[nodiscard]] Status check_witness_place(const std::string& path, const std::string& data_folder);

// Opens the witness and compares. `conflict` / after_human where the store was rolled back: what
// was revoked since may be accepted again, so the server must not start until an operator fences
// it.
[[nodiscard]] Result<std::unique_ptr<Witness>> open_witness(const std::string& path, Store& store,
                                                            const TenantId& tenant_id);

// From now on every acknowledged commit is known to the witness. Both outlive the store's writer.
void keep_witness(Store& store, Witness& witness, const LiveJournal& live);

}  // namespace curfew
