// Objects of the Graph API from their creation to their end; and batches.
#include <doctest/doctest.h>

#include <boost/json/object.hpp>

#include "protocol/jose/jwt.hpp"
#include "protocol/oidc/access_token.hpp"
#include "tests/support/graph_office.hpp"
#include "tests/support/signal_rig.hpp"

namespace curfew {
namespace {

using test::Fields;
using test::GraphOffice;
using test::GraphReply;

const std::string kNewUser =
    R"({"accountEnabled":true,"displayName":"New Person","mailNickname":"new",)"
    R"("userPrincipalName":"New@contoso.com","department":"IT","businessPhones":["+1"],)"
    R"("passwordProfile":{"password":"a good long one","forceChangePasswordNextSignIn":false}})";

struct Desk : GraphOffice {
  std::string bearer = token_of_john_as(Role::global_administrator);
  std::string create(const std::string& body = kNewUser) {
    const GraphReply made = post(bearer, "/users", body);
    REQUIRE_MESSAGE(made.status == 201, made.http.body);
    return made.text("id");
  }
};

TEST_CASE("a person is created, found at the Location, changed, deleted, restored and purged") {
  Desk desk;
  const GraphReply made = desk.post(desk.bearer, "/users", kNewUser);
  REQUIRE_MESSAGE(made.status == 201, made.http.body);
  CHECK(made.text("userPrincipalName") == "new@contoso.com");
  CHECK_FALSE(test::contains(made.http.body, "a good long one"));
  const std::string below = desk.target_of(made.header("Location")).substr(5);
  CHECK(desk.get(desk.bearer, below + "?$select=department").text("department") == "IT");

  CHECK(desk.patch(desk.bearer, below,
                   R"({"jobTitle":"Chief","department":null,"mail":"n@contoso.com"})")
            .status == 204);
  const GraphReply changed = desk.get(desk.bearer, below + "?$select=jobTitle,department,mail");
  CHECK(changed.text("jobTitle") == "Chief");
  CHECK(changed.body.at("department").is_null());

  const UserId id{made.text("id")};
  const std::string theirs = desk.token_of(id);
  CHECK(desk.get(theirs, "/me").status == 200);
  CHECK(desk.remove(desk.bearer, below).status == 204);
  CHECK(desk.remove(desk.bearer, below).status == 404);
  CHECK(desk.get(desk.bearer, below).status == 404);
  CHECK(desk.get(theirs, "/me").status == 401);
  const GraphReply bin = desk.get(desk.bearer, "/directory/deletedItems/microsoft.graph.user");
  CHECK(bin.values("id") == id.str());
  const std::string gone = "/directory/deletedItems/" + id.str();
  CHECK_FALSE(
      desk.get(desk.bearer, gone + "?$select=id,deletedDateTime").text("deletedDateTime").empty());
  CHECK_FALSE(desk.get(desk.bearer, gone + "?$select=id").body.contains("deletedDateTime"));

  const GraphReply back =
      desk.post(desk.bearer, "/directory/deletedItems/" + id.str() + "/restore");
  CHECK(back.status == 200);
  CHECK(back.text("jobTitle") == "Chief");
  CHECK(desk.server.row<User>(id).account_enabled);
  CHECK(desk.get(theirs, "/me").status == 401);  // what was ended stays so
  CHECK(desk.get(desk.token_of(id), "/me").status == 200);

  REQUIRE(desk.remove(desk.bearer, below).status == 204);
  CHECK(desk.remove(desk.bearer, "/directory/deletedItems/" + id.str()).status == 204);
  CHECK(desk.get(desk.bearer, "/directory/deletedItems/" + id.str()).status == 404);
}

TEST_CASE("somebody who was disabled before they were deleted comes back disabled") {
  Desk desk;
  const std::string path = "/users/" + desk.create();
  REQUIRE(desk.patch(desk.bearer, path, R"({"accountEnabled":false})").status == 204);
  REQUIRE(desk.remove(desk.bearer, path).status == 204);
  REQUIRE(desk.post(desk.bearer, "/directory/deletedItems" + path.substr(6) + "/restore").status ==
          200);
  CHECK(desk.get(desk.bearer, path + "?$select=accountEnabled").body.at("accountEnabled") == false);
}

TEST_CASE("a name that was taken meanwhile keeps a deleted person where they are") {
  Desk desk;
  const std::string id = desk.create();
  REQUIRE(desk.remove(desk.bearer, "/users/" + id).status == 204);
  desk.create();
  const GraphReply refused = desk.post(desk.bearer, "/directory/deletedItems/" + id + "/restore");
  CHECK(refused.status == 409);
  CHECK(refused.code() == "Request_MultipleObjectsWithSameKeyValue");
}

TEST_CASE("a body that says something unknown or impossible changes nothing") {
  Desk desk;
  const std::string path = "/users/" + desk.create();
  const auto rows = desk.rows();
  for (const char* const body :
       {R"({"acountEnabled":false})", R"({"accountEnabled":"false"})", R"({"id":"x"})",
        R"({"signInSessionsValidFromDateTime":"2026-01-01T00:00:00Z"})", R"({"jobTitle":7})",
        R"({"accountEnabled":false,"AccountEnabled":true})", R"({"userType":"Boss"})",
        R"({"accountEnabled":false,"usageLocation":"far too long"})", R"([1])", R"({)",
        R"({"passwordProfile":{"password":"short"}})", R"({"displayName":""})",
        R"({"passwordProfile":{"password":"password"}})",
        R"({"passwordProfile":{"password":"12345678","forceChangePasswordNextSignIn":false}})",
        R"({"passwordProfile":{"password":"aaaaaaaaaaaa"}})",
        R"({"userPrincipalName":"x@elsewhere.test"})"}) {
    CAPTURE(body);
    const GraphReply refused = desk.patch(desk.bearer, path, body);
    CHECK(refused.status == 400);
    CHECK(refused.code() == "Request_BadRequest");
  }
  CHECK(desk.patch(desk.bearer, path, R"({"mail":"john.doe@contoso.com"})").status == 409);
  CHECK(desk.rows() == rows);
  for (const char* const body :
       {R"({"displayName":"X"})",
        R"({"accountEnabled":true,"displayName":"X","userPrincipalName":"x@contoso.com",)"
        R"("mailNickname":"x","passwordProfile":{"password":"password"}})",
        R"({"accountEnabled":true,"displayName":"X","userPrincipalName":"x@contoso.com"})"}) {
    CHECK(desk.post(desk.bearer, "/users", body).status == 400);
  }
  CHECK(desk.post(desk.bearer, "/users", kNewUser).status == 409);
}

TEST_CASE("a new password by an administrator ends what was there, and works") {
  Desk desk;
  const UserId id{desk.create()};
  const std::string theirs = desk.token_of(id);
  REQUIRE(desk.patch(desk.bearer, "/users/" + id.str(),
                     R"({"passwordProfile":{"password":"quite another one"}})")
              .status == 204);
  CHECK(desk.get(theirs, "/me").status == 401);
  CHECK(desk.server.row<User>(id).force_change_password);
}

TEST_CASE("a group is created, filled, shown and deleted, and what it gave is gone with it") {
  Desk desk;
  const std::string member = desk.create();
  const GraphReply made = desk.post(
      desk.bearer, "/groups",
      R"({"displayName":"Crew","mailEnabled":false,"mailNickname":"crew","securityEnabled":true,)"
      R"("members@odata.bind":["https://graph.microsoft.com/v1.0/users/)" +
          member + R"("]})");
  REQUIRE_MESSAGE(made.status == 201, made.http.body);
  const std::string path = "/groups/" + made.text("id");
  CHECK(desk.get(desk.bearer, path + "/members").values("id") == member);
  const std::string reference =
      R"({"@odata.id":"https://x.test/v1.0/directoryObjects/)" + member + R"("})";
  CHECK(desk.post(desk.bearer, path + "/members/$ref", reference).status == 400);
  const GraphReply member_of =
      desk.get(desk.bearer, "/users/" + member + "/memberOf?$select=id,displayName");
  CHECK(member_of.values("@odata.type") == "#microsoft.graph.group");
  CHECK(desk.get(desk.bearer, "/users/" + member + "/memberOf/microsoft.graph.group")
            .values("displayName") == "Crew");
  CHECK(desk.post(desk.bearer, "/users/" + member + "/checkMemberGroups",
                  R"({"groupIds":[")" + made.text("id") + R"(","nobody"]})")
            .value()
            .size() == 1);
  CHECK(desk.patch(desk.bearer, path, R"({"description":"All of it"})").status == 204);
  CHECK(desk.get(desk.bearer, path).text("description") == "All of it");
  CHECK(desk.remove(desk.bearer, path).status == 204);
  CHECK(desk.get(desk.bearer, path).status == 404);
  CHECK(
      desk.post(desk.bearer, "/groups", R"({"displayName":"X","groupTypes":["Unified"]})").status ==
      400);
}

