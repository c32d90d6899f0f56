#include "io/websocket/handshake.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "io/curl.hpp"
#include "io/http_grammar.hpp"

namespace curfew {

namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455 1.3
constexpr std::string_view kVersion = "13";
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kStatusLine = "HTTP/1.1 ";

// The elements of the field's lists (RFC 9110 5.6.1).
std::vector<std::string_view> elements(const HttpHeaders& headers, std::string_view name) {
  std::vector<std::string_view> all;
  for (const std::string_view line : headers.all(name)) {
    for (const std::string_view element : split(line, ',')) all.push_back(trim_ascii(element));
  }
  return all;
}

// Whether one of them is `token`, in any case.
bool has_token(const HttpHeaders& headers, std::string_view name, std::string_view token) {
  return std::ranges::any_of(elements(headers, name), [token](std::string_view element) {
    return ascii_iequals(element, token);
  });
}

// The value of a field that must be there once; empty if it is not.
std::string_view only(const HttpHeaders& headers, std::string_view name) {
  const Result<std::optional<std::string_view>> found = headers.single(name);
  return found.ok() ? found.value().value_or(std::string_view{}) : std::string_view{};
}

HttpResponse refusal(int status, std::string_view description) {
  HttpResponse response = HttpResponse::invalid_request(status, description);
  if (status == 426) {
    response.headers.add("Upgrade", "websocket");
    response.headers.add("Sec-WebSocket-Version", kVersion);
  }
  return response;
}

// Nothing: the client offers none of them. A browser fails the connection if one is chosen that it
// did not offer, and the spelling counts (RFC 6455 4.1).
std::optional<std::string> choose(const HttpHeaders& headers, std::span<const std::string> spoken) {
  const std::vector<std::string_view> offered = elements(headers, "Sec-WebSocket-Protocol");
  for (const std::string& one : spoken) {
    if (std::ranges::find(offered, one) != offered.end()) return one;
  }
  return std::nullopt;
}

bool is_line_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

Error broken(std::string_view what) {
  return Error::transient(ErrorCode::protocol,
                          "the answer to the WebSocket handshake is wrong: " + std::string{what});
}

Error refused(int status) {
  const std::string message = "the WebSocket was refused with status " + std::to_string(status);
  if (status == 401) return Error::transient(ErrorCode::unauthenticated, message);
  if (status == 403) return Error{ErrorCode::denied, Retry::after_human, message};
  if (status == 429 || status >= 500) return Error::transient(ErrorCode::unavailable, message);
  return Error{ErrorCode::protocol, Retry::after_human, message};
}

// "101" of "HTTP/1.1 101 Switching Protocols".
std::optional<int> read_status(std::string_view line) {
  if (!line.starts_with(kStatusLine)) return std::nullopt;
  const std::string_view digits = line.substr(kStatusLine.size(), 3);
  int status = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), status);
  const std::string_view rest = line.substr(kStatusLine.size() + digits.size());
  if (parsed.ptr != digits.data() + digits.size() || status < 100 || status > 599 ||
      (!rest.empty() && rest.front() != ' ')) {
    return std::nullopt;
  }
  return status;
}

// Nothing: a line is not "name: value". White space before the colon, or a folded line, is not.
std::optional<HttpHeaders> read_fields(std::string_view lines) {
  HttpHeaders headers;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find("\r\n"), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 2, lines.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return std::nullopt;
    const std::string_view value = trim_ascii(line.substr(colon + 1));
    if (!is_field_text(value)) return std::nullopt;
    headers.add(line.substr(0, colon), value);
  }
  return headers;
}

}  // namespace

std::string websocket_accept(std::string_view key) {
  const std::string text = std::string{key}.append(kGuid);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  std::size_t size = 0;
  // The standard's choice; no secret depends on it (RFC 6455 10.8).
  CURFEW_CHECK(
      EVP_Q_digest(nullptr, "SHA1", nullptr, text.data(), text.size(), digest.data(), &size) == 1);
  return base64_encode({reinterpret_cast<const char*>(digest.data()), size});
}

