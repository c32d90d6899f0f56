#include "apps/curfew/header_file.hpp"

#include "io/file.hpp"

namespace curfew {

namespace {

constexpr std::size_t kHeaderFileBytesMax = 8192;

}  // namespace

Result<std::string> read_header_file(const std::string& path) {
  CURFEW_TRY(std::string text, read_file(path, kHeaderFileBytesMax));
  text.erase(text.find_last_not_of("\r\n") + 1);
  return text;
}

}  // namespace curfew
