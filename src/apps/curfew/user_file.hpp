// apps/curfew/user_file.hpp: the file of `--file`: which users a text names.
//
// JSON (an array of names, or of objects with userPrincipalName or id), CSV with a heading that has
// one of these columns, or one name a line; '#' begins a comment line. What cannot be read for sure
// is refused: a name that is guessed would take access away from somebody else. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace curfew {

inline constexpr std::size_t kUserFileBytesMax = 64UL * 1024 * 1024;
inline constexpr std::size_t kUserFileUsersMax = 100'000;

// The names in the order of the file, none of them empty. `name` is how messages call the text;
// `invalid_argument` names the line.
[[nodiscard]] Result<std::vector<std::string>> parse_user_file(std::string_view text,
                                                               const std::string& name);

}  // namespace curfew