TEST_CASE("a group that cannot be filled is not made, and not changed by half") {
  Desk desk;
  const std::string member = desk.create();
  const auto body = [](const std::string& name, const std::vector<std::string>& ids) {
    std::string list;
    for (const std::string& id : ids) {
      list += (list.empty() ? "" : ",") + std::string{"\"https://x.test/v1.0/users/"} + id + "\"";
    }
    return R"({"displayName":")" + name +
           R"(","mailEnabled":false,"mailNickname":"m","securityEnabled":true,)"
           R"("members@odata.bind":[)" +
           list + "]}";
  };
  const std::string nobody = "99999999-9999-4999-8999-999999999999";
  CHECK(desk.post(desk.bearer, "/groups", body("Half", {member, nobody})).status == 404);
  CHECK(desk.get(desk.bearer, "/groups?$filter=displayName eq 'Half'").value().empty());

  const GraphReply made = desk.post(desk.bearer, "/groups", body("Whole", {}));
  REQUIRE_MESSAGE(made.status == 201, made.http.body);
  const std::string path = "/groups/" + made.text("id");
  CHECK(desk.patch(desk.bearer, path, body("Changed", {member, nobody})).status == 404);
  CHECK(desk.get(desk.bearer, path).text("displayName") == "Whole");
  CHECK(desk.get(desk.bearer, path + "/members").value().empty());
}

