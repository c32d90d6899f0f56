// RFC 9470 at our own resource APIs: who gives something has signed in just now, where the operator
// wants it so; who takes something away is never held up.
#include "api/step_up/step_up.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <set>
#include <string>

#include "api/graph/graph_operations.hpp"
#include "tests/support/graph_office.hpp"

namespace curfew {
namespace {

using namespace std::chrono_literals;
using test::contains;
using test::Fields;
using test::GraphOffice;
using test::header_of;

template <typename Base>
struct Strict : Base {
  Strict() { this->server.context->lifetimes.giving_sign_in_age = 5min; }
};
using StrictOffice = Strict<test::Office>;
using StrictGraph = Strict<GraphOffice>;

const std::string kNewGroup = R"({"displayName":"Board"})";

bool is_challenge(const HttpResponse& response) {
  const std::string header = header_of(response, "www-authenticate");
  return response.status == 401 && contains(header, "error=\"insufficient_user_authentication\"") &&
         contains(header, "max_age=\"300\"");
}

TEST_CASE("5.13: who gives with an old sign-in is told the max_age; with a new one may") {
  StrictOffice office;
  const std::string token = office.token_of_john(Role::global_administrator);
  CHECK(office.call(token, HttpMethod::post, "/groups", kNewGroup).status == 201);
  office.server.clock.advance(5min + 1s);
  const HttpResponse refused = office.call(token, HttpMethod::post, "/groups", kNewGroup);
  CHECK(is_challenge(refused));
  CHECK(contains(refused.body, "insufficient_user_authentication"));
  CHECK(header_of(refused, "www-authenticate").starts_with("Bearer "));
  const std::string again = office.token_of_john(Role::global_administrator);
  CHECK(office.call(again, HttpMethod::post, "/groups", kNewGroup).status == 201);
}

TEST_CASE("5.13: a renewed token is as old as its sign-in") {
  StrictOffice office;
  office.give_role(office.server.john.str(), Role::global_administrator);
  test::ServerFixture::CodeOptions wanted;
  wanted.resource = std::string{kAdminApiResource};
  wanted.scopes = {"offline_access", "api://curfew/manage"};
  const auto tokens = office.server.redeem(
      office.server.add_code(office.server.add_session(office.server.john).row, wanted));
  office.server.clock.advance(6min);
  const auto renewed = office.server.refresh(tokens.refresh());
  REQUIRE(renewed.ok());
  CHECK(is_challenge(office.call(renewed.access(), HttpMethod::post, "/groups", kNewGroup)));
}

TEST_CASE("5.13: taking away and reading are never held up") {
  StrictOffice office;
  const UserId jane = office.add_user("jane@contoso.com");
  const std::string token = office.token_of_john(Role::global_administrator);
  office.server.clock.advance(30min);
  CHECK(office.call(token, HttpMethod::get, "/users").status == 200);
  const std::string user = "/users/" + jane.str();
  CHECK(office.call(token, HttpMethod::patch, user, R"({"accountEnabled":false})").status == 200);
  CHECK(is_challenge(office.call(token, HttpMethod::patch, user, R"({"accountEnabled":true})")));
  CHECK(is_challenge(office.call(token, HttpMethod::patch, user,
                                 R"({"accountEnabled":false,"mail":"jane@contoso.com"})")));
  CHECK(office.call(token, HttpMethod::delete_, user + "/sessions").status == 200);
  const HttpResponse run = office.call(token, HttpMethod::post, "/revocations",
                                       R"({"subject":"jane@contoso.com","mode":"revoke"})");
  CHECK(run.status != 401);
}

TEST_CASE("5.13: an application by itself has no sign-in to be asked for, nor has an API key") {
  StrictGraph office;
  office.give_role(office.server.web.str(), Role::global_administrator);
  const std::string key = office.server.add_api_key(office.server.web, {"api://curfew/manage"});
  office.server.clock.advance(1h);
  CHECK(office.call(key, HttpMethod::post, "/groups", kNewGroup).status == 201);
  CHECK(
      office
          .post(
              office.app_token(), "/groups",
              R"({"displayName":"B","mailEnabled":false,"mailNickname":"b","securityEnabled":true})")
          .status == 201);
}

TEST_CASE("5.13: Graph asks the same, in its own form, in batches too") {
  StrictGraph office;
  const UserId jane = office.add_user("jane@contoso.com");
  const std::string token = office.token_of_john_as(Role::global_administrator);
  const std::string body =
      R"({"displayName":"B","mailEnabled":false,"mailNickname":"b","securityEnabled":true})";
  office.server.clock.advance(6min);
  const auto refused = office.post(token, "/groups", body);
  CHECK(is_challenge(refused.http));
  CHECK(refused.code() == "InvalidAuthenticationToken");
  CHECK(office.get(token, "/groups").status == 200);
  CHECK(office.post(token, "/users/" + jane.str() + "/revokeSignInSessions").status == 200);
  CHECK(office.patch(token, "/users/" + jane.str(), R"({"AccountEnabled":false})").status == 204);
  CHECK(
      is_challenge(office.patch(token, "/users/" + jane.str(), R"({"accountEnabled":true})").http));
  const auto batch = office.post(
      token, "/$batch",
      R"({"requests":[{"id":"1","method":"POST","url":"/groups","body":)" + body + "}]}");
  REQUIRE(batch.status == 200);
  const auto& one = batch.body.at("responses").as_array().front().as_object();
  CHECK(one.at("status").as_int64() == 401);
}

TEST_CASE("5.13: a server that was not told so asks nobody") {
  test::Office office;
  const std::string token = office.token_of_john(Role::global_administrator);
  office.server.clock.advance(50min);
  CHECK(office.call(token, HttpMethod::post, "/groups", kNewGroup).status == 201);
}

TEST_CASE("5.13: each operation that also gives, and is named for it, is in a table") {
  std::set<std::string_view> names;
  for (const EndpointSpec& spec : all_endpoints()) names.insert(spec.name);
  for (const GraphOperation& operation : graph_operations()) names.insert(operation.name);
  for (const std::string_view name : named_as_giving()) {
    CAPTURE(name);
    CHECK(names.contains(name));
  }
}

TEST_CASE("5.13: what is refused after a rollback gives, and no deletion does") {
  const boost::json::object empty;
  for (const EndpointSpec& spec : all_endpoints()) {
    if (!spec.path.starts_with("/curfew/")) continue;
    CAPTURE(spec.name);
    const bool is_giving = gives({spec.name, spec.when_rolled_back, empty});
    if (spec.when_rolled_back == WhenRolledBack::refuses) CHECK(is_giving);
    if (spec.methods.front() == HttpMethod::delete_) CHECK(!is_giving);
    if (spec.methods.front() == HttpMethod::get) CHECK(!is_giving);
  }
  for (const GraphOperation& operation : graph_operations()) {
    CAPTURE(operation.name);
    const bool is_giving = gives({operation.name, operation.when_rolled_back, empty});
    if (operation.method == HttpMethod::delete_) CHECK(!is_giving);
    if (operation.method == HttpMethod::get) CHECK(!is_giving);
  }
}

}  // namespace
}  // namespace curfew
