// api/op/client_authentication.hpp: is this the client that it says it is?
//
// Generated secrets are 256 random bits, kept as SHA-256 and compared in constant time, all of them
// whichever is right. An assertion is checked with the registered key that its header names. Errors
// are 401 invalid_client (RFC 6749 5.2). That an application is disabled is told to whoever has its
// secret or key only.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api/context.hpp"
#include "api/known_apps.hpp"
#include "base/clock.hpp"
#include "io/http_types.hpp"
#include "model/application.hpp"
#include "model/position.hpp"
#include "model/validity.hpp"
#include "protocol/oauth/client_auth.hpp"
#include "protocol/oauth/error.hpp"
#include "protocol/oauth/params.hpp"
#include "store/journal.hpp"
#include "store/store.hpp"

namespace curfew {

// The secret that was right, the key whose signature was, or the certificate.
struct ClientProof {
  std::string id;         // of its row: the authenticator of what is got with it
  CredentialFacts facts;  // what the validity rule judges it by
  bool is_key = false;
};

struct AuthenticatedClient {
  std::shared_ptr<const KnownApp> known;
  std::optional<ClientProof> proof;  // none for a public client
  // Accepted, but not marked as used: use_assertion() of client_call.hpp, before anything is given.
  // None where it may be sent again.
  std::optional<UsedAssertion> assertion;
  Position as_of;  // read before application and proof were

  // May be disabled: check_client_standing() says so.
  [[nodiscard]] const App& app() const { return known->app; }
  // Entra's azpacr: "0" not proved, "1" by a secret, "2" by a key.
  [[nodiscard]] std::string azpacr() const { return !proof ? "0" : proof->is_key ? "2" : "1"; }
};

// Reads id and proof from header and body.
[[nodiscard]] OAuthResult<ClientCredentials> client_credentials_of(const HttpRequest& request,
                                                                   const OAuthParams& body);

// Checks the client's proof. A client that is registered as confidential must have one; a public
// one must not, since there is none that could be right. `known`: null if there is no such client.
// `as_of`: the journal's head, read before `known` was looked up. `peer`: whoever came without
// another proof may prove itself by its TLS client certificate (RFC 8705 2).
[[nodiscard]] OAuthResult<AuthenticatedClient> authenticate_client(
    const ServerContext& context, std::shared_ptr<const KnownApp> known,
    const ClientCredentials& credentials, const HttpPeer& peer, Position as_of, TimePoint now);

// Do application and proof still stand in this transaction? Nothing if they do. For transactions
// that issue something: the client was authenticated before.
[[nodiscard]] Result<std::optional<OAuthError>> check_client_standing(
    const ServerContext& context, WriteTx& tx, const AuthenticatedClient& client, TimePoint now);

}  // namespace curfew
