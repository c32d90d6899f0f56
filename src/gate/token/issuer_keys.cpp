#include "gate/token/issuer_keys.hpp"

#include <utility>
#include <vector>

#include "protocol/jose/jwk.hpp"

namespace curfew {

namespace {

bool is_same(const JwsKey& a, const JwsKey& b) {
  const VerifyKey* const one = a.verify_key();
  const VerifyKey* const other = b.verify_key();
  return a.kid() == b.kid() && a.pinned_alg() == b.pinned_alg() && one != nullptr &&
         other != nullptr && one->to_spki() == other->to_spki();
}

// parse_jwks() lets no symmetric key in.
Result<JwsKey> prepared(const JwsKey& key, const KeySet* before) {
  const JwsKey* const known = before == nullptr ? nullptr : before->find(key.kid());
  if (known != nullptr && is_same(*known, key)) return *known;
  return JwsKey::asymmetric(key.kid(), key.pinned_alg(), key.verify_key()->with_precomputation());
}

}  // namespace

Result<KeySet> prepared_keys(std::string_view jwks, const KeySet* before) {
  CURFEW_TRY(const KeySet parsed, parse_jwks(jwks));
  std::vector<JwsKey> keys;
  for (const JwsKey& key : parsed.keys()) {
    CURFEW_TRY(JwsKey one, prepared(key, before));
    keys.push_back(std::move(one));
  }
  return KeySet::make(std::move(keys));
}

Status OwnKeys::read(const ReplicaView& view) {
  CURFEW_TRY(std::string text, view.signing_keys());
  if (text.empty()) {
    return Error::transient(ErrorCode::unavailable, "the gate has no signing keys yet");
  }
  if (newest_.set != nullptr && text == text_) return Done{};
  CURFEW_TRY(KeySet set, prepared_keys(text, newest_.set.get()));
  newest_.set = std::make_shared<const KeySet>(std::move(set));
  text_ = std::move(text);
  return Done{};
}

Status OwnKeys::bring_up_to_date(const ReplicaView& view, Known& known) {
  const auto& file_id = view.fixed().file_id;
  // Before the keys: what changes in between is seen as another version the next time.
  const std::uint64_t version = view.signing_keys_version();
  if (known.set != nullptr && known.file_id == file_id && known.version == version) return Done{};
  known.set = nullptr;
  const std::lock_guard lock{mutex_};
  const bool is_newest = newest_.file_id == file_id && newest_.version == version;
  if (newest_.set == nullptr || !is_newest) {
    CURFEW_TRY_STATUS(read(view));
    newest_.file_id = file_id;
    newest_.version = version;
  }
  known = newest_;
  return Done{};
}

}  // namespace curfew
