// api/token_keys.hpp: the tenant's signing keys, ready to sign and to verify with.
//
// Thread-safe: readers take a snapshot, reload() replaces it whole. Each key is parsed once.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "model/signing_key.hpp"
#include "protocol/jose/jws_key.hpp"
#include "protocol/resource/verified_access_token.hpp"
#include "store/store.hpp"

namespace curfew {

// Whether tables are made that verify ES256 three times as fast: some 10 ms for each key. Worth it
// for a server, not for a tool that signs one report or a test that makes a hundred servers.
enum class KeyTables { prepared, none };

class TokenKeys {
 public:
  // Reads and unseals every key of the tenant. `corrupted` where the key file is not the one that
  // the keys were sealed under. `store` and `master_key` are used by reload() too: the store
  // outlives this, the key is copied.
  [[nodiscard]] static Result<std::unique_ptr<TokenKeys>> load(
      Store& store, const TenantId& tenant_id, const Secret& master_key,
      KeyTables tables = KeyTables::prepared);
  virtual ~TokenKeys() = default;

  // Reads the keys again: after a rotation or a withdrawal. Keys that are known already are not
  // opened again. On an error the old keys stay.
  virtual Status reload() = 0;
  // Signs a payload (a JSON object, already serialised) with the active key of `alg`; where that
  // one was withdrawn, with the next. `unavailable` / after_human: there is neither.
  [[nodiscard]] virtual Result<std::string> sign(TokenAlg alg, std::string_view typ,
                                                 std::string_view payload_json) const = 0;
  // The kid that sign() uses now; empty if there is no key.
  [[nodiscard]] virtual KeyId active_key(TokenAlg alg) const = 0;
  // Verifies an access token against the published keys. Each token's signature is checked once:
  // what was verified is remembered by the SHA-256 of the whole token, in bounded memory, until the
  // keys change. `unauthenticated` or `invalid_argument` for anything else than a token of ours.
  [[nodiscard]] virtual Result<std::shared_ptr<const VerifiedAccessToken>> verify_access_token(
      std::string_view compact) const = 0;
  // Every key that a token of ours may be signed with now: for ID tokens that come back as hints.
  [[nodiscard]] virtual std::shared_ptr<const KeySet> verify_keys() const = 0;
  // The published key set (token keys only, no private member), as JSON.
  [[nodiscard]] virtual std::string jwks_json() const = 0;

  // Signs a report with the report key, which signs nothing else.
  [[nodiscard]] virtual Result<std::string> sign_report(std::string_view payload_json) const = 0;
  // The JWK of the key that sign_report() uses now, and the set of all report keys, as JSON.
  [[nodiscard]] virtual std::string report_public_jwk() const = 0;
  [[nodiscard]] virtual std::string report_jwks_json() const = 0;
};

// Tokens that verify_access_token() remembers, at the most: about 1 KiB each.
inline constexpr std::size_t kVerifiedTokensMax = 32'768;

// Makes, seals and stores a new key; used by init and rotation.
[[nodiscard]] Result<StoredSigningKey> make_signing_key(const TenantId& tenant_id, KeyUse use,
                                                        TokenAlg alg, KeyState state,
                                                        const Secret& master_key, TimePoint now);

// One turn of the rotation: the active key of this use and algorithm retires, the next one becomes
// active. `conflict` where no key is `next`: verifiers must have seen a key before it signs. The
// caller adds the following next key (make_signing_key) and reloads after the commit.
[[nodiscard]] Status activate_next_key(WriteTx& tx, const TenantId& tenant_id, KeyUse use,
                                       TokenAlg alg, TimePoint now);

// Removes keys that retired before `before`: choose it so that every token which they signed has
// expired. Withdrawn keys stay, as a record. How many were removed.
[[nodiscard]] Result<std::size_t> remove_retired_keys(WriteTx& tx, const TenantId& tenant_id,
                                                      TimePoint before);

}  // namespace curfew
