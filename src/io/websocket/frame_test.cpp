// The frame codec: what it reads, what it refuses with which code, and what it writes.
#include "io/websocket/frame.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace curfew;
using Event = WebsocketDecoder::Event;

namespace {

constexpr std::size_t kMax = 1000;
constexpr WebsocketMask kMask = {'\x37', '\xfa', '\x21', '\x3d'};

std::string masked(WebsocketOpcode opcode, std::string_view payload, bool is_final = true) {
  std::string frame = encode_frame(opcode, payload, kMask);
  if (!is_final) frame[0] = static_cast<char>(frame[0] & 0x7F);
  return frame;
}
std::string text(std::string_view payload, bool is_final = true) {
  return masked(WebsocketOpcode::text, payload, is_final);
}
std::string more(std::string_view payload, bool is_final = true) {
  return masked(WebsocketOpcode::continuation, payload, is_final);
}

// What comes of the bytes, a line for each event, given in pieces of that size.
std::string read(std::string_view bytes, WebsocketRole role = WebsocketRole::server,
                 std::size_t piece = std::string::npos) {
  WebsocketDecoder decoder(role, kMax);
  std::string said;
  while (!bytes.empty()) {
    std::string_view input = bytes.substr(0, piece);
    bytes.remove_prefix(input.size());
    for (Event event = decoder.next(input); event != Event::need_more;
         event = decoder.next(input)) {
      if (event == Event::message) {
        const WebsocketMessage message = decoder.take_message();
        said += (message.is_text ? "text " : "binary ") + message.payload + "\n";
      } else if (event == Event::ping || event == Event::pong) {
        said += event == Event::ping ? "ping " : "pong ";
        said.append(decoder.payload()).append("\n");
      } else if (event == Event::close) {
        said += "close " + std::to_string(decoder.close_code()) + " ";
        said.append(decoder.payload()).append("\n");
      } else {
        said += "failed " + std::to_string(decoder.failure().code) + " ";
        said.append(decoder.failure().description).append("\n");
      }
    }
  }
  return said;
}
std::string read_at_client(std::string_view bytes) { return read(bytes, WebsocketRole::client); }

// A head that claims so many bytes in the longest form.
std::string head_claiming(std::uint64_t size) {
  std::string head{"\x82\xff", 2};
  for (int shift = 56; shift >= 0; shift -= 8) head.push_back(static_cast<char>(size >> shift));
  return head + "mask";
}

}  // namespace

TEST_CASE("the examples of RFC 6455 5.7 are read and written") {
  CHECK(read_at_client("\x81\x05Hello") == "text Hello\n");
  CHECK(read("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58") == "text Hello\n");
  CHECK(read_at_client(std::string{"\x01\x03Hel\x80\x02lo", 9}) == "text Hello\n");
  CHECK(read_at_client("\x89\x05Hello") == "ping Hello\n");
  CHECK(read("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58") == "pong Hello\n");
  CHECK(encode_frame(WebsocketOpcode::text, "Hello") == "\x81\x05Hello");
  CHECK(text("Hello") == "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
  CHECK(encode_frame(WebsocketOpcode::binary, std::string(256, 'x')).substr(0, 4) ==
        std::string_view{"\x82\x7e\x01\x00", 4});
  CHECK(encode_frame(WebsocketOpcode::binary, std::string(65536, 'x')).substr(0, 10) ==
        std::string_view{"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10});
}

TEST_CASE("frames of every size are read, whole and in any pieces") {
  for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 999U, 1000U}) {
    const std::string payload(size, 'p');
    const std::string bytes = masked(WebsocketOpcode::binary, payload) + text("after");
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 5000U}) {
      CHECK(read(bytes, WebsocketRole::server, piece) == "binary " + payload + "\ntext after\n");
    }
  }
}

TEST_CASE("a mask of zeros is a mask") {
  CHECK(read(encode_frame(WebsocketOpcode::text, "plain", WebsocketMask{})) == "text plain\n");
}

TEST_CASE("a client must mask its frames and a server must not") {
  CHECK(read(encode_frame(WebsocketOpcode::text, "x")) ==
        "failed 1002 a client must mask its frames\n");
  CHECK(read(encode_frame(WebsocketOpcode::ping, "")) ==
        "failed 1002 a client must mask its frames\n");
  CHECK(read_at_client(text("x")) == "failed 1002 a server must not mask its frames\n");
}

