// What every answer of the Graph API has in common: headers, errors, spellings of paths.
#include <doctest/doctest.h>

#include "tests/support/graph_office.hpp"

namespace curfew {
namespace {

using test::Fields;
using test::GraphOffice;
using test::GraphReply;

bool has_graph_headers(const GraphReply& reply) {
  return !reply.header("request-id").empty() && !reply.header("client-request-id").empty() &&
         reply.header("Cache-Control") == "no-store";
}

bool has_error_shape(const GraphReply& reply) {
  const auto* error = reply.body.if_contains("error");
  if (error == nullptr || reply.code().empty() || reply.message().empty()) return false;
  const auto* inner = error->as_object().if_contains("innerError");
  if (inner == nullptr) return false;
  const std::string date{inner->at("date").as_string()};
  return date.size() == 19 && inner->at("request-id").as_string() == reply.header("request-id") &&
         inner->at("client-request-id").as_string() == reply.header("client-request-id");
}

TEST_CASE("every answer names its request, and every error says so in innerError") {
  GraphOffice office;
  const std::string bearer = office.token_of_john_as(Role::global_administrator);
  const GraphReply good = office.get(bearer, "/users", {{"client-request-id", "abc-123"}});
  CHECK(good.status == 200);
  CHECK(has_graph_headers(good));
  CHECK(good.header("client-request-id") == "abc-123");
  CHECK(good.header("OData-Version") == "4.0");
  CHECK(good.header("Content-Type").starts_with("application/json;"));

  for (const auto& [target, status] : {std::pair{"/users/nobody@contoso.com", 404},
                                       {"/nothing", 404},
                                       {"/users?$top=1000", 400},
                                       {"/users?$skip=1", 400},
                                       {"/users?$frobnicate=1", 400},
                                       {"/users?$filter=((", 400},
                                       {"/users?$skiptoken=garbage", 400},
                                       {"/users?$select=acountEnabled", 400}}) {
    CAPTURE(target);
    const GraphReply bad = office.get(bearer, target);
    CHECK(bad.status == status);
    CHECK(has_graph_headers(bad));
    CHECK(has_error_shape(bad));
  }
  const GraphReply split = office.get(bearer, "/users", {{"client-request-id", "a\"b"}});
  CHECK(split.header("client-request-id") == split.header("request-id"));
}

TEST_CASE("a stranger is told who to ask, and nothing else") {
  GraphOffice office;
  for (const char* const target : {"/users", "/nothing", "/$batch"}) {
    const GraphReply reply = office.get("", target);
    CHECK(reply.status == 401);
    CHECK(reply.code() == "InvalidAuthenticationToken");
    CHECK(has_error_shape(reply));
    CHECK(test::contains(reply.header("WWW-Authenticate"), "authorization_uri=\"https://"));
    CHECK_FALSE(test::contains(reply.header("WWW-Authenticate"), "error="));
  }
  const std::string for_files = office.server.app_token().access();
  CHECK(office.get(for_files, "/users").status == 401);
}

TEST_CASE("an answer without a body has no JSON content type") {
  GraphOffice office;
  const std::string bearer = office.token_of_john_as(Role::global_administrator);
  const UserId other = office.add_person("other@contoso.com");
  const GraphReply reply = office.patch(bearer, "/users/" + other.str(), "{}");
  CHECK(reply.status == 204);
  CHECK(reply.http.body.empty());
  CHECK(reply.header("Content-Type") == "");
}

TEST_CASE("one object has many addresses") {
  GraphOffice office;
  const std::string bearer = office.token_of_john_as(Role::global_administrator);
  const std::string john = office.server.john.str();
  for (const std::string& target :
       {"/users/" + john, "/users('" + john + "')", std::string{"/users/johndoe@contoso.com"},
        std::string{"/Users/JohnDoe%40contoso.com"}, std::string{"/USERS('johndoe@contoso.com')"},
        std::string{"/me"}}) {
    CAPTURE(target);
    const GraphReply reply = office.get(bearer, target);
    CHECK(reply.status == 200);
    CHECK(reply.text("id") == john);
  }
  const UserId guest = office.add_person("a_b.test#ext#@contoso.com");
  CHECK(office.get(bearer, "/users/a_b.test%23EXT%23%40contoso.com").text("id") == guest.str());

  const std::string laptop = office.server.laptop.str();
  const std::string object = office.server.row<Device>(office.server.laptop).object_id;
  for (const std::string& target :
       {"/devices/" + object, "/devices('" + object + "')", "/devices(deviceId='" + laptop + "')",
        "/devices(DeviceID='" + laptop + "')", "/devices(deviceId=%27" + laptop + "%27)"}) {
    CAPTURE(target);
    CHECK(office.get(bearer, target).text("deviceId") == laptop);
  }
  CHECK(office.get(bearer, "/devices/" + laptop).status == 404);
  CHECK(office.get(bearer, "/devices(operatingSystem='x')").status == 404);
}

TEST_CASE("a wrong method is 405, and taking a member out without $ref deletes nobody") {
  GraphOffice office;
  const std::string bearer = office.token_of_john_as(Role::global_administrator);
  CHECK(office.remove(bearer, "/users").status == 405);
  const UserId member = office.add_person("member@contoso.com");
  office.server.put(
      GroupMember{office.server.tenant, office.server.staff, member, office.server.clock.now()});
  const std::string path = "/groups/" + office.server.staff.str() + "/members/" + member.str();
  const GraphReply refused = office.remove(bearer, path);
  CHECK(refused.status == 400);
  CHECK(office.get(bearer, "/users/" + member.str()).status == 200);
  CHECK(office.remove(bearer, path + "/$ref").status == 204);
  CHECK(office.get(bearer, "/users/" + member.str()).status == 200);
  CHECK(office.remove(bearer, path + "/$ref").status == 404);
}

TEST_CASE("metadata is left out on request, but not what pages and counts") {
  GraphOffice office;
  const std::string bearer = office.token_of_john_as(Role::global_administrator);
  office.add_person("second@contoso.com");
  const GraphReply reply = office.get(
      bearer, "/users?$top=1&$count=true",
      {{"Accept", "application/json;odata.metadata=none"}, {"ConsistencyLevel", "Eventual"}});
  CHECK_FALSE(reply.body.contains("@odata.context"));
  CHECK(reply.body.contains("@odata.nextLink"));
  CHECK(reply.body.at("@odata.count") == 2);
}

TEST_CASE("a browser on another origin may call with its token") {
  GraphOffice office;
  const GraphReply preflight =
      office.ask("", HttpMethod::options, "/v1.0/me", "",
                 {{"Origin", "https://app.test"}, {"Access-Control-Request-Method", "GET"}});
  CHECK(preflight.status == 200);
  CHECK(preflight.header("Access-Control-Allow-Origin") == "*");
  CHECK(test::contains(preflight.header("Access-Control-Allow-Headers"), "Authorization"));
  const GraphReply reply =
      office.get(office.token_of(office.server.john), "/me", {{"Origin", "https://app.test"}});
  CHECK(reply.status == 200);
  CHECK(test::contains(reply.header("Access-Control-Expose-Headers"), "WWW-Authenticate"));
}

}  // namespace
}  // namespace curfew
