#include "base/secret.hpp"

#include <cstring>

namespace curfew {

void wipe(void* data, std::size_t size) {
  if (size != 0) ::explicit_bzero(data, size);
}

bool equal_constant_time(std::string_view expected, std::string_view given) {
  // The lengths may differ in public; the bytes may not leak where they differ.
  unsigned char difference = expected.size() == given.size() ? 0 : 1;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const char other = given.empty() ? '\0' : given[i % given.size()];
    difference = static_cast<unsigned char>(
        difference | (static_cast<unsigned char>(expected[i]) ^ static_cast<unsigned char>(other)));
  }
  return difference == 0;
}

}  // namespace curfew
