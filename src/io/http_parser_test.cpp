#include "io/http_parser.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "io/http_writer.hpp"

using namespace curfew;
using namespace std::string_view_literals;

namespace {

struct Outcome {
  int status = 0;  // 0: complete, -1: more bytes are needed, else the refusal
  HttpRequest request;
  bool keep_alive = false;
  std::string rest;
};

// Feeds `bytes` in pieces of `piece` bytes, keeping what the parser leaves, as a connection does.
Outcome parse(std::string_view bytes, std::size_t piece, const HttpParserLimits& limits) {
  HttpParser parser(limits);
  std::string pending;
  while (!bytes.empty()) {
    pending.append(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    pending.erase(0, parser.feed(pending));
    if (parser.state() == HttpParser::State::rejected) {
      return {.status = parser.rejection().status, .request = {}, .rest = {}};
    }
    if (parser.state() == HttpParser::State::complete) {
      pending.append(bytes);
      const bool keep = parser.keep_alive();
      return {.status = 0, .request = parser.take(), .keep_alive = keep, .rest = pending};
    }
  }
  return {.status = -1, .request = {}, .rest = pending};
}

const HttpParserLimits kDefault{};

Outcome parse(std::string_view bytes) { return parse(bytes, bytes.size(), kDefault); }

}  // namespace

TEST_CASE("a request is taken apart and nothing is decoded") {
  const Outcome outcome = parse(
      "POST /a%2Fb/c?x=%20&y HTTP/1.1\r\nHost: curfew.test:8443\r\nX-Two: one\r\n"
      "content-length: 5\r\nx-two:  other \r\n\r\nhelloNEXT");
  REQUIRE(outcome.status == 0);
  CHECK(outcome.request.method == HttpMethod::post);
  CHECK(outcome.request.target == "/a%2Fb/c?x=%20&y");
  CHECK(outcome.request.path() == "/a%2Fb/c");
  CHECK(outcome.request.query() == "x=%20&y");
  CHECK(outcome.request.body == "hello");
  CHECK(outcome.rest == "NEXT");
  CHECK(outcome.keep_alive);
  const auto host = outcome.request.header("HOST");
  REQUIRE(host.ok());
  CHECK(*host == "curfew.test:8443");
  CHECK_FALSE(outcome.request.header("x-two").ok());
  const std::vector<std::string_view> both = outcome.request.headers_all("X-TWO");
  REQUIRE(both.size() == 2);
  CHECK(both[0] == "one");
  CHECK(both[1] == "other");
  const auto absent = outcome.request.header("absent");
  REQUIRE(absent.ok());
  CHECK_FALSE(absent.value().has_value());
}

namespace {

struct Refusal {
  std::string_view bytes;
  int status;
};
const std::vector<Refusal> kRefusals = {
    // Framing.
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n",
     400},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: "
     "4\r\n\r\n0\r\n\r\n",
     400},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4, 4\r\n\r\nabcd", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\nabcd", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -4\r\n\r\nabcd", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x4\r\n\r\nabcd", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551617\r\n\r\na", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
     "chunked\r\n\r\n"
     "0\r\n\r\n",
     400},
    {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    // Header lines.
    {"GET / HTTP/1.1\r\nHost: a\r\nX: one\r\n two\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: one\r\n\ttwo\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\n: nameless\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: \0b\r\n\r\n"sv, 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nX\x7f: b\r\n\r\n", 400},
    // Host.
    {"GET / HTTP/1.1\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
    {"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    // Request line.
    {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 400},
    {"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 400},
    {"GET / http/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /\r\n\r\n", 400},
    {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET / b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /\x80 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 501},
    {"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
    {"get / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
    {"\x16\x03\x01\x02", 400},  // a TLS client at the plain port
    // Chunks.
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\nabc\r\n0\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
     400},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n11111111111111111\r\na", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\r\n0\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: trailer\r\n\r\n",
     400},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: "
     "3\r\n\r\n",
     400},
    {"POST / HTTP/1.1\r\nHost: a\r\nExpect: something\r\n\r\n", 417},
};

}  // namespace

TEST_CASE("what two parsers could read differently is refused, however the bytes arrive") {
  for (const Refusal& one : kRefusals) {
    CAPTURE(one.bytes);
    CHECK(parse(one.bytes).status == one.status);
    CHECK(parse(one.bytes, 1, kDefault).status == one.status);
    CHECK(parse(one.bytes, 7, kDefault).status == one.status);
  }
}

TEST_CASE("well-formed requests are accepted, however the bytes arrive") {
  struct Case {
    std::string_view bytes;
    std::string_view target;
    std::string_view body;
    bool keep_alive;
  };
  const std::vector<Case> cases = {
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "/", "", true},
      {"\r\nGET / HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n", "/", "", true},
      {"GET / HTTP/1.0\r\n\r\n", "/", "", false},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "/", "", true},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n", "/", "", false},
      {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "*", "", true},
      {"GET http://A:1/x?y HTTP/1.1\r\nHost: a:1\r\n\r\n", "/x?y", "", true},
      {"GET https://a?y HTTP/1.1\r\nHost: a\r\n\r\n", "/?y", "", true},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "/", "", true},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "/",
       "abc", true},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
       "A;name=value\r\n0123456789\r\n00001\r\nx\r\n000\r\n\r\n",
       "/", "0123456789x", true},
      {"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-Continue\r\n\r\nabc", "/",
       "abc", true},
  };
  for (const Case& one : cases) {
    CAPTURE(one.bytes);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, one.bytes.size()}) {
      const Outcome outcome = parse(one.bytes, piece, kDefault);
      REQUIRE(outcome.status == 0);
      CHECK(outcome.request.target == one.target);
      CHECK(outcome.request.body == one.body);
      CHECK(outcome.keep_alive == one.keep_alive);
      CHECK(outcome.rest.empty());
    }
  }
}

