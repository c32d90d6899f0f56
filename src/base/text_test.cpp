#include "base/text.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

namespace curfew {

namespace {

using namespace std::string_literals;
using Strings = std::vector<std::string>;
using Views = std::vector<std::string_view>;

std::string all_bytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes;
}

}  // namespace

TEST_CASE("base64 gives the test vectors of RFC 4648 10, both ways") {
  const std::array<std::pair<std::string, std::string>, 7> vectors{{{"", ""},
                                                                    {"f", "Zg=="},
                                                                    {"fo", "Zm8="},
                                                                    {"foo", "Zm9v"},
                                                                    {"foob", "Zm9vYg=="},
                                                                    {"fooba", "Zm9vYmE="},
                                                                    {"foobar", "Zm9vYmFy"}}};
  for (const auto& [bytes, padded] : vectors) {
    CHECK(base64_encode(bytes) == padded);
    CHECK(base64_decode(padded) == bytes);
    const std::string bare = padded.substr(0, padded.find('='));
    CHECK(base64url_encode(bytes) == bare);
    CHECK(base64url_decode(bare) == bytes);
  }
}

TEST_CASE("base64 and base64url differ in two characters and refuse each other's") {
  const std::string bytes = "\xfb\xff\xbf";
  CHECK(base64_encode(bytes) == "+/+/");
  CHECK(base64url_encode(bytes) == "-_-_");
  CHECK_FALSE(base64_decode("-_-_"));
  CHECK_FALSE(base64url_decode("+/+/"));
}

TEST_CASE("every text of every length and byte survives the encodings") {
  const std::string bytes = all_bytes() + all_bytes();
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const std::string part = bytes.substr(bytes.size() - size);
    CHECK(base64url_decode(base64url_encode(part)) == part);
    CHECK(base64_decode(base64_encode(part)) == part);
    CHECK(hex_decode(hex_encode(part)) == part);
  }
}

TEST_CASE("one value has one base64url spelling") {
  // Of all texts of two characters exactly one decodes to each byte.
  std::size_t accepted = 0;
  for (const char a : all_bytes()) {
    for (const char b : all_bytes()) {
      const auto decoded = base64url_decode(std::string{a, b});
      if (!decoded) continue;
      ++accepted;
      CHECK(base64url_encode(*decoded) == std::string{a, b});
    }
  }
  CHECK(accepted == 256);
}

TEST_CASE("a character of another alphabet is refused at every place of a text") {
  const std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (const std::string& good : Strings{"AAAAAAAAAAAA", "AAAAAAAAAA", "AAAAAAAAAAA"}) {
    REQUIRE(base64url_decode(good));
    for (std::size_t place = 0; place < good.size(); ++place) {
      for (const char c : all_bytes()) {
        std::string text = good;
        text[place] = c;
        const auto decoded = base64url_decode(text);
        const bool is_digit = alphabet.find(c) != std::string_view::npos;
        const bool may_be_any = place + 1 < good.size() || good.size() % 4 == 0;
        if (may_be_any) CHECK(decoded.has_value() == is_digit);
        if (decoded) CHECK(base64url_encode(*decoded) == text);
      }
    }
  }
}

TEST_CASE("base64url refuses padding, white space, a single left-over character and NUL") {
  for (const std::string& text : Strings{"Zg==", "Zm8=", "Z", "A", "Zm9vA", "Zm 9", "Zm9v\n",
                                         " Zm9v", "Zm9v ", "Zg=", "=", "Zm\0v"s, "Zm9\x80"}) {
    CAPTURE(text);
    CHECK_FALSE(base64url_decode(text));
  }
}

TEST_CASE("base64 refuses missing, surplus or inner padding and non-zero trailing bits") {
  for (const std::string& text : Strings{"Zg", "Zg=", "Zm8", "Zm9v====", "Zg==Zg==", "====", "Z===",
                                         "=Zg=", "Zh==", "A===", "Zm9=", "Zm9v\n"}) {
    CAPTURE(text);
    CHECK_FALSE(base64_decode(text));
  }
}

