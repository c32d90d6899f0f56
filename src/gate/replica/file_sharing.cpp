#include "gate/replica/file_sharing.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "io/file_error.hpp"

namespace curfew {

Status share_file(const MappedFile& file, const std::string& path, mode_t mode,
                  std::optional<gid_t> reader_group) {
  const gid_t group = reader_group.value_or(::getegid());
  struct stat found{};
  if (::fstat(file.fd(), &found) != 0) return file_error("checking", path, errno);
  if (found.st_gid != group && ::fchown(file.fd(), static_cast<uid_t>(-1), group) != 0) {
    return file_error("setting the group of", path, errno);
  }
  if ((found.st_mode & 07777) != mode && ::fchmod(file.fd(), mode) != 0) {
    return file_error("setting the mode of", path, errno);
  }
  return Done{};
}

}  // namespace curfew
