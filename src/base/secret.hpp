// base/secret.hpp: bytes that must not be seen: wiped when they go, never printable, compared in
// constant time.
//
// There is deliberately no operator<<, no conversion to string and no hash. Whoever needs the bytes
// says `reveal()`, which is easy to search for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace curfew {

// Overwrites `size` bytes in a way that the compiler does not remove.
void wipe(void* data, std::size_t size);

// True if both are the same bytes; takes time by the length of `expected` only.
[[nodiscard]] bool equal_constant_time(std::string_view expected, std::string_view given);

class Secret {
 public:
  Secret() = default;
  // Takes the bytes over and wipes the source.
  explicit Secret(std::string&& bytes) : bytes_(bytes) { wipe(bytes.data(), bytes.size()); }
  explicit Secret(std::string_view bytes) : bytes_(bytes) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : bytes_(other.bytes_) { other.clear(); }
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      clear();
      bytes_ = other.bytes_;
    }
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      clear();
      bytes_ = other.bytes_;
      other.clear();
    }
    return *this;
  }
  ~Secret() { clear(); }

  [[nodiscard]] std::string_view reveal() const { return bytes_; }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  [[nodiscard]] bool matches(std::string_view given) const {
    return equal_constant_time(bytes_, given);
  }

 private:
  void clear() {
    wipe(bytes_.data(), bytes_.size());
    bytes_.clear();
  }
  std::string bytes_;
};

}  // namespace curfew
