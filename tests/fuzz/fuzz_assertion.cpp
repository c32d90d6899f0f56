// tests/fuzz/fuzz_assertion.cpp: what a client signs, client assertions and DPoP proofs: only what
// keeps every rule is accepted, for one client, one address and a short time.
//
// Covers: protocol/oauth/client_assertion.cpp protocol/oauth/dpop.cpp
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "crypto/sign_key.hpp"
#include "protocol/jose/jwk.hpp"
#include "protocol/oauth/client_assertion.hpp"
#include "protocol/oauth/dpop.hpp"

using namespace curfew;

namespace {

const TimePoint kNow = from_unix_seconds(1'790'000'000);
const std::string kIssuer = "https://login.test/t/v2.0";
const std::string kUrl = "https://login.test/t/oauth2/v2.0/token";

// Made at start, so no input can carry a good signature of it.
const SigningKey& key() {
  static const SigningKey made = SigningKey::generate(SignatureAlg::es256).value();
  return made;
}

std::string signed_text(std::string_view header, std::string_view payload) {
  const std::string input = base64url_encode(header) + "." + base64url_encode(payload);
  return input + "." + base64url_encode(key().sign(input).value());
}

OAuthResult<AcceptedAssertion> judged(std::string_view compact, const AppId& client, TimePoint now,
                                      AssertionAudience audience) {
  CURFEW_TRY(const ClientAssertion assertion, parse_client_assertion(compact));
  CURFEW_CHECK(!assertion.claimed_client.empty());
  static const JwsKey known = JwsKey::asymmetric("", std::nullopt, key().verify_key()).value();
  return check_client_assertion(assertion, known, {client, kIssuer, kUrl, audience, now});
}

void check_assertion(std::string_view payload) {
  constexpr auto kAny = AssertionAudience::issuer_or_token_endpoint;
  const std::string compact = signed_text(R"({"alg":"ES256"})", payload);
  const AppId client{"app"};
  const auto accepted = judged(compact, client, kNow, kAny);
  // What is good where the issuer must stand alone is good where it need not.
  const auto strict = judged(compact, client, kNow, AssertionAudience::issuer);
  CURFEW_CHECK(accepted.ok() || !strict.ok());
  if (!accepted.ok()) return;
  CURFEW_CHECK(!accepted->jti.empty() && accepted->jti.size() <= limits::kJtiBytesMax);
  CURFEW_CHECK(accepted->expires_at > kNow);
  // It is over when it says so, and soon.
  CURFEW_CHECK(!judged(compact, client, accepted->expires_at, kAny).ok());
  CURFEW_CHECK(accepted->expires_at <=
               kNow + limits::kClientAssertionTimeMax + limits::kClientAssertionSkewMax);
  // It is nobody else's.
  CURFEW_CHECK(!judged(compact, AppId{"other"}, kNow, kAny).ok());
}

void check_proof(std::string_view payload) {
  const std::string header =
      R"({"typ":"dpop+jwt","alg":"ES256","jwk":)" + public_jwk_json(key().verify_key()) + "}";
  const std::string compact = signed_text(header, payload);
  const DpopExpectation expected{"POST", kUrl, "a.b.c", kNow};
  const auto proof = check_dpop_proof(compact, expected);
  if (!proof.ok()) return;
  CURFEW_CHECK(proof->jkt == jwk_thumbprint(key().verify_key()));
  CURFEW_CHECK(!proof->jti.empty() && proof->jti.size() <= limits::kJtiBytesMax);
  CURFEW_CHECK(!check_dpop_proof(compact, {"GET", kUrl, "a.b.c", kNow}).ok());
  CURFEW_CHECK(!check_dpop_proof(compact, {"POST", kUrl + "/", "a.b.c", kNow}).ok());
  CURFEW_CHECK(!check_dpop_proof(compact, {"POST", kUrl, "a.b.d", kNow}).ok());
  CURFEW_CHECK(!check_dpop_proof(compact, {"POST", kUrl, "a.b.c", kNow + 3 * kDpopWindow}).ok());
  CURFEW_CHECK(!check_dpop_proof(compact, {"POST", kUrl, "a.b.c", kNow - 3 * kDpopWindow}).ok());
}

// The input as the whole text: nothing that nobody signed is accepted, whatever its header says.
void check_text(std::string_view text) {
  CURFEW_CHECK(!judged(text, AppId{"app"}, kNow, AssertionAudience::issuer_or_token_endpoint).ok());
  const auto proof = check_dpop_proof(text, {"POST", kUrl, "", kNow});
  if (proof.ok()) CURFEW_CHECK(is_thumbprint(proof->jkt));
}

// The input as a header that we sign: a key in it must be the one that signed.
void check_header(std::string_view header) {
  const std::string payload =
      R"({"jti":"1","htm":"POST","htu":")" + kUrl + R"(","iat":1790000000})";
  const auto proof = check_dpop_proof(signed_text(header, payload), {"POST", kUrl, "", kNow});
  if (proof.ok()) CURFEW_CHECK(proof->jkt == jwk_thumbprint(key().verify_key()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check_text(text);
  check_assertion(text);
  check_proof(text);
  check_header(text);
  return 0;
}
