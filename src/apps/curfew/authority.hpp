// apps/curfew/authority.hpp: `curfew ca`: the development authority in a server's data folder.
//
// Needs no server, but the folder: its key is readable for the server's own user and root only.
#pragma once

#include <string>
#include <vector>

#include "apps/curfew/terminal.hpp"

namespace curfew {

// Prints the certificate to standard output, and how to trust it to standard error.
[[nodiscard]] Exit export_ca(const std::string& data_folder, const Terminal& terminal);

// Writes a certificate for `names` and its key to OUT.pem and OUT-key.pem; never over a file.
[[nodiscard]] Exit issue_certificate(const std::string& data_folder,
                                     const std::vector<std::string>& names, const std::string& out,
                                     const Terminal& terminal);

}  // namespace curfew
