#include "store/witness.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "io/file.hpp"

namespace curfew {

namespace {

// Each slot in a block of its own, so that tearing one cannot touch the other. A slot is smaller
// than a sector.
constexpr std::size_t kSlotBytes = 512;
constexpr std::size_t kBlockBytes = 4096;
constexpr std::size_t kFileBytes = 2 * kBlockBytes;
constexpr std::size_t kFieldBytesMax = 128;  // of an id and of a chain hash
constexpr std::string_view kMagic = "curfew-witness 2";

struct Slot {
  std::uint64_t write_count = 0;
  std::string tenant_id;
  std::string id;
  ChainMark mark;
};

// Lines: magic, count, tenant, id, packed position, chain hash, checksum of all before; NULs to the
// end.
std::string encode(const Slot& slot) {
  std::string text = join({std::string{kMagic}, std::to_string(slot.write_count), slot.tenant_id,
                           slot.id, std::to_string(pack(slot.mark.position)), slot.mark.chain_hash},
                          "\n") +
                     "\n";
  text += sha256_base64url(text) + "\n";
  text.resize(kSlotBytes, '\0');
  return text;
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<Slot> decode(std::string_view bytes) {
  const std::vector<std::string_view> lines = split(bytes, '\n');
  if (lines.size() != 8 || lines[0] != kMagic) return std::nullopt;
  const std::size_t body = bytes.size() - lines[7].size() - lines[6].size() - 1;
  if (sha256_base64url(bytes.substr(0, body)) != lines[6]) return std::nullopt;
  const auto count = parse_number<std::uint64_t>(lines[1]);
  const auto packed = parse_number<std::int64_t>(lines[4]);
  if (!count || !packed || *packed < 0) return std::nullopt;
  return Slot{*count,
              std::string{lines[2]},
              std::string{lines[3]},
              {unpack_position(*packed), std::string{lines[5]}}};
}

// The whole slot that was written last.
std::optional<Slot> newest_of(std::string_view file) {
  if (file.size() != kFileBytes) return std::nullopt;
  std::optional<Slot> newest;
  for (const std::size_t at : {std::size_t{0}, kBlockBytes}) {
    std::optional<Slot> slot = decode(file.substr(at, kSlotBytes));
    if (slot && (!newest || slot->write_count > newest->write_count)) newest = std::move(slot);
  }
  return newest;
}

bool fits(std::string_view field) {
  return field.size() <= kFieldBytesMax && field.find('\n') == std::string_view::npos;
}

Error system_error(std::string_view doing, const std::string& path) {
  return Error::transient(ErrorCode::unavailable,
                          std::string{doing} + " " + path + ": " + std::strerror(errno));
}

Status write_slot(int fd, std::string_view bytes, std::size_t at, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return system_error("writing", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    at += static_cast<std::size_t>(written);
  }
  if (::fdatasync(fd) != 0) return system_error("syncing", path);
  return Done{};
}

}  // namespace

Witness::Witness(UniqueFd fd, std::string path, TenantId tenant_id, std::string id, ChainMark mark,
                 std::uint64_t write_count)
    : fd_(std::move(fd)),
      path_(std::move(path)),
      tenant_id_(std::move(tenant_id)),
      id_(std::move(id)),
      mark_(std::move(mark)),
      write_count_(write_count) {}

// Whole from the first moment: later, two broken slots can only mean damage.
Status Witness::create(const std::string& path, const TenantId& tenant_id, const std::string& id,
                       const ChainMark& mark) {
  if (!fits(tenant_id.str()) || !fits(id) || !fits(mark.chain_hash)) {
    return Error::permanent(ErrorCode::invalid_argument, "an id is too long for a witness");
  }
  std::string fresh = encode({0, tenant_id.str(), id, mark});
  fresh.resize(kFileBytes, '\0');
  return create_file(path, fresh, S_IRUSR | S_IWUSR);
}

Result<std::unique_ptr<Witness>> Witness::open(const std::string& path, const TenantId& tenant_id) {
  CURFEW_TRY(const std::string content, read_file(path, kFileBytes));
  std::optional<Slot> slot = newest_of(content);
  if (!slot) {
    return Error{ErrorCode::corrupted, Retry::after_human, "the witness " + path + " is damaged"};
  }
  if (slot->tenant_id != tenant_id.str()) {
    return Error{ErrorCode::conflict, Retry::after_human,
                 "the witness " + path + " belongs to another tenant"};
  }
  UniqueFd fd{::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (!fd.valid()) return system_error("opening", path);
  return std::unique_ptr<Witness>{new Witness{std::move(fd), path, tenant_id, std::move(slot->id),
                                              std::move(slot->mark), slot->write_count}};
}

ChainMark Witness::current() const {
  const std::lock_guard lock{mutex_};
  return mark_;
}

Status Witness::raise(Position position, const std::string& chain_hash) {
  const std::lock_guard lock{mutex_};
  if (position < mark_.position) return Done{};
  if (position == mark_.position) {
    if (chain_hash == mark_.chain_hash) return Done{};
    return Error{ErrorCode::corrupted, Retry::after_human,
                 "the journal has another entry at " + to_string(position) + " than the witness"};
  }
  if (!fits(chain_hash)) {
    return Error::permanent(ErrorCode::invalid_argument, "a chain hash is too long for a witness");
  }
  const Slot slot{write_count_ + 1, tenant_id_.str(), id_, {position, chain_hash}};
  const std::size_t at = slot.write_count % 2 == 0 ? 0 : kBlockBytes;
  CURFEW_TRY_STATUS(write_slot(fd_.get(), encode(slot), at, path_));
  mark_ = slot.mark;
  write_count_ = slot.write_count;
  return Done{};
}

}  // namespace curfew
