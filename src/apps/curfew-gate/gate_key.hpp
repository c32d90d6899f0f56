// apps/curfew-gate/gate_key.hpp: a private key of a gate's (ES256), and the file that it lies in.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "crypto/sign_key.hpp"

namespace curfew {

// A key and what assertions call it.
struct GateKey {
  SigningKey key;
  std::string kid;  // its thumbprint (RFC 7638)
};
[[nodiscard]] Result<GateKey> new_key();

// PKCS #8 as PEM (RFC 7468 10).
[[nodiscard]] std::string pem_of(const GateKey& key);
// Nothing for what pem_of() does not write.
[[nodiscard]] std::optional<GateKey> key_of_pem(const std::string& pem);

}  // namespace curfew