TEST_CASE("a role is given and taken, and the last Global Administrator keeps theirs") {
  Desk desk;
  const std::string id = desk.create();
  const std::string role{definition_of(Role::security_reader).template_id};
  const GraphReply made = desk.post(desk.bearer, "/roleManagement/directory/roleAssignments",
                                    R"({"principalId":")" + id + R"(","roleDefinitionId":")" +
                                        role + R"(","directoryScopeId":"/"})");
  REQUIRE_MESSAGE(made.status == 201, made.http.body);
  const GraphReply held =
      desk.get(desk.bearer, "/roleManagement/directory/roleAssignments?$filter=principalId eq '" +
                                id + "'&$expand=roleDefinition");
  CHECK(held.values("roleDefinitionId") == role);
  CHECK(held.value().front().at("roleDefinition").at("displayName") == "Security Reader");
  CHECK(desk.get(desk.bearer, "/directoryRoles(roleTemplateId='" + role + "')/members")
            .values("id") == id);
  CHECK(desk.remove(desk.bearer, "/roleManagement/directory/roleAssignments/" + made.text("id"))
            .status == 204);
  CHECK(desk.remove(desk.bearer, "/roleManagement/directory/roleAssignments/" + made.text("id"))
            .status == 404);
  const std::string admins{definition_of(Role::global_administrator).template_id};
  const GraphReply last = desk.remove(
      desk.bearer, "/directoryRoles/" + admins + "/members/" + desk.server.john.str() + "/$ref");
  CHECK(last.status == 400);
  CHECK(desk.post(desk.bearer, "/directoryRoles/" + admins + "/members/$ref",
                  R"({"@odata.id":"https://x/v1.0/users/)" + id + R"("})")
            .status == 204);
}

