#include "protocol/jose/jwt_signer.hpp"

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "protocol/json/writer.hpp"

namespace curfew {

namespace {

// Of both dots and an ES256 signature; a longer one makes the text grow once.
constexpr std::size_t kSignatureRoom = 96;

// `{"alg":"ES256","kid":"..."`: open, for a typ to follow.
std::string header_start(SignatureAlg alg, std::string_view kid) {
  std::string header;
  JsonObjectWriter writer{header};
  writer.string("alg", to_string(alg));
  if (!kid.empty()) writer.string("kid", kid);
  return header;
}

template <std::size_t Size>
std::string left_half(const Digest<Size>& digest) {
  return base64url_encode(as_view(digest).substr(0, Size / 2));
}

}  // namespace

JwtSigner::JwtSigner(SigningKey key, std::string kid)
    : key_(std::move(key)), kid_(std::move(kid)), header_(header_start(key_.alg(), kid_)) {}

Result<std::string> JwtSigner::sign(std::string_view typ, std::string_view payload) const {
  std::string header = header_;
  if (!typ.empty()) {
    header += ",\"typ\":";
    append_json_string(header, typ);
  }
  header += '}';
  std::string token;
  token.reserve((header.size() + payload.size()) * 4 / 3 + kSignatureRoom);
  token += base64url_encode(header);
  token += '.';
  token += base64url_encode(payload);
  CURFEW_TRY(const std::string signature, key_.sign(token));
  token += '.';
  token += base64url_encode(signature);
  return token;
}

std::string token_hash_claim(SignatureAlg alg, std::string_view token) {
  switch (hash_bytes(alg)) {
    case 32: return left_half(sha256(token));
    case 48: return left_half(sha384(token));
    default: return left_half(sha512(token));
  }
}

}  // namespace curfew
