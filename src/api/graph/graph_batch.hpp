// api/graph/graph_batch.hpp: POST /v1.0/$batch: up to 20 calls in one request.
//
// Each is a call of its own by the caller of the whole: asked again whether the caller still
// stands, permitted, guarded and audited as if it had come alone. There is no transaction around
// them. A call that depends on one that failed is answered with 424.
#pragma once

#include "api/authn.hpp"
#include "api/graph/graph_error.hpp"
#include "api/router.hpp"

namespace curfew {

inline constexpr std::size_t kBatchCallsMax = 20;
// Of all answers together; the calls after are answered with 429. Twenty whole pages would hold a
// hundred times as much in memory as a page does.
inline constexpr std::size_t kBatchAnswerBytesMax = 4UL * 1024 * 1024;

using RunGraphCall = Task<HttpResponse> (*)(const ServerContext& context, RoutedRequest request,
                                            Caller caller, GraphTrace trace);

// Whether the request's path is that of a batch.
[[nodiscard]] bool is_batch(const RoutedRequest& request);

// The caller of the whole was let in.
[[nodiscard]] Task<HttpResponse> run_batch(const ServerContext& context,
                                           const RoutedRequest& request, const Caller& caller,
                                           GraphTrace trace, RunGraphCall run_call);

}  // namespace curfew
