#include "io/file_error.hpp"

#include <cerrno>
#include <cstring>

namespace curfew {

Error file_error(std::string_view doing, const std::string& path, int number) {
  const std::string message = std::string{doing} + " " + path + ": " + std::strerror(number);
  switch (number) {  // errno values
    case ENOENT:
    case ENOTDIR: return Error{ErrorCode::not_found, Retry::after_human, message};
    case EACCES:
    case EPERM:
    case EROFS: return Error{ErrorCode::denied, Retry::after_human, message};
    case EEXIST: return Error{ErrorCode::conflict, Retry::after_human, message};
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return Error{ErrorCode::exhausted, Retry::after_human, message};
    default: return Error::transient(ErrorCode::unavailable, message);
  }
}

}  // namespace curfew
