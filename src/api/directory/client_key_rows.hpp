// api/directory/client_key_rows.hpp: the keys that applications prove themselves with, from JSON
// Web Keys to rows, whoever registers them.
#pragma once

#include <boost/json/object.hpp>
#include <vector>

#include "api/context.hpp"
#include "base/result.hpp"
#include "model/application.hpp"
#include "protocol/jose/jws_key.hpp"
#include "store/store.hpp"

namespace curfew {

// invalid_argument unless the key can sign what is accepted from clients.
[[nodiscard]] Status check_signs_assertions(const JwsKey& key);

// A row with a new id, and nothing of a key in it.
[[nodiscard]] ClientKey new_client_key(const ServerContext& context, const AppId& app_id);

// A key without a kid is called by its thumbprint (RFC 7638), as many libraries do.
[[nodiscard]] Result<ClientKey> client_key_of_jwk(const ServerContext& context, const AppId& app_id,
                                                  const boost::json::object& jwk);
// Of a set that is not empty; every key of it must be of use, and none be called like another
// (`conflict`).
[[nodiscard]] Result<std::vector<ClientKey>> client_keys_of_jwks(const ServerContext& context,
                                                                 const AppId& app_id,
                                                                 const boost::json::object& jwks);

// Adds them to the application's. `conflict` where it has a key of that name, invalid_argument for
// a public client and beyond kClientKeysMax.
[[nodiscard]] Status add_client_key_rows(WriteTx& tx, const TenantId& tenant_id,
                                         const AppId& app_id, const std::vector<ClientKey>& rows);

}  // namespace curfew
