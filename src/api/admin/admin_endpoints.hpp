// api/admin/admin_endpoints.hpp: the administrator's API, for the router's table.
//
//   /curfew/v1/users                     GET list, POST add
//   /curfew/v1/users/{id}                GET, PATCH, DELETE; {id} is an id or a user principal name
//   /curfew/v1/users/{id}/access         GET: what the user has got, and its bounds
//   /curfew/v1/users/{id}/password       POST: reset, answers a one-time password
//   /curfew/v1/users/{id}/sessions       GET, DELETE: end all
//   /curfew/v1/users/{id}/sessions/{sid} DELETE: end one
//   /curfew/v1/users/{id}/roles          GET
//   /curfew/v1/users/{id}/roles/{role}   PUT, DELETE; {role} is a template id or a display name
//   /curfew/v1/groups                    GET, POST
//   /curfew/v1/groups/{id}               GET, DELETE
//   /curfew/v1/groups/{id}/members       GET
//   /curfew/v1/groups/{id}/members/{user} PUT, DELETE
//   /curfew/v1/apps                      GET, POST
//   /curfew/v1/apps/{id}                 GET, PATCH, DELETE
//   /curfew/v1/apps/{id}/roles           GET
//   /curfew/v1/apps/{id}/roles/{role}    PUT, DELETE
//   /curfew/v1/apps/{id}/secrets         GET, POST
//   /curfew/v1/apps/{id}/secrets/{key}   DELETE
//   /curfew/v1/apps/{id}/keys            GET, POST: public keys for client assertions
//   /curfew/v1/apps/{id}/keys/{key}      DELETE
//   /curfew/v1/apps/{id}/assignments     GET, POST, DELETE
//   /curfew/v1/devices                   GET, POST
//   /curfew/v1/devices/{id}              GET, PATCH, DELETE
//   /curfew/v1/keys                      GET, POST
//   /curfew/v1/keys/{id}                 GET, DELETE
//   /curfew/v1/revocations               GET list, POST plan (dryRun) or revoke
//   /curfew/v1/revocations/{id}          GET
//   /curfew/v1/revocations/{id}/report   GET: the signed report
//   /curfew/v1/revocations/{id}/events   GET: progress as Server-Sent Events
//   /curfew/v1/revocations/{id}/restore  POST
//   /curfew/v1/revocations/{id}/steps/{step}/{verb}  POST retry, close
//   /curfew/v1/audit                     GET
//   /curfew/v1/report-keys               GET: the key set that reports are verified with
//
// docs/openapi.yaml describes each; two tests hold the two together.
#pragma once

#include <vector>

#include "api/router.hpp"

namespace curfew {

[[nodiscard]] std::vector<EndpointSpec> admin_endpoints();

}  // namespace curfew
