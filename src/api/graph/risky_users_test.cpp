// People whose account an administrator says is compromised, through the Graph API.
#include <doctest/doctest.h>

#include "store/schema_changes.hpp"
#include "tests/support/graph_office.hpp"

namespace curfew {
namespace {

using test::GraphOffice;
using test::GraphReply;

const std::string kRisky = "/identityProtection/riskyUsers";

struct Desk : GraphOffice {
  std::string bearer = token_of_john_as(Role::user_administrator);
  UserId person = add_person("person@contoso.com");
  UserId other = add_person("other@contoso.com");

  static std::string ids(const std::vector<std::string>& wanted) {
    return R"({"userIds":[")" + join(wanted, R"(",")") + R"("]})";
  }
};

TEST_CASE("whoever is confirmed compromised has lost everything, and is listed") {
  Desk desk;
  const std::string theirs = desk.token_of(desk.person);
  CHECK(desk.get(desk.bearer, kRisky).value().empty());
  CHECK(desk.get(desk.bearer, kRisky + "/" + desk.person.str()).status == 404);
  CHECK(desk.post(desk.bearer, kRisky + "/confirmCompromised", Desk::ids({desk.person.str()}))
            .status == 204);
  CHECK(desk.get(theirs, "/me").status == 401);
  CHECK_FALSE(desk.server.row<User>(desk.person).account_enabled);
  CHECK(
      desk.get(desk.bearer, kRisky + "?$filter=riskState eq 'confirmedCompromised'").values("id") ==
      desk.person.str());
  CHECK(desk.get(desk.bearer, kRisky + "/" + desk.person.str()).text("riskLevel") == "high");

  CHECK(desk.post(desk.bearer, kRisky + "/dismiss", Desk::ids({desk.person.str()})).status == 204);
  CHECK(desk.get(desk.bearer, kRisky).values("riskState") == "dismissed");
  CHECK(desk.get(desk.bearer, kRisky).values("riskDetail") == "adminDismissedAllRiskForUser");
  CHECK(desk.post(desk.bearer, kRisky + "/confirmSafe", Desk::ids({desk.person.str()})).status ==
        204);
  CHECK(desk.get(desk.bearer, kRisky).values("riskDetail") == "adminConfirmedAccountSafe");
  CHECK_FALSE(desk.server.row<User>(desk.person).account_enabled);
  CHECK(desk.get(desk.bearer, "/users/" + desk.person.str() + "?$select=*").status == 200);
}

TEST_CASE("what was said of a person is kept, and each confirmation is a detection") {
  Desk desk;
  const std::string history = kRisky + "/" + desk.person.str() + "/history";
  const std::string detections = "/identityProtection/riskDetections";
  CHECK(desk.get(desk.bearer, history).status == 404);
  CHECK(desk.get(desk.bearer, detections).value().empty());
  const std::string body = Desk::ids({desk.person.str()});
  CHECK(desk.post(desk.bearer, kRisky + "/confirmCompromised", body).status == 204);
  desk.server.clock.advance(std::chrono::seconds{1});
  CHECK(desk.post(desk.bearer, kRisky + "/dismiss", body).status == 204);
  CHECK(desk.get(desk.bearer, history).values("riskState") == "confirmedCompromised dismissed");
  CHECK(desk.get(desk.bearer, history).values("initiatedBy") ==
        desk.server.john.str() + " " + desk.server.john.str());

  const GraphReply found = desk.get(desk.bearer, detections);
  CHECK(found.values("userId") == desk.person.str());
  CHECK(found.values("riskEventType") == "adminConfirmedUserCompromised");
  CHECK(found.values("riskState") == "dismissed");  // what is so now
  const GraphReply one = desk.get(desk.bearer, detections + "/" + found.values("id"));
  CHECK(one.text("userPrincipalName") == "person@contoso.com");
  CHECK(desk.get(desk.bearer, detections + "/" + desk.person.str()).status == 404);
  const std::string nobody = desk.token_of(desk.other);
  CHECK(desk.get(nobody, detections).status == 403);
  CHECK(desk.get(nobody, history).status == 403);
}

TEST_CASE("of somebody who is gone for good nothing is kept that was said of them") {
  Desk desk;
  CHECK(desk.post(desk.bearer, kRisky + "/confirmCompromised", Desk::ids({desk.person.str()}))
            .status == 204);
  CHECK(desk.remove(desk.bearer, "/users/" + desk.person.str()).status == 204);
  CHECK(desk.get(desk.bearer, "/identityProtection/riskDetections").value().size() == 1);
  CHECK(desk.remove(desk.bearer, "/directory/deletedItems/" + desk.person.str()).status == 204);
  CHECK(desk.get(desk.bearer, "/identityProtection/riskDetections").value().empty());
}

TEST_CASE(
    "nobody confirms themselves or their superior, and a list that names nobody does nothing") {
  Desk desk;
  desk.give_role(desk.other.str(), Role::global_administrator);
  const auto rows = desk.rows();
  for (const char* const action : {"/confirmCompromised", "/dismiss", "/confirmSafe"}) {
    CAPTURE(action);
    for (const std::string& whose : {desk.other.str(), desk.server.john.str()}) {
      CHECK(desk.post(desk.bearer, kRisky + action, Desk::ids({whose})).status == 403);
    }
    CHECK(
        desk.post(desk.bearer, kRisky + action, Desk::ids({desk.person.str(), "nobody"})).status ==
        404);
    CHECK(desk.post(desk.bearer, kRisky + action, R"({"userIds":[]})").status == 400);
    CHECK(desk.post(desk.bearer, kRisky + action, "{}").status == 400);
  }
  CHECK(rows == desk.rows());
  desk.permit({"IdentityRiskyUser.Read.All"});
  CHECK(desk.post(desk.app_token(), kRisky + "/confirmCompromised", Desk::ids({desk.person.str()}))
            .status == 403);
  CHECK(desk.server.row<User>(desk.person).account_enabled);
}

TEST_CASE("a list in which somebody is refused does nothing to the others, in any order") {
  Desk desk;
  const std::string me = desk.server.john.str();
  const auto rows = desk.rows();
  for (const std::string& body :
       {Desk::ids({desk.person.str(), me}), Desk::ids({me, desk.person.str()})}) {
    CAPTURE(body);
    for (const char* const action : {"/confirmCompromised", "/dismiss", "/confirmSafe"}) {
      const GraphReply refused = desk.post(desk.bearer, kRisky + action, body);
      CHECK(refused.status == 403);
      CHECK(test::contains(refused.message(), "This is about " + me + "; done before: nobody"));
    }
  }
  CHECK(rows == desk.rows());
}

TEST_CASE("where somebody is refused all the same, the answer says who was done before them") {
  Desk desk;
  desk.store->writes_let_through = 1;  // the first cut
  desk.store->overtake = [&] { desk.give_role(desk.other.str(), Role::global_administrator); };
  const GraphReply refused = desk.post(desk.bearer, kRisky + "/confirmCompromised",
                                       Desk::ids({desk.person.str(), desk.other.str()}));
  CHECK(refused.status == 403);
  CHECK(test::contains(refused.message(), desk.other.str()));
  CHECK(test::contains(refused.message(), "done before: " + desk.person.str()));
  CHECK_FALSE(desk.server.row<User>(desk.person).account_enabled);
  CHECK(desk.server.row<User>(desk.other).account_enabled);
}

TEST_CASE("who rose above the caller since they were asked about is not said to be safe") {
  for (const char* const action : {"/dismiss", "/confirmSafe"}) {
    CAPTURE(action);
    Desk desk;
    desk.store->overtake = [&] { desk.give_role(desk.person.str(), Role::global_administrator); };
    const GraphReply refused =
        desk.post(desk.bearer, kRisky + action, Desk::ids({desk.person.str()}));
    CHECK(refused.status == 403);
    CHECK(test::contains(refused.message(), "done before: nobody"));
    CHECK(desk.get(desk.bearer, kRisky).value().empty());
    CHECK(desk.server.all<RiskEvent>().empty());
  }
}

}  // namespace
}  // namespace curfew
