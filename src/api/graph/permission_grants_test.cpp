// Who may use which application, and what applications may do: appRoleAssignments and
// oauth2PermissionGrants.
#include <doctest/doctest.h>

#include <set>

#include "tests/support/graph_office.hpp"

namespace curfew {
namespace {

using test::GraphOffice;
using test::GraphReply;

const std::string kZeros = "00000000-0000-0000-0000-000000000000";

struct Desk : GraphOffice {
  std::string bearer = token_of_john_as(Role::application_administrator);
  std::string john = server.john.str();
  std::string web = server.web.str();
  std::string spa = server.spa.str();
  std::string files = server.files.str();

  static std::string assignment(const std::string& principal, const std::string& resource,
                                const std::string& role) {
    return R"({"principalId":")" + principal + R"(","resourceId":")" + resource +
           R"(","appRoleId":")" + role + R"("})";
  }
  static std::string grant(const std::string& client, const std::string& principal,
                           const std::string& resource, const std::string& scope) {
    const std::string whose =
        principal.empty() ? R"("consentType":"AllPrincipals")"
                          : R"("consentType":"Principal","principalId":")" + principal + "\"";
    return R"({"clientId":")" + client + R"(",)" + whose + R"(,"resourceId":")" + resource +
           R"(","scope":")" + scope + R"("})";
  }
  // The id of the appRole, or of the scope, with this value.
  std::string role_id(const std::string& resource, std::string_view value) {
    const GraphReply shown = get(bearer, "/servicePrincipals/" + resource);
    for (const auto& role : shown.body.at("appRoles").as_array()) {
      if (role.at("value").as_string() == value) return std::string{role.at("id").as_string()};
    }
    return "";
  }
};

TEST_CASE("a person and a group are assigned to an application, and taken off it") {
  Desk desk;
  const UserId person = desk.add_person("person@contoso.com");
  const std::string theirs = desk.token_of(person);
  for (const auto& [base, principal, type] :
       {std::tuple{"/users/" + person.str(), person.str(), "User"},
        std::tuple{"/groups/" + desk.server.staff.str(), desk.server.staff.str(), "Group"}}) {
    CAPTURE(base);
    const std::string path = base + "/appRoleAssignments";
    const std::string body = Desk::assignment(principal, desk.web, kZeros);
    const GraphReply made = desk.post(desk.bearer, path, body);
    REQUIRE_MESSAGE(made.status == 201, made.http.body);
    CHECK(made.text("principalType") == type);
    CHECK(made.header("Location") == desk.server.base_url + "/v1.0" + path + "/" + made.text("id"));
    CHECK(made.text("resourceDisplayName") == desk.server.row<App>(desk.server.web).display_name);
    CHECK(desk.post(desk.bearer, path, body).status == 400);
    CHECK(desk.get(desk.bearer, path).values("id") == made.text("id"));
    CHECK(desk.get(desk.bearer, path + "/" + made.text("id")).status == 200);
    CHECK(desk.get(desk.bearer, "/servicePrincipals/" + desk.web +
                                    "/appRoleAssignedTo?$filter=principalId eq '" + principal + "'")
              .values("principalType") == type);
    CHECK(desk.remove(desk.bearer, path + "/" + made.text("id")).status == 204);
    CHECK(desk.remove(desk.bearer, path + "/" + made.text("id")).status == 404);
    CHECK(desk.get(desk.bearer, path).value().empty());
  }
  // What the assignment gave has ended with it.
  CHECK(desk.get(theirs, "/me").status == 401);
}

TEST_CASE("an assignment's id names it in its own place only") {
  Desk desk;
  const UserId person = desk.add_person("person@contoso.com");
  const GraphReply made =
      desk.post(desk.bearer, "/servicePrincipals/" + desk.spa + "/appRoleAssignedTo",
                Desk::assignment(person.str(), desk.spa, kZeros));
  REQUIRE_MESSAGE(made.status == 201, made.http.body);
  const std::string id = "/" + made.text("id");
  CHECK(desk.remove(desk.bearer, "/users/" + desk.john + "/appRoleAssignments" + id).status == 404);
  CHECK(desk.remove(desk.bearer, "/servicePrincipals/" + desk.web + "/appRoleAssignedTo" + id)
            .status == 404);
  CHECK(desk.remove(desk.bearer, "/users/" + person.str() + "/appRoleAssignments/x").status == 404);
  CHECK(desk.post(desk.bearer, "/users/" + desk.john + "/appRoleAssignments",
                  Desk::assignment(person.str(), desk.spa, kZeros))
            .status == 400);
  CHECK(desk.remove(desk.bearer, "/servicePrincipals/" + desk.spa + "/appRoleAssignedTo" + id)
            .status == 204);
}

