#include "apps/curfewd/data_folder.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/text.hpp"
#include "crypto/hmac.hpp"
#include "crypto/random.hpp"
#include "crypto/seal.hpp"
#include "gate/feed/gate_limits.hpp"
#include "io/file.hpp"

namespace curfew {

Error no_data_folder(const DataFolder& folder, const Error& why) {
  return Error{
      ErrorCode::not_found, Retry::after_human,
      folder.path + " is no data folder (" + why.message() + "); `curfewd init` makes one"};
}

Result<FileLock> lock_data_folder(const DataFolder& folder) {
  auto lock = FileLock::acquire(folder.lock());
  if (lock.ok()) return lock;
  if (lock.error().code() == ErrorCode::not_found) return no_data_folder(folder, lock.error());
  if (lock.error().code() != ErrorCode::conflict) return lock;
  return Error{ErrorCode::conflict, Retry::after_human,
               lock.error().message() +
                   ": the server runs, or another command does. Stop the server first (SIGTERM); "
                   "only `curfewd backup` and `verify-audit` work beside it"};
}

Status create_master_key(const DataFolder& folder) {
  const Secret key = random_secret(kSealKeyBytes);
  std::string text = base64url_encode(key.reveal()) + "\n";
  const Status written = create_file(folder.key(), text, 0600);
  wipe(text.data(), text.size());
  return written;
}

Result<Secret> read_master_key(const DataFolder& folder) {
  constexpr std::size_t kKeyFileBytesMax = 256;
  CURFEW_TRY(std::string text, read_file(folder.key(), kKeyFileBytesMax));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  auto bytes = base64url_decode(text);
  wipe(text.data(), text.size());
  if (!bytes || bytes->size() != kSealKeyBytes) {
    return Error{ErrorCode::corrupted, Retry::after_human,
                 folder.key() + " is no Curfew key file (32 bytes as base64url)"};
  }
  return Secret{std::move(*bytes)};
}

Result<Duration> note_longest_lease(const DataFolder& folder, Duration own) {
  constexpr std::size_t kTextBytesMax = 64;
  constexpr Duration kLongest = gate_limits::kLeaseTimeMax + gate_limits::kDriftMax;
  const auto text = read_file(folder.gate_leases(), kTextBytesMax);
  Duration longest = own;
  if (text.ok()) {
    std::int64_t millis = 0;
    const char* const end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, millis);
    const bool is_good = error == std::errc{} && stop != end && *stop == '\n' && millis > 0;
    // One that nobody can read says nothing: then it is the longest that there is.
    longest = std::max(own, is_good ? std::min(Duration{millis}, kLongest) : kLongest);
    if (is_good && Duration{millis} >= longest) return longest;
  } else if (text.error().code() != ErrorCode::not_found) {
    return text.error();
  }
  CURFEW_TRY_STATUS(
      write_file_atomic(folder.gate_leases(), std::to_string(longest.count()) + "\n", 0600));
  return longest;
}

Secret refresh_token_key(const Secret& master) {
  return hkdf_sha256(master, "curfew refresh tokens 1", kSealKeyBytes);
}

Secret browser_state_key(const Secret& master) {
  return hkdf_sha256(master, "curfew browser state 1", kSealKeyBytes);
}

}  // namespace curfew
