// tests/fuzz/fuzz_redirect_uri.cpp: no foreign URI matches a registered one, whatever its spelling.
//
// Covers: protocol/http/uri.cpp protocol/oauth/redirect_uri.cpp
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "base/text.hpp"
#include "protocol/http/uri.hpp"
#include "protocol/oauth/redirect_uri.hpp"

using namespace curfew;

namespace {

// A URI that matches is a registered one, or a loopback one that differs in the port only.
void check_match(std::string_view text) {
  const std::vector<std::string> registered{"https://app.test/cb", "http://localhost/cb",
                                            "http://[::1]:8080/cb", "http://127.0.0.1?x=1"};
  if (!redirect_uri_matches(registered, text)) return;
  if (text == registered[0]) return;
  const Result<Uri> uri = parse_uri(text);
  CURFEW_CHECK(uri.ok() && uri->scheme == "http" && uri->is_loopback());
  CURFEW_CHECK(!uri->userinfo && !uri->fragment);
  CURFEW_CHECK(uri->path == "/cb" || (uri->path.empty() && uri->query == "x=1"));
}

std::size_t tail_size(const Uri& uri) {
  return (uri.query ? uri.query->size() + 1 : 0) + (uri.fragment ? uri.fragment->size() + 1 : 0);
}

// What was taken apart is all of the text, in its place.
void check_parts(std::string_view text, const Uri& uri) {
  std::string put_together = uri.scheme + ":";
  if (uri.has_authority) {
    put_together += "//";
    if (uri.userinfo) put_together += *uri.userinfo + "@";
    put_together += uri.host;
    if (uri.port) put_together += ":" + std::to_string(*uri.port);
  }
  put_together += uri.path;
  if (uri.query) put_together += "?" + *uri.query;
  if (uri.fragment) put_together += "#" + *uri.fragment;
  // Scheme and host alone are changed, to lower case.
  CURFEW_CHECK(ascii_lower(put_together) == ascii_lower(text));
  CURFEW_CHECK(
      put_together.ends_with(uri.path + std::string{text.substr(text.size() - tail_size(uri))}));
  const Result<Uri> again = parse_uri(put_together);
  CURFEW_CHECK(again.ok() && again->origin() == uri.origin() && again->path == uri.path);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check_match(text);
  const Result<Uri> uri = parse_uri(text);
  if (uri.ok()) check_parts(text, *uri);
  if (check_redirect_uri(text).ok()) {
    CURFEW_CHECK(uri.ok() && !uri->fragment && !uri->userinfo);
    CURFEW_CHECK(redirect_uri_matches(std::vector<std::string>{std::string{text}}, text));
    // What is added for the client stays in the query of the same place.
    const Result<Uri> answered = parse_uri(with_query(text, "code=c&iss=i"));
    CURFEW_CHECK(answered.ok() && answered->host == uri->host && answered->path == uri->path);
    CURFEW_CHECK(answered->query && answered->query->ends_with("code=c&iss=i"));
  }
  if (check_origin(text).ok()) CURFEW_CHECK(uri.ok() && uri->origin() == text);
  return 0;
}
