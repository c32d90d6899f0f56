// The audit and the sign-in log through the Graph API; and the tenant itself.
#include <doctest/doctest.h>

#include <algorithm>

#include "store/schema_runs.hpp"
#include "store/schema_signins.hpp"
#include "tests/support/at_the_machine.hpp"
#include "tests/support/graph_office.hpp"

namespace curfew {
namespace {

using test::GraphOffice;
using test::GraphReply;

struct Desk : GraphOffice {
  std::string bearer = token_of_john_as(Role::global_administrator);
  UserId person = add_person("person@contoso.com");

  void sign_in(const std::string& id, const UserId& user, std::int64_t error = 0) {
    server.clock.advance(std::chrono::minutes{1});
    SignIn line;
    line.tenant_id = server.tenant;
    line.id = id;
    line.created_at = server.clock.now();
    line.user_id = user;
    line.user_principal_name = server.row<User>(user).user_principal_name;
    line.app_id = server.web;
    line.ip_address = "192.0.2.7";
    line.error_code = error;
    line.failure_reason = error == 0 ? "" : "The password is not right.";
    server.put(line);
  }
};

TEST_CASE("what was done to whom, and by whom, is in directoryAudits, the newest first") {
  Desk desk;
  const std::string path = "/users/" + desk.person.str();
  REQUIRE(desk.patch(desk.bearer, path, R"({"accountEnabled":false})").status == 204);
  desk.server.clock.advance(std::chrono::minutes{1});
  REQUIRE(desk.post(desk.bearer, path + "/revokeSignInSessions").status == 200);

  const GraphReply all = desk.get(desk.bearer, "/auditLogs/directoryAudits");
  REQUIRE_MESSAGE(all.status == 200, all.http.body);
  const auto& newest = all.value().front().as_object();
  CHECK(newest.at("activityDisplayName") == "Update StsRefreshTokenValidFrom Timestamp");
  CHECK(newest.at("category") == "UserManagement");
  CHECK(newest.at("result") == "success");
  CHECK(newest.at("initiatedBy").at("user").at("id").as_string() == desk.server.john.str());
  CHECK(newest.at("targetResources").at(0).at("id").as_string() == desk.person.str());

  const std::string about = "/auditLogs/directoryAudits?$filter=targetResources/any(t:t/id eq '" +
                            desk.person.str() + "') and activityDisplayName eq 'Disable account'";
  CHECK(desk.get(desk.bearer, about).value().size() == 1);
  CHECK(desk.get(desk.bearer, "/auditLogs/directoryAudits?$filter=initiatedBy/user/id eq '" +
                                  desk.server.john.str() + "'")
            .value()
            .size() == 2);
  const std::string since = "/auditLogs/directoryAudits?$filter=activityDateTime ge " +
                            std::string{newest.at("activityDateTime").as_string()};
  CHECK(desk.get(desk.bearer, since).value().size() == 1);
  const std::string id{newest.at("id").as_string()};
  CHECK(desk.get(desk.bearer, "/auditLogs/directoryAudits/" + id).text("id") == id);
  for (const char* const wrong : {"0", "x", "999999", "-1", "99999999999999999999999"}) {
    CHECK(desk.get(desk.bearer, "/auditLogs/directoryAudits/" + std::string{wrong}).status == 404);
  }
}

// The names that the newest entry says were changed.
std::string changed_in(const boost::json::object& entry) {
  std::vector<std::string> names;
  for (const auto& one : entry.at("targetResources").at(0).at("modifiedProperties").as_array()) {
    names.emplace_back(one.at("displayName").as_string());
  }
  return join(names, " ");
}

TEST_CASE("what was changed of somebody is named in the audit, and no value but a switch's") {
  Desk desk;
  const std::string path = "/users/" + desk.person.str();
  const auto newest = [&] {
    const GraphReply all = desk.get(desk.bearer, "/auditLogs/directoryAudits");
    CHECK_FALSE(test::contains(all.http.body, "Secret"));
    return all.value().front().as_object();
  };
  for (const char* const wanted : {"true", "false"}) {
    CAPTURE(wanted);
    const HttpResponse marked = test::at_the_machine(
        desk.server, HttpMethod::patch, path,
        R"({"mail":"Secret@contoso.com","breakGlass":)" + std::string{wanted} + "}");
    REQUIRE_MESSAGE(marked.status == 200, marked.body);
    const auto entry = newest();
    CHECK(changed_in(entry) == (*wanted == 't' ? "breakGlass mail" : "breakGlass"));
    const auto& value = entry.at("targetResources").at(0).at("modifiedProperties").at(0);
    CHECK(value.at("newValue").as_string() == wanted);
    CHECK(test::contains(std::string{entry.at("resultReason").as_string()},
                         "breakGlass=" + std::string{wanted}));
  }
  REQUIRE(desk.patch(desk.bearer, path,
                     R"({"displayName":"Secret","mobilePhone":"Secret","userType":"Guest"})")
              .status == 204);
  CHECK(changed_in(newest()) == "displayName userType mobilePhone");
  REQUIRE(desk.patch(desk.bearer, path, R"({"mobilePhone":null})").status == 204);
  CHECK(changed_in(newest()) == "mobilePhone");
  REQUIRE(
      desk.patch(desk.bearer, path, R"({"passwordProfile":{"forceChangePasswordNextSignIn":true}})")
          .status == 204);
  CHECK(changed_in(newest()) == "forceChangePasswordNextSignIn");
  REQUIRE(desk.post(desk.bearer, "/identityProtection/riskyUsers/dismiss",
                    R"({"userIds":[")" + desk.person.str() + R"("]})")
              .status == 204);
  CHECK(changed_in(newest()) == "riskState");
  CHECK(newest().at("resultReason") == "riskState=dismissed");
}

TEST_CASE("what was changed of a device or a group is named in the audit") {
  Desk desk;
  const GraphReply device =
      desk.post(desk.bearer, "/devices",
                R"({"accountEnabled":true,"displayName":"Kiosk","operatingSystem":"Linux"})");
  REQUIRE(device.status == 201);
  REQUIRE(desk.patch(desk.bearer, "/devices/" + device.text("id"),
                     R"({"operatingSystem":"Other","isCompliant":true})")
              .status == 204);
  CHECK(
      changed_in(desk.get(desk.bearer, "/auditLogs/directoryAudits").value().front().as_object()) ==
      "operatingSystem isCompliant");
  const GraphReply group =
      desk.post(desk.bearer, "/groups",
                R"({"displayName":"Staff","mailEnabled":false,"mailNickname":"staff",)"
                R"("securityEnabled":true})");
  REQUIRE_MESSAGE(group.status == 201, group.http.body);
  REQUIRE(
      desk.patch(desk.bearer, "/groups/" + group.text("id"), R"({"description":"All"})").status ==
      204);
  CHECK(
      changed_in(desk.get(desk.bearer, "/auditLogs/directoryAudits").value().front().as_object()) ==
      "description");
}

TEST_CASE("both ends of the audit are reached in pages") {
  Desk desk;
  for (int i = 0; i < 5; ++i) {
    REQUIRE(
        desk.post(desk.bearer, "/users/" + desk.person.str() + "/revokeSignInSessions").status ==
        200);
  }
  const auto walk = [&](const std::string& order) {
    std::vector<std::string> ids;
    std::string target =
        "/v1.0/auditLogs/directoryAudits?$top=2&$orderby=activityDateTime " + order;
    for (int pages = 0; !target.empty() && pages < 20; ++pages) {
      const GraphReply page = desk.ask(desk.bearer, HttpMethod::get, target);
      REQUIRE_MESSAGE(page.status == 200, page.http.body);
      for (const auto& one : page.value()) ids.emplace_back(one.at("id").as_string());
      target =
          page.body.contains("@odata.nextLink") ? desk.target_of(page.text("@odata.nextLink")) : "";
    }
    return ids;
  };
  const auto newest = walk("desc");
  auto oldest = walk("asc");
  CHECK(newest.size() == desk.server.all<AuditEntry>().size());
  CHECK(newest.front() > newest.back());
  std::ranges::reverse(oldest);
  CHECK(oldest == newest);
  CHECK(desk.get(desk.bearer, "/auditLogs/directoryAudits?$orderby=category").status == 400);
}

TEST_CASE("a refusal is in the audit as a failure, and what was erased is shown as nobody") {
  Desk desk;
  desk.give_role(desk.person.str(), Role::global_administrator);
  const std::string helper = desk.token_of(desk.person);
  CHECK(desk.patch(helper, "/users/" + desk.person.str(), R"({"accountEnabled":false})").status ==
        403);
  const GraphReply failed =
      desk.get(desk.bearer, "/auditLogs/directoryAudits?$filter=result eq 'failure'");
  REQUIRE(failed.value().size() == 1);
  CHECK(test::contains(failed.http.body, "guard.self"));
  desk.server.write([&](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(desk.server.audit.erase_person(tx, desk.person.str()));
    return Done{};
  });
  const GraphReply after =
      desk.get(desk.bearer, "/auditLogs/directoryAudits?$filter=result eq 'failure'");
  REQUIRE(after.value().size() == 1);
  CHECK_FALSE(test::contains(after.http.body, desk.person.str()));
}

TEST_CASE("who signed in is found by person, result and time") {
  Desk desk;
  desk.sign_in("a", desk.server.john);
  desk.sign_in("b", desk.person, 50126);
  const std::string time = to_rfc3339(desk.server.clock.now());
  desk.sign_in("c", desk.person);
  desk.sign_in("d", desk.server.john);
  const std::string list = "/auditLogs/signIns";
  const GraphReply all = desk.get(desk.bearer, list);
  CHECK(all.values("id") == "d c b a");
  CHECK(all.value().front().at("status").at("errorCode") == 0);
  CHECK(desk.get(desk.bearer, list + "?$orderby=createdDateTime").values("id") == "a b c d");
  CHECK(
      desk.get(desk.bearer, list + "?$filter=userId eq '" + desk.person.str() + "'").values("id") ==
      "c b");
  CHECK(desk.get(desk.bearer, list + "?$filter=userPrincipalName eq 'person@contoso.com' and "
                                     "status/errorCode ne 0")
            .values("id") == "b");
  CHECK(desk.get(desk.bearer, list + "?$filter=createdDateTime ge " + time).values("id") ==
        "d c b");
  CHECK(desk.get(desk.bearer, list + "?$filter=createdDateTime lt " + time).values("id") == "a");
  CHECK(desk.get(desk.bearer,
                 list + "?$filter=createdDateTime lt " + time + "&$orderby=createdDateTime asc")
            .values("id") == "a");
  const GraphReply first = desk.get(desk.bearer, list + "?$top=3");
  CHECK(first.values("id") == "d c b");
  CHECK(desk.ask(desk.bearer, HttpMethod::get, desk.target_of(first.text("@odata.nextLink")))
            .values("id") == "a");
  CHECK(desk.get(desk.bearer, list + "/b").at("status", "failureReason") ==
        "The password is not right.");
  CHECK(desk.get(desk.bearer, list + "/x").status == 404);
  CHECK(desk.get(desk.bearer, list + "?$orderby=ipAddress").status == 400);
}

TEST_CASE("the logs are for those who read reports and security, and for nobody else") {
  for (const auto& [role, status] : {std::pair{Role::reports_reader, 200},
                                     {Role::security_reader, 200},
                                     {Role::security_operator, 200},
                                     {Role::security_administrator, 200},
                                     {Role::global_reader, 200},
                                     {Role::user_administrator, 403},
                                     {Role::helpdesk_administrator, 403},
                                     {Role::directory_readers, 403}}) {
    CAPTURE(definition_of(role).display_name);
    GraphOffice office;
    const std::string bearer = office.token_of_john_as(role);
    for (const char* const path : {"/auditLogs/directoryAudits", "/auditLogs/signIns",
                                   "/auditLogs/directoryAudits/1", "/auditLogs/signIns/x"}) {
      const int found = office.get(bearer, path).status;
      CHECK((found == 403) == (status == 403));
    }
  }
}

TEST_CASE("the tenant shows its name and domains") {
  Desk desk;
  const GraphReply tenant = desk.get(desk.bearer, "/organization?$select=id,verifiedDomains");
  CHECK(tenant.values("id") == desk.server.tenant.str());
  CHECK(tenant.value().front().as_object().size() == 2);
  CHECK(tenant.value().front().at("verifiedDomains").at(0).at("name") == "contoso.com");
  CHECK(desk.get(desk.bearer, "/organization/" + desk.server.tenant.str()).text("displayName") ==
        "Contoso");
  CHECK(desk.get(desk.bearer, "/organization/x").status == 404);
  CHECK(desk.get(desk.bearer, "/organization?$select=nothing").status == 400);
  CHECK(desk.get(desk.bearer, "/domains").values("id") == "contoso.com");
  CHECK(desk.get(desk.bearer, "/domains/contoso.com").body.at("isDefault") == true);
  CHECK(desk.get(desk.bearer, "/subscribedSkus").value().empty());
}

}  // namespace
}  // namespace curfew