TEST_CASE("a device is registered, described, deleted, and its id is never given again") {
  Desk desk;
  const std::string body =
      R"({"accountEnabled":true,"displayName":"Kiosk","operatingSystem":"Linux",)"
      R"("operatingSystemVersion":"12","deviceId":"99999999-9999-4999-8999-999999999999"})";
  const GraphReply made = desk.post(desk.bearer, "/devices", body);
  REQUIRE_MESSAGE(made.status == 201, made.http.body);
  const std::string path = "/devices/" + made.text("id");
  CHECK(made.text("operatingSystemVersion") == "12");
  const GraphReply again = desk.post(desk.bearer, "/devices", body);
  CHECK(again.status == 409);
  CHECK(again.message() == "a device with this deviceId exists");
  CHECK(desk.patch(desk.bearer, path, R"({"accountEnabled":false,"displayName":"Gone"})").status ==
        204);
  CHECK(desk.get(desk.bearer, path).body.at("accountEnabled") == false);
  CHECK(desk.remove(desk.bearer, path).status == 204);
  CHECK(desk.remove(desk.bearer, path).status == 404);
  CHECK(desk.post(desk.bearer, "/devices", body).status == 409);
}

// --- batches

GraphReply batch(Desk& desk, const std::string& requests) {
  return desk.ask(desk.bearer, HttpMethod::post, "/v1.0/$batch",
                  R"({"requests":[)" + requests + "]}");
}

std::string statuses(const GraphReply& reply) {
  std::string text;
  for (const auto& one : reply.body.at("responses").as_array()) {
    text += std::string{one.at("id").as_string()} + "=" +
            std::to_string(one.at("status").to_number<int>()) + " ";
  }
  return text;
}

TEST_CASE("a batch disables, revokes and disables devices, each call by itself") {
  Desk desk;
  const UserId john = desk.add_person("target@contoso.com");
  const std::string id = john.str();
  const std::string object = desk.server.row<Device>(desk.server.laptop).object_id;
  const GraphReply reply = batch(
      desk,
      R"({"id":"1","method":"PATCH","url":"/users/)" + id +
          R"(","body":{"accountEnabled":false},"headers":{"Content-Type":"application/json"}},)"
          R"({"id":"2","method":"post","url":"users/)" +
          id +
          R"(/revokeSignInSessions","dependsOn":["1"]},)"
          R"({"id":"3","method":"PATCH","url":"/devices/)" +
          object +
          R"(","body":{"accountEnabled":false}},)"
          R"({"id":"4","method":"GET","url":"/users/nobody"},)"
          R"({"id":"5","method":"GET","url":"/me","dependsOn":["4"]},)"
          R"({"id":"6","method":"POST","url":"/$batch","body":{}})");
  REQUIRE_MESSAGE(reply.status == 200, reply.http.body);
  CHECK(statuses(reply) == "1=204 2=200 3=204 4=404 5=424 6=400 ");
  const auto& second = reply.body.at("responses").as_array()[1];
  CHECK(second.at("body").at("value") == true);
  CHECK(std::string_view{second.at("headers").at("Content-Type").as_string()}.starts_with(
      "application/json"));
  CHECK_FALSE(reply.body.at("responses").as_array()[0].as_object().contains("body"));
  CHECK_FALSE(desk.server.row<User>(john).account_enabled);
}

TEST_CASE("a call of a batch may have the version in front, as the JavaScript client leaves it") {
  Desk desk;
  const GraphReply reply = batch(desk, R"({"id":"1","method":"GET","url":"/v1.0/me"},)"
                                       R"({"id":"2","method":"GET","url":"v1.0/me"},)"
                                       R"({"id":"3","method":"GET","url":"/v1.0/v1.0/me"},)"
                                       R"({"id":"4","method":"GET","url":"/v1.0/$batch"},)"
                                       R"({"id":"5","method":"GET","url":"/beta/me"})");
  CHECK(statuses(reply) == "1=200 2=200 3=404 4=400 5=404 ");
}

