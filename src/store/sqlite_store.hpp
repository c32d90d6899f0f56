// store/sqlite_store.hpp: the store in one SQLite file, for a schema given as data.
//
// open_sqlite_store (store/store.hpp) is this with the product's tables. Files: `path` (mode 0600),
// `path`-wal and `path`-shm while open, `path`.lock held by the one process that may write. Other
// processes may read, such as a backup of a live server.
#pragma once

#include <memory>
#include <span>

#include "store/migrations.hpp"
#include "store/store.hpp"

namespace curfew {

struct SqliteSchema {
  std::span<const Migration> migrations;
  std::span<const TableSpec* const> tables;  // what the migrations lead to
  // 0: as large as the disk allows. Tests bound it to meet a full disk.
  std::int64_t pages_max = 0;
};

[[nodiscard]] Result<std::unique_ptr<Store>> open_sqlite_store_with(const SqliteOptions& options,
                                                                    const SqliteSchema& schema);

}  // namespace curfew
