#include "protocol/jose/jws_key.hpp"

#include <algorithm>

#include "crypto/hmac.hpp"

namespace curfew {

namespace {

Error bad_key(std::string message) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(message));
}

bool verify_mac(SignatureAlg alg, const Secret& key, std::string_view data,
                std::string_view given) {
  const std::string_view secret = key.reveal();
  switch (hash_bytes(alg)) {
    case 32: return equal_constant_time(as_view(hmac_sha256(secret, data)), given);
    case 48: return equal_constant_time(as_view(hmac_sha384(secret, data)), given);
    default: return equal_constant_time(as_view(hmac_sha512(secret, data)), given);
  }
}

}  // namespace

Result<JwsKey> JwsKey::asymmetric(std::string kid, std::optional<SignatureAlg> alg, VerifyKey key) {
  if (alg && !key.supports(*alg)) {
    return bad_key("the key is not one for " + std::string{to_string(*alg)});
  }
  return JwsKey{std::move(kid), alg, std::move(key)};
}

Result<JwsKey> JwsKey::symmetric(std::string kid, SignatureAlg alg, Secret secret) {
  if (!is_symmetric(alg)) return bad_key("a shared secret is for HMAC only");
  if (secret.reveal().size() < hash_bytes(alg)) {
    return bad_key("the shared secret is shorter than the hash of " + std::string{to_string(alg)});
  }
  return JwsKey{std::move(kid), alg, std::move(secret)};
}

bool JwsKey::supports(SignatureAlg alg) const {
  if (alg_) return *alg_ == alg;
  const VerifyKey* const key = verify_key();
  return key != nullptr && key->supports(alg);
}

bool JwsKey::verify(SignatureAlg alg, std::string_view data, std::string_view signature) const {
  if (!supports(alg)) return false;
  if (const VerifyKey* const key = verify_key()) return key->verify(alg, data, signature);
  return verify_mac(alg, std::get<Secret>(key_), data, signature);
}

Result<KeySet> KeySet::make(std::vector<JwsKey> keys) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys.size() > 1 && keys[i].kid().empty()) {
      return bad_key("a key without kid beside other keys");
    }
    if ((keys[i].verify_key() == nullptr) != (keys[0].verify_key() == nullptr)) {
      return bad_key("shared secrets and public keys in one set");
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (keys[j].kid() == keys[i].kid()) return bad_key("two keys with one kid");
    }
  }
  return KeySet{std::move(keys)};
}

KeySet KeySet::of(JwsKey key) {
  std::vector<JwsKey> keys;
  keys.push_back(std::move(key));
  return KeySet{std::move(keys)};
}

const JwsKey* KeySet::find(std::string_view kid) const {
  if (kid.empty()) return keys_.size() == 1 ? keys_.data() : nullptr;
  const auto found =
      std::ranges::find_if(keys_, [&](const JwsKey& key) { return key.kid() == kid; });
  return found == keys_.end() ? nullptr : &*found;
}

}  // namespace curfew
