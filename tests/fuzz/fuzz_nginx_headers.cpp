// tests/fuzz/fuzz_nginx_headers.cpp: what the nginx module reads of a request's headers, and what
// it takes out of them: the gate's own cookies, wherever they stand, and nothing else; nothing is
// written where there is no room.
//
// Lines: headers, "Name: value" each.
//
// Covers: integrations/nginx/cookies.c integrations/nginx/header_list.c
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "base/text.hpp"
#include "tests/fuzz/nginx_headers.h"

using namespace curfew;

namespace {

constexpr std::size_t kHeadersMax = 200;
constexpr std::string_view kOurs = "__Host-curfew-";

struct Header {
  std::string name;
  std::string value;

  friend bool operator==(const Header&, const Header&) = default;
};

std::vector<Header> read_headers(std::string_view text) {
  std::vector<Header> headers;
  for (const std::string_view line : split(text, '\n')) {
    const auto colon = line.find(": ");
    const auto value =
        colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 2);
    headers.push_back({std::string{line.substr(0, colon)}, std::string{value}});
    if (headers.size() == kHeadersMax) break;
  }
  return headers;
}

bool is_cookie(const Header& header) { return ascii_iequals(header.name, "cookie"); }

bool is_ours(std::string_view cookie) {
  return ascii_iequals(cookie.substr(0, kOurs.size()), kOurs);
}

std::vector<std::string_view> cookies_of(const Header& header) {
  std::vector<std::string_view> cookies;
  for (std::string_view piece : split(header.value, ';')) {
    piece.remove_prefix(std::min(piece.find_first_not_of(" \t"), piece.size()));
    if (!piece.empty()) cookies.push_back(piece);
  }
  return cookies;
}

// A second reader: what an application may get.
std::vector<Header> expected_of(std::vector<Header> headers) {
  bool has_ours = false;
  for (Header& header : headers) {
    if (!is_cookie(header)) continue;
    auto cookies = cookies_of(header);
    if (std::erase_if(cookies, is_ours) == 0) continue;
    has_ours = true;
    std::string left;
    for (const std::string_view cookie : cookies) {
      left.append(left.empty() ? "" : "; ").append(cookie);
    }
    header.value = left;
  }
  const auto is_empty = [](const Header& one) { return is_cookie(one) && one.value.empty(); };
  if (has_ours) std::erase_if(headers, is_empty);
  return headers;
}

std::string string_of(const nginx_text& text) {
  return text.data == nullptr ? std::string{}
                              : std::string{reinterpret_cast<const char*>(text.data), text.length};
}

nginx_text text_of(const std::string& text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

std::vector<Header> headers_of(const std::vector<nginx_header>& left, std::size_t count) {
  std::vector<Header> headers;
  for (std::size_t i = 0; i < count; ++i) {
    headers.push_back({string_of(left[i].name), string_of(left[i].value)});
  }
  return headers;
}

std::size_t count_of(const std::vector<Header>& headers, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::count_if(
      headers, [&](const Header& header) { return ascii_iequals(header.name, name); }));
}

void check_presented(const std::vector<Header>& headers, const nginx_presented& presented) {
  const std::size_t authorizations = count_of(headers, "authorization");
  const std::size_t proofs = count_of(headers, "dpop");
  CURFEW_CHECK((presented.is_repeated != 0) == (authorizations > 1 || proofs > 1));
  CURFEW_CHECK((presented.authorization.data != nullptr) == (authorizations != 0));
  CURFEW_CHECK((presented.dpop.data != nullptr) == (proofs != 0));
  // Of two cookie headers neither counts: somebody else may have planted one.
  CURFEW_CHECK((presented.cookie.data != nullptr) == (count_of(headers, "cookie") == 1));
  if (presented.cookie.data != nullptr) {
    CURFEW_CHECK(string_of(presented.cookie) == std::ranges::find_if(headers, is_cookie)->value);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const std::vector<Header> headers = read_headers(text);
  std::vector<nginx_header> given;
  for (const Header& header : headers)
    given.push_back({text_of(header.name), text_of(header.value)});
  std::vector<nginx_header> left(given.size());
  nginx_presented presented{};
  std::size_t count = nginx_keep_cookies(given.data(), given.size(), left.data(), &presented);
  check_presented(headers, presented);
  std::vector<Header> expected = expected_of(headers);
  CURFEW_CHECK(headers_of(left, count) == expected);
  count = nginx_keep_token(left.data());
  std::erase_if(expected, [](const Header& header) {
    return ascii_iequals(header.name, "authorization") || ascii_iequals(header.name, "dpop");
  });
  CURFEW_CHECK(headers_of(left, count) == expected);
  nginx_end();
  return 0;
}
