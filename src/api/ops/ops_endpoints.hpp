// api/ops/ops_endpoints.hpp: what probes and monitoring ask.
//
//   /healthz  the process runs and answers; never touches the store
//   /readyz   it can do its work: the store answers and there is a key to sign with
//   /metrics  Prometheus text
//
// The first two tell nothing but yes or no, so anybody may ask. The metrics tell how many sign-ins,
// refusals and reuse alarms there are: they go to the local socket, and to callers who hold a
// directory role that may read reports. A loopback address alone is not enough, because a reverse
// proxy on this machine makes everybody look local.
#pragma once

#include "api/router.hpp"

namespace curfew {

[[nodiscard]] Task<HttpResponse> healthz_endpoint(const ServerContext& context,
                                                  RoutedRequest request);
[[nodiscard]] Task<HttpResponse> readyz_endpoint(const ServerContext& context,
                                                 RoutedRequest request);
[[nodiscard]] Task<HttpResponse> metrics_endpoint(const ServerContext& context,
                                                  RoutedRequest request);

}  // namespace curfew
