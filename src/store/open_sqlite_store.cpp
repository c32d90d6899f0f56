#include "store/schema.hpp"
#include "store/sqlite_store.hpp"

namespace curfew {

Result<std::unique_ptr<Store>> open_sqlite_store(const SqliteOptions& options) {
  return open_sqlite_store_with(options,
                                {.migrations = built_in_migrations(), .tables = all_tables()});
}

}  // namespace curfew