TEST_CASE("a list of who is assigned goes on from page to page, applications last") {
  Desk desk;
  std::set<std::string> wanted{desk.web};
  for (int i = 0; i < 5; ++i) {
    const UserId person = desk.add_person("p" + std::to_string(i) + "@contoso.com");
    desk.server.put(AppAssignment{desk.server.tenant, desk.server.files, PrincipalKind::user,
                                  person.str(), desk.server.clock.now()});
    wanted.insert(person.str());
  }
  desk.server.change<App>(desk.server.web, [](App& app) {
    app.application_permissions = {"api://files/Files.Read", "api://files/Files.Write"};
  });
  std::multiset<std::string> found;
  std::string target = "/v1.0/servicePrincipals/" + desk.files + "/appRoleAssignedTo?$top=2";
  for (int pages = 0; !target.empty() && pages < 9; ++pages) {
    const GraphReply page = desk.ask(desk.bearer, HttpMethod::get, target);
    REQUIRE(page.status == 200);
    for (const auto& one : page.value()) {
      found.insert(std::string{one.at("principalId").as_string()});
    }
    target =
        page.body.contains("@odata.nextLink") ? desk.target_of(page.text("@odata.nextLink")) : "";
  }
  CHECK(found.size() == 7);
  CHECK(std::set<std::string>(found.begin(), found.end()) == wanted);
}

TEST_CASE("an application gets a permission by itself, and its tokens end when it loses one") {
  Desk desk;
  const std::string path = "/servicePrincipals/" + desk.spa + "/appRoleAssignments";
  const std::string role = desk.role_id(desk.files, "Files.Read");
  const GraphReply made =
      desk.post(desk.bearer, path, Desk::assignment(desk.spa, desk.files, role));
  REQUIRE_MESSAGE(made.status == 201, made.http.body);
  CHECK(desk.server.row<App>(desk.server.spa).application_permissions ==
        std::vector<std::string>{"api://files/Files.Read"});
  CHECK(desk.get(desk.bearer, path).values("appRoleId") == role);
  CHECK(desk.post(desk.bearer, path, Desk::assignment(desk.spa, desk.files, kZeros)).status == 400);
  const Position before = desk.server.head();
  CHECK(desk.remove(desk.bearer, path + "/" + made.text("id")).status == 204);
  CHECK(desk.server.row<App>(desk.server.spa).application_permissions.empty());
  CHECK(desk.server.head() > before);
}

TEST_CASE("permissions of our own interfaces are given by those who may give roles") {
  Desk desk;
  const std::string graph{kGraphAppId};
  const std::string role = desk.role_id(graph, "User.ReadWrite.All");
  const std::string path = "/servicePrincipals/" + desk.spa + "/appRoleAssignments";
  const std::string body = Desk::assignment(desk.spa, graph, role);
  const std::string everybody = Desk::grant(desk.spa, "", graph, "User.ReadWrite.All");
  const auto rows = desk.rows();
  CHECK(desk.post(desk.bearer, path, body).status == 403);
  CHECK(desk.post(desk.bearer, "/oauth2PermissionGrants", everybody).status == 403);
  desk.permit({"AppRoleAssignment.ReadWrite.All", "DelegatedPermissionGrant.ReadWrite.All"});
  const auto permitted = desk.rows();
  CHECK(desk.post(desk.app_token(), path, body).status == 403);
  CHECK(desk.post(desk.app_token(), "/oauth2PermissionGrants", everybody).status == 403);
  CHECK(desk.rows() == permitted);
  CHECK(desk.post(desk.bearer, "/oauth2PermissionGrants",
                  Desk::grant(desk.spa, desk.john, graph, "User.ReadWrite.All"))
            .status == 400);
  desk.permit({});
  desk.give_role(desk.john, Role::privileged_role_administrator);
  const std::string chief = desk.token_of(desk.server.john);
  CHECK(desk.post(chief, path, body).status == 201);
  CHECK(desk.post(chief, "/oauth2PermissionGrants", everybody).status == 201);
}

