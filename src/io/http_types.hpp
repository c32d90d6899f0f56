// io/http_types.hpp: one HTTP request and its response as plain values, without any I/O library.
//
// A request that reaches a handler has passed the strict parser (io/http_parser.hpp): its framing
// is unambiguous and every limit was kept. Nothing is decoded here: target, path, query and header
// values are the bytes of the wire, which handlers treat as hostile.
//
// Views that a request or HttpHeaders returns are valid until it is changed, moved or destroyed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/task.hpp"

namespace curfew {

// What we serve. Every other method is answered with 501 before a handler sees it.
// NOLINTNEXTLINE(readability-identifier-naming): `delete` is a keyword.
enum class HttpMethod { get, head, post, put, patch, delete_, options };

// The method's name on the wire: "GET".
[[nodiscard]] std::string_view to_string(HttpMethod method);

// How a request came in. `unix_socket` is the only one that proves a local user.
enum class Transport { tls, plain_loopback, unix_socket };

// Header fields in the order of the wire. Names compare without case (RFC 9110 5.1).
class HttpHeaders {
 public:
  // Appends a field; the bytes are copied. The server refuses to send a field with a line break or
  // another control character in it, so a value from outside cannot split a response.
  void add(std::string_view name, std::string_view value);
  // Replaces every field of that name by one.
  void set(std::string_view name, std::string_view value);

  // The value of a field that may occur once: nothing if absent, invalid_argument if repeated.
  [[nodiscard]] Result<std::optional<std::string_view>> single(std::string_view name) const;
  // The values of all fields of that name, in order.
  [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;

  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] std::size_t size() const { return fields_.size(); }
  // (name, value) of the field at `index` < size().
  [[nodiscard]] std::pair<std::string_view, std::string_view> at(std::size_t index) const;

 private:
  struct Field {
    std::uint32_t at = 0;  // the name's place in text_; the value follows it
    std::uint32_t name_size = 0;
    std::uint32_t value_size = 0;
  };
  std::string text_;
  std::vector<Field> fields_;
};

// Who is at the other end of the connection, as the kernel says. No header is believed but the
// nearest proxy's, on plain listeners and where the options say so (io/forwarded_for.hpp).
struct HttpPeer {
  Transport transport = Transport::tls;
  std::string address;       // "192.0.2.7", "2001:db8::1"; empty for a Unix socket
  std::uint16_t port = 0;    // 0 for a Unix socket, and for who came through a proxy
  std::optional<uid_t> uid;  // SO_PEERCRED at connect time; Unix socket only
  // The address is this machine's own on a plain listener: a proxy may stand there, for anybody.
  bool address_is_shared = false;
  // What the peer presented and proved to hold in the TLS handshake: DER, its own first, empty if
  // it came without; null where the listener asks for none. Who issued it, and for what, was not
  // asked.
  std::shared_ptr<const std::vector<std::string>> certificates = nullptr;
};

struct HttpRequest {
  HttpMethod method = HttpMethod::get;
  std::string target;  // origin-form, "/path?query", raw; "*" for OPTIONS only
  HttpHeaders headers;
  std::string body;
  HttpPeer peer;

  // The target up to the first '?', not percent-decoded.
  [[nodiscard]] std::string_view path() const;
  // What follows the first '?'; empty if there is none. Raw.
  [[nodiscard]] std::string_view query() const;

  // The single value of a header; see HttpHeaders::single.
  [[nodiscard]] Result<std::optional<std::string_view>> header(std::string_view name) const {
    return headers.single(name);
  }
  [[nodiscard]] std::vector<std::string_view> headers_all(std::string_view name) const {
    return headers.all(name);
  }
};

// Makes the next piece of a streamed body; nothing ends the stream. The server calls it again only
// after the piece before was handed to the kernel. When the peer has left or the server stops, it
// is not called again, and it is destroyed once a call that was under way has ended: so a source
// that waits for events must deliver something now and then (a Server-Sent Events comment every 15
// s also keeps proxies from cutting the stream).
using HttpStream = std::function<Task<std::optional<std::string>>()>;

// What a connection becomes after the answer 101 (io/http_upgrade.hpp).
class HttpUpgrade;

struct HttpResponse {
  int status = 200;
  HttpHeaders
      headers;  // without Content-Length, Transfer-Encoding, Connection and Date: the server's
  std::string body;
  HttpStream stream;  // if set, sent in chunks instead of `body`
  // If set, `status` is 101, checked, and HTTP ends on this connection after the head. The server
  // answers 400 or 503 instead where that cannot be: a peer of HTTP/1.0, too many of them, a stop.
  std::shared_ptr<HttpUpgrade> upgrade = nullptr;

  [[nodiscard]] static HttpResponse empty(int status);
  [[nodiscard]] static HttpResponse json(int status, std::string body);
  [[nodiscard]] static HttpResponse html(int status, std::string body);
  [[nodiscard]] static HttpResponse text(int status, std::string body);
  // `location` goes into the Location header as it is.
  [[nodiscard]] static HttpResponse redirect(int status, std::string_view location);
  // What of ours refuses a request before it means anything to a handler says so in JSON, as OAuth
  // does. `description`: a literal without a character that JSON escapes.
  [[nodiscard]] static HttpResponse invalid_request(int status, std::string_view description);
  // text/event-stream with Cache-Control: no-store; each piece of `events` is written at once.
  [[nodiscard]] static HttpResponse event_stream(HttpStream events);
};

// The registered reason phrase, "Not Found"; "Unknown" for others.
[[nodiscard]] std::string_view reason_phrase(int status);

}  // namespace curfew
