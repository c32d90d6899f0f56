// gate/replica/trust.hpp: whose files are believed.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.hpp"
#include "io/mapped_file.hpp"

namespace curfew {

// Denied, with the reason, unless the file belongs to root or one of `owners`, and nobody else may
// write it: in a directory like /dev/shm everybody can put a file under any name.
[[nodiscard]] Status check_trust(const FileFacts& facts, const std::vector<uid_t>& owners,
                                 const std::string& path);

}  // namespace curfew
