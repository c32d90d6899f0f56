#include "protocol/oauth/dpop.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <optional>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "protocol/http/uri.hpp"
#include "protocol/jose/jwk.hpp"
#include "protocol/jose/jws.hpp"
#include "protocol/json/json.hpp"
#include "protocol/json/members.hpp"

namespace curfew {

namespace {

constexpr std::string_view kType = "dpop+jwt";
constexpr std::size_t kThumbprintBytes = 43;

Error refused(std::string_view rule) {
  return Error::permanent(ErrorCode::unauthenticated, "The DPoP proof " + std::string{rule} + ".");
}

template <typename T>
Result<T> readable(Result<T> result) {
  if (!result.ok()) return refused("is malformed: " + result.error().message());
  return result;
}

struct Reading {
  const UnverifiedJws& jws;
  const boost::json::object& claims;
  const DpopExpectation& expected;
};

Status it_is_for_this_method(const Reading& reading) {
  CURFEW_TRY(const std::string htm, readable(get_string(reading.claims, "htm")));
  if (htm == reading.expected.method) return Done{};
  return refused("is for another method (htm)");
}

// RFC 9449 4.3: compared without query and fragment, after the normalisation of RFC 3986 6.2.2 and
// 6.2.3. Percent signs stay as they are written, so both sides must write an address alike.
std::optional<std::string> comparable(std::string_view url) {
  const auto uri = parse_uri(url.substr(0, url.find_first_of("?#")));
  if (!uri.ok() || !uri->has_authority || uri->userinfo) return std::nullopt;
  return uri->origin() + (uri->path.empty() ? "/" : uri->path);
}

Status it_is_for_this_address(const Reading& reading) {
  CURFEW_TRY(const std::string htu, readable(get_string(reading.claims, "htu")));
  const std::optional<std::string> given = comparable(htu);
  if (given && given == comparable(reading.expected.url)) return Done{};
  return refused("is for another address (htu)");
}

Status it_is_of_now(const Reading& reading) {
  const TimePoint now = reading.expected.now;
  CURFEW_TRY(const TimePoint iat, readable(get_numeric_date(reading.claims, "iat")));
  if (iat < now - kDpopWindow || iat > now + kDpopWindow) {
    return refused("was not made just now (iat); is this computer's clock right?");
  }
  CURFEW_TRY(const auto exp, readable(get_optional_numeric_date(reading.claims, "exp")));
  if (exp && *exp <= now - kDpopWindow) return refused("has expired (exp)");
  CURFEW_TRY(const auto nbf, readable(get_optional_numeric_date(reading.claims, "nbf")));
  if (nbf && *nbf > now + kDpopWindow) return refused("is not yet valid (nbf)");
  return Done{};
}

Status it_is_for_this_token(const Reading& reading) {
  const std::string_view token = reading.expected.access_token;
  if (token.empty()) return Done{};
  CURFEW_TRY(const std::string ath, readable(get_string(reading.claims, "ath")));
  if (ath == sha256_base64url(token)) return Done{};
  return refused("is for another access token (ath)");
}

constexpr std::array kChecks{
    it_is_for_this_method,   // RFC 9449 4.3, 8.
    it_is_for_this_address,  // 9.
    it_is_of_now,            // 11.
    it_is_for_this_token,    // 12.
};

Result<JwsKey> key_in(const JwsHeader& header) {
  CURFEW_TRY(const boost::json::object* const jwk, readable(get_object(header.members, "jwk")));
  return readable(parse_public_jwk(*jwk));
}

bool is_allowed(SignatureAlg alg) { return std::ranges::find(kDpopAlgs, alg) != kDpopAlgs.end(); }

}  // namespace

Result<DpopProof> check_dpop_proof(std::string_view compact, const DpopExpectation& expectation) {
  CURFEW_TRY(const UnverifiedJws jws, readable(parse_jws(compact)));
  if (jws.header.typ != kType) return refused("must have the typ dpop+jwt");
  if (!is_allowed(jws.header.alg)) return refused("must be signed with ES256, PS256 or EdDSA");
  CURFEW_TRY(const JwsKey key, key_in(jws.header));
  if (!key.verify(jws.header.alg, jws.signing_input, jws.signature)) {
    return refused("has a wrong signature");
  }
  CURFEW_TRY(const boost::json::object claims, readable(parse_json_object(jws.payload)));
  CURFEW_TRY(std::string jti, readable(get_string(claims, "jti")));
  if (jti.empty() || jti.size() > limits::kJtiBytesMax) {
    return refused("must have a jti of 1 to 256 characters");
  }
  const Reading reading{jws, claims, expectation};
  for (const auto check : kChecks) {
    CURFEW_TRY_STATUS(check(reading));
  }
  CURFEW_TRY(auto nonce, readable(get_optional_string(claims, "nonce")));
  if (nonce && nonce->size() > limits::kJtiBytesMax) return refused("has too long a nonce");
  return DpopProof{jwk_thumbprint(*key.verify_key()), std::move(jti),
                   std::move(nonce).value_or("")};
}

std::string dpop_alg_names() {
  std::string names;
  for (const SignatureAlg alg : kDpopAlgs) {
    names += (names.empty() ? "" : " ") + std::string{to_string(alg)};
  }
  return names;
}

bool is_thumbprint(std::string_view text) {
  return text.size() == kThumbprintBytes && base64url_decode(text).has_value();
}

}  // namespace curfew
