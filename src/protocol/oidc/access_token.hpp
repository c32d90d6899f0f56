// protocol/oidc/access_token.hpp: the claims of an access token of ours, to JSON and back.
//
// Signing and verifying are protocol/jose's; deciding is model/validity's. facts_of() is the one
// place that says which keys an access token names.
//
// Pure; any thread. Spec: RFC 9068 2.2, Entra's v2.0 access token claims.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.hpp"
#include "base/result.hpp"
#include "model/position.hpp"
#include "model/session.hpp"
#include "model/validity.hpp"
#include "protocol/json/json_fwd.hpp"

namespace curfew {

struct AccessTokenClaims {
  std::string iss;
  std::string aud;  // one resource (RFC 9700 2.3)
  std::string sub;  // user: the oid; application alone: its client_id
  std::string oid;
  TenantId tid;
  AppId client_id;                 // written as azp, appid and client_id
  std::string azpacr;              // how the client proved itself: "0" not, "1" secret, "2" key
  std::string scp;                 // delegated permissions, as scp and as scope; empty: left out
  std::vector<std::string> roles;  // of user or application; empty: left out
  SessionId sid;                   // ids that are empty are left out
  DeviceId deviceid;
  std::string jti;
  std::int64_t iat = 0;  // seconds since 1970, as all times here
  std::int64_t nbf = 0;
  std::int64_t exp = 0;
  std::optional<std::int64_t> auth_time;
  std::vector<std::string> amr;
  std::string acr;
  std::string ver = "2.0";
  bool app_only = false;               // idtyp "app": client credentials, no user
  bool continuous_evaluation = false;  // xms_cc ["CP1"]
  Stamps stamps;                       // auth_as_of and as_of; unset ones are left out
  GrantId grant_id;                    // xcf_grant
  std::string authenticator_id;        // xcf_authn
  std::string cnf_jkt;                 // cnf.jkt (RFC 9449 6.1): the key that it is bound to
  std::string cnf_x5t_s256;  // cnf."x5t#S256" (RFC 8705 3.1): the TLS client certificate's
  // xcf_via: of a token that was got on behalf of a person with another token, the keys which that
  // one named and this one does not name by itself; as to_string(Key), at most kInheritedKeysMax.
  std::vector<std::string> inherited_keys;
  // xcf_ctl: what a gate does with the session (model/session_control.hpp); empty: left out.
  std::vector<std::string> session_controls;
  // status.status_list: its place in a status list of ours; an empty uri: in none. Written, and not
  // read back: it is for resources that ask nobody else.
  std::string status_list_uri;
  std::uint32_t status_list_idx = 0;
};

// The token is bound to a key, or to a certificate.
[[nodiscard]] inline bool is_bound(const AccessTokenClaims& claims) {
  return !claims.cnf_jkt.empty() || !claims.cnf_x5t_s256.empty();
}
// The value of `cnf` (RFC 9449 6.1, RFC 8705 3.1): {"jkt":"...","x5t#S256":"..."}.
[[nodiscard]] std::string confirmation_json(const AccessTokenClaims& claims);

// The payload of the JWT: one JSON object, names in a fixed order.
[[nodiscard]] std::string to_json(const AccessTokenClaims& claims);

// The way back, from a payload whose signature was verified. invalid_argument if it is no JSON, a
// claim that RFC 9068 2.2 requires is missing, a type is wrong, azp, appid and client_id disagree,
// a stamp is no position, an inherited key is none, or there are too many controls. Unknown claims
// are ignored. A token without stamps is read, with unset stamps: the validity rule calls it dead.
[[nodiscard]] Result<AccessTokenClaims> parse_access_token_claims(std::string_view json);
[[nodiscard]] Result<AccessTokenClaims> parse_access_token_claims(
    const boost::json::object& claims);

// Reads `cnf` into cnf_jkt and cnf_x5t_s256. invalid_argument for one that names anything else: a
// token that is bound in a way that we do not know must not pass for one that is not bound.
[[nodiscard]] Status read_confirmation(const boost::json::object& claims, AccessTokenClaims& token);

// Everything that the validity rule needs to know. Names the tenant, user, session, device, grant,
// application, assignment, authenticator, signing key and the token itself; absent parts are not
// named; whatever it inherits is. A token that lacks what every token of ours has (tenant,
// application, jti, kid, and a user unless it is app-only) gets unset stamps, so that it is dead.
[[nodiscard]] CredentialFacts facts_of(const AccessTokenClaims& claims, const KeyId& kid);

}  // namespace curfew
