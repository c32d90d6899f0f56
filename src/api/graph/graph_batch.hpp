// api/graph/graph_batch.hpp: POST /v1.0/$batch: up to 20 calls in one request.
//
// Each is a call of its own, with the caller of the whole: authenticated, permitted, guarded and
// audited as if it had come alone. There is no transaction around them. A call that depends on one
// that failed is answered with 424.
#pragma once

#include "api/graph/graph_error.hpp"
#include "api/router.hpp"

namespace curfew {

inline constexpr std::size_t kBatchCallsMax = 20;

using RunGraphCall = Task<HttpResponse> (*)(const ServerContext& context, RoutedRequest request,
                                            GraphTrace trace);

// Whether the request's path is that of a batch.
[[nodiscard]] bool is_batch(const RoutedRequest& request);

// The caller of the whole was let in.
[[nodiscard]] Task<HttpResponse> run_batch(const ServerContext& context,
                                           const RoutedRequest& request, GraphTrace trace,
                                           RunGraphCall run_call);

}  // namespace curfew
