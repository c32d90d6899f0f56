// io/http_parser.hpp: bytes of one HTTP/1 request -> HttpRequest, strictly; no socket in sight.
//
// Beast's incremental parser does the grammar (RFC 9112). On top of it everything is refused on
// which two parsers could disagree (request smuggling): Content-Length together with
// Transfer-Encoding, either of them repeated or as a list, a transfer coding other than exactly
// "chunked", obs-fold, a bare CR or LF, white space before a colon, trailer fields, a missing or
// repeated Host.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "io/http_types.hpp"

namespace curfew {

inline constexpr std::size_t kHttpHeaderFieldsMax = 100;
// A chunk's size line with its extensions, the CRLF before it included. Nobody needs more.
inline constexpr std::size_t kHttpChunkLineBytesMax = 1024;

struct HttpParserLimits {
  std::size_t header_bytes_max = limits::kHttpHeaderBytesMax;
  std::size_t body_bytes_max = limits::kHttpBodyBytesMax;
};

// Why a request is refused; both parts may be sent to the peer. Never contains the peer's bytes.
struct HttpRejection {
  int status = 400;
  std::string_view description;  // a literal
};

class HttpParser {
 public:
  enum class State { head, body, complete, rejected };

  // `limits` outlives the parser.
  explicit HttpParser(const HttpParserLimits& limits);
  ~HttpParser();
  HttpParser(const HttpParser&) = delete;
  HttpParser& operator=(const HttpParser&) = delete;

  // Takes bytes from the front of `input` and returns how many; the rest is to be presented again,
  // with what follows it, at the next call. Stops at the end of the request. Nothing is taken in
  // the states complete and rejected.
  std::size_t feed(std::string_view input);

  [[nodiscard]] State state() const;
  // The head is complete, a body is due and the client waits for "100 Continue" (RFC 9110 10.1.1).
  [[nodiscard]] bool expects_continue() const;

  // Valid from State::body on: whether the connection may serve a further request, and the version.
  [[nodiscard]] bool keep_alive() const;
  [[nodiscard]] bool is_http_1_1() const;
  // State::rejected only.
  [[nodiscard]] HttpRejection rejection() const;
  // State::complete only, once. `peer` of the request is left for the caller to fill in.
  [[nodiscard]] HttpRequest take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace curfew
