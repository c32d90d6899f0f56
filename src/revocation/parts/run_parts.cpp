#include <algorithm>
#include <array>

#include "revocation/parts/all_parts.hpp"

namespace curfew {

// The one list. Who can go on comes before what they hold, so that a run that ends between the two
// has ended the more.
std::span<const RunPart* const> run_parts() {
  static const std::array kParts{
      &people_part(),      &applications_part(), &secrets_part(),
      &client_keys_part(), &api_keys_part(),     &registration_tokens_part(),
      &devices_part(),     &passwords_part(),    &email_methods_part(),
      &roles_part(),       &groups_part(),       &assignments_part(),
      &consents_part(),    &changes_part(),
  };
  return kParts;
}

std::vector<std::string_view> part_options() {
  std::vector<std::string_view> options;
  for (const RunPart* part : run_parts()) {
    const bool is_new = std::find(options.begin(), options.end(), part->option) == options.end();
    if (!part->option.empty() && is_new) options.push_back(part->option);
  }
  return options;
}

}  // namespace curfew
