// api/signal_sources/source_endpoint.hpp: where transmitters push to (RFC 8935), for the router's
// table.
//
//   POST /{tenant}/ssf/v1/events/{source}   the token is the whole body; 202 says that it is kept
//
// Whoever pushes shows the source's bearer token, unless the source was made without one, for
// transmitters that send none; a source that is not there is refused in the same way as a wrong
// token. What is wrong with a token is 400 with a code of RFC 8935 2.4. `context` outlives the
// task.
#pragma once

#include <string>

#include "api/router.hpp"

namespace curfew {

[[nodiscard]] Task<HttpResponse> source_events_endpoint(const ServerContext& context,
                                                        RoutedRequest request);

// The address for the transmitter of this source.
[[nodiscard]] std::string source_events_url(const ServerContext& context,
                                            const std::string& source_id);

}  // namespace curfew
