// api/sign_in/new_password.hpp: may this be somebody's password? Asked wherever one is set.
//
// NIST SP 800-63B-4 3.1.1.2: length counts, composition rules do not; what anybody would try first
// is refused.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "model/directory.hpp"

namespace curfew {

inline constexpr std::size_t kPasswordCharactersMin = 12;

// Empty if it may be; otherwise a sentence for the person.
[[nodiscard]] std::string_view password_problem(std::string_view password, const User& user);

// The same for a password that an administrator gives, also one that the person shall replace:
// `invalid_argument` with that sentence.
[[nodiscard]] Status check_given_password(std::string_view password, const User& user);

// Argon2id of the new one, in the calling thread: for the password pool. `conflict` if it is the
// old one.
[[nodiscard]] Result<std::string> hash_new_password(const Secret& password,
                                                    const std::string& old_hash);

}  // namespace curfew
