// io/websocket/websocket_client.hpp: opens a WebSocket to a server, on an I/O thread.
//
// TLS always, the server's certificate and name verified; no proxy, no redirection, no cookie. The
// session is then used as any other (io/websocket/session.hpp): who has it receives until there is
// nothing.
#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "io/runtime.hpp"
#include "io/tls_context.hpp"
#include "io/websocket/session.hpp"

namespace curfew {

struct WebsocketCall {
  std::string url;          // wss://HOST[:PORT]/PATH[?QUERY]
  TlsContext trust;         // make_client_tls_context
  Secret bearer;            // if not empty: "Authorization: Bearer ..." (RFC 6750 2.1)
  std::string subprotocol;  // the server must choose it
  RandomSource random = nullptr;
  WebsocketLimits limits{.message_bytes_max = limits::kWebsocketServerMessageBytesMax,
                         .queue_bytes_max = limits::kWebsocketQueueBytesMax,
                         .times = {}};
  Duration time_max = limits::kWebsocketConnectTimeMax;  // for all of it
};

// On one of the Runtime's threads, where the session then lives. Errors: invalid_argument (the URL,
// or what would break a header), those of dial() (io/dial.hpp), timeout / later, and those of
// read_handshake() (io/websocket/handshake.hpp), which tell what the server's status says.
[[nodiscard]] Task<Result<std::shared_ptr<WebsocketSession>>> connect_websocket(Runtime& runtime,
                                                                                WebsocketCall call);

}  // namespace curfew
