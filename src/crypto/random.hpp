// crypto/random.hpp: the only home of randomness: bytes, tokens and GUIDs nobody can guess.
//
// Every thread draws from the operating system's seeded generator in blocks and wipes what it hands
// out. There is no failure to handle: a machine without randomness ends the process. From any
// thread. A process that forks must not draw in both halves (ours never fork after start).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/secret.hpp"

namespace curfew {

void fill_random(std::span<std::byte> out);

[[nodiscard]] std::string random_bytes(std::size_t count);
[[nodiscard]] Secret random_secret(std::size_t count);
[[nodiscard]] std::uint64_t random_u64();  // for jitter and sampling too

// base64url of `bytes` random bytes, the form of our opaque credentials and ids. 16 bytes suffice
// for an id, 32 for a credential.
[[nodiscard]] std::string random_token(std::size_t bytes = 32);

// RFC 9562 version 4 in Graph's spelling: lower case, with hyphens.
[[nodiscard]] std::string new_guid();

}  // namespace curfew
