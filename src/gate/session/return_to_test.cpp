#include "gate/session/return_to.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "gate/session/session_limits.hpp"
#include "protocol/http/uri.hpp"

namespace curfew {
namespace {

TEST_CASE("a path of the site is gone back to as it is") {
  for (const char* const path : {"/", "/page", "/a/b?c=d&e=%2F%2Fevil.test", "/a//b", "/@evil.test",
                                 "/page?next=//evil.test", "/%5Cevil.test"}) {
    CHECK(return_path_of(path) == path);
  }
}

TEST_CASE("what a browser could read as another host is not gone back to") {
  for (const char* const text : {"",
                                 "//evil.test",
                                 "///evil.test",
                                 "/\\evil.test",
                                 "\\\\evil.test",
                                 "https://evil.test/",
                                 "http:evil.test",
                                 "javascript:alert(1)",
                                 "/a\\b",
                                 "evil.test",
                                 "@evil.test",
                                 ".evil.test",
                                 "/\tevil",
                                 "/ page",
                                 "/a\r\nSet-Cookie: x=y",
                                 "/\x7f",
                                 "/p\xC3\xA4ge",
                                 "?a=b",
                                 "#a",
                                 "/a#b"}) {
    CHECK_MESSAGE(return_path_of(text) == "/", text);
  }
  CHECK(return_path_of(std::string("/\0evil", 6)) == "/");
  CHECK(return_path_of("/" + std::string(session_limits::kReturnToBytesMax, 'a')) == "/");
}

TEST_CASE("nobody is sent back to a page of the gate, which would send them on again") {
  for (const char* const text : {"/.curfew/sign-in", "/.curfew/sign-in?return_to=/", "/.Curfew/x",
                                 "/%2ecurfew/sign-in", "/a/../.curfew/sign-in", "/%zz"}) {
    CHECK_MESSAGE(return_path_of(text) == "/", text);
  }
}

// Any text of pieces that attackers use ends at the site's own origin.
TEST_CASE("wherever a return path leads, it is at the same origin") {
  const std::vector<std::string> pieces{
      "/", "\\", "//", "http:",   "https://", "evil.test", "@",  ":", "%2F",          "%5C",
      "?", "#",  ".",  "..",      "\t",       "\n",        "\r", " ", "\xE2\x80\xAE", "javascript:",
      "&", "%",  "a",  ".curfew", "[",        "]"};
  std::mt19937_64 random{20};
  const std::string origin = "https://files.contoso.com";
  for (int i = 0; i < 20'000; ++i) {
    std::string text = random() % 2 == 0 ? "/" : "";
    for (std::uint64_t n = random() % 8; n > 0; --n) text += pieces[random() % pieces.size()];
    const std::string path = return_path_of(text);
    REQUIRE(path.front() == '/');
    const auto uri = parse_uri(origin + path);
    // parse_uri() is strict: what it does not take, it would not be sure of.
    if (uri.ok()) REQUIRE(uri->origin() == origin);
    REQUIRE_FALSE(path.starts_with("//"));
    REQUIRE(path.find_first_of("\\\r\n\t #") == std::string::npos);
  }
}

}  // namespace
}  // namespace curfew
