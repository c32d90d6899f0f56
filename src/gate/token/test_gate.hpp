// gate/token/test_gate.hpp: for tests only: an issuer that signs tokens, and a gate with a replica
// of its own, a lease and a clock that moves when told.
#pragma once

#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "crypto/random.hpp"
#include "crypto/sign_key.hpp"
#include "gate/replica/test_replica.hpp"
#include "gate/token/token_gate.hpp"
#include "protocol/jose/jwk.hpp"
#include "protocol/jose/jwt_signer.hpp"

namespace curfew::testing {

inline const std::string kAudience = "api://files";
inline const TimePoint kGateNow = kTestStart + std::chrono::hours{1};
inline const std::string kGateUrl = "https://files.contoso.com/report";

class TestIssuer {
 public:
  explicit TestIssuer(std::string kid = "key-1", SignatureAlg alg = SignatureAlg::es256)
      : signer_(SigningKey::generate(alg).value(), std::move(kid)) {}

  [[nodiscard]] std::string jwk() const {
    return serialize_jwk(signer_.verify_key(), signer_.alg(), signer_.kid());
  }
  [[nodiscard]] std::string jwks() const { return serialize_jwks({jwk()}); }
  [[nodiscard]] std::string sign(std::string_view payload, std::string_view typ = "at+jwt") const {
    return signer_.sign(typ, payload).value();
  }
  [[nodiscard]] std::string token(const AccessTokenClaims& claims) const {
    return sign(to_json(claims));
  }
  [[nodiscard]] std::string token(const boost::json::object& claims,
                                  std::string_view typ = "JWT") const {
    return sign(boost::json::serialize(claims), typ);
  }

 private:
  JwtSigner signer_;
};

// Of a person's token that is live where nothing was revoked.
inline AccessTokenClaims good_claims() {
  AccessTokenClaims claims;
  claims.iss = "https://id.contoso.com";
  claims.aud = kAudience;
  claims.sub = claims.oid = "user-1";
  claims.tid = TenantId{"tenant-1"};
  claims.client_id = AppId{"app-1"};
  claims.scp = "Files.Read Files.Write";
  claims.sid = SessionId{"session-1"};
  claims.jti = "token-1";
  claims.iat = claims.nbf = to_unix_seconds(kGateNow) - 60;
  claims.exp = to_unix_seconds(kGateNow) + 3600;
  claims.stamps = {at(1), at(1)};
  return claims;
}

inline AccessTokenClaims app_claims() {
  AccessTokenClaims claims = good_claims();
  claims.app_only = true;
  claims.sub = "app-1";
  claims.oid = "principal-1";
  claims.sid = SessionId{};
  claims.scp.clear();
  claims.roles = {"Files.Read.All"};
  return claims;
}

class TestGate {
 public:
  explicit TestGate(const TestIssuer& issuer) : writer(serving_writer(replica)) {
    REQUIRE(writer->set_signing_keys(issuer.jwks()).ok());
    apply_all(*writer, {entry_of(Effect::reauth, user_key(999), 1)});
    time = {kTestBoot, std::chrono::hours{1}, kGateNow};
    lease();
  }

  void lease(std::uint64_t position = 1) {
    REQUIRE(writer->set_lease(
        {at(position), std::chrono::hours{100}, kGateNow + std::chrono::hours{99}}, at(position)));
  }
  [[nodiscard]] TokenGateConfig config() const {
    TokenGateConfig config;
    config.replica_path = replica.path();
    config.reader = test_rules();
    config.rules.audiences = {kAudience};
    config.lanes = 2;
    return config;
  }
  [[nodiscard]] std::unique_ptr<TokenGate> gate() { return gate(config()); }
  [[nodiscard]] std::unique_ptr<TokenGate> gate(TokenGateConfig config) {
    auto made = TokenGate::make(std::move(config), [this] { return time; });
    REQUIRE_MESSAGE(made.ok(), (made.ok() ? "" : made.error().message()));
    return std::move(made).value();
  }
  // One more entry, with all before it.
  void apply(Effect effect, const Key& key, TimePoint when = kGateNow, bool is_blocked = false) {
    apply_all(*writer, {entry_of(effect, key, ++last_, when, is_blocked)});
  }

  TestReplica replica;
  std::unique_ptr<ReplicaWriter> writer;
  MachineTime time;

 private:
  std::uint64_t last_ = 1;
};

inline GateAnswer ask(TokenGate& gate, const std::string& token) {
  const std::string authorization = "Bearer " + token;
  GateRequest request;
  request.authorization = authorization;
  return gate.check(request);
}

// Refused like this, and the operator is told why.
inline bool is_refused(const GateAnswer& answer, int status, std::string_view error) {
  CHECK(answer.status == status);
  CHECK(answer.error == error);
  CHECK_FALSE(answer.reason.empty());
  return answer.status == status && answer.error == error && !answer.is_live();
}

// A client that holds a key.
class TestSender {
 public:
  [[nodiscard]] std::string jkt() const { return jwk_thumbprint(key_.verify_key()); }
  [[nodiscard]] boost::json::object claims(const std::string& token) const {
    return {{"jti", random_token(16)},
            {"htm", "GET"},
            {"htu", kGateUrl},
            {"iat", to_unix_seconds(kGateNow)},
            {"ath", sha256_base64url(token)}};
  }
  [[nodiscard]] std::string proof(const boost::json::object& claims) const {
    const boost::json::object header{
        {"typ", "dpop+jwt"},
        {"alg", "ES256"},
        {"jwk", boost::json::parse(public_jwk_json(key_.verify_key()))}};
    const std::string input = base64url_encode(boost::json::serialize(header)) + "." +
                              base64url_encode(boost::json::serialize(claims));
    return input + "." + base64url_encode(key_.sign(input).value());
  }

 private:
  SigningKey key_ = SigningKey::generate(SignatureAlg::es256).value();
};

inline GateAnswer ask_with_proof(TokenGate& gate, const std::string& token,
                                 const std::string& proof) {
  const std::string authorization = "DPoP " + token;
  GateRequest request;
  request.authorization = authorization;
  request.sender.dpop = proof;
  request.sender.method = "GET";
  request.sender.url = kGateUrl;
  return gate.check(request);
}

}  // namespace curfew::testing
