#include "api/op/client_authentication.hpp"

#include <utility>

#include "access/client_policy.hpp"
#include "access/credential_facts.hpp"
#include "access/liveness.hpp"
#include "api/op/oauth_answer.hpp"
#include "api/sender/presented_certificate.hpp"
#include "base/check.hpp"
#include "crypto/digest.hpp"
#include "protocol/oidc/discovery.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

OAuthError invalid_client(std::string description, Aadsts aadsts) {
  return oauth_error(OAuthErrorCode::invalid_client, aadsts, std::move(description));
}

OAuthError application_disabled() {
  return oauth_error(OAuthErrorCode::unauthorized_client, Aadsts::application_disabled,
                     "The application is disabled.");
}

OAuthError wrong_secret() {
  return invalid_client("The client secret is wrong, or was removed.", Aadsts::wrong_client_secret);
}

OAuthError unknown_key() {
  return invalid_client("The client assertion's key is not registered, or was removed.",
                        Aadsts::assertion_signature_wrong);
}

// Compares with all of them, so that the time does not tell which one was right.
std::optional<AppSecret> matching(const std::vector<AppSecret>& secrets, const Secret& given) {
  const std::string hash = sha256_base64url(given.reveal());
  const AppSecret* found = nullptr;
  for (const AppSecret& secret : secrets) {
    if (equal_constant_time(secret.hash, hash)) found = &secret;
  }
  return found == nullptr ? std::nullopt : std::optional{*found};
}

OAuthResult<ClientProof> check_secret(const KnownApp& known, const Secret& given, Position as_of,
                                      TimePoint now) {
  const std::optional<AppSecret> secret = matching(known.secrets, given);
  if (!secret) return wrong_secret();
  if (secret->expires_at && *secret->expires_at <= now) {
    return invalid_client("The client secret has expired.", Aadsts::expired_client_secret);
  }
  return ClientProof{secret->id, facts_of(*secret, as_of), false};
}

// The one key that the assertion names. An assertion that names none is right where there is one.
OAuthResult<const KnownKey*> key_of_assertion(const KnownApp& known,
                                              const ClientAssertion& assertion) {
  const KnownKey* found = nullptr;
  for (const KnownKey& key : known.keys) {
    if (!names_key(assertion, key.row)) continue;
    if (found != nullptr) {
      return invalid_client("The client assertion must name its key: kid, x5t or x5t#S256.",
                            Aadsts::invalid_assertion);
    }
    found = &key;
  }
  if (found == nullptr) return unknown_key();
  return found;
}

// MSAL signs one assertion, with a certificate, and sends it until it ends: to let that count once
// would refuse its second request. A client that addresses the issuer alone is none of MSAL's. The
// header is signed, so nobody turns another client's assertion into one of these.
bool may_repeat(const ClientAssertion& assertion, const ClientPolicy& policy) {
  return names_certificate(assertion) && policy.assertion_audience != AssertionAudience::issuer;
}

OAuthResult<ClientProof> check_assertion(const ServerContext& context,
                                         const ClientAssertion& assertion,
                                         AuthenticatedClient& client, TimePoint now) {
  const App& app = client.app();
  const ClientPolicy policy = policy_of(app);
  CURFEW_TRY(const KnownKey* const key, key_of_assertion(*client.known, assertion));
  const std::string tenant_url = context.base_url + "/" + context.tenant_id.str();
  const AssertionExpectation expected{app.id,
                                      context.issuer(),
                                      tenant_url + std::string{endpoint_path::kToken},
                                      policy.assertion_audience,
                                      now,
                                      policy.assertion_algs};
  CURFEW_TRY(const AcceptedAssertion accepted,
             check_client_assertion(assertion, key->key, expected));
  if (key->row.expires_at && *key->row.expires_at <= now) {
    return invalid_client("The certificate of the client's key has expired.",
                          Aadsts::expired_client_secret);
  }
  if (!may_repeat(assertion, policy)) {
    // The id has no space in it (is_client_id), so two clients never share one.
    client.assertion =
        UsedAssertion{context.tenant_id, sha256_base64url(app.id.str() + " " + accepted.jti),
                      accepted.expires_at};
  }
  return ClientProof{key->row.id, facts_of(key->row, client.as_of), true};
}

OAuthError unknown_certificate(std::string description) {
  return invalid_client(std::move(description), Aadsts::assertion_signature_wrong);
}

