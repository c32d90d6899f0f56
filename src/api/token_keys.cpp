#include "api/token_keys.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "api/verified_tokens.hpp"
#include "base/check.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "crypto/hmac.hpp"
#include "crypto/seal.hpp"
#include "crypto/sign_key.hpp"
#include "protocol/jose/jwk.hpp"
#include "protocol/jose/jwt_signer.hpp"
#include "revocation/report.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

SignatureAlg signature_alg_of(TokenAlg alg) {
  switch (alg) {
    case TokenAlg::es256: return SignatureAlg::es256;
    case TokenAlg::rs256: return SignatureAlg::rs256;
  }
  CURFEW_CHECK(false);
}

Result<SealKey> sealing_key(const Secret& master_key) {
  return SealKey::from(hkdf_sha256(master_key, "curfew signing keys", kSealKeyBytes));
}

std::string seal_context(const TenantId& tenant_id, const KeyId& id) {
  return "signing-key:" + tenant_id.str() + ":" + id.str();
}

struct OpenKey {
  StoredSigningKey stored;
  JwtSigner signer;
  JwsKey verify;
};

Result<OpenKey> open_key(const StoredSigningKey& stored, const SealKey& seal, KeyTables tables) {
  const auto sealed = base64url_decode(stored.sealed_private_key);
  if (!sealed) {
    return Error::permanent(ErrorCode::corrupted, "a stored signing key is not base64url");
  }
  CURFEW_TRY(const Secret der, seal.open(*sealed, seal_context(stored.tenant_id, stored.id)));
  const SignatureAlg alg = signature_alg_of(stored.alg);
  CURFEW_TRY(SigningKey key, SigningKey::from_pkcs8(alg, der));
  const bool is_prepared = tables == KeyTables::prepared && stored.use == KeyUse::token;
  CURFEW_TRY(JwsKey verify, JwsKey::asymmetric(stored.id.str(), alg,
                                               is_prepared ? key.verify_key().with_precomputation()
                                                           : key.verify_key()));
  return OpenKey{stored, JwtSigner{std::move(key), stored.id.str()}, std::move(verify)};
}

// The keys as they are at one moment; immutable but for the memory of verified tokens.
struct Snapshot {
  std::vector<OpenKey> keys;  // all but the withdrawn ones
  std::map<TokenAlg, JwtSigner> signers;
  std::optional<OpenKey> report;
  std::shared_ptr<const KeySet> verify_keys = std::make_shared<const KeySet>();
  std::string jwks;
  std::string report_jwks;
  // Goes with the keys: a withdrawn key takes everything that it verified along.
  mutable VerifiedTokens verified{kVerifiedTokensMax};
};

// Which of several keys of one use and algorithm signs: the newest active one; else the newest next
// one, which verifiers know already.
bool signs_before(const OpenKey& a, const OpenKey& b) {
  const auto rank = [](const OpenKey& key) { return key.stored.state == KeyState::active ? 0 : 1; };
  if (rank(a) != rank(b)) return rank(a) < rank(b);
  if (a.stored.created_at != b.stored.created_at) return a.stored.created_at > b.stored.created_at;
  return a.stored.id < b.stored.id;
}

void add_signers(Snapshot& snapshot) {
  std::vector<OpenKey> keys = snapshot.keys;
  std::ranges::sort(keys, signs_before);
  for (const OpenKey& key : keys) {
    const bool may_sign =
        key.stored.state == KeyState::active || key.stored.state == KeyState::next;
    if (!may_sign) continue;
    switch (key.stored.use) {
      case KeyUse::token: snapshot.signers.try_emplace(key.stored.alg, key.signer); break;
      case KeyUse::report:
        if (!snapshot.report) snapshot.report = key;
        break;
    }
  }
}

Status add_published(Snapshot& snapshot) {
  std::vector<JwsKey> verifying;
  std::vector<std::string> token_jwks;
  std::vector<std::string> report_jwks;
  for (const OpenKey& key : snapshot.keys) {
    switch (key.stored.use) {
      case KeyUse::token:
        token_jwks.push_back(key.stored.public_jwk);
        verifying.push_back(key.verify);
        break;
      case KeyUse::report: report_jwks.push_back(key.stored.public_jwk); break;
    }
  }
  CURFEW_TRY(KeySet set, KeySet::make(std::move(verifying)));
  snapshot.verify_keys = std::make_shared<const KeySet>(std::move(set));
  snapshot.jwks = serialize_jwks(token_jwks);
  snapshot.report_jwks = serialize_jwks(report_jwks);
  return Done{};
}