TEST_CASE("a person's grant is made, widened, narrowed and deleted") {
  Desk desk;
  const UserId person = desk.add_person("person@contoso.com");
  const GraphReply made =
      desk.post(desk.bearer, "/oauth2PermissionGrants",
                Desk::grant(desk.spa, person.str(), desk.files, "openid Files.Read"));
  REQUIRE_MESSAGE(made.status == 201, made.http.body);
  CHECK(made.text("scope") == "Files.Read");
  CHECK(made.text("consentType") == "Principal");
  const std::string path = "/oauth2PermissionGrants/" + made.text("id");
  CHECK(desk.post(desk.bearer, "/oauth2PermissionGrants",
                  Desk::grant(desk.spa, person.str(), desk.files, "Files.Read"))
            .status == 409);
  CHECK(desk.patch(desk.bearer, path, R"({"scope":"Files.Read Files.Write"})").status == 204);
  CHECK(desk.get(desk.bearer, path).text("scope") == "Files.Read Files.Write");
  const Position before = desk.server.head();
  CHECK(desk.patch(desk.bearer, path, R"({"scope":"Files.Write"})").status == 204);
  CHECK(desk.server.head() > before);
  CHECK(
      desk.get(desk.bearer, "/users/" + person.str() + "/oauth2PermissionGrants").values("scope") ==
      "Files.Write");
  CHECK(desk.patch(desk.bearer, path, R"({"scope":"Files.Fly"})").status == 400);
  CHECK(desk.remove(desk.bearer, path).status == 204);
  CHECK(desk.remove(desk.bearer, path).status == 404);
  CHECK(desk.server.all<Consent>().empty());
}

TEST_CASE("whoever takes a consent away while another narrows it has the last word") {
  Desk desk;
  const UserId person = desk.add_person("person@contoso.com");
  const GraphReply made =
      desk.post(desk.bearer, "/oauth2PermissionGrants",
                Desk::grant(desk.spa, person.str(), desk.files, "Files.Read Files.Write"));
  REQUIRE(made.status == 201);
  desk.store->writes_let_through = 1;
  desk.store->overtake = [&] {
    Removal removal;
    removal.kind = RemovalKind::remove_consent;
    removal.user_id = person;
    removal.app_id = desk.server.spa;
    desk.server.take_away(removal);
  };
  CHECK(desk.patch(desk.bearer, "/oauth2PermissionGrants/" + made.text("id"),
                   R"({"scope":"Files.Read"})")
            .status == 409);
  CHECK(desk.server.all<Consent>().empty());
}

TEST_CASE("deleting one resource's grant leaves the other resource's, and ends what both gave") {
  Desk desk;
  const UserId person = desk.add_person("person@contoso.com");
  desk.server.put(Consent{desk.server.tenant,
                          person,
                          desk.server.spa,
                          {"api://files/Files.Read", "https://graph.microsoft.com/User.Read"},
                          desk.server.clock.now()});
  const std::string list = "/users/" + person.str() + "/oauth2PermissionGrants";
  CHECK(desk.get(desk.bearer, list).value().size() == 2);
  const GraphReply one = desk.get(desk.bearer, "/oauth2PermissionGrants?$filter=clientId eq '" +
                                                   desk.spa + "' and resourceId eq '" + desk.files +
                                                   "' and consentType eq 'Principal'");
  REQUIRE(one.value().size() == 1);
  const Position before = desk.server.head();
  CHECK(desk.remove(desk.bearer, "/oauth2PermissionGrants/" + one.values("id")).status == 204);
  CHECK(desk.get(desk.bearer, list).values("scope") == "User.Read");
  CHECK(desk.server.head() > before);
}

TEST_CASE("everybody's grants are listed with people's, and end with what was issued by them") {
  Desk desk;
  const UserId person = desk.add_person("person@contoso.com");
  desk.server.put(Consent{desk.server.tenant,
                          person,
                          desk.server.spa,
                          {"api://files/Files.Write"},
                          desk.server.clock.now()});
  std::vector<std::string> seen;
  std::string target = "/v1.0/oauth2PermissionGrants?$top=1";
  for (int pages = 0; !target.empty() && pages < 20; ++pages) {
    const GraphReply page = desk.ask(desk.bearer, HttpMethod::get, target);
    REQUIRE(page.status == 200);
    for (const auto& one : page.value()) seen.emplace_back(one.at("id").as_string());
    target =
        page.body.contains("@odata.nextLink") ? desk.target_of(page.text("@odata.nextLink")) : "";
  }
  const GraphReply all = desk.get(desk.bearer, "/oauth2PermissionGrants");
  CHECK(join(seen, " ") == all.values("id"));
  const GraphReply board =
      desk.get(desk.bearer, "/servicePrincipals/" + desk.spa + "/oauth2PermissionGrants");
  CHECK(board.values("consentType") == "AllPrincipals Principal");
  const std::string id{board.value().front().at("id").as_string()};
  const Position before = desk.server.head();
  CHECK(desk.remove(desk.bearer, "/oauth2PermissionGrants/" + id).status == 204);
  CHECK(desk.server.row<App>(desk.server.spa).admin_consented_scopes.empty());
  CHECK(desk.server.head() > before);
}

}  // namespace
}  // namespace curfew
