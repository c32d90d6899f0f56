// api/graph/graph_endpoint.hpp: the Graph API (/v1.0), the administrator's interface by Microsoft
// Graph's contract. One row of the router's table; its own table is graph_operations.hpp.
//
// Each call: the caller first (401 says nothing about what there is), then the operation, the
// permission, the query options, the body, and then what the operation does. Every answer carries
// request-id and client-request-id.
#pragma once

#include "api/router.hpp"

namespace curfew {

[[nodiscard]] Task<HttpResponse> graph_endpoint(const ServerContext& context,
                                                RoutedRequest request);

}  // namespace curfew
