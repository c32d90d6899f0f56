#include "crypto/named_guid.hpp"

#include <cstddef>

#include "base/text.hpp"
#include "crypto/digest.hpp"

namespace curfew {

std::string named_guid(std::string_view name) {
  constexpr std::size_t kVersionAt = 12;
  constexpr std::size_t kVariantAt = 16;
  constexpr std::size_t kDigits = 32;
  std::string hex = hex_encode(as_view(sha256(name)));
  hex.resize(kDigits);
  hex[kVersionAt] = '8';
  hex[kVariantAt] = '8';
  for (const std::size_t at : {20U, 16U, 12U, 8U}) hex.insert(at, 1, '-');
  return hex;
}

}  // namespace curfew