TEST_CASE("a batch that is wrong in itself is refused whole") {
  Desk desk;
  const auto rows = desk.rows();
  std::string many;
  for (int i = 0; i < 21; ++i) {
    many += (i == 0 ? "" : ",") + (R"({"id":")" + std::to_string(i)) +
            R"(","method":"GET","url":"/me"})";
  }
  for (const std::string& requests :
       {many, std::string{}, std::string{R"({"id":"1","method":"GET"})"},
        std::string{R"({"method":"GET","url":"/me"})"},
        std::string{R"({"id":"1","method":"BREW","url":"/me"})"},
        std::string{R"({"id":"1","method":"GET","url":"https://elsewhere.test/v1.0/me"})"},
        std::string{
            R"({"id":"1","method":"GET","url":"/me"},{"id":"1","method":"GET","url":"/me"})"},
        std::string{R"({"id":"1","method":"GET","url":"/me","dependsOn":["2"]})"}}) {
    CAPTURE(requests);
    CHECK(batch(desk, requests).status == 400);
  }
  CHECK(desk.rows() == rows);
}

TEST_CASE(
    "what is known of a device is in the next token of its sessions, and the one before ends") {
  Desk desk;
  test::ServerFixture& server = desk.server;
  const std::string laptop = "/devices(deviceId='" + server.laptop.str() + "')";
  server.change<App>(server.web, [](App& app) {
    app.session_controls = {"blockDownloads:unmanagedDevice"};
    app.admin_consented_scopes.emplace_back("api://files/Files.Read");  // beside those of Graph
  });
  const auto is_live = [&](const test::TokenAnswer& tokens) {
    return test::ServerFixture::is_active(server.introspect(tokens.access()));
  };
  const auto controls_in = [](const test::TokenAnswer& tokens) {
    const auto claims = unverified_claims(tokens.access());
    REQUIRE(claims.ok());
    return parse_access_token_claims(*claims).value().session_controls;
  };
  const test::TokenAnswer unknown = server.signed_in(server.laptop);
  CHECK(controls_in(unknown) == std::vector<std::string>{"blockDownloads"});
  REQUIRE(desk.patch(desk.bearer, laptop, R"({"displayName":"Johns"})").status == 204);
  CHECK(is_live(unknown));
  REQUIRE(desk.patch(desk.bearer, laptop, R"({"isManaged":true})").status == 204);
  CHECK_FALSE(is_live(unknown));
  const test::TokenAnswer managed = server.refresh(unknown.refresh());
  CHECK(controls_in(managed).empty());
  REQUIRE(desk.patch(desk.bearer, laptop, R"({"isManaged":false})").status == 204);
  CHECK_FALSE(is_live(managed));
  CHECK(controls_in(server.refresh(managed.refresh())) ==
        std::vector<std::string>{"blockDownloads"});
}

TEST_CASE(
    "receivers of signals are told whether a device is compliant, and of nothing else of it") {
  Desk desk;
  test::SignalRig rig{desk.server};
  const std::string stream = rig.poll_stream();
  const std::string laptop = "/devices(deviceId='" + desk.server.laptop.str() + "')";
  const auto told = [&](const std::string& body) {
    REQUIRE(desk.patch(desk.bearer, laptop, body).status == 204);
    const auto sets = rig.poll(stream);
    rig.acknowledge(stream, sets);
    return sets;
  };
  for (const char* const other : {R"({"isManaged":true})", R"({"isCompliant":false})"}) {
    CHECK(told(other).empty());
  }
  for (const bool is_compliant : {true, false}) {
    const auto sets = told(is_compliant ? R"({"isCompliant":true})" : R"({"isCompliant":null})");
    REQUIRE(test::SignalRig::names_of(sets) ==
            std::vector<std::string>{"device-compliance-change"});
    CHECK(test::SignalRig::event_in(sets[0]).at("current_status").as_string() ==
          (is_compliant ? "compliant" : "not-compliant"));
  }
}

TEST_CASE("a caller who is cut off within a batch goes no further") {
  Desk desk;
  desk.give_role(desk.add_person("second@contoso.com").str(), Role::global_administrator);
  const GraphReply reply =
      batch(desk, R"({"id":"1","method":"POST","url":"/me/revokeSignInSessions"},)"
                  R"({"id":"2","method":"GET","url":"/me"})");
  CHECK(statuses(reply) == "1=200 2=401 ");
}

}  // namespace
}  // namespace curfew
