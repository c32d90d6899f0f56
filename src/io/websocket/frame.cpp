#include "io/websocket/frame.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/text.hpp"

namespace curfew {

namespace {

constexpr unsigned kFinal = 0x80;
constexpr unsigned kReserved = 0x70;
constexpr unsigned kOpcode = 0x0F;
constexpr unsigned kMasked = 0x80;
constexpr unsigned kLength = 0x7F;
// In the place of a length: the length follows in two bytes, in eight.
constexpr unsigned kLengthInTwo = 126;
constexpr unsigned kLengthInEight = 127;
constexpr std::uint64_t kTwoBytesMax = 0xFFFF;

unsigned byte(char c) { return static_cast<unsigned char>(c); }

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = (value << 8U) | byte(c);
  return value;
}

void append_big_endian(std::string& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i > 0; --i) out.push_back(static_cast<char>(value >> ((i - 1) * 8U)));
}

void append_length(std::string& out, std::uint64_t size, unsigned masked) {
  if (size < kLengthInTwo) {
    out.push_back(static_cast<char>(masked | static_cast<unsigned>(size)));
  } else if (size <= kTwoBytesMax) {
    out.push_back(static_cast<char>(masked | kLengthInTwo));
    append_big_endian(out, size, 2);
  } else {
    out.push_back(static_cast<char>(masked | kLengthInEight));
    append_big_endian(out, size, 8);
  }
}

// `offset`: how many bytes of the frame's payload come before them.
void apply_mask(char* bytes, std::size_t count, const WebsocketMask& mask, std::uint64_t offset) {
  for (std::size_t i = 0; i < count; ++i) {
    bytes[i] = static_cast<char>(byte(bytes[i]) ^ byte(mask[(offset + i) % mask.size()]));
  }
}

bool is_control(WebsocketOpcode opcode) { return (static_cast<unsigned>(opcode) & 0x8U) != 0; }

bool is_known(unsigned opcode) { return opcode <= 0x2 || (opcode >= 0x8 && opcode <= 0xA); }

}  // namespace

