#include "protocol/http/uri.hpp"

#include <doctest/doctest.h>

using namespace curfew;

TEST_CASE("RFC 3986 3: a URI comes apart into its parts") {
  const Result<Uri> uri = parse_uri("HTTPS://user:pw@Host.Example:8443/a/b;c?x=1&y#part");
  REQUIRE(uri.ok());
  CHECK(uri->scheme == "https");
  CHECK(uri->userinfo == "user:pw");
  CHECK(uri->host == "host.example");
  CHECK(uri->port == 8443);
  CHECK(uri->path == "/a/b;c");
  CHECK(uri->query == "x=1&y");
  CHECK(uri->fragment == "part");
  CHECK(uri->origin() == "https://host.example:8443");
}

TEST_CASE("RFC 6454 6.2: the default port is no part of an origin") {
  CHECK(parse_uri("https://a.test:443/x")->origin() == "https://a.test");
  CHECK(parse_uri("http://a.test:80")->origin() == "http://a.test");
  CHECK(parse_uri("http://a.test:443")->origin() == "http://a.test:443");
  CHECK(parse_uri("com.example.app:/cb")->origin().empty());
}

TEST_CASE("URIs without an authority are read for other schemes than http") {
  const Result<Uri> uri = parse_uri("com.example.app:/callback");
  REQUIRE(uri.ok());
  CHECK_FALSE(uri->has_authority);
  CHECK(uri->path == "/callback");
  CHECK(parse_uri("urn:example:thing").ok());
}

TEST_CASE("what a browser would repair is refused") {
  for (const std::string_view text : {
           "",
           "//host/path",
           "/path",
           "https:host",
           "https:/host",
           "https://",
           "https:///path",
           "https://host\\@evil.test/",
           "https://ho st/",
           "https://host/a b",
           "https://host/\ta",
           "https://host/%",
           "https://host/%4",
           "https://host/%zz",
           "https://host/<a>",
           "https://host/#a#b",
           "https://h%6fst/",
           "https://h\xC3\xB6st/",
           "https://a..b/",
           "https://.a/",
           "https://[::1/",
           "https://[::1]x/",
           "https://[fe80::1%25eth0]/",
           "https://[]/",
           "https://a:b:c/",
           "1https://host/",
       }) {
    CAPTURE(text);
    CHECK_FALSE(parse_uri(text).ok());
  }
  CHECK_FALSE(parse_uri(std::string_view{"https://[::1\0.evil]/", 20}).ok());
}

TEST_CASE("a host that browsers read as an IPv4 address has one spelling") {
  CHECK(parse_uri("http://127.0.0.1/").ok());
  for (const std::string_view text :
       {"http://127.1/", "http://2130706433/", "http://0x7f.0.0.1/", "http://0x7f000001/",
        "http://127.0.0.01/", "http://127.0.0.1./", "http://1.2.3.4.5/", "http://a.1/"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_uri(text).ok());
  }
}

TEST_CASE("a port is 1 to 65535 in one spelling") {
  CHECK(parse_uri("https://a.test:65535/")->port == 65535);
  for (const std::string_view port : {"", "0", "01", "65536", "99999999999", "+1", "-1", "1a"}) {
    CAPTURE(port);
    CHECK_FALSE(parse_uri("https://a.test:" + std::string{port} + "/").ok());
  }
}

TEST_CASE("only the exact loopback hosts are loopback") {
  CHECK(parse_uri("http://127.0.0.1:1/")->is_loopback());
  CHECK(parse_uri("http://[::1]/")->is_loopback());
  CHECK(parse_uri("http://localhost")->is_loopback());
  CHECK_FALSE(parse_uri("http://localhost.evil.test/")->is_loopback());
  CHECK_FALSE(parse_uri("http://127.0.0.1.evil.test/")->is_loopback());
  CHECK_FALSE(parse_uri("http://localhost@evil.test/")->is_loopback());
}

TEST_CASE("pairs are added to a query in front of the fragment") {
  CHECK(with_query("https://a.test/cb", "x=1") == "https://a.test/cb?x=1");
  CHECK(with_query("https://a.test/cb?a=b", "x=1") == "https://a.test/cb?a=b&x=1");
  CHECK(with_query("https://a.test/cb?", "x=1") == "https://a.test/cb?x=1");
  CHECK(with_query("https://a.test/cb#f?g", "x=1") == "https://a.test/cb?x=1#f?g");
  CHECK(with_query("https://a.test/cb", "") == "https://a.test/cb");
}
