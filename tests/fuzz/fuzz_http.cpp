// fuzz_http.cpp: the HTTP request parser: no crash, and the same judgement however the bytes
// arrive.
//
// The first byte of the input is the size of the pieces that the second parser gets.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "io/http_parser.hpp"
#include "io/http_writer.hpp"

namespace {

using curfew::HttpParser;

struct Judgement {
  HttpParser::State state = HttpParser::State::head;
  int status = 0;
  std::string request;  // all that a handler could see
  std::string rest;     // where the next request begins
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

Judgement judge(std::string_view bytes, std::size_t piece) {
  static const curfew::HttpParserLimits limits{
      .header_bytes_max = 512, .body_bytes_max = 256, .body_bytes_max_for = {}};
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
    judgement.request = describe(parser.take());
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
  return 0;
}
