// tests/fuzz/fuzz_websocket.cpp: WebSocket frames of either side: the same events however the bytes
// arrive, and what was read is read again as the same when our encoder has written it. Handshake
// answers and addresses: nothing is believed that is not of this request, or that breaks a line.
//
// The first byte of the input chooses: its two lowest bits what is read, the others the size of the
// pieces that the second reader gets.
//
// Covers: io/websocket/frame.cpp io/websocket/handshake.cpp
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "base/text.hpp"
#include "io/websocket/frame.hpp"
#include "io/websocket/handshake.hpp"

namespace {

using curfew::WebsocketDecoder;
using curfew::WebsocketOpcode;
using curfew::WebsocketRole;
using Event = WebsocketDecoder::Event;

constexpr std::size_t kMessageBytesMax = 300;

struct Happened {
  Event event = Event::need_more;
  bool is_text = false;
  std::string payload;
  unsigned code = 0;
  friend bool operator==(const Happened&, const Happened&) = default;
};

// What the decoder has to say of the event, which must be within every limit.
Happened describe(WebsocketDecoder& decoder, Event event) {
  Happened happened{.event = event, .is_text = false, .payload = {}, .code = 0};
  if (event == Event::message) {
    curfew::WebsocketMessage message = decoder.take_message();
    CURFEW_CHECK(message.payload.size() <= kMessageBytesMax);
    CURFEW_CHECK(!message.is_text || curfew::is_utf8(message.payload));
    happened.is_text = message.is_text;
    happened.payload = std::move(message.payload);
  } else if (event == Event::failed) {
    happened.code = decoder.failure().code;
    CURFEW_CHECK(happened.code == curfew::kCloseProtocolError ||
                 happened.code == curfew::kCloseBadText || happened.code == curfew::kCloseTooBig);
  } else {
    happened.payload = decoder.payload();
    CURFEW_CHECK(happened.payload.size() <= curfew::kWebsocketControlBytesMax);
    if (event == Event::close) {
      happened.code = decoder.close_code();
      CURFEW_CHECK(happened.code == curfew::kCloseNoCode ||
                   curfew::is_close_code(decoder.close_code()));
      CURFEW_CHECK(curfew::is_utf8(happened.payload));
    }
  }
  return happened;
}

std::vector<Happened> read(std::string_view bytes, WebsocketRole role, std::size_t piece) {
  WebsocketDecoder decoder(role, kMessageBytesMax);
  std::vector<Happened> all;
  while (!bytes.empty()) {
    std::string_view input = bytes.substr(0, piece);
    bytes.remove_prefix(input.size());
    for (Event event = decoder.next(input); event != Event::need_more;
         event = decoder.next(input)) {
      all.push_back(describe(decoder, event));
    }
  }
  return all;
}

// As the peer of `role` would send it, without fragments.
std::string write(const Happened& happened, WebsocketRole role) {
  std::optional<curfew::WebsocketMask> mask;
  if (role == WebsocketRole::server) mask = {'\x9a', '\x00', '\xff', '\x31'};
  switch (happened.event) {
    case Event::message:
      return encode_frame(happened.is_text ? WebsocketOpcode::text : WebsocketOpcode::binary,
                          happened.payload, mask);
    case Event::ping: return encode_frame(WebsocketOpcode::ping, happened.payload, mask);
    case Event::pong: return encode_frame(WebsocketOpcode::pong, happened.payload, mask);
    case Event::close: {
      const auto code = static_cast<std::uint16_t>(happened.code);
      return encode_frame(WebsocketOpcode::close, curfew::close_payload(code, happened.payload),
                          mask);
    }
    case Event::need_more:
    case Event::failed: break;
  }
  return {};
}

void check_frames(std::string_view bytes, WebsocketRole role, std::size_t piece) {
  std::vector<Happened> whole = read(bytes, role, bytes.size());
  CURFEW_CHECK(whole == read(bytes, role, piece));
  // Nothing comes after a failure, and it is not to be written.
  if (!whole.empty() && whole.back().event == Event::failed) whole.pop_back();
  std::string written;
  for (const Happened& one : whole) written += write(one, role);
  CURFEW_CHECK(whole == read(written, role, written.size()));
}

void check_answer(std::string_view bytes) {
  constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
  const auto outcome = curfew::read_handshake(bytes, kKey, "feed.v1");
  if (!outcome.ok() || !outcome.value()) return;
  const std::string_view head = bytes.substr(0, *outcome.value());
  CURFEW_CHECK(head.ends_with("\r\n\r\n") && head.starts_with("HTTP/1.1 101"));
  CURFEW_CHECK(head.find(curfew::websocket_accept(kKey)) != std::string_view::npos);
  CURFEW_CHECK(head.find("feed.v1") != std::string_view::npos);
  for (std::size_t size = 0; size < head.size(); ++size) {
    const auto part = curfew::read_handshake(head.substr(0, size), kKey, "feed.v1");
    CURFEW_CHECK(part.ok() && !part.value());
  }
}

void check_address(std::string_view bytes) {
  const auto address = curfew::parse_websocket_url(bytes);
  if (!address.ok()) return;
  CURFEW_CHECK(!address.value().host.empty() && address.value().target.starts_with("/"));
  const auto request = curfew::write_handshake(address.value(), "key", "feed.v1", curfew::Secret{});
  CURFEW_CHECK(request.ok());
  // The lines that are ours, and no other.
  CURFEW_CHECK(std::ranges::count(request.value(), '\n') == 8);
  CURFEW_CHECK(std::ranges::count(request.value(), '\r') == 8);
  CURFEW_CHECK(std::ranges::count(request.value().substr(0, request.value().find('\r')), ' ') == 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  const std::size_t piece = 1 + (data[0] >> 2U);
  switch (data[0] & 3U) {
    case 0: check_frames(bytes, WebsocketRole::server, piece); break;
    case 1: check_frames(bytes, WebsocketRole::client, piece); break;
    case 2: check_answer(bytes); break;
    default: check_address(bytes); break;
  }
  return 0;
}
