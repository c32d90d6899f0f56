// tests/fuzz/fuzz_gate_token.cpp: whatever a token at a gate says, one that is accepted was signed
// by its issuer, names the keys that it must, and is no ID token.
//
// The first byte says whether the rest is a token as it is, or claims that are signed here, by the
// gate's own server or by a foreign issuer, with which typ.
//
// Covers: gate/token/foreign_token.cpp gate/token/gate_token.cpp gate/token/token_rules.cpp
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "base/text.hpp"
#include "gate/token/foreign_token.hpp"
#include "gate/token/gate_token.hpp"
#include "gate/token/token_rules.hpp"
#include "protocol/json/json.hpp"
#include "tests/fuzz/signing.hpp"

using namespace curfew;
using fuzz::keys;
using fuzz::signer;

namespace {

const ForeignIssuer& foreign() {
  static const ForeignIssuer issuer{
      .issuer = "https://e",
      .jwks = "",
      .keys = {{"oid", KeyKind::user}, {"azp", KeyKind::application, "e:", true}}};
  return issuer;
}

bool names(const GateToken& token, KeyKind kind) {
  return std::ranges::any_of(token.keys(), [&](const Key& key) { return key.kind == kind; });
}

// What a program in C is told ends at a zero byte.
void check_text(std::string_view text) { CURFEW_CHECK(text.find('\0') == std::string_view::npos); }

void check_common(const GateToken& token) {
  const AccessTokenClaims& claims = token.claims;
  for (const std::string& text :
       {claims.iss, claims.sub, claims.oid, claims.client_id.str(), claims.tid.str(),
        claims.sid.str(), claims.jti, claims.scp, token.roles_text, claims.deviceid.str(),
        claims.acr, join(claims.session_controls, " ")}) {
    check_text(text);
  }
  for (const Key& key : token.keys()) CURFEW_CHECK(!key.id.empty());
  CURFEW_CHECK(!is_for(token, {}));
  CURFEW_CHECK(!check_permissions(token, {}));
  if (token.claims.app_only) CURFEW_CHECK(check_permissions(token, {{}, {"scope"}, {}}));
}

void check_foreign(std::string_view payload, std::string_view typ, const GateToken& token) {
  check_common(token);
  const ForeignFacts& facts = std::get<ForeignFacts>(token.facts);
  CURFEW_CHECK(token.claims.iss == "https://e");
  CURFEW_CHECK(token.keys().front() == key_of(TenantId{"t"}));
  CURFEW_CHECK(names(token, KeyKind::user));
  CURFEW_CHECK(names(token, KeyKind::application) == names(token, KeyKind::assignment));
  CURFEW_CHECK(facts.authenticated_at <= facts.issued_at);
  CURFEW_CHECK(facts.skew_max == foreign().skew_max);
  CURFEW_CHECK(typ == "JWT" || typ == "at+jwt");
  const auto claims = parse_json_object(payload);
  CURFEW_CHECK(claims.ok());
  for (const std::string_view name : {"nonce", "at_hash", "c_hash", "s_hash"}) {
    CURFEW_CHECK(!claims->contains(name));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest{reinterpret_cast<const char*>(data) + 1, size - 1};
  constexpr std::array<std::string_view, 4> kTypes{"JWT", "at+jwt", "logout+jwt", ""};
  const std::string_view typ = kTypes[data[0] / 3 % kTypes.size()];
  if (data[0] % 3 == 0) {
    CURFEW_CHECK(!read_own_token(rest, keys()).ok());
    CURFEW_CHECK(!read_foreign_token(rest, keys(), foreign(), "t").ok());
    return 0;
  }
  const std::string token = signer().sign(typ, rest).value();
  if (data[0] % 3 == 1) {
    const Result<GateToken> own = read_own_token(token, keys());
    if (own.ok()) check_common(*own);
    return 0;
  }
  const Result<GateToken> read = read_foreign_token(token, keys(), foreign(), "t");
  if (read.ok()) check_foreign(rest, typ, *read);
  return 0;
}
