#include "protocol/jose/jwk.hpp"

#include <array>
#include <boost/json/value.hpp>

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"
#include "protocol/json/writer.hpp"

namespace curfew {

namespace {

namespace bj = boost::json;

constexpr std::size_t kJwksBytesMax = 256UL * 1024;  // certificate chains (x5c) make them long
constexpr std::array kPrivateMembers{"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

Error bad_jwk(std::string message) {
  return Error::permanent(ErrorCode::invalid_argument, std::move(message));
}

bool has_private_members(const bj::object& jwk) {
  for (const char* const name : kPrivateMembers) {
    if (jwk.contains(name)) return true;
  }
  return false;
}

Result<std::string> get_bytes(const bj::object& jwk, std::string_view name) {
  CURFEW_TRY(const std::string text, get_string(jwk, name));
  auto bytes = base64url_decode(text);
  if (!bytes) return bad_jwk(std::string{name} + " is not base64url");
  return std::move(*bytes);
}

std::optional<EcCurve> parse_curve(std::string_view crv) {
  if (crv == "P-256") return EcCurve::p256;
  if (crv == "P-384") return EcCurve::p384;
  if (crv == "P-521") return EcCurve::p521;
  return std::nullopt;
}

std::string_view curve_name(EcCurve curve) {
  switch (curve) {
    case EcCurve::p256: return "P-256";
    case EcCurve::p384: return "P-384";
    case EcCurve::p521: return "P-521";
  }
  return "";
}

Result<PublicKey> parse_ec(const bj::object& jwk) {
  CURFEW_TRY(const std::string crv, get_string(jwk, "crv"));
  const auto curve = parse_curve(crv);
  if (!curve) return bad_jwk("crv is not one of P-256, P-384 and P-521");
  CURFEW_TRY(std::string x, get_bytes(jwk, "x"));
  CURFEW_TRY(std::string y, get_bytes(jwk, "y"));
  return PublicKey{EcPublicKey{*curve, std::move(x), std::move(y)}};
}

Result<PublicKey> parse_rsa(const bj::object& jwk) {
  CURFEW_TRY(std::string n, get_bytes(jwk, "n"));
  CURFEW_TRY(std::string e, get_bytes(jwk, "e"));
  // RFC 7518 2 forbids leading zero bytes, and widely used libraries once wrote one before n. The
  // number is the same.
  if (n.size() > 1 && n[0] == 0) n.erase(0, 1);
  return PublicKey{RsaPublicKey{std::move(n), std::move(e)}};
}

Result<PublicKey> parse_okp(const bj::object& jwk) {
  CURFEW_TRY(const std::string crv, get_string(jwk, "crv"));
  if (crv != "Ed25519") return bad_jwk("crv is not Ed25519");
  CURFEW_TRY(std::string x, get_bytes(jwk, "x"));
  return PublicKey{Ed25519PublicKey{std::move(x)}};
}

Result<PublicKey> parse_numbers(const bj::object& jwk) {
  CURFEW_TRY(const std::string kty, get_string(jwk, "kty"));
  if (kty == "EC") return parse_ec(jwk);
  if (kty == "RSA") return parse_rsa(jwk);
  if (kty == "OKP") return parse_okp(jwk);
  return bad_jwk("kty is not one of EC, RSA and OKP");
}

// RFC 7517 4.2, 4.3: a key that says what it is for is used for that only.
Status check_meant_for_verifying(const bj::object& jwk) {
  CURFEW_TRY(const auto use, get_optional_string(jwk, "use"));
  if (use && *use != "sig") return bad_jwk("the key's use is not sig");
  CURFEW_TRY(const auto operations, get_optional_strings(jwk, "key_ops"));
  if (!operations) return Done{};
  for (const std::string& operation : *operations) {
    if (operation == "verify") return Done{};
  }
  return bad_jwk("the key's key_ops do not name verify");
}

Result<std::optional<SignatureAlg>> get_alg(const bj::object& jwk) {
  CURFEW_TRY(const auto name, get_optional_string(jwk, "alg"));
  if (!name) return std::optional<SignatureAlg>{};
  const auto alg = parse_signature_alg(*name);
  if (!alg) return bad_jwk("the key's alg is unknown");
  return alg;
}

Result<std::string> get_kid(const bj::object& jwk) {
  CURFEW_TRY(auto kid, get_optional_string(jwk, "kid"));
  return std::move(kid).value_or("");
}

// The members that RFC 7638 3.2 requires, in lexicographic order, without white space.
std::string required_members(const PublicKey& key) {
  std::string json;
  JsonObjectWriter writer{json};
  if (const auto* ec = std::get_if<EcPublicKey>(&key)) {
    writer.string("crv", curve_name(ec->curve)).string("kty", "EC");
    writer.string("x", base64url_encode(ec->x)).string("y", base64url_encode(ec->y));
  } else if (const auto* rsa = std::get_if<RsaPublicKey>(&key)) {
    writer.string("e", base64url_encode(rsa->e)).string("kty", "RSA");
    writer.string("n", base64url_encode(rsa->n));
  } else if (const auto* okp = std::get_if<Ed25519PublicKey>(&key)) {
    writer.string("crv", "Ed25519").string("kty", "OKP").string("x", base64url_encode(okp->x));
  }
  writer.end();
  return json;
}

}  // namespace

Result<JwsKey> parse_public_jwk(const bj::object& jwk) {
  if (has_private_members(jwk)) return bad_jwk("the key is not public");
  CURFEW_TRY_STATUS(check_meant_for_verifying(jwk));
  CURFEW_TRY(std::string kid, get_kid(jwk));
  CURFEW_TRY(const auto alg, get_alg(jwk));
  CURFEW_TRY(const PublicKey numbers, parse_numbers(jwk));
  CURFEW_TRY(VerifyKey key, VerifyKey::from(numbers));
  return JwsKey::asymmetric(std::move(kid), alg, std::move(key));
}

Result<JwsKey> parse_public_jwk(std::string_view json) {
  CURFEW_TRY(const bj::object jwk, parse_json_object(json));
  return parse_public_jwk(jwk);
}

Result<JwsKey> parse_symmetric_jwk(const bj::object& jwk) {
  CURFEW_TRY(const std::string kty, get_string(jwk, "kty"));
  if (kty != "oct") return bad_jwk("kty is not oct");
  CURFEW_TRY_STATUS(check_meant_for_verifying(jwk));
  CURFEW_TRY(std::string kid, get_kid(jwk));
  CURFEW_TRY(const auto alg, get_alg(jwk));
  if (!alg) return bad_jwk("alg is missing");
  CURFEW_TRY(std::string bytes, get_bytes(jwk, "k"));
  return JwsKey::symmetric(std::move(kid), *alg, Secret{std::move(bytes)});
}

Result<KeySet> parse_jwks(std::string_view json) {
  CURFEW_TRY(const bj::object jwks, parse_json_object(json, {.bytes_max = kJwksBytesMax}));
  CURFEW_TRY(const bj::array* const array, get_array(jwks, "keys"));
  if (array->size() > kJwksKeysMax) return bad_jwk("a JWKS of more than 64 keys");
  std::vector<JwsKey> keys;
  for (const bj::value& element : *array) {
    const bj::object* const jwk = element.if_object();
    if (jwk == nullptr) return bad_jwk("a key of the JWKS is not an object");
    if (has_private_members(*jwk)) return bad_jwk("a key of the JWKS is not public");
    Result<JwsKey> key = parse_public_jwk(*jwk);
    if (key.ok()) keys.push_back(std::move(key).value());
  }
  // Beside other keys, one without a kid could never be chosen.
  if (keys.size() > 1) {
    std::erase_if(keys, [](const JwsKey& key) { return key.kid().empty(); });
  }
  return KeySet::make(std::move(keys));
}

std::string serialize_jwk(const VerifyKey& key, SignatureAlg alg, std::string_view kid) {
  std::string json = required_members(key.public_key());
  json.pop_back();  // the closing brace
  json += ",\"alg\":";
  append_json_string(json, to_string(alg));
  json += ",\"use\":\"sig\"";
  if (!kid.empty()) {
    json += ",\"kid\":";
    append_json_string(json, kid);
  }
  json += '}';
  return json;
}

std::string public_jwk_json(const VerifyKey& key) { return required_members(key.public_key()); }

std::string serialize_jwks(const std::vector<std::string>& jwks) {
  return "{\"keys\":[" + join(jwks, ",") + "]}";
}

std::string jwk_thumbprint(const VerifyKey& key) {
  return sha256_base64url(required_members(key.public_key()));
}

}  // namespace curfew
