#include "protocol/odata/resource_path.hpp"

#include <doctest/doctest.h>

using namespace curfew;

namespace {

std::vector<PathSegment> segments_of(std::string_view path) {
  const auto parsed = parse_resource_path(path);
  CAPTURE(path);
  REQUIRE(parsed.ok());
  return *parsed;
}

PathSegment last_of(std::string_view path) { return segments_of(path).back(); }

std::string error_of(std::string_view path) {
  const auto parsed = parse_resource_path(path);
  CAPTURE(path);
  REQUIRE_FALSE(parsed.ok());
  return parsed.error().message();
}

}  // namespace

TEST_CASE("a path is its segments, whose names compare without case") {
  const auto path = segments_of("/Users/6ea91a8d-e32e-41a1-b7bd-d2d185eed0e0/registeredDevices");
  REQUIRE(path.size() == 3);
  CHECK(path[0].is("users"));
  CHECK(path[0].name == "Users");
  CHECK_FALSE(path[0].is("user"));
  CHECK(path[1].text == "6ea91a8d-e32e-41a1-b7bd-d2d185eed0e0");
  CHECK(path[2].is("RegisteredDevices"));
}

TEST_CASE("nothing and a slash are no segment, and a slash at the end is ignored") {
  CHECK(segments_of("").empty());
  CHECK(segments_of("/").empty());
  CHECK(segments_of("/users/") == segments_of("users"));
}

TEST_CASE("each segment is decoded once, after the path was divided") {
  const auto path = segments_of("/users/a%23EXT%23%40b.test");
  REQUIRE(path.size() == 2);
  CHECK(path[1].text == "a#EXT#@b.test");
  CHECK(last_of("/users/100%2525").text == "100%25");
  CHECK(last_of("/users/a+b@c.test").text == "a+b@c.test");
  const auto slash = segments_of("/groups('a%2Fb')/members");
  REQUIRE(slash.size() == 2);
  CHECK(slash[0].key == "a/b");
}

TEST_CASE("a key stands in parentheses, quoted or bare") {
  CHECK(last_of("/users('a@b.test')").key == "a@b.test");
  CHECK(last_of("/users('a@b.test')").is("users"));
  CHECK(last_of("/users('$a')").key == "$a");
  CHECK(last_of("/users('o''neil')").key == "o'neil");
  CHECK(last_of("/users(%27o%27%27neil%27)").key == "o'neil");
  CHECK(last_of("/users('(x)')").key == "(x)");
  CHECK(last_of("/users('')").key == "");
  CHECK(last_of("/users(6ea91a8d-e32e)").key == "6ea91a8d-e32e");
  CHECK_FALSE(last_of("/users").key.has_value());
}

TEST_CASE("an alternate key has a name, in any case") {
  const PathSegment device = last_of("/devices(deviceId='d1')");
  CHECK(device.is("devices"));
  CHECK(device.alternate_key("DEVICEID") == "d1");
  CHECK_FALSE(device.alternate_key("id").has_value());
  CHECK_FALSE(device.key.has_value());
  CHECK(last_of("/applications(appId=00000003-0000)").alternate_key("appid") == "00000003-0000");
  const PathSegment two = last_of("/x(a='1,2',b='=')");
  REQUIRE(two.keys.size() == 2);
  CHECK(two.keys[0] == SegmentKey{"a", "1,2"});
  CHECK(two.keys[1] == SegmentKey{"b", "="});
  CHECK_FALSE(two.alternate_key("a").has_value());
}

TEST_CASE("functions come in four spellings") {
  for (const std::string_view path :
       {"/users/delta", "/users/delta()", "/users/microsoft.graph.delta",
        "/users/Microsoft.Graph.Delta()"}) {
    CAPTURE(path);
    CHECK(last_of(path).is_operation("delta"));
  }
  CHECK(last_of("/users/delta()").has_parentheses);
  CHECK_FALSE(last_of("/users/delta('x')").is_operation("delta"));
  CHECK_FALSE(last_of("/users/delta(x=1)").is_operation("delta"));
}

