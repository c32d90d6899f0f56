#include "base/secret.hpp"

#include <cstring>

namespace curfew {

void wipe(void* data, std::size_t size) {
  if (size != 0) ::explicit_bzero(data, size);
}

bool equal_constant_time(std::string_view expected, std::string_view given) {
  // The lengths may differ in public; the bytes may not leak where they differ. Without a branch in
  // the loop, so that the compiler looks at 16 of them at once.
  const bool is_as_long = expected.size() == given.size();
  const std::string_view other = is_as_long ? given : expected;
  unsigned char difference = is_as_long ? 0 : 1;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    difference = static_cast<unsigned char>(difference | (static_cast<unsigned char>(expected[i]) ^
                                                          static_cast<unsigned char>(other[i])));
  }
  return difference == 0;
}

}  // namespace curfew