bool is_close_code(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

std::string encode_frame(WebsocketOpcode opcode, std::string_view payload,
                         std::optional<WebsocketMask> mask) {
  CURFEW_CHECK(!is_control(opcode) || payload.size() <= kWebsocketControlBytesMax);
  std::string frame;
  frame.reserve(payload.size() + 14);
  frame.push_back(static_cast<char>(kFinal | static_cast<unsigned>(opcode)));
  append_length(frame, payload.size(), mask ? kMasked : 0);
  if (mask) frame.append(mask->data(), mask->size());
  const std::size_t start = frame.size();
  frame.append(payload);
  if (mask) apply_mask(frame.data() + start, payload.size(), *mask, 0);
  return frame;
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
  std::string payload;
  if (code == kCloseNoCode) return payload;
  CURFEW_CHECK(is_close_code(code));
  append_big_endian(payload, code, 2);
  if (reason.size() <= kWebsocketReasonBytesMax) payload.append(reason);
  return payload;
}

WebsocketDecoder::WebsocketDecoder(WebsocketRole role, std::size_t message_bytes_max)
    : role_(role), message_bytes_max_(message_bytes_max) {}

WebsocketDecoder::Event WebsocketDecoder::fail(std::uint16_t code, std::string_view description) {
  stage_ = Stage::ended;
  failure_ = {.code = code, .description = description};
  message_ = {};
  return Event::failed;
}

WebsocketDecoder::Event WebsocketDecoder::next(std::string_view& input) {
  for (;;) {
    if (stage_ == Stage::ended) return Event::need_more;
    if (stage_ == Stage::head) {
      if (!take_head(input)) return Event::need_more;
      const Event begun = begin_frame();
      if (begun != Event::need_more) return begun;
    }
    take_payload(input);
    if (taken_ < size_) return Event::need_more;
    const Event ended = end_frame();
    if (ended != Event::need_more) return ended;
  }
}

// Of the head whose first two bytes are there.
std::size_t WebsocketDecoder::head_size() const {
  const unsigned length = byte(head_[1]) & kLength;
  const std::size_t of_length = length == kLengthInEight ? 8 : length == kLengthInTwo ? 2 : 0;
  return 2 + of_length + ((byte(head_[1]) & kMasked) != 0 ? mask_.size() : 0);
}

bool WebsocketDecoder::take_head(std::string_view& input) {
  for (;;) {
    const std::size_t wanted = head_have_ < 2 ? 2 : head_size();
    const std::size_t count = std::min<std::size_t>(input.size(), wanted - head_have_);
    std::copy_n(input.data(), count, head_.data() + head_have_);
    input.remove_prefix(count);
    head_have_ = static_cast<std::uint8_t>(head_have_ + count);
    if (head_have_ < wanted) return false;
    if (wanted > 2 || head_size() == 2) return true;
  }
}

WebsocketDecoder::Event WebsocketDecoder::begin_frame() {
  const std::string_view head{head_.data(), std::exchange(head_have_, std::uint8_t{0})};
  const unsigned first = byte(head[0]);
  const unsigned short_length = byte(head[1]) & kLength;
  if ((first & kReserved) != 0) return fail(kCloseProtocolError, "a reserved bit is set");
  if (!is_known(first & kOpcode)) return fail(kCloseProtocolError, "the opcode is unknown");
  is_final_ = (first & kFinal) != 0;
  opcode_ = static_cast<WebsocketOpcode>(first & kOpcode);
  is_masked_ = (byte(head[1]) & kMasked) != 0;
  size_ = short_length;
  taken_ = 0;
  if (is_masked_) {
    std::copy_n(head.data() + head.size() - mask_.size(), mask_.size(), mask_.data());
  }
  if (short_length >= kLengthInTwo) {
    size_ = big_endian(head.substr(2, short_length == kLengthInTwo ? 2 : 8));
    const std::uint64_t least = short_length == kLengthInTwo ? kLengthInTwo : kTwoBytesMax + 1;
    if (size_ < least) return fail(kCloseProtocolError, "the length takes fewer bytes");
  }
  const Event refused = check_kind();
  return refused == Event::need_more ? check_size() : refused;
}

WebsocketDecoder::Event WebsocketDecoder::check_kind() {
  if (role_ == WebsocketRole::server && !is_masked_) {
    return fail(kCloseProtocolError, "a client must mask its frames");
  }
  if (role_ == WebsocketRole::client && is_masked_) {
    return fail(kCloseProtocolError, "a server must not mask its frames");
  }
  if (is_control(opcode_)) {
    if (!is_final_) return fail(kCloseProtocolError, "a control frame is fragmented");
    control_size_ = 0;
    return Event::need_more;
  }
  const bool continues = opcode_ == WebsocketOpcode::continuation;
  if (continues && !in_message_) return fail(kCloseProtocolError, "there is nothing to continue");
  if (!continues && in_message_) return fail(kCloseProtocolError, "the message has not ended yet");
  if (!continues) {
    message_.is_text = opcode_ == WebsocketOpcode::text;
    fragments_ = 0;
  }
  in_message_ = true;
  if (++fragments_ > limits::kWebsocketFragmentsMax) {
    return fail(kCloseTooBig, "the message has too many fragments");
  }
  return Event::need_more;
}

WebsocketDecoder::Event WebsocketDecoder::check_size() {
  if (is_control(opcode_)) {
    if (size_ <= kWebsocketControlBytesMax) return Event::need_more;
    return fail(kCloseProtocolError, "a control frame is too long");
  }
  if ((size_ >> 63U) != 0) return fail(kCloseProtocolError, "the length has its highest bit set");
  // What there is of the message never exceeds the limit, so that this cannot wrap around.
  if (size_ > message_bytes_max_ - message_.payload.size()) {
    return fail(kCloseTooBig, "the message is too big");
  }
  return Event::need_more;
}

void WebsocketDecoder::take_payload(std::string_view& input) {
  stage_ = Stage::payload;
  const auto count =
      static_cast<std::size_t>(std::min<std::uint64_t>(input.size(), size_ - taken_));
  char* at = nullptr;
  if (is_control(opcode_)) {
    at = control_.data() + control_size_;
    std::copy_n(input.data(), count, at);
    control_size_ = static_cast<std::uint8_t>(control_size_ + count);
  } else {
    const std::size_t before = message_.payload.size();
    message_.payload.append(input.substr(0, count));
    at = message_.payload.data() + before;
  }
  if (is_masked_) apply_mask(at, count, mask_, taken_);
  taken_ += count;
  input.remove_prefix(count);
}

WebsocketDecoder::Event WebsocketDecoder::end_frame() {
  stage_ = Stage::head;
  switch (opcode_) {
    case WebsocketOpcode::ping: return Event::ping;
    case WebsocketOpcode::pong: return Event::pong;
    case WebsocketOpcode::close: return end_close();
    case WebsocketOpcode::continuation:
    case WebsocketOpcode::text:
    case WebsocketOpcode::binary: break;
  }
  if (!is_final_) return Event::need_more;
  in_message_ = false;
  if (message_.is_text && !is_utf8(message_.payload)) {
    return fail(kCloseBadText, "the text is not UTF-8");
  }
  return Event::message;
}

WebsocketDecoder::Event WebsocketDecoder::end_close() {
  message_ = {};
  close_code_ = kCloseNoCode;
  if (control_size_ == 1) return fail(kCloseProtocolError, "half a close code");
  if (control_size_ >= 2) {
    close_code_ = static_cast<std::uint16_t>(big_endian(payload().substr(0, 2)));
    if (!is_close_code(close_code_)) return fail(kCloseProtocolError, "no such close code");
    if (!is_utf8(payload().substr(2))) return fail(kCloseBadText, "the reason is not UTF-8");
    std::copy(control_.begin() + 2, control_.begin() + control_size_, control_.begin());
    control_size_ = static_cast<std::uint8_t>(control_size_ - 2);
  }
  stage_ = Stage::ended;
  return Event::close;
}

WebsocketMessage WebsocketDecoder::take_message() {
  return std::exchange(message_, WebsocketMessage{});
}

}  // namespace curfew
