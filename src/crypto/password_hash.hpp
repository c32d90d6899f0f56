// crypto/password_hash.hpp: passwords at rest: Argon2id (RFC 9106) in the PHC string format.
//
// All functions here compute for milliseconds on purpose and block: run them in a bounded pool of
// their own, never on an I/O thread. From any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace curfew {

inline constexpr std::size_t kPasswordBytesMax = 1024;

// The defaults are OWASP's: about 15 ms on one core.
struct PasswordHashParams {
  std::uint32_t iterations = 2;
  std::uint32_t memory_kib = 19 * 1024;
  std::uint32_t lanes = 1;
  friend bool operator==(const PasswordHashParams&, const PasswordHashParams&) = default;
};

// "$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>" with a random salt of 16 bytes.
// Error: invalid_argument for a password of 0 or more than kPasswordBytesMax bytes, or parameters
// outside the bounds of parse (below).
[[nodiscard]] Result<std::string> hash_password(const Secret& password,
                                                const PasswordHashParams& params = {});

// Of the same form, and of no password: it is drawn, not computed. Does not block.
[[nodiscard]] std::string unknown_password_hash(const PasswordHashParams& params = {});

// True if `password` is the hashed one. A password of a length that is never hashed is simply
// wrong. Error: corrupted if `phc` is no Argon2id hash in bounds (t <= 64, m <= 1 GiB, p <= 16).
[[nodiscard]] Result<bool> verify_password(const Secret& password, std::string_view phc);

// True if `phc` was made with other parameters, or is unreadable: hash again at the next sign-in.
[[nodiscard]] bool needs_rehash(std::string_view phc, const PasswordHashParams& params = {});

// Costs what verify_password costs and is never right: for a user who does not exist, so that the
// time of the answer does not tell.
void spend_password_check(const Secret& password, const PasswordHashParams& params = {});

}  // namespace curfew
