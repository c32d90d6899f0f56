#include "protocol/json/json.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "protocol/json/json_memory.hpp"

namespace curfew {

namespace {

using namespace std::string_literals;

ErrorCode code_of(std::string_view text, const JsonLimits& limits = {}) {
  const auto result = parse_json(text, limits);
  REQUIRE_FALSE(result.ok());
  return result.error().code();
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("values of every type are read, and written as they were") {
  for (const char* text :
       {"null", "true", "false", "0", "-1", "9223372036854775807", "18446744073709551615", "\"\"",
        "\"caf\xc3\xa9\"", "[]", "{}", "[1,[2,{\"a\":null}]]", "{\"a\":1,\"b\":{\"a\":2}}"}) {
    CAPTURE(text);
    CHECK(serialize_json(parse_json(text).value()) == text);
  }
  CHECK(parse_json(" \t\r\n{ \"a\" : 1 } \n").ok());
  CHECK(parse_json("\"\\u00e9\\ud83d\\ude00\\u0000\"").value().as_string() ==
        "\xc3\xa9\xf0\x9f\x98\x80\0"s);
}

TEST_CASE("a repeated name is refused at any level, however it is spelled") {
  for (const char* text :
       {R"({"a":1,"a":1})", R"({"a":1,"b":2,"a":3})", R"({"sub":"x","\u0073ub":"y"})",
        R"([{"a":{"b":1,"b":2}}])", R"({"a":{"x":{},"x":{}},"b":1})", R"({"":1,"":2})",
        R"({"a":{"b":1,"c":2},"a":{}})", R"([[[[{"a":[],"a":[]}]]]])"}) {
    CAPTURE(text);
    CHECK(code_of(text) == ErrorCode::invalid_argument);
  }
  CHECK(parse_json(R"({"a":{"a":{"a":1}},"A":2,"b":{"a":1}})").ok());
}

TEST_CASE("a repeated name is found among many") {
  std::string text = "{";
  for (int i = 0; i < 1000; ++i) text += "\"n" + std::to_string(i) + "\":0,";
  CHECK(parse_json(text + "\"x\":0}").ok());
  CHECK(code_of(text + "\"n500\":0}") == ErrorCode::invalid_argument);
}

TEST_CASE(
    "an object in memory of the reader's is read as strictly, and as the same, however large") {
  std::string large = "{";
  for (int i = 0; i < 2000; ++i) large += "\"n" + std::to_string(i) + "\":[\"text\",{\"a\":1}],";
  large += "\"x\":null}";
  for (const std::string& text : std::vector<std::string>{
           R"({})", R"({"a":1,"b":"a text that is longer than what fits into a value itself"})",
           large, R"({"a":1,"a":1})", R"({"a":{"x":{},"\u0078":{}}})", "[]", "1", "{", "{}x", "",
           "{\"a\":\"\x80\"}", R"({"a":1e999})", "{\"a\":" + nested(40) + "}"}) {
    CAPTURE(text.substr(0, 80));
    JsonMemory memory;
    const auto here = parse_json_object(text, memory);
    const auto elsewhere = parse_json_object(text);
    REQUIRE(here.ok() == elsewhere.ok());
    if (here.ok()) CHECK(serialize_json(*here) == serialize_json(*elsewhere));
    if (!here.ok()) CHECK(here.error().message() == elsewhere.error().message());
  }
  JsonMemory memory;
  CHECK(parse_json_object("{}", memory, {.bytes_max = 1}).error().code() == ErrorCode::exhausted);
}

TEST_CASE("text that is not UTF-8, and lone surrogates, are refused") {
  for (const std::string& text : std::vector<std::string>{
           "\"\x80\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xc3\"",
           "{\"\xff\":1}", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\xef\xbb\xbf{}"}) {
    CHECK(code_of(text) == ErrorCode::invalid_argument);
  }
}

TEST_CASE("what other readers tolerate is refused") {
  for (const std::string& text :
       std::vector<std::string>{"",           " ",       "{",        "[1,]",
                                "{\"a\":1,}", "{a:1}",   "{'a':1}",  "// c\n1",
                                "/* c */1",   "01",      "+1",       "1.",
                                ".5",         "-",       "0x10",     "NaN",
                                "Infinity",   "True",    "nul",      "\"\t\"",
                                "\"\\x\"",    "{} {}",   "{}x",      "1 2",
                                "[1 2]",      "{\"a\"}", "{}\0"s,    "\"a\0\""s.substr(0, 3),
                                "1e400",      "-1e400",  "[1e99999]"}) {
    CAPTURE(text);
    CHECK(code_of(text) == ErrorCode::invalid_argument);
  }
}

TEST_CASE("nesting up to the limit is read, one level more is not") {
  CHECK(parse_json(nested(limits::kJsonDepthMax)).ok());
  CHECK(code_of(nested(limits::kJsonDepthMax + 1)) == ErrorCode::invalid_argument);
  CHECK(parse_json("{\"a\":{\"b\":1}}", {.bytes_max = 100, .depth_max = 2}).ok());
  CHECK(code_of("{\"a\":{\"b\":[]}}", {.bytes_max = 100, .depth_max = 2}) ==
        ErrorCode::invalid_argument);
  CHECK(code_of(std::string(60'000, '[')) == ErrorCode::invalid_argument);
}

TEST_CASE("a text over the size limit is refused before it is read") {
  CHECK(parse_json("[1,2]", {.bytes_max = 5}).ok());
  CHECK(code_of("[1,2]", {.bytes_max = 4}) == ErrorCode::exhausted);
}

TEST_CASE("an object of more than 4096 members is refused") {
  std::string text = "{";
  for (int i = 0; i < 4096; ++i) text += "\"n" + std::to_string(i) + "\":0,";
  text.pop_back();
  CHECK(parse_json(text + "}").ok());
  CHECK(code_of(text + ",\"x\":0}") == ErrorCode::invalid_argument);
}

TEST_CASE("an object is read where an object is required, and nothing else") {
  CHECK(parse_json_object(R"({"a":1})").value().at("a").as_int64() == 1);
  for (const char* text : {"[]", "1", "null", "\"{}\"", "{"}) {
    CHECK(parse_json_object(text).error().code() == ErrorCode::invalid_argument);
  }
}

TEST_CASE("an error never repeats the text") {
  const auto result = parse_json(R"({"password":"hunter2")");
  CHECK(result.error().message().find("hunter2") == std::string::npos);
}

}  // namespace curfew
