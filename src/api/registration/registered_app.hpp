// api/registration/registered_app.hpp: between what an application says of itself and the rows that
// stand for it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/context.hpp"
#include "base/result.hpp"
#include "model/application.hpp"
#include "model/registration.hpp"
#include "protocol/oauth/client_metadata.hpp"
#include "protocol/oauth/error.hpp"
#include "store/store.hpp"

namespace curfew {

// Nothing: it asks for no grant but `grants`, and for scopes alone that a person can agree to at
// this server: no permission that nobody offers, or that an administrator alone gives. Else
// invalid_client_metadata.
[[nodiscard]] Result<std::optional<OAuthError>> check_what_is_registered(
    ReadTx& tx, const ServerContext& context, const ClientMetadata& metadata,
    const std::vector<std::string>& grants);

// Rows of the keys that the metadata brings; invalid_client_metadata where one is of no use.
[[nodiscard]] OAuthResult<std::vector<ClientKey>> keys_of_metadata(const ServerContext& context,
                                                                   const AppId& app_id,
                                                                   const ClientMetadata& metadata);

// Replaces whatever the metadata speaks of (RFC 7592 2.2), and sets what every application has that
// registered itself. Id, tenant and state stay.
void apply_client_metadata(const ClientMetadata& metadata, App& app);

// What Registration::metadata keeps: what only informs, and how the client proves itself.
[[nodiscard]] std::string kept_metadata_of(const ClientMetadata& metadata);

// Whether a person who agreed to `before` would see another application now.
[[nodiscard]] bool is_another_now(const App& before, const App& after);

// The answer of RFC 7591 3.2.1 and RFC 7592 3.
struct RegisteredClient {
  const App& app;
  const Registration& registration;
  const std::vector<ClientKey>& keys;
  std::string registration_access_token;
  std::string client_secret;  // when it was just made; else empty: it is not known here
};
[[nodiscard]] std::string to_json(const ServerContext& context, const RegisteredClient& client);

}  // namespace curfew
