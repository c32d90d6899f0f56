// io/http_upgrade.hpp: what takes a connection over when its HTTP has ended with 101 (RFC 9110
// 15.2.2).
//
// The server goes on to own and to count the connection: it is not given up for being idle, it is
// told when the server stops, and it is over when run() ends.
//
// Thread: all on the connection's I/O thread.
#pragma once

#include <string>

#include "base/result.hpp"
#include "base/task.hpp"
#include "io/runtime.hpp"
#include "io/socket.hpp"

namespace curfew {

// All outlive run().
struct UpgradedConnection {
  Runtime& runtime;
  Executor& executor;
  Socket& socket;
  std::string received;  // bytes that the peer sent after its request
};

class HttpUpgrade {
 public:
  virtual ~HttpUpgrade() = default;
  // To the end of the connection; nothing may wait on the socket afterwards. Once the socket was
  // cut (Socket::cut), it ends as soon as what it awaits has ended.
  virtual Task<Done> run(UpgradedConnection connection) = 0;
  // The server stops: say goodbye and end soon. Possibly before run(). Does not end it inside of
  // this call.
  virtual void drain() = 0;
};

}  // namespace curfew