Result<std::vector<StoredSigningKey>> stored_keys(ReadTx& tx, const TenantId& tenant_id) {
  Query query;
  query.prefix = keys_of(tenant_id);  // no limit: a tenant has a handful
  return scan_as<StoredSigningKey>(tx, query);
}

// How keys are opened: the same for every reading.
struct Opening {
  TenantId tenant_id;
  SealKey seal;
  KeyTables tables = KeyTables::prepared;
};

// `before`: the snapshot so far, or null. What it has opened is taken over.
Result<OpenKey> open_or_take(const StoredSigningKey& stored, const Opening& opening,
                             const Snapshot* before) {
  if (before != nullptr) {
    const auto known = std::ranges::find_if(before->keys, [&](const OpenKey& key) {
      return key.stored.id == stored.id && key.stored.use == stored.use &&
             key.stored.alg == stored.alg &&
             key.stored.sealed_private_key == stored.sealed_private_key;
    });
    if (known != before->keys.end()) return OpenKey{stored, known->signer, known->verify};
  }
  Result<OpenKey> key = open_key(stored, opening.seal, opening.tables);
  if (!key.ok()) return key.error().within("signing key " + stored.id.str());
  return key;
}

Result<std::shared_ptr<const Snapshot>> read_snapshot(Store& store, const Opening& opening,
                                                      const Snapshot* before) {
  using Stored = std::vector<StoredSigningKey>;
  CURFEW_TRY(const Stored stored, read_value<Stored>(store, [&](ReadTx& tx) {
               return stored_keys(tx, opening.tenant_id);
             }));
  auto snapshot = std::make_shared<Snapshot>();
  for (const StoredSigningKey& one : stored) {
    if (one.state == KeyState::withdrawn) continue;
    CURFEW_TRY(OpenKey key, open_or_take(one, opening, before));
    snapshot->keys.push_back(std::move(key));
  }
  CURFEW_TRY_STATUS(add_published(*snapshot));
  add_signers(*snapshot);
  return std::shared_ptr<const Snapshot>{std::move(snapshot)};
}

class StoredTokenKeys final : public TokenKeys {
 public:
  StoredTokenKeys(Store& store, Opening opening, std::shared_ptr<const Snapshot> first)
      : store_(store), opening_(std::move(opening)), snapshot_(std::move(first)) {}

  Status reload() override {
    // One at a time, so that an older reading never replaces a newer one.
    const std::lock_guard reading{reload_mutex_};
    CURFEW_TRY(auto newer, read_snapshot(store_, opening_, snapshot().get()));
    const std::lock_guard lock{mutex_};
    snapshot_ = std::move(newer);
    return Done{};
  }

  Result<std::string> sign(TokenAlg alg, std::string_view typ,
                           std::string_view payload_json) const override {
    const auto keys = snapshot();
    const auto signer = keys->signers.find(alg);
    if (signer == keys->signers.end()) return no_key(to_string(alg));
    return signer->second.sign(typ, payload_json);
  }

  KeyId active_key(TokenAlg alg) const override {
    const auto keys = snapshot();
    const auto signer = keys->signers.find(alg);
    return signer == keys->signers.end() ? KeyId{} : KeyId{signer->second.kid()};
  }

  Result<std::shared_ptr<const VerifiedAccessToken>> verify_access_token(
      std::string_view compact) const override {
    const auto keys = snapshot();
    const Sha256Digest digest = sha256(compact);
    if (auto known = keys->verified.find(digest)) return known;
    CURFEW_TRY(VerifiedAccessToken token, read_access_token(compact, *keys->verify_keys));
    auto verified = std::make_shared<const VerifiedAccessToken>(std::move(token));
    keys->verified.add(digest, verified);
    return verified;
  }

  std::shared_ptr<const KeySet> verify_keys() const override { return snapshot()->verify_keys; }
  std::string jwks_json() const override { return snapshot()->jwks; }

