// io/websocket/handshake.hpp: the opening handshake of WebSocket (RFC 6455 4), both ends; no socket
// in sight.
//
// Extensions are never offered and never accepted. A browser's script cannot send an Authorization
// header with it: whoever opens WebSockets by cookies must look at Origin as well (10.2).
//
// Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "io/http_types.hpp"

namespace curfew {

inline constexpr std::size_t kWebsocketKeyBytes = 16;

// Sec-WebSocket-Accept for a Sec-WebSocket-Key.
[[nodiscard]] std::string websocket_accept(std::string_view key);

// What a server answers: 101 with its headers, and without an HttpUpgrade; or the refusal: 400, 426
// for another version. `subprotocols`: what is spoken here, best first; the first that the client
// offers as well is chosen, and there must be one.
[[nodiscard]] HttpResponse answer_handshake(const HttpRequest& request,
                                            std::span<const std::string> subprotocols);

// Where to, of wss://HOST[:PORT]/PATH[?QUERY].
struct WebsocketAddress {
  std::string host;  // a name or a numeric address, without brackets
  std::uint16_t port = 443;
  std::string authority;  // as Host says it
  std::string target;     // path and query
};
// invalid_argument: another scheme, a user, a fragment, or no URL at all.
[[nodiscard]] Result<WebsocketAddress> parse_websocket_url(std::string_view url);

// The bytes of a client's request. `key`: base64 of kWebsocketKeyBytes random bytes. `bearer`, if
// not empty, is the access token (RFC 6750 2.1). invalid_argument: a token or subprotocol that
// would end its line.
[[nodiscard]] Result<std::string> write_handshake(const WebsocketAddress& to, std::string_view key,
                                                  std::string_view subprotocol,
                                                  const Secret& bearer);

// Reads the head of the answer from the front of what has arrived. Nothing: there is more to come.
// Errors: protocol (no answer of HTTP, too long a head, or not the answer to this `key` and
// `subprotocol`); and what a status other than 101 says: unauthenticated / later (401), denied /
// after_human (403), unavailable / later (5xx, 429), protocol / after_human for all others.
// Redirections are not followed.
[[nodiscard]] Result<std::optional<std::size_t>> read_handshake(std::string_view received,
                                                                std::string_view key,
                                                                std::string_view subprotocol);

}  // namespace curfew
