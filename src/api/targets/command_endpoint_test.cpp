// Where applications take commands: who may say it, and what becomes of it.
#include "api/targets/command_endpoint.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/target_limits.hpp"
#include "store/schema_commands.hpp"
#include "tests/support/admin_office.hpp"

namespace curfew {
namespace {

using test::contains;
using test::Office;

struct Fixture : Office {
  std::string admin = token_of_john(Role::global_administrator);
  std::string path = "/apps/" + server.web.str();

  HttpResponse set(const std::string& endpoint) {
    return call(admin, HttpMethod::patch, path, R"({"commandEndpoint":")" + endpoint + "\"}");
  }
  std::string stored() {
    const auto all = server.all<CommandParty>();
    return all.empty() ? "" : all.front().command_endpoint;
  }
};

TEST_CASE_FIXTURE(Fixture, "a command endpoint is set, shown, and taken away") {
  const HttpResponse set_one = set("https://app.test/commands?x=1");
  CHECK(set_one.status == 200);
  CHECK(contains(set_one.body, R"("commandEndpoint":"https://app.test/commands?x=1")"));
  CHECK(stored() == "https://app.test/commands?x=1");
  CHECK(set("https://elsewhere.test/").status == 200);
  CHECK(stored() == "https://elsewhere.test/");
  CHECK(set("").status == 200);
  CHECK(stored().empty());
  CHECK_FALSE(contains(call(admin, HttpMethod::get, path).body, "commandEndpoint"));
}

TEST_CASE_FIXTURE(Fixture, "an endpoint that cannot be called safely is refused, with the rest") {
  for (const char* const endpoint :
       {"http://app.test/commands", "https://app.test/#x", "https://me@app.test/", "app.test",
        "https://", "javascript:alert(1)"}) {
    CAPTURE(endpoint);
    const HttpResponse refused =
        call(admin, HttpMethod::patch, path,
             R"({"displayName":"New","accountEnabled":false,"commandEndpoint":")" +
                 std::string{endpoint} + "\"}");
    CHECK(refused.status == 400);
    CHECK(contains(refused.body, "commandEndpoint"));
  }
  CHECK(set("https://app.test/" + std::string(3000, 'x')).status == 400);
  CHECK(stored().empty());
  CHECK(server.row<App>(server.web).display_name == "Payroll");
  CHECK(server.row<App>(server.web).account_enabled);
}

TEST_CASE_FIXTURE(Fixture, "there is a limit, which is no limit to who is there already") {
  for (std::size_t made = 1; made < limits::kCommandPartiesMax; ++made) {
    server.put(CommandParty{server.tenant, AppId{"a" + std::to_string(made)}, "https://a.test/"});
  }
  CHECK(set("https://app.test/").status == 200);
  server.put(CommandParty{server.tenant, AppId{"one-more"}, "https://a.test/"});
  CHECK(set("https://app.test/new").status == 200);
  const HttpResponse refused = call(admin, HttpMethod::patch, "/apps/" + server.files.str(),
                                    R"({"commandEndpoint":"https://files.test/"})");
  CHECK(refused.status >= 400);
  CHECK(contains(refused.body, "as many as there may be"));
}

TEST_CASE("who may not change the application does not say whom it is told of") {
  Office office;
  const auto set_by = [&](Role role) {
    return office
        .call(office.token_of_john(role), HttpMethod::patch, "/apps/" + office.server.web.str(),
              R"({"commandEndpoint":"https://app.test/"})")
        .status;
  };
  CHECK(set_by(Role::global_reader) == 403);
  // One that manages the tenant is not an application administrator's.
  CHECK(set_by(Role::application_administrator) == 403);
  CHECK(office.server.all<CommandParty>().empty());
}

TEST_CASE_FIXTURE(Fixture, "an endpoint goes with its application") {
  REQUIRE(set("https://app.test/").status == 200);
  CHECK(call(admin, HttpMethod::delete_, path).status < 300);
  CHECK(stored().empty());
}

}  // namespace
}  // namespace curfew
