#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "tests/support/at_the_machine.hpp"
#include "tests/support/server_fixture.hpp"

namespace curfew {
namespace {

using test::at_the_machine;
using test::contains;
using test::ServerFixture;

std::string segment(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '/' ? "%2F" : std::string{c};
  return out;
}

// The `member` of each object of a list, over pages of `size`.
std::vector<std::string> paged(ServerFixture& server, const std::string& path,
                               std::string_view member, std::size_t size) {
  std::vector<std::string> found;
  std::string after;
  for (int pages = 0; pages < 2000; ++pages) {
    const HttpResponse answer =
        at_the_machine(server, HttpMethod::get, path + "?limit=" + std::to_string(size) + after);
    REQUIRE(answer.status == 200);
    const auto page = parse_json_object(answer.body, {.bytes_max = 4UL * 1024 * 1024}).value();
    const auto& items = page.at("value").as_array();
    REQUIRE(items.size() <= size);
    for (const auto& item : items) found.emplace_back(item.at(member).as_string());
    if (!page.contains("next")) return found;
    REQUIRE(items.size() == size);
    after = "&after=" + segment(page.at("next").as_string());
  }
  FAIL("the list does not end");
  return found;
}

// Every way to page gives the same list, in which nothing is twice.
void check_pages(ServerFixture& server, const std::string& path, std::string_view member,
                 std::size_t count, const std::vector<std::size_t>& sizes) {
  CAPTURE(path);
  const auto whole = paged(server, path, member, limits::kPageSizeMax);
  CHECK(whole.size() == count);
  CHECK(std::set<std::string>(whole.begin(), whole.end()).size() == count);
  for (const std::size_t size : sizes) {
    CAPTURE(size);
    CHECK(paged(server, path, member, size) == whole);
  }
}

void check_bad_after(ServerFixture& server, const std::string& path, const std::string& after) {
  CAPTURE(after);
  const HttpResponse refused = at_the_machine(server, HttpMethod::get, path + "?after=" + after);
  CHECK(refused.status == 400);
  CHECK(contains(refused.body, "after is not the `next`"));
}

// What a client of an older version may have kept, what another list gave, and rubbish.
void check_bad_time_places(ServerFixture& server, const std::string& path) {
  for (const std::string& after :
       {std::string{"2026-11-23T14:05:00.123Z"}, std::string{"x"}, std::string{"User%2Fx"},
        server.john.str(), base64url_encode("12"), base64url_encode("12/"), base64url_encode("/id"),
        base64url_encode("012/id"), base64url_encode("12/id") + "="}) {
    check_bad_after(server, path, after);
  }
}

TEST_CASE("runs of one millisecond are all listed, over pages of any size") {
  ServerFixture server;
  for (const int made : {5, 1, 4}) {
    for (int at = 0; at < made; ++at) {
      const HttpResponse revoked =
          at_the_machine(server, HttpMethod::post, "/revocations",
                         R"({"subject":")" + server.john.str() + R"(","mode":"sessions_only"})");
      REQUIRE(revoked.status < 300);
    }
    server.clock.advance(std::chrono::milliseconds{1});
  }
  check_pages(server, "/revocations", "id", 10, {1, 2, 3, 4, 5, 9, 10, 11});
  check_bad_time_places(server, "/revocations");
}

TEST_CASE("the newest runs come first, and those of one person are paged in the same way") {
  ServerFixture server;
  const std::string body = R"({"subject":")" + server.john.str() + R"(","mode":"sessions_only"})";
  for (int made = 0; made < 4; ++made) {
    REQUIRE(at_the_machine(server, HttpMethod::post, "/revocations", body).status < 300);
    if (made % 2 == 1) server.clock.advance(std::chrono::milliseconds{1});
  }
  const auto times = paged(server, "/revocations", "requested_at", 3);
  CHECK(std::is_sorted(times.rbegin(), times.rend()));
  CHECK(times.front() > times.back());
  const std::string subject = "subject=" + server.john.str();
  const HttpResponse first =
      at_the_machine(server, HttpMethod::get, "/revocations?limit=1&" + subject);
  const auto page = parse_json_object(first.body).value();
  const HttpResponse rest = at_the_machine(
      server, HttpMethod::get,
      "/revocations?limit=9&" + subject + "&after=" + std::string{page.at("next").as_string()});
  CHECK(parse_json_object(rest.body).value().at("value").as_array().size() == 3);
}

TEST_CASE("the sessions of a person do not end after a page, ended ones included") {
  ServerFixture server;
  std::size_t count = 0;
  server.write([&](WriteTx& tx) -> Status {
    for (; count < 1100; ++count) {
      Session session;
      session.tenant_id = server.tenant;
      session.id = SessionId{"session-" + std::to_string(count)};
      session.user_id = server.john;
      session.created_at = server.clock.now() + std::chrono::milliseconds{count / 7};
      session.expires_at = session.created_at + std::chrono::hours{1};
      if (count % 2 == 0) session.ended_at = session.created_at;
      CURFEW_TRY_STATUS(save(tx, session));
    }
    return Done{};
  });
  const std::string path = "/users/" + server.john.str() + "/sessions";
  check_pages(server, path, "id", count, {2, 100, 550});
  check_bad_time_places(server, path);
}

TEST_CASE("the secrets of an application do not end after a page") {
  ServerFixture server;
  std::size_t count = 0;
  server.write([&](WriteTx& tx) -> Status {
    for (; count < 1100; ++count) {
      AppSecret secret;
      secret.tenant_id = server.tenant;
      secret.app_id = server.spa;
      secret.id = "secret-" + std::to_string(count);
      CURFEW_TRY_STATUS(save(tx, secret));
    }
    return Done{};
  });
  check_pages(server, "/apps/" + server.spa.str() + "/secrets", "keyId", count, {3, 100, 550});
}

TEST_CASE(
    "the assignments of an application do not end after a page, nor between groups and people") {
  ServerFixture server;
  std::size_t count = 0;
  server.write([&](WriteTx& tx) -> Status {
    for (; count < 1100; ++count) {
      const auto kind = count % 3 == 0 ? PrincipalKind::group : PrincipalKind::user;
      CURFEW_TRY_STATUS(
          save(tx, AppAssignment{server.tenant, server.spa, kind,
                                 "principal-" + std::to_string(count), server.clock.now()}));
    }
    return Done{};
  });
  const std::string path = "/apps/" + server.spa.str() + "/assignments";
  check_pages(server, path, "principalId", count, {1, 100, 367, 550});
  for (const std::string after : {"x", "Machine%2Fx", "User%2F", "%2Fx"}) {
    check_bad_after(server, path, after);
  }
}

}  // namespace
}  // namespace curfew
