// tests/fuzz/fuzz_relying_party.cpp: what a gate hears at a site's addresses and from its server as
// a relying party: ID tokens, logout tokens, token responses. Nothing unsigned is taken; what is
// taken is for this site and this sign-in; an ID token is never a logout and a logout token never
// signs in.
//
// The first byte says which typ the claims in the first line are signed with here. The other lines
// are a token response, in which $ID_TOKEN becomes that token.
//
// Covers: gate/session/id_token_check.cpp
#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "base/text.hpp"
#include "gate/session/code_flow.hpp"
#include "gate/session/id_token_check.hpp"
#include "gate/session/session_limits.hpp"
#include "protocol/json/json.hpp"
#include "protocol/resource/verified_access_token.hpp"
#include "tests/fuzz/signing.hpp"

using namespace curfew;
using fuzz::keys;
using fuzz::signer;

namespace {

constexpr std::string_view kIssuer = "https://id.example";
constexpr std::string_view kClient = "client";
constexpr std::string_view kNonce = "n";
constexpr std::string_view kAccessToken = "a";
constexpr std::string_view kPlace = "$ID_TOKEN";
constexpr std::array<std::string_view, 5> kTypes{"JWT", "logout+jwt", "", "at+jwt",
                                                 "application/logout+jwt"};
const TimePoint kNow = from_unix_seconds(1'800'000'000);

const Site& site() {
  static const Site made =
      make_site({"wiki", "https://app.example", std::string{kClient}, "api://wiki"}, signer(),
                CookieKeys::from({Secret{std::string(kSealKeyBytes, 'k')}}).value())
          .value();
  return made;
}

Result<std::string> id_token(std::string_view compact, std::string_view nonce = kNonce) {
  return check_id_token(compact, keys(),
                        {std::string{kIssuer}, std::string{kClient}, std::string{nonce},
                         std::string{kAccessToken}, kNow});
}

Result<LogoutToken> logout_token(std::string_view compact) {
  return check_logout_token(compact, keys(), {std::string{kIssuer}, std::string{kClient}, kNow});
}

// By what the claims say themselves, read a second time.
bool says(const boost::json::object& claims, std::string_view name, std::string_view text) {
  const auto* const value = claims.if_contains(name);
  return value != nullptr && value->is_string() && value->get_string() == text;
}

bool is_for_us(const boost::json::object& claims) {
  const auto& aud = claims.at("aud");
  const auto is_ours = [](const boost::json::value& one) {
    return one.is_string() && one.get_string() == kClient;
  };
  const bool is_among =
      is_ours(aud) || (aud.is_array() && std::ranges::any_of(aud.get_array(), is_ours));
  return is_among && says(claims, "iss", kIssuer) && claims.contains("exp") &&
         claims.contains("iat");
}

void check_id(std::string_view payload, std::string_view typ, const std::string& sub) {
  const auto claims = parse_json_object(payload);
  CURFEW_CHECK(claims.ok() && is_for_us(*claims));
  CURFEW_CHECK(typ == "JWT" || typ.empty());
  CURFEW_CHECK(!sub.empty() && says(*claims, "sub", sub));
  CURFEW_CHECK(says(*claims, "nonce", kNonce) && !claims->contains("client_id"));
  CURFEW_CHECK(!claims->contains("azp") || says(*claims, "azp", kClient));
  CURFEW_CHECK(!claims->contains("at_hash") ||
               says(*claims, "at_hash", token_hash_claim(SignatureAlg::es256, kAccessToken)));
}

void check_logout(std::string_view payload, std::string_view typ, const LogoutToken& token) {
  const auto claims = parse_json_object(payload);
  CURFEW_CHECK(claims.ok() && is_for_us(*claims));
  CURFEW_CHECK(typ.ends_with("logout+jwt"));
  CURFEW_CHECK(!claims->contains("nonce") && claims->contains("events"));
  CURFEW_CHECK(!token.sub.empty() || !token.sid.empty());
  CURFEW_CHECK(token.sub.empty() || says(*claims, "sub", token.sub));
  CURFEW_CHECK(token.sid.empty() || says(*claims, "sid", token.sid));
  CURFEW_CHECK(token.issued_at <= kNow + kClockSkewMax);
  CURFEW_CHECK(token.issued_at + session_limits::kLogoutTokenTimeMax + kClockSkewMax >= kNow);
}

Result<RedeemedSession> redeem(std::string_view body) {
  static const SiteSignIn sign_in{"AAAAAAAAAAAAAAAAAAAAAA", std::string{kNonce}, "v", "/", kNow};
  static const Provider provider{std::string{kIssuer}, "", "", ""};
  return read_token_answer(site(), provider, sign_in, body, keys(), kNow);
}

void check_answer(std::string_view text, const std::string& compact) {
  CURFEW_CHECK(!redeem(text).ok());
  std::string body{text};
  const auto at = body.find(kPlace);
  if (at == std::string::npos) return;
  body.replace(at, kPlace.size(), compact);
  const auto redeemed = redeem(body);
  if (!redeemed.ok()) return;
  const auto answer = parse_json_object(body);
  CURFEW_CHECK(answer.ok() && says(*answer, "access_token", redeemed->session.access_token));
  CURFEW_CHECK(redeemed->session.id_token == compact && !redeemed->sub.empty());
  // It is kept in a cookie, whatever is in it, or refused.
  const auto cookie = session_cookie(site(), redeemed->session);
  CURFEW_CHECK(!cookie.ok() || cookie->find_first_of("\r\n") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  const std::string_view payload = text.substr(0, text.find('\n'));
  const std::string_view rest = text.substr(std::min(payload.size() + 1, text.size()));
  const std::string_view typ = kTypes.at(data[0] % kTypes.size());
  CURFEW_CHECK(!id_token(text).ok() && !logout_token(text).ok());
  const std::string compact = signer().sign(typ, payload).value();
  const auto sub = id_token(compact);
  const auto logout = logout_token(compact);
  CURFEW_CHECK(!sub.ok() || !logout.ok());
  CURFEW_CHECK(!id_token(compact, "").ok());
  if (sub.ok()) check_id(payload, typ, *sub);
  if (logout.ok()) check_logout(payload, typ, *logout);
  check_answer(rest, compact);
  return 0;
}
