// apps/curfew-gate/server_calls.hpp: what a gate asks of its server: to be enrolled, and for a
// token.
//
// Over TLS alone. Errors say what to do next; `unavailable` and `timeout` mean that the same call
// may work later, `denied` and `unauthenticated` that it will not.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "apps/curfew-gate/gate_folder.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "io/http_client.hpp"

namespace curfew {

struct Enrolling {
  std::string server;  // https://host[:port]
  std::string ca_file;
  Secret code;
};
// Sends the key's public half with the code; the server's answer as read_identity() likes it.
[[nodiscard]] Result<boost::json::object> ask_to_enrol(HttpClient& client,
                                                       const Enrolling& enrolling,
                                                       const GateKey& key);

// The form's client_assertion: a JWT for the issuer, good for a minute, with a jti of its own (RFC
// 7523 3).
[[nodiscard]] Result<std::string> client_assertion(const GateIdentity& identity, const GateKey& key,
                                                   TimePoint now);

// A token for the feed, by client credentials: the token response.
[[nodiscard]] Result<boost::json::object> ask_for_token(HttpClient& client,
                                                        const GateIdentity& identity,
                                                        const GateKey& key,
                                                        const std::string& ca_file, TimePoint now);

}  // namespace curfew
