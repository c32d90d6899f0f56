// store/sqlite_offline.hpp: what a tool does with a database file beside, or without, its server.
#pragma once

#include <string>

#include "base/result.hpp"
#include "store/store.hpp"

namespace curfew {

// Runs `body` in this thread on one snapshot of the file, which may have another process as its
// writer: takes no lock that holds it up and changes nothing. `corrupted`: the tables are not this
// version's.
[[nodiscard]] Status read_sqlite(const std::string& path, const Store::ReadBody& body);

// Writes the file anew, so that nothing of what was removed is left in its free pages. `conflict`:
// a store has it open.
[[nodiscard]] Status compact_sqlite(const std::string& path);

}  // namespace curfew
