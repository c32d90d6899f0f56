// protocol/oidc/id_token.hpp: the claims of an ID token.
//
// Pure; any thread. Spec: OIDC Core 2 and 5.1, Entra's v2.0 ID token claims. The subject is the
// user's oid for every client: no pairwise identifiers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curfew {

// Members that are empty are left out, except iss, sub, aud, exp, iat and ver.
struct IdTokenClaims {
  std::string iss;
  std::string sub;
  std::string aud;       // client_id
  std::int64_t iat = 0;  // seconds since 1970, as all times here
  std::int64_t nbf = 0;
  std::int64_t exp = 0;
  std::optional<std::int64_t> auth_time;
  std::string nonce;
  std::string sid;
  std::string oid;
  std::string tid;
  std::string preferred_username;
  std::string name;
  std::string email;
  bool email_verified = false;  // stands beside an email only
  std::string login_hint;       // what the client sends back as logout_hint
  std::vector<std::string> amr;
  std::string acr;
  std::string at_hash;                         // protocol/jose: token_hash_claim
  std::optional<std::int64_t> session_expiry;  // the latest end of the application's session
  std::string ver = "2.0";
};

[[nodiscard]] std::string to_json(const IdTokenClaims& claims);

}  // namespace curfew