TEST_CASE("actions and casts lose their namespace, keys with dots do not") {
  const PathSegment revoke = last_of("/users/x/microsoft.graph.revokeSignInSessions");
  CHECK(revoke.name == "revokeSignInSessions");
  CHECK(revoke.qualifier == "microsoft.graph");
  CHECK(last_of("/x/microsoft.graph.identityGovernance.activate").qualifier ==
        "microsoft.graph.identityGovernance");
  CHECK(last_of("/me/memberOf/graph.group").is("group"));
  CHECK(last_of("/me/memberOf/graph.group").qualifier == "graph");
  CHECK(last_of("/me/memberOf/graph.Group").is_cast("group"));
  CHECK(last_of("/me/memberOf/microsoft.graph.group").is_cast("group"));
  CHECK_FALSE(last_of("/me/memberOf/microsoft.graph.group()").is_cast("group"));
  CHECK_FALSE(last_of("/me/memberOf/microsoft.graph.x.group").is_cast("group"));
  CHECK_FALSE(last_of("/me/memberOf/group").is_cast("group"));
  CHECK(last_of("/users/graph.smith@contoso.test").name == "graph.smith@contoso.test");
  CHECK(last_of("/users/graph.x").text == "graph.x");
  CHECK(last_of("/users/j.smith").name == "j.smith");
}

TEST_CASE(
    "the segments with a dollar sign are known by kind, in any case, and others are refused") {
  CHECK(last_of("/users/$count").kind == SegmentKind::count);
  CHECK(last_of("/users/$COUNT").kind == SegmentKind::count);
  CHECK(last_of("/groups/g/members/%24ref").kind == SegmentKind::ref);
  CHECK(last_of("/$batch").kind == SegmentKind::batch);
  CHECK(last_of("/$metadata").kind == SegmentKind::metadata);
  CHECK_FALSE(last_of("/$metadata").is("$metadata"));
  CHECK(error_of("/users/$value") ==
        "the path segment '$value' is not known; write a key that "
        "begins with '$' in parentheses, ('key')");
}

TEST_CASE("parentheses of a key that is no name are left alone") {
  CHECK(last_of("/users/a@b(c)").text == "a@b(c)");
  CHECK_FALSE(last_of("/users/a@b(c)").has_parentheses);
  CHECK(last_of("/users/(c)").text == "(c)");
}

TEST_CASE("a malformed path is refused with its rule") {
  CHECK(error_of("//users") == "the path has an empty segment");
  CHECK(error_of("/users//x") == "the path has an empty segment");
  CHECK(error_of("/users/%4") == "the path segment '%4' has a malformed percent sequence");
  CHECK(error_of("/users/%FF") == "the path segment '%FF' is not UTF-8");
  CHECK(error_of("/users/a%00b") == "the path segment 'a%00b' has a control character");
  CHECK(error_of("/users('a'/b')") ==
        R"(the path segment 'users(\x27a\x27' has parentheses that do not end it; )"
        "write '/' in a key as %2F");
  for (const std::string_view path :
       {"/users('a)", "/users('a'b)", "/users(a b)", "/x(a='1',)", "/x(a='1' b='2')", "/x(,)",
        "/x(a=)", "/x(a='1','2')", "/x('1',a='2')", "/x(=1)", "/x(1='2')"}) {
    CHECK(error_of(path).ends_with("has no key in its parentheses: ('value') or (name='value')"));
  }
  CHECK(error_of("/x(a=1,A=2)").ends_with("names a key twice"));
}

TEST_CASE("a path has limits") {
  CHECK(parse_resource_path("/" + std::string(kResourcePathBytesMax - 1, 'x')).ok());
  const auto longer = parse_resource_path("/" + std::string(kResourcePathBytesMax, 'x'));
  REQUIRE_FALSE(longer.ok());
  CHECK(longer.error().code() == ErrorCode::exhausted);
  std::string deep;
  for (std::size_t i = 0; i < kResourcePathSegmentsMax; ++i) deep += "/x";
  CHECK(parse_resource_path(deep).ok());
  CHECK_FALSE(parse_resource_path(deep + "/x").ok());
  std::string keys = "/x(k0=1";
  for (std::size_t i = 1; i < kSegmentKeysMax; ++i) keys += ",k" + std::to_string(i) + "=1";
  CHECK(parse_resource_path(keys + ")").ok());
  CHECK_FALSE(parse_resource_path(keys + ",more=1)").ok());
}
