// api/gate_feed/gate_feed_endpoint.hpp: where gates follow the journal, for the router's table.
//
//   gate_feed  GET  becomes a WebSocket of the subprotocol curfew.gate.v1
//
// `context` outlives the tasks; each runs on the I/O thread that it was started on.
#pragma once

#include "api/router.hpp"

namespace curfew {

// Authorization: Bearer, an access token for api://curfew-gate-feed of a gate that is enrolled and
// enabled. Refused as at every resource API of ours, with the claims challenge; 503 where the
// server serves no feed. What is then said is in docs/gate-protocol.md.
[[nodiscard]] Task<HttpResponse> gate_feed_endpoint(const ServerContext& context,
                                                    RoutedRequest request);

}  // namespace curfew
