#include "protocol/oauth/identifier_uri.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/limits.hpp"

namespace curfew {
namespace {

TEST_CASE("a resource is called by api://, by https with a host, or by a urn") {
  for (const char* const good :
       {"api://files", "api://c0f3e000-0000-4000-8000-000000000002", "api://contoso.com/files",
        "https://files.contoso.com", "https://contoso.com/api/v1", "urn:contoso:files"}) {
    CAPTURE(std::string{good});
    CHECK(check_identifier_uri(good).ok());
  }
}

TEST_CASE("whatever else is refused as the name of a resource") {
  for (const char* const bad : {"",
                                "files",
                                "api:",
                                "api://",
                                "api:///files",
                                "api:files",
                                "http://files.contoso.com",
                                "https:///x",
                                "https://",
                                "ftp://files",
                                "javascript:alert(1)",
                                "urn:",
                                "urn:x",
                                "urn:x:",
                                "urn:contoso:",
                                "api://files/",
                                "api://files#part",
                                "api://files?x=1",
                                "api://a b",
                                "api://*",
                                "https://*.contoso.com",
                                "https://user@files.contoso.com",
                                "api://fil\xC3\xA9s",
                                "c0f3e000-0000-4000-8000-000000000002"}) {
    CAPTURE(std::string{bad});
    CHECK_FALSE(check_identifier_uri(bad).ok());
  }
  const std::string longest(limits::kIdentifierUriBytesMax - 6, 'x');
  CHECK(check_identifier_uri("api://" + longest).ok());
  CHECK_FALSE(check_identifier_uri("api://x" + longest).ok());
}

}  // namespace
}  // namespace curfew
