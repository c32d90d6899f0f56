#include "revocation/prior_assignments.hpp"

#include "base/text.hpp"

namespace curfew {

std::vector<AppId> decode_assignments(std::string_view text) {
  std::vector<AppId> apps;
  for (const std::string_view line : split(text, '\n')) {
    if (!line.empty()) apps.emplace_back(std::string{line});
  }
  return apps;
}

}  // namespace curfew
