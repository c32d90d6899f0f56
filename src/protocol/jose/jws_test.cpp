#include "protocol/jose/jws.hpp"

#include <doctest/doctest.h>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "crypto/hmac.hpp"
#include "crypto/sign_key.hpp"

namespace curfew {

namespace {

using Strings = std::vector<std::string>;

const SigningKey& issuer_key() {
  static const SigningKey key = SigningKey::generate(SignatureAlg::es256).value();
  return key;
}

KeySet issuer_keys() {
  return KeySet::of(
      JwsKey::asymmetric("k1", SignatureAlg::es256, issuer_key().verify_key()).value());
}

// A message with any header, signed well.
std::string signed_with(std::string_view header, std::string_view payload = "{}") {
  const std::string input = base64url_encode(header) + "." + base64url_encode(payload);
  return input + "." + base64url_encode(issuer_key().sign(input).value());
}

ErrorCode refusal(std::string_view compact, const Strings& types = {"jwt"}) {
  const auto result = verify_jws(compact, issuer_keys(), types);
  REQUIRE_FALSE(result.ok());
  return result.error().code();
}

constexpr std::string_view kHeader = R"({"alg":"ES256","kid":"k1","typ":"JWT"})";

}  // namespace

TEST_CASE("a message with a good signature of a known key is verified") {
  const VerifiedJws jws =
      verify_jws(signed_with(kHeader, "payload"), issuer_keys(), {"jwt"}).value();
  CHECK(jws.payload == "payload");
  CHECK(jws.header.alg == SignatureAlg::es256);
  CHECK(jws.header.kid == "k1");
  CHECK(jws.header.typ == "jwt");
  CHECK(jws.header.members.size() == 3);
}

TEST_CASE("a change of any character is found") {
  const std::string good = signed_with(kHeader, "payload");
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char other : {'A', 'B', '.', '=', '+', '\0'}) {
      if (good[at] == other) continue;
      std::string changed = good;
      changed[at] = other;
      CHECK_FALSE(verify_jws(changed, issuer_keys(), {"jwt"}).ok());
    }
  }
}

TEST_CASE("only the expected typ is accepted, in any spelling of it") {
  for (const char* typ : {"at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"}) {
    const std::string jws =
        signed_with(R"({"alg":"ES256","kid":"k1","typ":")" + std::string{typ} + "\"}");
    CHECK(verify_jws(jws, issuer_keys(), {"at+jwt"}).ok());
    CHECK(verify_jws(jws, issuer_keys(), {"jwt", "at+jwt"}).ok());
    CHECK(refusal(jws, {"jwt"}) == ErrorCode::unauthenticated);
    CHECK(refusal(jws, {""}) == ErrorCode::unauthenticated);
    CHECK(refusal(jws, {}) == ErrorCode::unauthenticated);
  }
  const std::string untyped = signed_with(R"({"alg":"ES256","kid":"k1"})");
  CHECK(verify_jws(untyped, issuer_keys(), {"", "jwt"}).ok());
  CHECK(refusal(untyped, {"jwt"}) == ErrorCode::unauthenticated);
  CHECK(refusal(signed_with(R"({"alg":"ES256","kid":"k1","typ":""})"), {""}) ==
        ErrorCode::invalid_argument);
  CHECK(refusal(signed_with(R"({"alg":"ES256","kid":"k1","typ":"application/x/at+jwt"})"),
                {"at+jwt", "x/at+jwt"}) == ErrorCode::unauthenticated);
}

TEST_CASE("none, unknown and differently spelled algorithms are refused") {
  for (const char* alg : {"none", "None", "NONE", "es256", "ES256K", "RSA1_5", "", "HS1", "dir"}) {
    CAPTURE(alg);
    const std::string header = R"({"kid":"k1","typ":"JWT","alg":")" + std::string{alg} + "\"}";
    CHECK(refusal(signed_with(header)) == ErrorCode::invalid_argument);
    CHECK(refusal(base64url_encode(header) + ".e30.") == ErrorCode::invalid_argument);
  }
  CHECK(refusal(signed_with(R"({"kid":"k1","typ":"JWT"})")) == ErrorCode::invalid_argument);
  CHECK(refusal(signed_with(R"({"kid":"k1","typ":"JWT","alg":null})")) ==
        ErrorCode::invalid_argument);
}

