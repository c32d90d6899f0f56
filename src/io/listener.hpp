// io/listener.hpp: listening sockets, made so that nobody can connect who should not.
#pragma once

#include <sys/socket.h>

#include "base/result.hpp"
#include "io/http_server.hpp"
#include "io/unique_fd.hpp"

namespace curfew {

struct Listening {
  UniqueFd fd;  // non-blocking
  BoundListener where;
  Transport transport = Transport::tls;
  bool asks_for_certificate = false;
};

// Errors as HttpServer::start says. Without SO_REUSEPORT: a second server on the same port must be
// told so, not silently get half of the connections.
[[nodiscard]] Result<Listening> listen_on(const HttpListener& listener);

// Who connected: the address from accept(2), or the user at the other end of a Unix socket.
[[nodiscard]] HttpPeer peer_of(int fd, const sockaddr_storage& address, Transport transport);

}  // namespace curfew
