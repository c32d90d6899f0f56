#include "protocol/json/writer.hpp"

#include <doctest/doctest.h>

#include "protocol/json/json.hpp"

namespace curfew {

namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

}  // namespace

TEST_CASE("an object of every kind of member is written") {
  std::string out = "prefix ";
  JsonObjectWriter writer{out};
  writer.string("s", "a\"b").integer("i", -42).boolean("t", true).boolean("f", false);
  writer.strings("l", {"x", "y"}).strings("none", {}).raw("r", R"({"k":[1]})");
  writer.end();
  CHECK(out ==
        R"(prefix {"s":"a\"b","i":-42,"t":true,"f":false,"l":["x","y"],"none":[],"r":{"k":[1]}})");
}

TEST_CASE("an object without members is written") {
  std::string out;
  JsonObjectWriter writer{out};
  writer.end();
  CHECK(out == "{}");
}

TEST_CASE("every byte of ASCII survives writing and reading") {
  std::string text;
  for (int c = 0; c < 128; ++c) text += static_cast<char>(c);
  CHECK(parse_json(quoted(text)).value().as_string() == text);
  CHECK(quoted("\x01\x1f\n\"\\/") == R"("\u0001\u001f\n\"\\/")");
}

TEST_CASE("an unusual byte is seen at every place of a text of any length") {
  for (std::size_t size = 1; size <= 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (const char c : {'"', '\\', '\x1f', '\0', '\x80', '\xff'}) {
        std::string text(size, 'a');
        text[at] = c;
        CHECK(quoted(text).size() > size + 2);
      }
      for (const char c : {' ', '!', '#', '[', ']', '\x7f', '~'}) {
        std::string text(size, 'a');
        text[at] = c;
        CHECK(quoted(text) == "\"" + text + "\"");
      }
    }
  }
}

TEST_CASE("UTF-8 is written as it is, other bytes become the replacement character") {
  const std::string good = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
  CHECK(quoted(good) == "\"" + good + "\"");
  CHECK(quoted("a\xff\xc3z") == "\"a\xef\xbf\xbd\xef\xbf\xbdz\"");
  CHECK(quoted("\xed\xa0\x80") == "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      CHECK(parse_json(quoted(std::string{static_cast<char>(a), static_cast<char>(b)})).ok());
    }
  }
}

}  // namespace curfew
