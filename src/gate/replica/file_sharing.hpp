// gate/replica/file_sharing.hpp: who may open a file of a replica beside its owner.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/result.hpp"
#include "io/mapped_file.hpp"

namespace curfew {

// As if it were made now: a file that an earlier process left is of the group that was named then,
// and gets this one's; without one, the process's own. Who has it open keeps it. `path` is for
// errors.
[[nodiscard]] Status share_file(const MappedFile& file, const std::string& path, mode_t mode,
                                std::optional<gid_t> reader_group);

}  // namespace curfew
