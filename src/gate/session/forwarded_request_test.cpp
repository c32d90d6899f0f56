#include "gate/session/forwarded_request.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

namespace curfew {
namespace {

HttpRequest question() {
  HttpRequest request;
  request.target = "/.curfew/auth";
  request.headers.add("Host", "127.0.0.1:9180");
  request.headers.add("X-Forwarded-Method", "POST");
  request.headers.add("X-Forwarded-Proto", "https");
  request.headers.add("X-Forwarded-Host", "App.Example:443");
  request.headers.add("X-Forwarded-Uri", "/page?a=b");
  return request;
}

HttpRequest with(HttpRequest request, std::string_view name, std::string_view value) {
  request.headers.set(name, value);
  return request;
}
HttpRequest twice(HttpRequest request, std::string_view name, std::string_view value) {
  request.headers.add(name, value);
  return request;
}
bool is_taken(const HttpRequest& request, ForwardedBy by = ForwardedBy::forwarded_headers) {
  return read_forwarded(request, by, "/page").ok();
}

TEST_CASE("what the server in front says is taken") {
  const HttpRequest asked = question();
  const auto read = read_forwarded(asked, ForwardedBy::forwarded_headers);
  REQUIRE(read.ok());
  CHECK(read->method == "POST");
  CHECK(read->host == "app.example");
  CHECK(read->uri == "/page?a=b");
  CHECK_FALSE(read->is_navigation);
}

TEST_CASE("a header that is there twice, as a list, or malformed is refused, not chosen from") {
  CHECK_FALSE(is_taken(twice(question(), "X-Forwarded-Host", "evil.test")));
  CHECK_FALSE(is_taken(twice(question(), "X-Forwarded-Uri", "/public")));
  CHECK_FALSE(is_taken(twice(question(), "x-forwarded-method", "GET")));
  CHECK_FALSE(is_taken(with(question(), "X-Forwarded-Host", "evil.test, app.example")));
  CHECK_FALSE(is_taken(with(question(), "X-Forwarded-Host", "a@app.example")));
  CHECK_FALSE(is_taken(with(question(), "X-Forwarded-Host", "")));
  CHECK_FALSE(is_taken(with(question(), "X-Forwarded-Uri", "page")));
  CHECK_FALSE(is_taken(with(question(), "X-Forwarded-Uri", "https://evil.test/")));
  CHECK_FALSE(is_taken(with(question(), "X-Forwarded-Uri", "/" + std::string(9000, 'a'))));
  CHECK_FALSE(is_taken(with(question(), "X-Forwarded-Method", "GET,POST")));
  CHECK_FALSE(is_taken(with(question(), "X-Forwarded-Proto", "http")));
  HttpRequest none;
  none.headers.add("Host", "app.example");
  CHECK_FALSE(is_taken(none));
}

TEST_CASE("X-Original-URL counts only where the operator said so, and then it alone") {
  HttpRequest asked = with(question(), "X-Original-URL", "https://other.example/x?y");
  CHECK(read_forwarded(asked, ForwardedBy::forwarded_headers)->host == "app.example");
  const auto read = read_forwarded(asked, ForwardedBy::original_url);
  REQUIRE(read.ok());
  CHECK(read->host == "other.example");
  CHECK(read->uri == "/x?y");
  CHECK_FALSE(
      is_taken(with(asked, "X-Original-URL", "http://other.example/"), ForwardedBy::original_url));
  CHECK_FALSE(is_taken(with(asked, "X-Original-URL", "https://a.test@other.example/"),
                       ForwardedBy::original_url));
  CHECK(read_forwarded(with(asked, "X-Original-URL", "https://other.example"),
                       ForwardedBy::original_url)
            ->uri == "/");
}

TEST_CASE("only a browser that goes to a page is sent to sign in") {
  const auto navigates = [](std::string_view method, std::string_view mode, std::string_view dest,
                            std::string_view accept, bool upgrades = false) {
    HttpRequest asked = with(question(), "X-Forwarded-Method", method);
    if (!mode.empty()) asked.headers.add("Sec-Fetch-Mode", mode);
    if (!dest.empty()) asked.headers.add("Sec-Fetch-Dest", dest);
    if (!accept.empty()) asked.headers.add("Accept", accept);
    if (upgrades) asked.headers.add("Upgrade", "websocket");
    return read_forwarded(asked, ForwardedBy::forwarded_headers)->is_navigation;
  };
  CHECK(navigates("GET", "navigate", "document", "text/html"));
  CHECK(navigates("GET", "", "", "text/html,*/*;q=0.8"));
  CHECK_FALSE(navigates("POST", "navigate", "document", "text/html"));
  CHECK_FALSE(navigates("GET", "cors", "empty", "text/html"));
  CHECK_FALSE(navigates("GET", "navigate", "iframe", "text/html"));
  CHECK_FALSE(navigates("GET", "", "", "application/json"));
  CHECK_FALSE(navigates("GET", "", "", ""));
  CHECK_FALSE(navigates("GET", "navigate", "document", "text/html", true));
}

TEST_CASE("only loopback, and sockets of root and of ourselves, are believed") {
  HttpPeer peer;
  peer.transport = Transport::plain_loopback;
  CHECK(is_from_front(peer));
  peer.transport = Transport::tls;
  peer.uid = 0;
  CHECK_FALSE(is_from_front(peer));
  peer.transport = Transport::unix_socket;
  CHECK(is_from_front(peer));
  peer.uid = ::geteuid();
  CHECK(is_from_front(peer));
  peer.uid = 54'321;
  CHECK_FALSE(is_from_front(peer));
  peer.uid.reset();
  CHECK_FALSE(is_from_front(peer));
}

}  // namespace
}  // namespace curfew
