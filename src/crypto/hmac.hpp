// crypto/hmac.hpp: HMAC (RFC 2104) with SHA-2, and HKDF (RFC 5869) to derive keys from a key.
//
// Compare a MAC that somebody sent with equal_constant_time (base/secret.hpp), never with ==. Keys
// of any length are taken; who requires a minimum checks it. From any thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/secret.hpp"
#include "crypto/digest.hpp"

namespace curfew {

[[nodiscard]] Sha256Digest hmac_sha256(std::string_view key, std::string_view data);
[[nodiscard]] Sha384Digest hmac_sha384(std::string_view key, std::string_view data);
[[nodiscard]] Sha512Digest hmac_sha512(std::string_view key, std::string_view data);
// For one-time codes of authenticator apps (RFC 4226, 6238) and nothing else.
[[nodiscard]] Digest<20> hmac_sha1(std::string_view key, std::string_view data);

// A key of `bytes` bytes for the purpose that `info` names: other purposes get independent keys,
// and none of them tells the master key. Precondition: bytes <= 8160, master not empty.
[[nodiscard]] Secret hkdf_sha256(const Secret& master, std::string_view info, std::size_t bytes,
                                 std::string_view salt = {});

}  // namespace curfew
