#include "access/authentication_context.hpp"

#include <algorithm>

namespace curfew {

std::string_view acr_of(std::span<const std::string> amr) {
  const bool has_password = std::ranges::find(amr, "pwd") != amr.end();
  return has_password ? kPasswordAcr : std::string_view{};
}

bool reaches_all(std::string_view acr, const std::vector<std::vector<std::string>>& essential) {
  return std::ranges::all_of(essential, [acr](const std::vector<std::string>& alternatives) {
    return std::ranges::find(alternatives, acr) != alternatives.end();
  });
}

bool can_be_reached(const std::vector<std::vector<std::string>>& essential) {
  return std::ranges::any_of(
      kAcrValues, [&essential](std::string_view acr) { return reaches_all(acr, essential); });
}

}  // namespace curfew
