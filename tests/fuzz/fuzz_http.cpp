// tests/fuzz/fuzz_http.cpp: the HTTP request parser: the same judgement however the bytes arrive,
// and what it read is read again as the same when written plainly.
//
// The first byte of the input is the size of the pieces that the second parser gets.
//
// Covers: io/http_parser.cpp io/http_types.cpp io/forwarded_for.cpp
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "base/text.hpp"
#include "io/forwarded_for.hpp"
#include "io/http_parser.hpp"
#include "io/http_writer.hpp"

namespace {

using curfew::HttpParser;

struct Judgement {
  HttpParser::State state = HttpParser::State::head;
  int status = 0;
  std::string request;  // all that a handler could see
  std::string rest;     // where the next request begins
  std::string plain;    // the request without chunks, as anybody would write it
};

std::string describe(const curfew::HttpRequest& request) {
  std::string text{curfew::to_string(request.method)};
  text.append(" ").append(request.target).append("\n");
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    const auto [name, value] = request.headers.at(i);
    text.append(name).append(":").append(value).append("\n");
  }
  return text + request.body;
}

// The same request with its length in front of its body.
std::string write_plainly(const curfew::HttpRequest& request, bool is_http_1_1) {
  std::string text{curfew::to_string(request.method)};
  text.append(" ").append(request.target).append(is_http_1_1 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    const auto [name, value] = request.headers.at(i);
    const std::string lower = curfew::ascii_lower(name);
    if (lower == "content-length" || lower == "transfer-encoding") continue;
    text.append(name).append(":").append(value).append("\r\n");
  }
  text += "Content-Length:" + std::to_string(request.body.size()) + "\r\n\r\n";
  return text + request.body;
}

// Whom the proxy serves has one spelling, and is an address to whoever reads it again.
void check_forwarded(const curfew::HttpHeaders& headers) {
  const auto address = curfew::forwarded_address(headers);
  if (!address) return;
  CURFEW_CHECK(address->find_first_not_of("0123456789abcdef.:") == std::string::npos);
  curfew::HttpHeaders again;
  again.add("X-Forwarded-For", *address);
  CURFEW_CHECK(curfew::forwarded_address(again) == address);
}

// No handler meets a header or a target that could mean two things.
void check_request(const curfew::HttpRequest& request, bool is_http_1_1) {
  check_forwarded(request.headers);
  CURFEW_CHECK(request.target == "*" || request.target.starts_with("/"));
  for (const char c : request.target) CURFEW_CHECK(c > 0x20 && c < 0x7f);
  const std::size_t hosts = request.headers.all("host").size();
  CURFEW_CHECK(hosts == 1 || (hosts == 0 && !is_http_1_1));
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    const auto [name, value] = request.headers.at(i);
    CURFEW_CHECK(!name.empty());
    for (const char c : value) {
      CURFEW_CHECK(c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
    }
  }
}

Judgement judge(std::string_view bytes, std::size_t piece) {
  static const curfew::HttpParserLimits limits{.header_bytes_max = 512, .body_bytes_max = 256};
  HttpParser parser(limits);
  Judgement judgement;
  std::string pending;
  while (!bytes.empty() && parser.state() != HttpParser::State::complete &&
         parser.state() != HttpParser::State::rejected) {
    pending.append(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    pending.erase(0, parser.feed(pending));
  }
  judgement.state = parser.state();
  if (judgement.state == HttpParser::State::rejected) judgement.status = parser.rejection().status;
  if (judgement.state == HttpParser::State::complete) {
    const curfew::HttpRequest request = parser.take();
    check_request(request, parser.is_http_1_1());
    judgement.request = describe(request);
    judgement.plain = write_plainly(request, parser.is_http_1_1());
    judgement.rest = pending.append(bytes);
  }
  return judgement;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  const Judgement whole = judge(bytes, bytes.size());
  const Judgement pieces = judge(bytes, std::max<std::size_t>(1, data[0]));
  // Which of several faults is named may depend on the pieces; acceptance must not.
  const bool whole_accepts = whole.state == HttpParser::State::complete;
  const bool pieces_accept = pieces.state == HttpParser::State::complete;
  CURFEW_CHECK(whole_accepts == pieces_accept);
  CURFEW_CHECK(whole.request == pieces.request);
  CURFEW_CHECK(whole.rest == pieces.rest);
  if (whole_accepts && whole.plain.size() <= 512) {
    const Judgement again = judge(whole.plain, whole.plain.size());
    CURFEW_CHECK(again.state == HttpParser::State::complete && again.rest.empty());
    CURFEW_CHECK(again.plain == whole.plain);
  }
  return 0;
}
