#include "api/router.hpp"

#include <doctest/doctest.h>

#include <set>

#include "tests/support/server_fixture.hpp"

namespace curfew {
namespace {

using test::header_of;
using test::ServerFixture;

TEST_CASE("every answer has the common headers, refusals too") {
  ServerFixture server;
  for (const std::string& path :
       {std::string{"/healthz"}, std::string{"/nothing"}, std::string{"/"},
        server.path("/discovery/v2.0/keys"), std::string{"*"}}) {
    const HttpResponse response = server.send(server.get(path));
    CHECK(header_of(response, "x-ms-request-id").size() == 36);
    CHECK(header_of(response, "X-Content-Type-Options") == "nosniff");
    CHECK(header_of(response, "Referrer-Policy") == "no-referrer");
    CHECK(header_of(response, "Strict-Transport-Security").starts_with("max-age="));
  }
  HttpRequest plain = server.get("/healthz");
  plain.peer.transport = Transport::plain_loopback;
  CHECK(header_of(server.send(std::move(plain)), "Strict-Transport-Security").empty());
}

TEST_CASE("two requests never share an id") {
  ServerFixture server;
  const auto id = [&] { return header_of(server.send(server.get("/healthz")), "x-ms-request-id"); };
  CHECK(id() != id());
}

TEST_CASE("an unknown path is 404, a known one with another method 405 with Allow") {
  ServerFixture server;
  CHECK(server.send(server.get("/nothing")).status == 404);
  CHECK(server.send(server.get(server.path("/oauth2/v2.0/token/"))).status == 404);
  CHECK(server.send(server.get(server.path("/oauth2/v2.0/%74oken"))).status == 404);
  const HttpResponse response = server.send(server.get(server.path("/oauth2/v2.0/token")));
  CHECK(response.status == 405);
  CHECK(header_of(response, "Allow") == "POST, OPTIONS");
  CHECK(header_of(response, "Content-Type").starts_with("application/json"));
}

TEST_CASE("a placeholder is decoded once and never spans a segment") {
  ServerFixture server;
  CHECK(server.send(server.get("/contoso%2Ecom/discovery/v2.0/keys")).status == 200);
  CHECK(server.send(server.get("/contoso%252Ecom/discovery/v2.0/keys")).status == 400);
  CHECK(server.send(server.get("/%zz/discovery/v2.0/keys")).status == 404);
  CHECK(server.send(server.get("//discovery/v2.0/keys")).status == 404);
}

TEST_CASE("HEAD is answered like GET") {
  ServerFixture server;
  HttpRequest request = server.get("/healthz");
  request.method = HttpMethod::head;
  CHECK(server.send(std::move(request)).status == 200);
}

TEST_CASE("requests are counted by endpoint and status class, unknown paths apart") {
  ServerFixture server;
  const auto table = all_endpoints();
  const auto index_of = [&](std::string_view name) {
    return static_cast<std::size_t>(std::ranges::find(table, name, &EndpointSpec::name) -
                                    table.begin());
  };
  server.send(server.get("/healthz"));
  server.send(server.get("/nothing"));
  server.token({});
  CHECK(server.metrics.requests(index_of("healthz"), 2) == 1);
  CHECK(server.metrics.requests(table.size(), 4) == 1);
  CHECK(server.metrics.requests(index_of("token"), 4) == 1);
}

TEST_CASE("the table has no name twice and no path and method twice") {
  std::set<std::string> names;
  std::set<std::string> routes;
  for (const EndpointSpec& spec : all_endpoints()) {
    CAPTURE(spec.name);
    CHECK(names.insert(std::string{spec.name}).second);
    CHECK(spec.path.starts_with('/'));
    for (const HttpMethod method : spec.methods) {
      const std::string route = std::string{to_string(method)} + " " + std::string{spec.path};
      CHECK(routes.insert(route).second);
    }
  }
}

TEST_CASE("the probes answer anybody; the metrics answer root and those who may read reports") {
  ServerFixture server;
  CHECK(server.send(server.get("/healthz")).body == "ok\n");
  CHECK(server.send(server.get("/readyz")).status == 200);
  CHECK(server.send(server.get("/metrics")).status == 401);
  HttpRequest local = server.get("/metrics");
  local.peer = {Transport::unix_socket, "", 0, uid_t{0}};
  const HttpResponse response = server.send(std::move(local));
  CHECK(response.status == 200);
  CHECK(test::contains(response.body, "curfew_journal_sequence"));

  const auto give_role = [&](Role role) {
    const RoleId id{std::string{definition_of(role).template_id}};
    server.put(RoleAssignment{server.tenant, server.john.str(), id, server.clock.now()});
  };
  give_role(Role::guest_inviter);
  ServerFixture::CodeOptions options;
  options.resource = std::string{kAdminApiResource};
  options.scopes = {"api://curfew/manage"};
  const std::string token =
      server.redeem(server.add_code(server.add_session(server.john).row, options)).access();
  const auto as_john = [&] {
    return server.send(server.get("/metrics", {{"Authorization", "Bearer " + token}})).status;
  };
  CHECK(as_john() == 403);
  give_role(Role::reports_reader);
  CHECK(as_john() == 200);
}

TEST_CASE("a server that cannot sign is not ready") {
  ServerFixture server;
  for (StoredSigningKey key : server.all<StoredSigningKey>()) {
    key.state = KeyState::withdrawn;
    server.put(key);
  }
  REQUIRE(server.keys->reload());
  CHECK(server.send(server.get("/readyz")).status == 503);
  CHECK(server.send(server.get("/healthz")).status == 200);
  const auto answer = server.app_token();
  CHECK(answer.status == 503);
  CHECK(header_of(answer.http, "Retry-After").empty());
}

}  // namespace
}  // namespace curfew
