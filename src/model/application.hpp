// model/application.hpp: what people sign in to: applications, their secrets, assignments,
// consents.
//
// One App stands for Graph's application and its service principal in this tenant. Its id is the
// OAuth client_id. Values only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/position.hpp"

namespace curfew {

enum class ClientType { confidential, public_client };  // RFC 6749 2.1
[[nodiscard]] std::string_view to_string(ClientType type);
[[nodiscard]] bool parse_enum(std::string_view text, ClientType& out);

// `typ` of access tokens for this resource: Entra-style validators insist on JWT, RFC 9068 ones on
// at+jwt.
enum class AccessTokenTyp { jwt, at_jwt };
[[nodiscard]] std::string_view to_string(AccessTokenTyp typ);
[[nodiscard]] bool parse_enum(std::string_view text, AccessTokenTyp& out);

enum class TokenAlg { es256, rs256 };
[[nodiscard]] std::string_view to_string(TokenAlg alg);  // the JOSE names, "ES256"
[[nodiscard]] bool parse_enum(std::string_view text, TokenAlg& out);

// Whom a client assertion may be addressed to. The issuer alone leaves no doubt which server was
// meant (RFC 7523bis, FAPI 2.0); MSAL and older libraries name the token endpoint.
enum class AssertionAudience { issuer_or_token_endpoint, issuer };
[[nodiscard]] std::string_view to_string(AssertionAudience audience);
[[nodiscard]] bool parse_enum(std::string_view text, AssertionAudience& out);

struct App {
  TenantId tenant_id;
  AppId id;  // a GUID
  std::string display_name;
  bool account_enabled = true;  // false while any hold stands on the application's key

  // As a client.
  ClientType client_type = ClientType::confidential;
  std::vector<std::string> redirect_uris;  // compared as whole strings; loopback: any port
  std::vector<std::string> spa_origins;    // scheme://host[:port], for CORS
  std::vector<std::string> post_logout_redirect_uris;
  bool require_pkce = true;
  bool assignment_required = false;  // only assigned users get tokens
  // The scopes that an administrator consented to for everybody; others are asked of the user.
  std::vector<std::string> admin_consented_scopes;
  // What an administrator gave the application itself, for client credentials: Graph's application
  // permissions (app roles).
  std::vector<std::string> application_permissions;
  // How long the application's own session can go on after a sign-in through us, at the most, as
  // its developer says; 0: it keeps none; nothing: nobody has said. Bounds the residual access.
  std::optional<std::int64_t> own_session_lifetime_seconds;
  bool continuous_evaluation =
      false;                    // may get access tokens of up to 28 hours (with such a resource)
  bool may_introspect = false;  // a resource server that may call introspection for its audience
  // May sign people in on devices without a browser (RFC 8628). Off unless somebody wants it:
  // whoever sends people a code of their own to type in can do so in the name of any such client.
  bool allow_device_code = false;
  std::optional<std::string> initiate_login_uri;
  // Where it ends a session of its own: opened in the person's browser (OIDC Front-Channel Logout
  // 1.0 2.), or told by this server (OIDC Back-Channel Logout 1.0 2.2). `..._session_required`: it
  // must learn which session.
  std::optional<std::string> frontchannel_logout_uri;
  bool frontchannel_logout_session_required = false;
  std::optional<std::string> backchannel_logout_uri;
  bool backchannel_logout_session_required = false;
  // Of one that registered itself (RFC 7591): the initial access token that it came with. Empty: an
  // administrator registered it, and answers for it.
  std::string registered_with;
  std::vector<std::string> grant_types;        // all that it may use; empty: what the others allow
  std::vector<std::string> registered_scopes;  // all that it may ask for; empty: anything
  // When it last said what it is and where it is answered: people agreed to what it was before.
  TimePoint registration_changed_at{};
  TokenAlg id_token_alg = TokenAlg::rs256;
  AssertionAudience assertion_audience = AssertionAudience::issuer_or_token_endpoint;
  bool require_pushed_requests = false;   // no authorization request but one that it pushed
  bool dpop_bound_access_tokens = false;  // no token but one that is bound to a key (RFC 9449 5.2)
  bool require_dpop_nonce = false;        // no DPoP proof but one with a nonce of ours (RFC 9449 8)
  // No token but one that is bound to its TLS client certificate (RFC 8705 3.4).
  bool certificate_bound_access_tokens = false;
  bool fapi_2 = false;  // the FAPI 2.0 Security Profile: access/client_policy.hpp

