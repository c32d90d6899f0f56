// io/http_writer.hpp: HttpResponse -> bytes of the wire, appended to one buffer for one write.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/http_types.hpp"

namespace curfew {

// What of the request decides the framing of its response.
struct HttpFraming {
  HttpMethod method = HttpMethod::get;
  bool http_1_1 = true;
  bool keep_alive = true;
  std::string_view date;  // see http_date
};

// Head and body; for a streamed response the head alone. A response to HEAD has the head that GET
// would have. Error: internal, if a header field cannot be sent as it is (control characters, or a
// field that the server itself sends); nothing is appended then.
Status append_response(std::string& out, const HttpResponse& response, const HttpFraming& framing);

// True if the pieces of a streamed response go out as chunks, false if they go out bare until the
// connection ends (HTTP/1.0).
[[nodiscard]] bool is_chunked(const HttpFraming& framing);
// One chunk; nothing for an empty piece, which on the wire would be the end.
void append_chunk(std::string& out, std::string_view piece);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

// IMF-fixdate (RFC 9110 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
[[nodiscard]] std::string http_date(TimePoint at);

}  // namespace curfew
