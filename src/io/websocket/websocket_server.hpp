// io/websocket/websocket_server.hpp: the answer of an HTTP handler that makes the connection a
// WebSocket.
//
//   co_return accept_websocket(request, options, [](std::shared_ptr<WebsocketSession> session)
//   ...);
//
// Who may is decided before, by the handler: whoever may not gets an ordinary HTTP answer. The
// connection then counts against HttpLimits::upgrades_max, and is not given up for being idle. When
// the server stops, the session is closed with kCloseGoingAway, and cut when the drain time is
// over.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/http_types.hpp"
#include "io/websocket/session.hpp"

namespace curfew {

struct WebsocketAcceptance {
  std::vector<std::string> subprotocols;  // best first; the client must offer one
  WebsocketLimits limits;
};

// Runs on the connection's I/O thread for as long as the session is served: it receives until there
// is nothing. If it returns before, the session is closed for it.
using WebsocketHandler = std::function<Task<Done>(std::shared_ptr<WebsocketSession>)>;

// 101, or the refusal of a handshake that is none (400, 426).
[[nodiscard]] HttpResponse accept_websocket(const HttpRequest& request,
                                            WebsocketAcceptance acceptance,
                                            WebsocketHandler handler);

}  // namespace curfew