// Registered itself (self_signed_tls_client_auth), whoever issued it; or by one of its names
// (tls_client_auth), which count from an authority that the operator trusts for this. Null:
// neither.
OAuthResult<const ClientKey*> row_of_certificate(const ServerContext& context,
                                                 const KnownApp& known, const HttpPeer& peer,
                                                 const ClientCertificate& certificate,
                                                 TimePoint now) {
  const std::string x5t_s256 = x5t_s256_of(peer);
  for (const KnownKey& key : known.keys) {
    if (key.row.x5t_s256 == x5t_s256) return &key.row;
  }
  for (const ClientKey& row : known.certificate_names) {
    if (!has_name(certificate, row)) continue;
    if (!context.client_authorities) {
      return unknown_certificate("The server trusts no authority for clients' certificates.");
    }
    const Status trusted = context.client_authorities->check(*peer.certificates, now);
    if (!trusted.ok()) {
      return unknown_certificate("The client's certificate: " + trusted.error().message() + ".");
    }
    return &row;
  }
  return nullptr;
}

OAuthResult<ClientProof> check_certificate(const ServerContext& context, const HttpPeer& peer,
                                           const AuthenticatedClient& client, TimePoint now) {
  const auto certificate = read_client_certificate(peer.certificates->front());
  if (!certificate.ok()) return unknown_certificate("The client's certificate cannot be read.");
  if (now < certificate->not_before || certificate->not_after <= now) {
    return invalid_client("The client's certificate has expired, or is not yet valid.",
                          Aadsts::expired_client_secret);
  }
  if (!certificate->is_for_clients) {
    return unknown_certificate("The client's certificate is not for proving a client.");
  }
  CURFEW_TRY(const ClientKey* const row,
             row_of_certificate(context, *client.known, peer, *certificate, now));
  if (row == nullptr) {
    return unknown_certificate(
        "The client's certificate is not registered for the application, or was removed.");
  }
  return ClientProof{row->id, facts_of(*row, client.as_of), true};
}

OAuthResult<std::optional<ClientProof>> check_proof(const ServerContext& context,
                                                    const ClientCredentials& credentials,
                                                    const HttpPeer& peer,
                                                    AuthenticatedClient& client, TimePoint now) {
  const bool is_public = client.app().client_type == ClientType::public_client;
  if (credentials.method == ClientAuthMethod::none) {
    if (is_public) return std::optional<ClientProof>{};
    if (has_certificate(peer)) {
      CURFEW_TRY(ClientProof proof, check_certificate(context, peer, client, now));
      return std::optional{std::move(proof)};
    }
    return invalid_client("The application must prove itself with a client secret or a key.",
                          Aadsts::missing_client_secret);
  }
  if (is_public) {
    return invalid_client("The application is public and has no client secret and no key.",
                          Aadsts::public_client_with_secret);
  }
  if (!credentials.assertion && policy_of(client.app()).must_sign) {
    return invalid_client("The application must prove itself with a key (private_key_jwt).",
                          Aadsts::missing_client_secret);
  }
  if (credentials.assertion) {
    CURFEW_TRY(ClientProof proof, check_assertion(context, *credentials.assertion, client, now));
    return std::optional{std::move(proof)};
  }
  CURFEW_TRY(ClientProof proof, check_secret(*client.known, credentials.secret, client.as_of, now));
  return std::optional{std::move(proof)};
}

}  // namespace

OAuthResult<ClientCredentials> client_credentials_of(const HttpRequest& request,
                                                     const OAuthParams& body) {
  const auto authorization = request.header("Authorization");
  if (!authorization.ok()) return invalid_request("The Authorization header occurs twice.");
  return parse_client_credentials(*authorization, body);
}

OAuthResult<AuthenticatedClient> authenticate_client(const ServerContext& context,
                                                     std::shared_ptr<const KnownApp> known,
                                                     const ClientCredentials& credentials,
                                                     const HttpPeer& peer, Position as_of,
                                                     TimePoint now) {
  if (!known) {
    return invalid_client("The application is not known in this tenant.",
                          Aadsts::application_not_found);
  }
  AuthenticatedClient client;
  client.as_of = as_of;
  client.known = std::move(known);
  CURFEW_TRY(client.proof, check_proof(context, credentials, peer, client, now));
  return client;
}

Result<std::optional<OAuthError>> check_client_standing(const ServerContext& context, WriteTx& tx,
                                                        const AuthenticatedClient& client,
                                                        TimePoint now) {
  const App& proved = client.app();
  CURFEW_TRY(const auto known, context.known_apps->client(tx, proved.tenant_id, proved.id));
  if (!known || !known->app.account_enabled) return std::optional{application_disabled()};
  if (!client.proof) return std::optional<OAuthError>{};

  CURFEW_TRY(const Verdict verdict, verdict_in(tx, context.journal, client.proof->facts, now));
  switch (verdict) {
    case Verdict::live: return std::optional<OAuthError>{};
    case Verdict::unstamped:
    case Verdict::ahead:
    case Verdict::blocked:
    case Verdict::revoked:
    case Verdict::expired:
    case Verdict::outdated:
    case Verdict::below_floor:
      return std::optional{client.proof->is_key ? unknown_key() : wrong_secret()};
  }
  CURFEW_CHECK(false);
}

}  // namespace curfew
