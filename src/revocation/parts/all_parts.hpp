// revocation/parts/all_parts.hpp: the parts of a run (revocation/part.hpp), each in a file of its
// own name, or with others of its kind.
#pragma once

#include "revocation/part.hpp"

namespace curfew {

// What several parts are asked for by together.
inline constexpr std::string_view kMethodsOption = "methods";

[[nodiscard]] const RunPart& people_part();
[[nodiscard]] const RunPart& applications_part();
[[nodiscard]] const RunPart& secrets_part();
[[nodiscard]] const RunPart& client_keys_part();
[[nodiscard]] const RunPart& api_keys_part();
[[nodiscard]] const RunPart& registration_tokens_part();
[[nodiscard]] const RunPart& devices_part();
[[nodiscard]] const RunPart& passwords_part();
[[nodiscard]] const RunPart& email_methods_part();
[[nodiscard]] const RunPart& roles_part();
[[nodiscard]] const RunPart& groups_part();
[[nodiscard]] const RunPart& assignments_part();
[[nodiscard]] const RunPart& consents_part();
[[nodiscard]] const RunPart& changes_part();

}  // namespace curfew
