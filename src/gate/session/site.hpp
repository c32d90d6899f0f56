// gate/session/site.hpp: one protected origin, and the application of the tenant that it is.
//
// Immutable once made; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "gate/session/cookie_keys.hpp"
#include "gate/token/token_rules.hpp"
#include "protocol/jose/jwt_signer.hpp"

namespace curfew {

// Everything of ours at a site is below it.
inline constexpr std::string_view kGatePaths = "/.curfew/";

// As an operator writes it.
struct SiteSettings {
  std::string name;       // of the operator's: a word of [a-z0-9-]
  std::string url;        // "https://app.example"
  std::string client_id;  // a GUID
  std::string audience;
  std::vector<std::string> scopes = {};  // asked for; empty: "AUDIENCE/.default"
  std::vector<std::string> required_scopes = {};
  std::vector<std::string> required_roles = {};
};
// invalid_argument; the message begins with the member's name and says what it may be.
[[nodiscard]] Status check_site(const SiteSettings& settings);

// The origin of an address as browsers send it, from what an operator wrote. invalid_argument
// unless it is https://HOST or https://HOST:PORT.
[[nodiscard]] Result<std::string> site_origin(std::string_view url);

// As much of a site as reads its sessions.
struct SessionPlace {
  std::string origin;  // "https://app.example", as browsers send it
  std::string client_id;
  CookieKeys cookie_keys;
};

struct Site : SessionPlace {
  std::string name;
  std::string host;   // "app.example" or "app.example:8443", in lower case
  std::string scope;  // of authorization requests
  FixedRules rules;   // of tokens, whether they come in a cookie or by themselves
  JwtSigner client_key;

  [[nodiscard]] std::string redirect_uri() const;
  [[nodiscard]] std::string signed_out_uri() const;
};

// Errors: as check_site().
[[nodiscard]] Result<Site> make_site(const SiteSettings& settings, JwtSigner client_key,
                                     CookieKeys cookie_keys);

// The addresses of the gate's server that people's browsers and its own calls go to.
struct Provider {
  std::string issuer;
  std::string authorization_endpoint;
  std::string token_endpoint;
  std::string end_session_endpoint;
};
// From the issuer, "https://host/TENANT/v2.0". invalid_argument for another form.
[[nodiscard]] Result<Provider> provider_of(std::string_view issuer);

}  // namespace curfew
