// crypto/digest.hpp: SHA-2 of bytes in memory.
//
// Digests are values of a fixed size, without allocation; `as_view` shows one as bytes. From any
// thread: each has its own context.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace curfew {

template <std::size_t Size>
using Digest = std::array<char, Size>;
using Sha256Digest = Digest<32>;
using Sha384Digest = Digest<48>;
using Sha512Digest = Digest<64>;

[[nodiscard]] Sha256Digest sha256(std::string_view data);
[[nodiscard]] Sha384Digest sha384(std::string_view data);
[[nodiscard]] Sha512Digest sha512(std::string_view data);

// base64url of the SHA-256: how an opaque credential is stored, and PKCE's S256 (RFC 7636 4.2).
[[nodiscard]] std::string sha256_base64url(std::string_view data);

// Lives as long as the digest that it shows.
template <std::size_t Size>
[[nodiscard]] std::string_view as_view(const Digest<Size>& digest) {
  return {digest.data(), digest.size()};
}

}  // namespace curfew