HttpResponse answer_handshake(const HttpRequest& request,
                              std::span<const std::string> subprotocols) {
  const HttpHeaders& headers = request.headers;
  if (request.method != HttpMethod::get || !request.body.empty() ||
      !has_token(headers, "Upgrade", "websocket") || !has_token(headers, "Connection", "upgrade")) {
    return refusal(426, "this address speaks WebSocket only; ask for an upgrade to it by GET");
  }
  if (only(headers, "Sec-WebSocket-Version") != kVersion) {
    return refusal(426, "the version of WebSocket must be 13");
  }
  const std::string_view key = only(headers, "Sec-WebSocket-Key");
  const std::optional<std::string> nonce = base64_decode(key);
  if (!nonce || nonce->size() != kWebsocketKeyBytes) {
    return refusal(400, "Sec-WebSocket-Key must be one value of 16 bytes in base64");
  }
  const std::optional<std::string> chosen = choose(headers, subprotocols);
  if (!chosen) {
    return refusal(400, "none of the offered subprotocols is spoken here");
  }
  HttpResponse response = HttpResponse::empty(101);
  response.headers.add("Upgrade", "websocket");
  response.headers.add("Sec-WebSocket-Accept", websocket_accept(key));
  response.headers.add("Sec-WebSocket-Protocol", *chosen);
  return response;
}

Result<WebsocketAddress> parse_websocket_url(std::string_view url) {
  constexpr std::string_view kScheme = "wss://";
  if (!ascii_iequals(url.substr(0, kScheme.size()), kScheme) || !is_target_text(url)) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "the address of a WebSocket is wss://HOST:PORT/PATH");
  }
  // libcurl knows the form of https alone, and it is the same (RFC 6455 3).
  CURFEW_TRY(const CurlAddress parts,
             read_address("https://" + std::string{url.substr(kScheme.size())}));
  WebsocketAddress address;
  const bool is_bracketed = parts.host.starts_with('[') && parts.host.ends_with(']');
  address.host = is_bracketed ? parts.host.substr(1, parts.host.size() - 2) : parts.host;
  address.port = parts.port;
  address.authority = parts.host;
  if (parts.port != 443) address.authority += ":" + std::to_string(parts.port);
  address.target = parts.target;
  return address;
}

Result<std::string> write_handshake(const WebsocketAddress& to, std::string_view key,
                                    std::string_view subprotocol, const Secret& bearer) {
  if (!is_token(subprotocol) || !is_line_text(bearer.reveal())) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "the bearer token or the subprotocol cannot stand in a header");
  }
  std::string request = "GET " + to.target + " HTTP/1.1\r\nHost: " + to.authority;
  request.append("\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: ");
  request.append(kVersion).append("\r\nSec-WebSocket-Key: ").append(key);
  request.append("\r\nSec-WebSocket-Protocol: ").append(subprotocol);
  if (!bearer.empty()) request.append("\r\nAuthorization: Bearer ").append(bearer.reveal());
  return request.append(kHeadEnd);
}

Result<std::optional<std::size_t>> read_handshake(std::string_view received, std::string_view key,
                                                  std::string_view subprotocol) {
  const std::size_t end = received.find(kHeadEnd);
  if (std::min(end, received.size()) > limits::kHttpHeaderBytesMax) {
    return broken("its head is too large");
  }
  if (end == std::string_view::npos) return std::optional<std::size_t>{};
  const std::string_view head = received.substr(0, end);
  const std::size_t first = std::min(head.find("\r\n"), head.size());
  const std::optional<int> status = read_status(head.substr(0, first));
  if (!status) return broken("it is not HTTP/1.1");
  if (*status != 101) return refused(*status);
  const std::optional<HttpHeaders> headers =
      read_fields(head.substr(std::min(first + 2, head.size())));
  if (!headers) return broken("a header line is malformed");
  if (!ascii_iequals(only(*headers, "Upgrade"), "websocket") ||
      !has_token(*headers, "Connection", "upgrade")) {
    return broken("it is no upgrade to WebSocket");
  }
  if (only(*headers, "Sec-WebSocket-Accept") != websocket_accept(key)) {
    return broken("Sec-WebSocket-Accept is not of this request");
  }
  if (only(*headers, "Sec-WebSocket-Protocol") != subprotocol) {
    return broken("another subprotocol was chosen than the one that was asked for");
  }
  if (headers->has("Sec-WebSocket-Extensions")) {
    return broken("an extension was chosen and none was asked for");
  }
  return std::optional<std::size_t>{end + kHeadEnd.size()};
}

}  // namespace curfew
