// apps/curfewd/maintenance.hpp: what is done on the server's own machine: a lost password, backups,
// the fence.
//
// Commands that change the store need the data folder to themselves (the server stopped); `backup`
// runs beside a live server. Each prints what it did to standard output.
#pragma once

#include <string>

#include "apps/curfewd/data_folder.hpp"
#include "base/result.hpp"

namespace curfew {

struct MaintenanceOptions {
  DataFolder folder;
  std::string user_principal_name;
  std::string backup_file;
  std::string witness_file;
};

// Sets and prints a one-time password; ends everything that the account had; audited. The tenant's
// witness knows of it when this returns.
Status reset_password(const MaintenanceOptions& options);
Status backup(const MaintenanceOptions& options);
// Fences a copy of the backup, after every generation that it, the database or the witness knows,
// and then puts it in place of the database, which is kept aside. Where any of that fails before,
// or the backup cannot be served with the folder's key, nothing is changed.
Status restore(const MaintenanceOptions& options);
// Starts a new generation and raises the witness to it: every stamp before is outdated. The
// database takes the named witness for its own if it knew of none.
Status fence(const MaintenanceOptions& options);
// Makes the tenant's witness at `witness_file`, where there is no file, and says so in the
// database, so that nothing is served without it; audited. `conflict`: the tenant has one.
Status new_witness(const MaintenanceOptions& options);
// The tenant has no witness any more; audited. For one that is lost.
Status drop_witness(const MaintenanceOptions& options);

}  // namespace curfew
