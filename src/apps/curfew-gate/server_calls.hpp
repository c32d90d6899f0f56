// apps/curfew-gate/server_calls.hpp: what a gate asks of its server: to be enrolled, for a token,
// and for the server's keys.
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

// One of several addresses of the same server, https://host[:port], is asked for what the identity
// has at its own: the issuer, and so what the gate signs, stays the same.
[[nodiscard]] GateIdentity identity_at(const std::string& server, GateIdentity identity);

// A token for the feed.
struct FeedToken {
  Secret token;
  Duration lifetime{};
};
// By client credentials.
[[nodiscard]] Result<FeedToken> ask_for_token(HttpClient& client, const GateIdentity& identity,
                                              const GateKey& key, const std::string& ca_file,
                                              TimePoint now);

// The server's signing keys now: a JWK set (RFC 7517 5), as JSON text that parse_jwks() takes.
[[nodiscard]] Result<std::string> ask_for_keys(HttpClient& client, const GateIdentity& identity,
                                               const std::string& ca_file);

}  // namespace curfew
