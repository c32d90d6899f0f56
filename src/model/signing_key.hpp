// model/signing_key.hpp: the tenant's signing keys as they are stored, private part sealed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/application.hpp"

namespace curfew {

enum class KeyUse {
  token,   // access and ID tokens; published in the JWKS
  report,  // signs reports of runs, and nothing else
};
[[nodiscard]] std::string_view to_string(KeyUse use);
[[nodiscard]] bool parse_enum(std::string_view text, KeyUse& out);

enum class KeyState {
  next,       // published, not yet used: verifiers learn it before the first token comes
  active,     // signs
  retired,    // published until the last token that it signed has expired
  withdrawn,  // compromised: its key in the journal is blocked
};
[[nodiscard]] std::string_view to_string(KeyState state);
[[nodiscard]] bool parse_enum(std::string_view text, KeyState& out);

struct StoredSigningKey {
  TenantId tenant_id;
  KeyId id;
  KeyUse use = KeyUse::token;
  TokenAlg alg = TokenAlg::es256;
  KeyState state = KeyState::active;
  std::string sealed_private_key;  // base64url; sealed under the key file, crypto/seal.hpp
  std::string public_jwk;          // JSON, with kid, alg and use
  TimePoint created_at{};
  std::optional<TimePoint> retired_at;
};

}  // namespace curfew
