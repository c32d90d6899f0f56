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

Result<std::vector<AppSecret>> secrets_of(ReadTx& tx, const TenantId& tenant_id,
                                          const AppId& app_id) {
  Query query;
  query.prefix = keys_of(tenant_id, app_id);  // no limit: every secret of one application
  return scan_as<AppSecret>(tx, query);
}

// Compares with all of them, so that the time does not tell which one was right.
std::optional<AppSecret> matching(std::vector<AppSecret> secrets, const Secret& given) {
  const std::string hash = sha256_base64url(given.reveal());
  std::optional<AppSecret> found;
  for (AppSecret& secret : secrets) {
    if (equal_constant_time(secret.hash, hash)) found = std::move(secret);
  }
  return found;
}

OAuthResult<std::optional<AppSecret>> check_secret(ReadTx& tx, const App& app,
                                                   const ClientCredentials& credentials,
                                                   TimePoint now) {
  const bool is_public = app.client_type == ClientType::public_client;
  if (credentials.method == ClientAuthMethod::none) {
    if (is_public) return std::optional<AppSecret>{};
    return invalid_client("The application must prove itself with a client secret.",
                          Aadsts::missing_client_secret);
  }
  if (is_public) {
    return invalid_client("The application is public and has no client secret.",
                          Aadsts::public_client_with_secret);
  }
  CURFEW_TRY(std::vector<AppSecret> secrets, in_oauth(secrets_of(tx, app.tenant_id, app.id)));
  std::optional<AppSecret> secret = matching(std::move(secrets), credentials.secret);
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

OAuthResult<AuthenticatedClient> authenticate_client(ReadTx& tx, const TenantId& tenant_id,
                                                     const ClientCredentials& credentials,
                                                     Position as_of, TimePoint now) {
  AuthenticatedClient client;
  client.as_of = as_of;
  CURFEW_TRY(std::optional<App> app, in_oauth(load<App>(tx, tenant_id, credentials.client_id)));
  if (!app) {
    return invalid_client("The application is not known in this tenant.",
                          Aadsts::application_not_found);
  }
  client.app = *std::move(app);
  CURFEW_TRY(client.secret, check_secret(tx, client.app, credentials, now));
  return client;
}

Result<std::optional<OAuthError>> check_client_standing(ReadTx& tx, const Journal& journal,
                                                        const AuthenticatedClient& client,
                                                        TimePoint now) {
  const App& known = client.app;
  CURFEW_TRY(const std::optional<App> app, load<App>(tx, known.tenant_id, known.id));
  if (!app || !app->account_enabled) return std::optional{application_disabled()};
  if (!client.secret) return std::optional<OAuthError>{};

  const CredentialFacts facts = facts_of(*client.secret, client.as_of);
  CURFEW_TRY(const Verdict verdict, verdict_in(tx, journal, facts, now));
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