TEST_CASE("each limit is kept to the byte") {
  HttpParserLimits limits;
  limits.header_bytes_max = 64;
  limits.body_bytes_max = 4;
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\n";
  const auto padded = [&head](std::size_t size) {
    return head + "X: " + std::string(size - head.size() - 7, 'x') + "\r\n\r\n";
  };
  CHECK(padded(64).size() == 64);
  CHECK(parse(padded(64), 64, limits).status == 0);
  CHECK(parse(padded(65), 65, limits).status == 431);
  CHECK(parse(padded(200), 1, limits).status == 431);
  CHECK(parse(std::string(65, 'A'), 65, limits).status == 431);
  CHECK(parse(std::string(64, 'A'), 64, limits).status == -1);

  limits.header_bytes_max = 1000;
  CHECK(parse(head + "Content-Length: 4\r\n\r\nabcd", 999, limits).status == 0);
  CHECK(parse(head + "Content-Length: 5\r\n\r\n", 999, limits).status == 413);
  const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
  CHECK(parse(chunked + "2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n", 999, limits).status == 0);
  CHECK(parse(chunked + "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n", 999, limits).status == 413);
  CHECK(parse(chunked + "0\r\n\r\n", 1, limits).status == 0);
  CHECK(parse(chunked + "ffffffff\r\n", 999, limits).status == 413);
  CHECK(parse(chunked + "1;" + std::string(kHttpChunkLineBytesMax, 'x'), 9999, limits).status ==
        400);
}

TEST_CASE("a hundred header fields are enough") {
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (std::size_t i = 1; i < kHttpHeaderFieldsMax; ++i) head += "X: y\r\n";
  CHECK(parse(head + "\r\n").status == 0);
  CHECK(parse(head + "X: y\r\n\r\n").status == 431);
}

TEST_CASE("a client that waits for 100 Continue is recognised before its body") {
  HttpParser parser(kDefault);
  const std::string head =
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n";
  CHECK(parser.feed(head) == head.size());
  CHECK(parser.state() == HttpParser::State::body);
  CHECK(parser.expects_continue());
}

TEST_CASE("a response is framed by what the request was") {
  const HttpFraming get{
      .method = HttpMethod::get, .http_1_1 = true, .keep_alive = true, .date = "D"};
  HttpFraming head = get;
  head.method = HttpMethod::head;
  HttpFraming old = get;
  old.http_1_1 = false;
  HttpFraming last = get;
  last.keep_alive = false;
  const HttpResponse hello = HttpResponse::text(200, "hello");
  const auto bytes = [](const HttpResponse& response, const HttpFraming& framing) {
    std::string out;
    CHECK(append_response(out, response, framing).ok());
    return out;
  };
  const std::string start =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nDate: D\r\n";
  CHECK(bytes(hello, get) == start + "Content-Length: 5\r\n\r\nhello");
  CHECK(bytes(hello, head) == start + "Content-Length: 5\r\n\r\n");
  CHECK(bytes(hello, old) == start + "Connection: keep-alive\r\nContent-Length: 5\r\n\r\nhello");
  CHECK(bytes(hello, last) == start + "Connection: close\r\nContent-Length: 5\r\n\r\nhello");
  CHECK(bytes(HttpResponse::empty(204), get) == "HTTP/1.1 204 No Content\r\nDate: D\r\n\r\n");
}

TEST_CASE("a header value cannot split a response or change its framing") {
  const HttpFraming framing{.date = "D"};
  for (const std::string_view value : {"a\r\nSet-Cookie: b", "a\nb", "a\rb", "\x01", "\x7f"}) {
    HttpResponse response = HttpResponse::redirect(302, value);
    std::string out = "before";
    CHECK_FALSE(append_response(out, response, framing).ok());
    CHECK(out == "before");
  }
  for (const std::string_view name :
       {"Content-Length", "transfer-encoding", "Date", "Connection", "", "a b", "a:b", "a\r\nb"}) {
    HttpResponse response = HttpResponse::empty(200);
    response.headers.add(name, "1");
    std::string out;
    CHECK_FALSE(append_response(out, response, framing).ok());
  }
}

TEST_CASE("the date of a response has the fixed form of RFC 9110") {
  CHECK(http_date(from_unix_seconds(784111777)) == "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST_CASE("setting a header replaces all of its fields and keeps the others") {
  HttpHeaders headers;
  headers.add("A", "1");
  headers.add("B", "2");
  headers.add("a", "3");
  headers.set("A", "4");
  REQUIRE(headers.size() == 2);
  CHECK(headers.single("a").value() == "4");
  CHECK(headers.single("b").value() == "2");
}
