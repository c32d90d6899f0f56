// protocol/jose/jwk.hpp: JSON Web Keys (RFC 7517, 7518 6, 8037): read, write, thumbprint (7638).
//
// Input may hold public keys for signatures only. A key with private members is refused, and with
// it its whole set: whoever publishes one has lost it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "crypto/signature_alg.hpp"
#include "crypto/verify_key.hpp"
#include "protocol/jose/jws_key.hpp"
#include "protocol/json/json_fwd.hpp"

namespace curfew {

// Error: invalid_argument for a key that is malformed, weak, private, symmetric, or not meant for
// verifying (`use`, `key_ops`).
[[nodiscard]] Result<JwsKey> parse_public_jwk(const boost::json::object& jwk);
[[nodiscard]] Result<JwsKey> parse_public_jwk(std::string_view json);

// A JWK of type oct; it must name its HMAC algorithm. For keys that an operator configures.
[[nodiscard]] Result<JwsKey> parse_symmetric_jwk(const boost::json::object& jwk);

// A JWKS of another party. Keys of unknown type, algorithm or use, weak or broken ones, and ones
// without kid beside others are left out (RFC 7517 5); the set may so become empty. Errors: not a
// JWKS, a private or symmetric key in it, the same kid twice among the usable keys, more than
// kJwksKeysMax keys.
[[nodiscard]] Result<KeySet> parse_jwks(std::string_view json);

// The JWK as JSON text with kid (unless empty), alg, use=sig.
[[nodiscard]] std::string serialize_jwk(const VerifyKey& key, SignatureAlg alg,
                                        std::string_view kid);
// The JWK with nothing but the key's numbers: good for every algorithm that it can do.
[[nodiscard]] std::string public_jwk_json(const VerifyKey& key);
// A JWKS around JWKs that were serialised already.
[[nodiscard]] std::string serialize_jwks(const std::vector<std::string>& jwks);

// base64url of the SHA-256 thumbprint: a good kid, and DPoP's `jkt`.
[[nodiscard]] std::string jwk_thumbprint(const VerifyKey& key);

inline constexpr std::size_t kJwksKeysMax = 64;  // large providers publish under 20

}  // namespace curfew