TEST_CASE("hex is written in lower case and read in both") {
  CHECK(hex_encode("\x00\xab\xff"s) == "00abff");
  CHECK(hex_decode("00aBFf") == "\x00\xab\xff"s);
  for (const char* text : {"0", "0g", "g0", "0x00", " 00", "00 ", "@0", "`0", "/0", ":0"}) {
    CAPTURE(text);
    CHECK_FALSE(hex_decode(text));
  }
}

TEST_CASE("UTF-8 is accepted at the edges of each length") {
  for (const std::string& text : Strings{"", "\0"s, "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80",
                                         "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
                                         "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "a\xc3\xa9z"}) {
    CAPTURE(hex_encode(text));
    CHECK(is_utf8(text));
  }
}

TEST_CASE("overlong, surrogate, too high, lone and cut-off UTF-8 is refused") {
  for (const std::string& text : Strings{
           "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf",
           "\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xfe", "\xff",
           "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xc3z", "\xe2\x82z", "a\xf0\x9f\x98z"}) {
    CAPTURE(hex_encode(text));
    CHECK_FALSE(is_utf8(text));
  }
}

TEST_CASE("lower case touches the 26 letters only") {
  CHECK(ascii_lower(std::string_view{"AZaz@[`{019\xc3\x89"}) == "azaz@[`{019\xc3\x89");
  CHECK(ascii_iequals("Bearer", "bEARER"));
  CHECK(ascii_iequals("", ""));
  CHECK_FALSE(ascii_iequals("Bearer", "Bearer "));
  CHECK_FALSE(ascii_iequals("a@", "a`"));
}

TEST_CASE("split keeps empty parts") {
  CHECK(split("", ',') == Views{""});
  CHECK(split(",", ',') == Views{"", ""});
  CHECK(split("a,,b", ',') == Views{"a", "", "b"});
  CHECK(split("abc", ',') == Views{"abc"});
}

TEST_CASE("words are separated by runs of spaces, and by nothing else") {
  CHECK(split_words("").empty());
  CHECK(split_words("   ").empty());
  CHECK(split_words("  openid   profile ") == Strings{"openid", "profile"});
  CHECK(split_words("a\tb\nc") == Strings{"a\tb\nc"});
}

TEST_CASE("join puts the separator between parts, also between equal and empty ones") {
  CHECK(join({}, ", ").empty());
  CHECK(join({"a"}, ", ") == "a");
  CHECK(join({"a", "a", ""}, ", ") == "a, a, ");
}

TEST_CASE("trim takes spaces and tabs from both ends, not line ends") {
  CHECK(trim_ascii(" \ta b\t ") == "a b");
  CHECK(trim_ascii(" \t ").empty());
  CHECK(trim_ascii("\r\na ") == "\r\na");
}

TEST_CASE("text for display cannot forge a line, a quote or a terminal command") {
  CHECK(escape_for_display("plain caf\xc3\xa9") == "plain caf\xc3\xa9");
  CHECK(escape_for_display("a\r\nlevel=info") == "a\\x0d\\x0alevel=info");
  CHECK(escape_for_display("\x1b[2J\x7f") == "\\x1b[2J\\x7f");
  CHECK(escape_for_display("\"'\\") == "\\x22\\x27\\x5c");
  CHECK(escape_for_display("a\0b"s) == "a\\x00b");
  CHECK(escape_for_display("\xc2\x9b"
                           "2J") == "\\xc2\\x9b2J");  // CSI as a C1 control
  CHECK(escape_for_display("\xe2\x80\xae"
                           "x") == "\\xe2\\x80\\xaex");            // right-to-left override
  CHECK(escape_for_display("\xe2\x80\x8b") == "\\xe2\\x80\\x8b");  // zero width space
  CHECK(escape_for_display("\xff"
                           "a\xc3") == "\\xffa\\xc3");
}

TEST_CASE("text for display is cut between characters, with dots only if something is missing") {
  CHECK(escape_for_display("abcd", 4) == "abcd");
  CHECK(escape_for_display("abcde", 4) == "abcd...");
  CHECK(escape_for_display("abc\xc3\xa9", 4) == "abc...");
  CHECK(escape_for_display("abc\n", 4) == "abc...");
  CHECK(escape_for_display("", 0).empty());
  CHECK(escape_for_display(std::string(1000, 'x')).size() == 256 + 3);
}

}  // namespace curfew
