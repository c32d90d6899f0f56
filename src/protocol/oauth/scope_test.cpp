#include "protocol/oauth/scope.hpp"

#include <doctest/doctest.h>

#include "base/limits.hpp"

using namespace curfew;

namespace {

constexpr std::string_view kGraph = "https://graph.contoso.test";
using Strings = std::vector<std::string>;

OAuthResult<ResourceChoice> choose(std::string_view scope, const Strings& resources = {}) {
  return choose_resource(*parse_scope(scope), resources, kGraph);
}

std::string response(std::string_view scope, const Strings& granted,
                     const Strings& resources = {}) {
  const OAuthResult<ScopeRequest> asked = parse_scope(scope);
  const OAuthResult<ResourceChoice> choice = choose_resource(*asked, resources, kGraph);
  return response_scope(*asked, *choice, granted);
}

}  // namespace

TEST_CASE("RFC 6749 3.3: a permission's name is one scope token, without a slash") {
  for (const char* const name : {"read", "Files.Read", "a:b", "!", "~"}) {
    CAPTURE(std::string{name});
    CHECK(is_permission_name(name));
  }
  for (const char* const name :
       {"", "read admin", "x/y", "/", "a\"b", "a\\b", "a\tb", "\x7f", "\xC3\xA4", ".default"}) {
    CAPTURE(std::string{name});
    CHECK_FALSE(is_permission_name(name));
  }
}

TEST_CASE("scopes are split into OIDC ones and permissions of resources") {
  const auto scope = parse_scope("openid offline_access User.Read api://app/Files.Read openid");
  REQUIRE(scope.ok());
  CHECK(scope->openid);
  CHECK(scope->offline_access);
  CHECK_FALSE(scope->profile);
  CHECK(scope->texts == Strings{"openid", "offline_access", "User.Read", "api://app/Files.Read"});
  CHECK(scope->resource_scopes ==
        std::vector<ResourceScope>{{"User.Read", "", "User.Read"},
                                   {"api://app/Files.Read", "api://app", "Files.Read"}});
}

TEST_CASE("a resource is the text before the last slash") {
  CHECK(parse_scope("https://host/x/.default")->resource_scopes[0].resource == "https://host/x");
  CHECK(parse_scope("https://host//.default")->resource_scopes[0].resource == "https://host/");
  CHECK(parse_scope("b1a7/.default")->resource_scopes[0].resource == "b1a7");
}

TEST_CASE("RFC 6749 3.3: a scope has visible ASCII without quote and backslash") {
  for (const std::string_view text :
       {"a\"b", "a\\b", "a\tb", "\xC3\xA4", "api://app/", "/x", "https://x", "https:///x",
        "api://x", "a:b/", "https://h/a#/x"}) {
    CAPTURE(text);
    const auto scope = parse_scope(text);
    REQUIRE_FALSE(scope.ok());
    CHECK(scope.error().code == OAuthErrorCode::invalid_scope);
  }
  CHECK(parse_scope("")->empty());
  CHECK(parse_scope("  a   b ")->texts == Strings{"a", "b"});
}

TEST_CASE("too many or too long scopes are invalid_scope") {
  CHECK_FALSE(parse_scope(std::string(limits::kScopeBytesMax + 1, 'a')).ok());
  std::string many;
  for (std::size_t i = 0; i < kScopesMax; ++i) many += "s" + std::to_string(i) + " ";
  CHECK(parse_scope(many).ok());
  CHECK_FALSE(parse_scope(many + "one").ok());
}

TEST_CASE("RFC 9700 2.3: a token is for one resource") {
  CHECK(choose("openid profile")->resource.empty());
  CHECK(choose("openid User.Read")->resource == kGraph);
  CHECK(choose("api://a/x api://a/y openid")->resource == "api://a");
  CHECK(choose("api://a/x api://a/y")->names == Strings{"x", "y"});
  const auto two = choose("api://a/x api://b/y");
  REQUIRE_FALSE(two.ok());
  CHECK(two.error().code == OAuthErrorCode::invalid_target);
  CHECK_FALSE(choose("User.Read api://a/x").ok());
}

TEST_CASE("RFC 8707 2: resource and scope name the same resource, or it is invalid_target") {
  CHECK(choose("api://a/x", {"api://a"})->resource == "api://a");
  CHECK(choose("read", {"https://files.test"})->resource == "https://files.test");
  CHECK(choose("read", {"https://files.test"})->names == Strings{"read"});
  CHECK(choose("openid", {"https://files.test"})->all_granted);
  const auto other = choose("api://a/x", {"api://b"});
  REQUIRE_FALSE(other.ok());
  CHECK(other.error().code == OAuthErrorCode::invalid_target);
  CHECK_FALSE(choose("openid", {"https://a.test", "https://b.test"}).ok());
}

TEST_CASE("RFC 8707 2: a resource is an absolute URI without fragment") {
  CHECK(parse_resources(*OAuthParams::parse("resource=https://a.test/&resource=https://a.test/"))
            .value() == Strings{"https://a.test/"});
  for (const std::string_view query :
       {"resource=a.test", "resource=/x", "resource=https://a.test%23x", "resource=https://"}) {
    CAPTURE(query);
    const auto resources = parse_resources(*OAuthParams::parse(query));
    REQUIRE_FALSE(resources.ok());
    CHECK(resources.error().code == OAuthErrorCode::invalid_target);
  }
}

TEST_CASE(".default stands alone at its resource, beside OIDC scopes") {
  CHECK(choose("api://a/.default openid offline_access")->all_granted);
  CHECK_FALSE(choose("api://a/x")->all_granted);
  const auto mixed = choose("api://a/.default api://a/x");
  REQUIRE_FALSE(mixed.ok());
  CHECK(mixed.error().code == OAuthErrorCode::invalid_scope);
}

TEST_CASE("a bare scope without a default resource is invalid_scope") {
  const auto choice = choose_resource(*parse_scope("User.Read"), {}, "");
  REQUIRE_FALSE(choice.ok());
  CHECK(choice.error().code == OAuthErrorCode::invalid_scope);
  CHECK(choose_resource(*parse_scope("openid"), {}, "").ok());
}

TEST_CASE("the response's scope covers the request in the client's spelling") {
  CHECK(response("api://a/.default openid profile offline_access", {"x", "y"}) ==
        "openid profile offline_access api://a/.default api://a/x api://a/y");
  CHECK(response("User.Read openid", {"User.Read", "Mail.Read"}) == "openid User.Read");
  CHECK(response("api://a/x api://a/y", {"x"}) == "api://a/x");
  CHECK(response("openid", {}) == "openid");
  CHECK(response("", {"read"}, {"https://f.test"}) == "https://f.test/read");
}