TEST_CASE("a public key is never taken for a shared secret") {
  const std::string header = base64url_encode(R"({"alg":"HS256","kid":"k1","typ":"JWT"})");
  const std::string input = header + ".e30";
  for (const std::string& secret :
       Strings{issuer_key().verify_key().to_spki(), "", std::string(32, '\0')}) {
    const std::string mac = base64url_encode(as_view(hmac_sha256(secret, input)));
    CHECK(refusal(input + "." + mac) == ErrorCode::unauthenticated);
  }
}

TEST_CASE("a header with crit or b64 is refused") {
  for (const char* extra : {R"("crit":["b64"],"b64":false)", R"("crit":["exp"],"exp":1)",
                            R"("crit":[])", R"("b64":false)", R"("b64":true)"}) {
    const std::string header =
        R"({"alg":"ES256","kid":"k1","typ":"JWT",)" + std::string{extra} + "}";
    CHECK(refusal(signed_with(header)) == ErrorCode::invalid_argument);
  }
}

TEST_CASE("keys in the header are not used") {
  const SigningKey attacker = SigningKey::generate(SignatureAlg::es256).value();
  const std::string header =
      R"({"alg":"ES256","typ":"JWT","kid":"k1","jku":"https://evil.test","jwk":{"kty":"EC"}})";
  const std::string input = base64url_encode(header) + ".e30";
  CHECK(refusal(input + "." + base64url_encode(attacker.sign(input).value())) ==
        ErrorCode::unauthenticated);
}

TEST_CASE("an unknown kid is refused, an absent one means the only key") {
  CHECK(refusal(signed_with(R"({"alg":"ES256","kid":"k2","typ":"JWT"})")) ==
        ErrorCode::unauthenticated);
  CHECK(refusal(signed_with(R"({"alg":"ES256","kid":"","typ":"JWT"})")) ==
        ErrorCode::invalid_argument);
  CHECK(refusal(signed_with(R"({"alg":"ES256","kid":["k1"],"typ":"JWT"})")) ==
        ErrorCode::invalid_argument);
  CHECK(verify_jws(signed_with(R"({"alg":"ES256","typ":"JWT"})"), issuer_keys(), {"jwt"}).ok());
  CHECK_FALSE(verify_jws(signed_with(kHeader), KeySet{}, {"jwt"}).ok());
}

TEST_CASE("what is not exactly three parts of base64url is refused") {
  const std::string good = signed_with(kHeader);
  for (const std::string& text :
       Strings{"", ".", "..", "...", good + ".", "." + good, good + ".AA.AA", good + "=",
               good + " ", " " + good, good + "\n", "{\"payload\":\"\"}",
               good.substr(0, good.rfind('.')), good.substr(0, good.rfind('.') + 1)}) {
    CAPTURE(text);
    CHECK_FALSE(verify_jws(text, issuer_keys(), {"jwt"}).ok());
  }
}

TEST_CASE("a header that is not a plain object is refused") {
  for (const char* header :
       {"", "[]", "null", R"({"alg":"ES256","alg":"ES256","kid":"k1","typ":"JWT"})",
        R"({"alg":"ES256","kid":"k1","typ":"JWT"}x)", R"({"alg":["ES256"],"kid":"k1"})",
        R"({"alg":"ES256","kid":"k1","typ":"JWT","x":[[[[1]]]]})"}) {
    CAPTURE(header);
    CHECK(refusal(signed_with(header)) == ErrorCode::invalid_argument);
  }
}

TEST_CASE("tokens and headers over the limits are refused") {
  CHECK(refusal(signed_with(kHeader, std::string(limits::kJwtBytesMax, 'x'))) ==
        ErrorCode::exhausted);
  const std::string long_header =
      R"({"alg":"ES256","kid":"k1","typ":"JWT","x":")" + std::string(4096, 'x') + "\"}";
  CHECK(refusal(signed_with(long_header)) == ErrorCode::exhausted);
}

TEST_CASE("parsing alone tells what the message says about itself") {
  const std::string text = signed_with(kHeader, "payload");
  const UnverifiedJws jws = parse_jws(text).value();
  CHECK(jws.payload == "payload");
  CHECK(jws.signature.size() == 64);
  CHECK(jws.signing_input == text.substr(0, text.rfind('.')));
}

}  // namespace curfew