TEST_CASE("reserved bits and unknown opcodes are refused") {
  for (const unsigned bit : {0x40U, 0x20U, 0x10U}) {
    std::string frame = text("x");
    frame[0] = static_cast<char>(static_cast<unsigned char>(frame[0]) | bit);
    CHECK(read(frame) == "failed 1002 a reserved bit is set\n");
  }
  for (const unsigned opcode : {0x3U, 0x7U, 0xBU, 0xFU}) {
    CHECK(read(masked(static_cast<WebsocketOpcode>(opcode), "")) ==
          "failed 1002 the opcode is unknown\n");
  }
}

TEST_CASE("a length in more bytes than it takes is refused") {
  CHECK(read(std::string{"\x82\xfe\x00\x7d", 4} + "mask") ==
        "failed 1002 the length takes fewer bytes\n");
  CHECK(read(head_claiming(0xFFFF)) == "failed 1002 the length takes fewer bytes\n");
}

TEST_CASE("a message beyond the limit is refused by its head alone, in one frame or in many") {
  CHECK(read(head_claiming(1UL << 40U)) == "failed 1009 the message is too big\n");
  CHECK(read(head_claiming(~0UL >> 1U)) == "failed 1009 the message is too big\n");
  CHECK(read(head_claiming(~0UL)) == "failed 1002 the length has its highest bit set\n");
  CHECK(read(text(std::string(kMax, 'x'), false) + more("")) ==
        "text " + std::string(kMax, 'x') + "\n");
  CHECK(read(text(std::string(kMax, 'x'), false) + more("x")) ==
        "failed 1009 the message is too big\n");
}

TEST_CASE("fragments are put together, with control frames between them") {
  CHECK(read(text("a", false) + masked(WebsocketOpcode::ping, "p") + more("b", false) +
             more("c")) == "ping p\ntext abc\n");
  CHECK(read(more("x")) == "failed 1002 there is nothing to continue\n");
  CHECK(read(text("a", false) + text("b")) == "failed 1002 the message has not ended yet\n");
}

TEST_CASE("fragments without end are refused although they hold nothing") {
  std::string bytes = text("", false);
  for (std::size_t i = 1; i < limits::kWebsocketFragmentsMax; ++i) bytes += more("", false);
  CHECK(read(bytes).empty());
  CHECK(read(bytes + more("")) == "failed 1009 the message has too many fragments\n");
}

TEST_CASE("control frames are short and whole") {
  CHECK(read(masked(WebsocketOpcode::ping, std::string(125, 'x'))) ==
        "ping " + std::string(125, 'x') + "\n");
  CHECK(read(std::string{"\x89\xfe\x00\x7e", 4} + "mask") ==
        "failed 1002 a control frame is too long\n");
  CHECK(read(masked(WebsocketOpcode::close, "", false)) ==
        "failed 1002 a control frame is fragmented\n");
}

TEST_CASE("text must be UTF-8 once it is whole") {
  CHECK(read(text("\xc3", false) + more("\xbc")) == "text \xc3\xbc\n");
  CHECK(read(text("\xc3")) == "failed 1007 the text is not UTF-8\n");
  CHECK(read(text("\xed\xa0\x80")) == "failed 1007 the text is not UTF-8\n");
  CHECK(read(masked(WebsocketOpcode::binary, "\xc3")) == "binary \xc3\n");
}

TEST_CASE("a close frame says why, by a code that may be sent, and ends everything") {
  CHECK(read(masked(WebsocketOpcode::close, "") + text("late")) == "close 1005 \n");
  CHECK(read(masked(WebsocketOpcode::close, close_payload(1000, "bye")) + text("late")) ==
        "close 1000 bye\n");
  CHECK(read(masked(WebsocketOpcode::close, "\x0f\xa0")) == "close 4000 \n");
  CHECK(read(masked(WebsocketOpcode::close, "\x03")) == "failed 1002 half a close code\n");
  CHECK(read(masked(WebsocketOpcode::close, "\x03\xe8\xff")) ==
        "failed 1007 the reason is not UTF-8\n");
  for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1100U, 2999U, 5000U, 65535U}) {
    const std::string payload{static_cast<char>(code >> 8U), static_cast<char>(code)};
    CHECK(read(masked(WebsocketOpcode::close, payload)) == "failed 1002 no such close code\n");
  }
}

TEST_CASE("nothing is read after a failure") {
  CHECK(read(encode_frame(WebsocketOpcode::text, "x") + text("late")) ==
        "failed 1002 a client must mask its frames\n");
}
