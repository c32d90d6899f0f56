// tests/support/dpop_key.hpp: a client that holds a key, and its proofs (RFC 9449).
#pragma once

#include <boost/json.hpp>
#include <string>

#include "tests/support/client_signer.hpp"

namespace curfew::test {

class DpopKey {
 public:
  explicit DpopKey(const ServerFixture& server, SignatureAlg alg = SignatureAlg::es256)
      : server_(server), key_(SigningKey::generate(alg).value()) {}

  [[nodiscard]] std::string jkt() const { return jwk_thumbprint(key_.verify_key()); }

  [[nodiscard]] boost::json::object claims(const std::string& method,
                                           const std::string& target) const {
    return {{"jti", random_token(16)},
            {"htm", method},
            {"htu", server_.base_url + target},
            {"iat", to_unix_seconds(server_.clock.now())}};
  }
  [[nodiscard]] std::string sign(const boost::json::object& claims) const {
    return sign_compact(key_,
                        {{"typ", "dpop+jwt"},
                         {"alg", to_string(key_.alg())},
                         {"jwk", boost::json::parse(public_jwk_json(key_.verify_key()))}},
                        claims);
  }
  // For a POST to this endpoint of the tenant, such as "token".
  [[nodiscard]] std::string proof(const std::string& endpoint = "token") const {
    return sign(claims("POST", server_.path("/oauth2/v2.0/" + endpoint)));
  }
  [[nodiscard]] Fields header(const std::string& endpoint = "token") const {
    return {{"DPoP", proof(endpoint)}};
  }
  // The headers of a call with a token that is bound to the key.
  [[nodiscard]] Fields call(const std::string& method, const std::string& target,
                            const std::string& token) const {
    boost::json::object made = claims(method, target);
    made["ath"] = sha256_base64url(token);
    return {{"Authorization", "DPoP " + token}, {"DPoP", sign(made)}};
  }

 private:
  const ServerFixture& server_;
  SigningKey key_;
};

}  // namespace curfew::test
