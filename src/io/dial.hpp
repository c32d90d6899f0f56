// io/dial.hpp: a verified TLS connection to a host by its name, on an I/O thread.
//
// The addresses of the name are tried in turn, each with its share of what is left of the time, so
// that one that does not answer leaves some for the next. Names are looked up on a thread of the
// event loop's, which cannot be interrupted: the Runtime's end waits for a look-up that is under
// way.
//
// Thread: the I/O thread that it is called on.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/runtime.hpp"
#include "io/socket.hpp"
#include "io/tls_context.hpp"

namespace curfew {

struct DialTarget {
  std::string host;  // a name or a numeric address; the peer's certificate must be for it
  std::uint16_t port = 443;
  TlsContext trust;  // make_client_tls_context
};

// `until`: on the clock of Clock::since_boot. Errors: timeout / later; unavailable / later (no such
// name, no connection); denied / after_human (the certificate is not trusted); protocol / later (no
// TLS there); invalid_argument / never (no certificate can be for such a host). Those of several
// addresses: the last one's.
[[nodiscard]] Task<Result<std::unique_ptr<Socket>>> dial(Runtime& runtime, DialTarget target,
                                                         Duration until);

// The same without a look-up: `addresses` are numeric, and tried in this order.
[[nodiscard]] Task<Result<std::unique_ptr<Socket>>> dial_addresses(
    Runtime& runtime, DialTarget target, std::vector<std::string> addresses, Duration until);

// co_await: true when it is worth to try again, false if `until` has passed first, or the wait was
// cancelled. `socket` outlives it.
[[nodiscard]] Task<bool> wait_until(Runtime& runtime, Socket& socket, Socket::Step step,
                                    Duration until);

}  // namespace curfew
