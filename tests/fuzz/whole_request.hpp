// tests/fuzz/whole_request.hpp: for targets that send whole requests to what tests use as well: a
// request of lines, and doctest's assertions outside of its cases.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "io/http_parser.hpp"

namespace curfew {

// As the server would have read it; nothing for what the parser refuses. "METHOD TARGET", a header
// in each line, and behind an empty one the body; Host and Content-Length are put in.
inline std::optional<HttpRequest> read_whole_request(std::string_view text, std::string_view host) {
  const std::size_t line_end = std::min(text.find('\n'), text.size());
  std::string_view rest = text.substr(std::min(line_end + 1, text.size()));
  std::string wire{text.substr(0, line_end)};
  wire.append(" HTTP/1.1\r\nHost: ").append(host).append("\r\n");
  while (!rest.empty() && rest.front() != '\n') {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    wire.append(rest.substr(0, end)).append("\r\n");
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (!rest.empty()) rest.remove_prefix(1);
  wire += "Content-Length: " + std::to_string(rest.size()) + "\r\n\r\n";
  wire += rest;

  static const HttpParserLimits limits;
  HttpParser parser(limits);
  const std::size_t used = parser.feed(wire);
  if (parser.state() != HttpParser::State::complete || used != wire.size()) return std::nullopt;
  return parser.take();
}

inline void fail_on_doctest() {
  static doctest::Context context;
  context.setAsDefaultForAssertsOutOfTestCases();
  context.setAssertHandler([](const doctest::AssertData& data) {
    if (data.m_failed) std::abort();
  });
}

}  // namespace curfew
