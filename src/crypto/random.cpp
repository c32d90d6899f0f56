#include "crypto/random.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.hpp"
#include "base/text.hpp"

namespace curfew {

namespace {

void fill_from_library(std::span<std::byte> out) {
  CURFEW_CHECK(
      RAND_bytes_ex(nullptr, reinterpret_cast<unsigned char*>(out.data()), out.size(), 0) == 1);
}

// A call of the library costs half a microsecond whatever its size, and contends between threads.
// What was handed out is wiped, so that memory read later does not tell values used before.
class RandomBlock {
 public:
  RandomBlock() = default;
  ~RandomBlock() { wipe(bytes_.data(), bytes_.size()); }
  RandomBlock(const RandomBlock&) = delete;
  RandomBlock& operator=(const RandomBlock&) = delete;

  void take(std::span<std::byte> out) {
    if (out.size() > bytes_.size() - used_) {
      fill_from_library(bytes_);
      used_ = 0;
    }
    std::byte* const start = bytes_.data() + used_;
    std::memcpy(out.data(), start, out.size());
    wipe(start, out.size());
    used_ += out.size();
  }

  [[nodiscard]] static constexpr std::size_t size() { return kSize; }

 private:
  static constexpr std::size_t kSize = 512;
  std::array<std::byte, kSize> bytes_{};
  std::size_t used_ = kSize;
};

}  // namespace

void fill_random(std::span<std::byte> out) {
  if (out.empty()) return;
  if (out.size() > RandomBlock::size() / 4) return fill_from_library(out);
  thread_local RandomBlock block;
  block.take(out);
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  fill_random(std::as_writable_bytes(std::span{bytes}));
  return bytes;
}

Secret random_secret(std::size_t count) { return Secret{random_bytes(count)}; }

std::uint64_t random_u64() {
  std::uint64_t value = 0;
  fill_random(std::as_writable_bytes(std::span{&value, 1}));
  return value;
}

std::string random_token(std::size_t bytes) { return base64url_encode(random_bytes(bytes)); }

std::string new_guid() {
  std::array<char, 16> bytes{};
  fill_random(std::as_writable_bytes(std::span{bytes}));
  bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0fU) | 0x40U);
  bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3fU) | 0x80U);
  const std::string hex = hex_encode({bytes.data(), bytes.size()});
  std::string guid;
  guid.reserve(36);
  for (std::size_t i = 0; i < hex.size(); ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) guid += '-';
    guid += hex[i];
  }
  return guid;
}

}  // namespace curfew