  // As a resource: who asks for a token to it names one of these, and the token's `aud` is the
  // first.
  std::vector<std::string> identifier_uris;  // e.g. api://<id>; empty: not a resource
  std::vector<std::string> exposed_scopes;
  AccessTokenTyp access_token_typ = AccessTokenTyp::jwt;
  TokenAlg access_token_alg = TokenAlg::es256;
  std::optional<std::int64_t> access_token_lifetime_seconds;  // nothing: the server's default
  // What gates do with the sessions of people in it, as client or as resource: rules of
  // model/session_control.hpp. A change makes every token of its sessions be got anew.
  std::vector<std::string> session_controls;
  // As a resource: it looks its tokens up in a status list that we publish
  // (model/token_status.hpp).
  bool status_list = false;

  TimePoint created_at{};
};

// A generated secret of 256 random bits; only its SHA-256 is kept.
struct AppSecret {
  TenantId tenant_id;
  AppId app_id;
  std::string id;    // Graph's keyId; the authenticator key of tokens got with it
  std::string hash;  // base64url of SHA-256
  std::string hint;  // its first three characters, as Graph shows
  std::optional<TimePoint> expires_at;
  TimePoint created_at{};
};

// The one name in a TLS client certificate that an application is known by (RFC 8705 2.1.2); none
// of a key.
enum class CertificateName { none, subject_dn, san_dns, san_uri, san_ip, san_email };
[[nodiscard]] std::string_view to_string(CertificateName name);  // "tls_client_auth_san_dns"
[[nodiscard]] bool parse_enum(std::string_view text, CertificateName& out);

// A public key whose private half the application keeps: it proves itself by signing (RFC
// 7523 2.2), or, where it was registered with its certificate, by that one in TLS (RFC 8705 2.2).
// Or, without a key, the name that its certificates have, from an authority that the server trusts
// for this (RFC 8705 2.1).
struct ClientKey {
  TenantId tenant_id;
  AppId app_id;
  std::string id;            // Graph's keyId; the authenticator key of tokens got with it
  std::string display_name;  // may be empty
  std::string kid;           // as assertions name it, if not by its certificate
  std::string x5t;           // base64url of the certificate's SHA-1; empty: registered without one
  std::string x5t_s256;      // and of its SHA-256
  std::string public_jwk;    // JSON; empty: a name
  CertificateName name_kind = CertificateName::none;
  std::string name;
  std::optional<TimePoint> expires_at;  // the certificate's end
  TimePoint created_at{};
};

// An assertion that was accepted, so that it is accepted once.
struct UsedAssertion {
  TenantId tenant_id;
  std::string id;          // base64url of SHA-256 over the client and the jti
  TimePoint expires_at{};  // when it would be refused anyhow
};

// An opaque bearer of a service principal, for callers that cannot do OAuth. 256 random bits, kept
// as SHA-256. Checked at our own APIs and by introspection only, never against a replica alone.
struct ApiKey {
  TenantId tenant_id;
  std::string id;    // also its credential key
  std::string hash;  // base64url of SHA-256
  AppId app_id;
  std::string display_name;
  std::vector<std::string> scopes;
  // Whose it is: a run on this user ends it.
  std::optional<UserId> owner;
  Position auth_as_of;
  std::optional<TimePoint> expires_at;
  TimePoint created_at{};
};

// A user, or every member of a group, may use an application.
enum class PrincipalKind { user, group };
[[nodiscard]] std::string_view to_string(PrincipalKind kind);
[[nodiscard]] bool parse_enum(std::string_view text, PrincipalKind& out);

struct AppAssignment {
  TenantId tenant_id;
  AppId app_id;
  PrincipalKind principal_kind = PrincipalKind::user;
  std::string principal_id;
  TimePoint created_at{};
};

// What a user agreed that an application may do: Graph's oAuth2PermissionGrant with consentType
// Principal.
struct Consent {
  TenantId tenant_id;
  UserId user_id;
  AppId app_id;
  std::vector<std::string> scopes;
  TimePoint created_at{};
};

}  // namespace curfew
