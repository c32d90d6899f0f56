// io/websocket/frame.hpp: frames and messages of WebSocket (RFC 6455 5), both ways; no socket in
// sight.
//
// Without extensions, so every reserved bit is an error. What two implementations could read
// differently is refused: a length in more bytes than it needs, a mask from a server, none from a
// client, a control frame in parts. Pure; one decoder belongs to one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/limits.hpp"

namespace curfew {

// Which end of the connection this is. A server's peer masks what it sends, a client's does not.
enum class WebsocketRole { server, client };

struct WebsocketMessage {
  bool is_text = true;  // then `payload` is UTF-8
  std::string payload;
};

// RFC 6455 11.8, the values on the wire.
enum class WebsocketOpcode : std::uint8_t {
  continuation = 0x0,
  text = 0x1,
  binary = 0x2,
  close = 0x8,
  ping = 0x9,
  pong = 0xA,
};

// RFC 6455 7.4.1, those that are used here. Others come from peers, so codes are plain numbers.
inline constexpr std::uint16_t kCloseNormal = 1000;
inline constexpr std::uint16_t kCloseGoingAway = 1001;
inline constexpr std::uint16_t kCloseProtocolError = 1002;
inline constexpr std::uint16_t kCloseNoCode = 1005;  // never sent: a close frame without a code
inline constexpr std::uint16_t kCloseLost = 1006;    // never sent: no close frame at all
inline constexpr std::uint16_t kCloseBadText = 1007;
inline constexpr std::uint16_t kCloseTooBig = 1009;
inline constexpr std::uint16_t kCloseTryAgainLater = 1013;
// Whether a close frame may carry it: defined, or left to applications (3000 to 4999).
[[nodiscard]] bool is_close_code(std::uint16_t code);

// Of a control frame's payload (RFC 6455 5.5), of a close frame's reason.
inline constexpr std::size_t kWebsocketControlBytesMax = 125;
inline constexpr std::size_t kWebsocketReasonBytesMax = kWebsocketControlBytesMax - 2;

using WebsocketMask = std::array<char, 4>;

// One whole frame: final, unfragmented, its length in as few bytes as it takes. A client gives a
// mask, fresh and unpredictable for each frame (RFC 6455 5.3); a server gives none. Control frames:
// at most kWebsocketControlBytesMax, checked.
[[nodiscard]] std::string encode_frame(WebsocketOpcode opcode, std::string_view payload,
                                       std::optional<WebsocketMask> mask = std::nullopt);
// The payload of a close frame. `code` is one that may be sent, checked, or kCloseNoCode: then it
// is empty. A reason that is too long is left out.
[[nodiscard]] std::string close_payload(std::uint16_t code, std::string_view reason);

// What of the peer's is not to be borne: the code to close with, and a literal that may be sent.
struct WebsocketFailure {
  std::uint16_t code = kCloseProtocolError;
  std::string_view description;
};

class WebsocketDecoder {
 public:
  enum class Event {
    need_more,  // the input is used up
    message,    // take_message()
    ping,       // payload()
    pong,       // payload()
    close,      // close_code(), payload() is the reason; nothing is taken after it
    failed,     // failure(); nothing is taken after it
  };

  // Messages of more bytes are refused as soon as a frame's head says that they are coming.
  WebsocketDecoder(WebsocketRole role, std::size_t message_bytes_max);

  // Takes bytes from the front of `input` until something has come of them. Holds no more memory
  // than has arrived; none between messages.
  Event next(std::string_view& input);

  // Event::message only, once.
  [[nodiscard]] WebsocketMessage take_message();
  // Valid until the next call of next().
  [[nodiscard]] std::string_view payload() const { return {control_.data(), control_size_}; }
  [[nodiscard]] std::uint16_t close_code() const { return close_code_; }
  [[nodiscard]] WebsocketFailure failure() const { return failure_; }

 private:
  enum class Stage : std::uint8_t { head, payload, ended };
  [[nodiscard]] std::size_t head_size() const;
  // False: more is needed.
  bool take_head(std::string_view& input);
  Event begin_frame();
  Event check_kind();
  Event check_size();
  void take_payload(std::string_view& input);
  Event end_frame();
  Event end_close();
  Event fail(std::uint16_t code, std::string_view description);

  const WebsocketRole role_;
  const std::size_t message_bytes_max_;
  Stage stage_ = Stage::head;
  // The head as far as it has come: two bytes, up to eight of length, four of mask.
  std::array<char, 14> head_{};
  std::uint8_t head_have_ = 0;
  // The frame.
  WebsocketOpcode opcode_ = WebsocketOpcode::text;
  bool is_final_ = false;
  bool is_masked_ = false;
  WebsocketMask mask_{};
  std::uint64_t size_ = 0;
  std::uint64_t taken_ = 0;
  // The message that it is a part of.
  bool in_message_ = false;
  std::size_t fragments_ = 0;
  WebsocketMessage message_;
  // The control frame.
  std::array<char, kWebsocketControlBytesMax> control_{};
  std::uint8_t control_size_ = 0;
  std::uint16_t close_code_ = 0;
  WebsocketFailure failure_;
};

}  // namespace curfew
