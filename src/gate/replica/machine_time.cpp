#include "gate/replica/machine_time.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/text.hpp"
#include "io/file.hpp"

namespace curfew {

namespace {

constexpr std::size_t kBootIdFileBytesMax = 64;
constexpr const char* kBootIdPath = "/proc/sys/kernel/random/boot_id";

}  // namespace

std::optional<BootId> parse_boot_id(std::string_view text) {
  std::string digits{text};
  std::erase(digits, '-');
  const std::optional<std::string> bytes = hex_decode(digits);
  BootId id;
  if (!bytes || bytes->size() != sizeof id.words) return std::nullopt;
  std::memcpy(id.words.data(), bytes->data(), bytes->size());
  return id;
}

Result<BootId> read_boot_id() {
  CURFEW_TRY(std::string text, read_file(kBootIdPath, kBootIdFileBytesMax));
  if (text.ends_with('\n')) text.pop_back();
  if (const std::optional<BootId> id = parse_boot_id(text)) return *id;
  return Error::transient(ErrorCode::unavailable, std::string{kBootIdPath} + " holds no GUID");
}

MachineTime machine_time(const BootId& boot_id, const Clock& clock) {
  return {boot_id, clock.since_boot() + Duration{1}, clock.now() + Duration{1}};
}

}  // namespace curfew
