// api/token_status/status_list_endpoint.hpp: the status lists, for the router's table.
//
//   status_list   GET   Token Status List 8.1: the list of a resource, as a signed JWT
//
// Anybody may read them: a list says nothing of a token to whoever does not have the token. While
// the journal is known to lack entries, and of a generation that a fence has ended, every token is
// said to be invalid.
//
// `context` outlives the task; it runs on the I/O thread that it was started on.
#pragma once

#include "api/router.hpp"

namespace curfew {

[[nodiscard]] Task<HttpResponse> status_list_endpoint(const ServerContext& context,
                                                      RoutedRequest request);

}  // namespace curfew
