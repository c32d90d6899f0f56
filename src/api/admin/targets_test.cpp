// Other servers that runs ask: who may name them, and what is kept of their tokens.
#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <string>

#include "api/targets/target_token.hpp"
#include "protocol/json/json.hpp"
#include "store/schema_targets.hpp"
#include "tests/support/admin_office.hpp"

namespace curfew {
namespace {

using test::contains;
using test::Office;

struct Fixture : Office {
  std::string admin = token_of_john(Role::application_administrator);

  HttpResponse ask(HttpMethod method, const std::string& path, const std::string& body = "") {
    return call(admin, method, "/targets" + path, body);
  }
  std::string add_bearer() {
    const HttpResponse made = ask(HttpMethod::post, "",
                                  R"({"displayName":"Partner","url":"https://partner.test/revoke",)"
                                  R"("authentication":"bearer","token":"top-secret"})");
    CAPTURE(made.body);
    REQUIRE(made.status == 201);
    CHECK_FALSE(contains(made.body, "top-secret"));
    return server.all<RevocationTarget>().front().id;
  }
};

TEST_CASE_FIXTURE(Fixture, "a token is sealed for its target, and shown to nobody") {
  const std::string id = add_bearer();
  RevocationTarget target = server.row<RevocationTarget>(id);
  CHECK_FALSE(contains(target.sealed_token, "top-secret"));
  CHECK(open_target_token(*server.context, target).value() == "top-secret");
  CHECK_FALSE(contains(ask(HttpMethod::get, "").body, "top-secret"));
  // In another's place it opens nothing.
  target.id = "another";
  CHECK_FALSE(open_target_token(*server.context, target).ok());
}

TEST_CASE_FIXTURE(Fixture, "another address of a target needs its token anew") {
  const std::string id = add_bearer();
  const std::string elsewhere = R"({"url":"https://elsewhere.test/"})";
  CHECK(ask(HttpMethod::patch, "/" + id, elsewhere).status == 400);
  CHECK(server.row<RevocationTarget>(id).url == "https://partner.test/revoke");
  CHECK(ask(HttpMethod::patch, "/Partner", R"({"url":"https://elsewhere.test/","token":"new"})")
            .status == 200);
}

TEST_CASE_FIXTURE(Fixture, "what an address has answered goes with the address") {
  const std::string id = add_bearer();
  server.change<RevocationTarget>(
      id, [&](RevocationTarget& target) { target.answered_at = server.clock.now(); });
  CHECK(ask(HttpMethod::patch, "/Partner", R"({"token":"renewed"})").status == 200);
  CHECK(server.row<RevocationTarget>(id).answered_at);
  CHECK(ask(HttpMethod::patch, "/Partner", R"({"url":"https://elsewhere.test/","token":"new"})")
            .status == 200);
  CHECK_FALSE(server.row<RevocationTarget>(id).answered_at);
}

TEST_CASE_FIXTURE(Fixture, "a change is of the target as it is, and of none that was removed") {
  const std::string id = add_bearer();
  // Somebody else switches it off, a moment before the other change is written.
  store->overtake = [&] {
    server.change<RevocationTarget>(id,
                                    [](RevocationTarget& target) { target.is_enabled = false; });
  };
  CHECK(ask(HttpMethod::patch, "/Partner", R"({"displayName":"Former partner"})").status == 200);
  CHECK(server.row<RevocationTarget>(id).display_name == "Former partner");
  CHECK_FALSE(server.row<RevocationTarget>(id).is_enabled);
  // And removes it.
  store->writes_let_through = 0;
  store->overtake = [&] {
    server.write([&](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(remove<RevocationTarget>(tx, server.tenant, id));
      return Done{};
    });
  };
  CHECK(ask(HttpMethod::patch, "/" + id, R"({"displayName":"Back"})").status == 404);
  CHECK(server.all<RevocationTarget>().empty());
  CHECK(ask(HttpMethod::delete_, "/" + id).status == 404);
}

TEST_CASE_FIXTURE(Fixture, "two targets have two names") {
  add_bearer();
  const std::string second =
      R"({"displayName":"Second","url":"https://second.test/","clientId":"us"})";
  CHECK(ask(HttpMethod::post, "", second).status == 201);
  CHECK(ask(HttpMethod::post, "", second).status == 409);
  CHECK(ask(HttpMethod::patch, "/Second", R"({"displayName":"Partner"})").status == 409);
  CHECK(ask(HttpMethod::patch, "/Second", R"({"displayName":"Second"})").status == 200);
}

TEST_CASE_FIXTURE(Fixture, "what cannot be called or proved is refused") {
  const auto refused = [&](const std::string& body) {
    return ask(HttpMethod::post, "", body).status == 400;
  };
  CHECK(refused(R"({"displayName":"a","url":"http://a.test/","clientId":"us"})"));
  CHECK(refused(R"({"displayName":"a","url":"https://a.test/"})"));
  CHECK(refused(R"({"displayName":"","url":"https://a.test/","clientId":"us"})"));
  CHECK(refused(R"({"displayName":"a","url":"https://a.test/","authentication":"bearer"})"));
  CHECK(refused(R"({"displayName":"a","url":"https://a.test/","authentication":"bearer",)"
                R"("token":"a\r\nX-Injected: b"})"));
  CHECK(refused(R"({"displayName":"a","url":"https://a.test/","clientId":"us",)"
                R"("subjectFormat":"phone_number"})"));
  CHECK(server.all<RevocationTarget>().empty());
}

TEST_CASE_FIXTURE(Fixture, "who may not manage applications names no target") {
  Office other;
  const std::string reader = other.token_of_john(Role::global_reader);
  CHECK(other
            .call(reader, HttpMethod::post, "/targets",
                  R"({"displayName":"a","url":"https://a.test/","clientId":"us"})")
            .status == 403);
}

}  // namespace
}  // namespace curfew
