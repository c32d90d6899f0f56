// api/gates/gate_endpoints.hpp: what gates themselves call, for the router's table.
//
//   gate_enrolment  POST  a machine with an enrolment code becomes a gate
//
// `context` outlives the tasks; each runs on the I/O thread that it was started on.
#pragma once

#include "api/router.hpp"

namespace curfew {

// Authorization: Bearer CODE, and {"jwk": {…}}, the public half of an ES256 key (RFC 7517). 201
// with what the gate needs to know from then on. The same code with the same key is answered the
// same way for as long as the code would have lasted, so that a lost answer costs nothing; with
// another key it is refused. What is refused leaves the code as it was.
[[nodiscard]] Task<HttpResponse> gate_enrolment_endpoint(const ServerContext& context,
                                                         RoutedRequest request);

}  // namespace curfew
