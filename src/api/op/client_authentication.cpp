#include "api/op/client_authentication.hpp"

#include <utility>

#include "access/credential_facts.hpp"
#include "access/liveness.hpp"
#include "api/op/oauth_answer.hpp"
#include "base/check.hpp"
#include "crypto/digest.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

OAuthError invalid_client(std::string description, Aadsts aadsts) {
  OAuthError error;
  error.code = OAuthErrorCode::invalid_client;
  error.aadsts = aadsts;
  error.description = std::move(description);
  return error;
}

OAuthError application_disabled() {
  OAuthError error;
  error.code = OAuthErrorCode::unauthorized_client;
  error.aadsts = Aadsts::application_disabled;
  error.description = "The application is disabled.";
  return error;
}

OAuthError wrong_secret() {
  return invalid_client("The client secret is wrong, or was removed.", Aadsts::wrong_client_secret);
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

OAuthResult<std::optional<AppSecret>> check_secret(const KnownApp& known,
                                                   const ClientCredentials& credentials,
                                                   TimePoint now) {
  const bool is_public = known.app.client_type == ClientType::public_client;
  if (credentials.method == ClientAuthMethod::none) {
    if (is_public) return std::optional<AppSecret>{};
    return invalid_client("The application must prove itself with a client secret.",
                          Aadsts::missing_client_secret);
  }
  if (is_public) {
    return invalid_client("The application is public and has no client secret.",
                          Aadsts::public_client_with_secret);
  }
  std::optional<AppSecret> secret = matching(known.secrets, credentials.secret);
  if (!secret) return wrong_secret();
  if (secret->expires_at && *secret->expires_at <= now) {
    return invalid_client("The client secret has expired.", Aadsts::expired_client_secret);
  }
  return secret;
}

}  // namespace

OAuthResult<ClientCredentials> client_credentials_of(const HttpRequest& request,
                                                     const OAuthParams& body) {
  const auto authorization = request.header("Authorization");
  if (!authorization.ok()) return invalid_request("The Authorization header occurs twice.");
  return parse_client_credentials(*authorization, body);
}

OAuthResult<AuthenticatedClient> authenticate_client(std::shared_ptr<const KnownApp> known,
                                                     const ClientCredentials& credentials,
                                                     Position as_of, TimePoint now) {
  if (!known) {
    return invalid_client("The application is not known in this tenant.",
                          Aadsts::application_not_found);
  }
  AuthenticatedClient client;
  client.as_of = as_of;
  client.known = std::move(known);
  CURFEW_TRY(client.secret, check_secret(*client.known, credentials, now));
  return client;
}

Result<std::optional<OAuthError>> check_client_standing(const ServerContext& context, WriteTx& tx,
                                                        const AuthenticatedClient& client,
                                                        TimePoint now) {
  const App& proved = client.app();
  CURFEW_TRY(const auto known, context.known_apps->client(tx, proved.tenant_id, proved.id));
  if (!known || !known->app.account_enabled) return std::optional{application_disabled()};
  if (!client.secret) return std::optional<OAuthError>{};

  const CredentialFacts facts = facts_of(*client.secret, client.as_of);
  CURFEW_TRY(const Verdict verdict, verdict_in(tx, context.journal, facts, now));
  switch (verdict) {
    case Verdict::live: return std::optional<OAuthError>{};
    case Verdict::unstamped:
    case Verdict::ahead:
    case Verdict::blocked:
    case Verdict::revoked:
    case Verdict::expired:
    case Verdict::outdated:
    case Verdict::below_floor: return std::optional{wrong_secret()};
  }
  CURFEW_CHECK(false);
}

}  // namespace curfew