  Result<std::string> sign_report(std::string_view payload_json) const override {
    const auto keys = snapshot();
    if (!keys->report) return no_key("reports");
    return keys->report->signer.sign(kReportTyp, payload_json);
  }
  std::string report_public_jwk() const override {
    const auto keys = snapshot();
    return keys->report ? keys->report->stored.public_jwk : std::string{};
  }
  std::string report_jwks_json() const override { return snapshot()->report_jwks; }

 private:
  static Error no_key(std::string_view purpose) {
    return {ErrorCode::unavailable, Retry::after_human,
            "there is no active signing key for " + std::string{purpose}};
  }

  std::shared_ptr<const Snapshot> snapshot() const {
    const std::lock_guard lock{mutex_};
    return snapshot_;
  }

  Store& store_;
  Opening opening_;
  std::mutex reload_mutex_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace

Result<std::unique_ptr<TokenKeys>> TokenKeys::load(Store& store, const TenantId& tenant_id,
                                                   const Secret& master_key, KeyTables tables) {
  CURFEW_TRY(SealKey seal, sealing_key(master_key));
  Opening opening{tenant_id, std::move(seal), tables};
  CURFEW_TRY(auto snapshot, read_snapshot(store, opening, nullptr));
  return std::unique_ptr<TokenKeys>{
      std::make_unique<StoredTokenKeys>(store, std::move(opening), std::move(snapshot))};
}

Result<StoredSigningKey> make_signing_key(const TenantId& tenant_id, KeyUse use, TokenAlg alg,
                                          KeyState state, const Secret& master_key, TimePoint now) {
  CURFEW_TRY(const SealKey seal, sealing_key(master_key));
  const SignatureAlg signature_alg = signature_alg_of(alg);
  CURFEW_TRY(const SigningKey key, SigningKey::generate(signature_alg));

  StoredSigningKey stored;
  stored.tenant_id = tenant_id;
  stored.id = KeyId{jwk_thumbprint(key.verify_key())};
  stored.use = use;
  stored.alg = alg;
  stored.state = state;
  const Secret der = key.to_pkcs8();
  stored.sealed_private_key =
      base64url_encode(seal.seal(der.reveal(), seal_context(tenant_id, stored.id)));
  stored.public_jwk = serialize_jwk(key.verify_key(), signature_alg, stored.id.str());
  stored.created_at = now;
  return stored;
}

Status activate_next_key(WriteTx& tx, const TenantId& tenant_id, KeyUse use, TokenAlg alg,
                         TimePoint now) {
  CURFEW_TRY(std::vector<StoredSigningKey> keys, stored_keys(tx, tenant_id));
  std::erase_if(keys,
                [&](const StoredSigningKey& key) { return key.use != use || key.alg != alg; });
  // The one that was published first: verifiers had the longest time to see it.
  StoredSigningKey* next = nullptr;
  for (StoredSigningKey& key : keys) {
    const bool is_next = key.state == KeyState::next;
    if (is_next && (next == nullptr || key.created_at < next->created_at)) next = &key;
  }
  if (next == nullptr) {
    return Error{ErrorCode::conflict, Retry::after_human,
                 "there is no next " + std::string{to_string(alg)} + " key to activate"};
  }
  for (StoredSigningKey& key : keys) {
    if (key.state != KeyState::active) continue;
    key.state = KeyState::retired;
    key.retired_at = now;
    CURFEW_TRY_STATUS(save(tx, key));
  }
  next->state = KeyState::active;
  return save(tx, *next);
}

Result<std::size_t> remove_retired_keys(WriteTx& tx, const TenantId& tenant_id, TimePoint before) {
  CURFEW_TRY(const std::vector<StoredSigningKey> keys, stored_keys(tx, tenant_id));
  std::size_t removed = 0;
  for (const StoredSigningKey& key : keys) {
    const bool is_due =
        key.state == KeyState::retired && key.retired_at && *key.retired_at < before;
    if (!is_due) continue;
    CURFEW_TRY_STATUS(remove<StoredSigningKey>(tx, tenant_id, key.id));
    ++removed;
  }
  return removed;
}

}  // namespace curfew
