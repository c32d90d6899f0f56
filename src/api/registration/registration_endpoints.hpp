// api/registration/registration_endpoints.hpp: applications that register themselves, for the
// router's table.
//
//   register      POST            RFC 7591 3: with an initial access token
//   registration  GET PUT DELETE  RFC 7592 2: with the registration access token of that client
//
// Off unless the operator lets applications register (ServerContext::registers_clients); then both
// answer 403 registration_not_supported. Scripts of any origin may read the answers: nothing here
// looks at cookies. Answers are never cached.
//
// `context` outlives the tasks; each runs on the I/O thread that it was started on.
#pragma once

#include "api/router.hpp"

namespace curfew {

[[nodiscard]] Task<HttpResponse> register_endpoint(const ServerContext& context,
                                                   RoutedRequest request);
[[nodiscard]] Task<HttpResponse> registration_endpoint(const ServerContext& context,
                                                       RoutedRequest request);

}  // namespace curfew
