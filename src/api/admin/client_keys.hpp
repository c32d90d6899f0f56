// api/admin/client_keys.hpp: the public keys that an application proves itself with, as
// administrators manage them. Guarded as its secrets are: whoever adds one can be the application.
#pragma once

#include <boost/json/object.hpp>

#include "api/admin/admin_call.hpp"
#include "base/result.hpp"
#include "model/application.hpp"

namespace curfew {

inline constexpr BodyMembers<6> kNewClientKey{
    "displayName", "jwk", "jwks", "certificate", "certificateNameKind", "certificateName"};

[[nodiscard]] Task<Result<boost::json::value>> list_client_keys(const AdminCall& call);
// One of {"jwk"}, {"jwks"}, {"certificate"} (PEM) and {"certificateNameKind", "certificateName"}
// (RFC 8705 2.1.2); answers {"value": [...]}, all or none of them added. `invalid_argument` for a
// private key: whoever sends one has lost it.
[[nodiscard]] Task<Result<boost::json::value>> add_client_keys(const AdminCall& call);
// Ends what the application got with it for itself.
[[nodiscard]] Task<Result<boost::json::value>> remove_client_key(const AdminCall& call);

}  // namespace curfew
