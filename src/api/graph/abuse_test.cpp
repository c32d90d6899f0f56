// What somebody tries at the Graph API who wants more than they were given, or keeps what they
// lost.
#include <doctest/doctest.h>

#include <set>

#include "api/graph/graph_batch.hpp"
#include "store/schema_runs.hpp"
#include "tests/support/graph_office.hpp"

namespace curfew {
namespace {

using test::GraphOffice;
using test::GraphReply;
using test::Office;
using test::ServerFixture;

const std::string kGiveRoles = std::string{kGraphResource} + "/RoleManagement.ReadWrite.Directory";

struct Scene : GraphOffice {
  std::string admin = token_of_john_as(Role::global_administrator);
  std::string id_of(Role role) { return std::string{definition_of(role).template_id}; }
  void add_member(const GroupId& group, const UserId& user) {
    server.put(GroupMember{server.tenant, group, user, server.clock.now()});
  }
};

TEST_CASE("an API key carries no permission of Graph that its application does not have") {
  Scene scene;
  const std::string key = scene.server.add_api_key(scene.server.files, {kGiveRoles});
  CHECK(scene.get(key, "/roleManagement/directory/roleAssignments").status == 403);
  scene.server.change<App>(scene.server.files,
                           [](App& app) { app.application_permissions = {kGiveRoles}; });
  CHECK(scene.get(key, "/roleManagement/directory/roleAssignments").status == 200);
  scene.server.change<App>(scene.server.files, [](App& app) { app.application_permissions = {}; });
  CHECK(scene.get(key, "/roleManagement/directory/roleAssignments").status == 403);
}

TEST_CASE("who may not give roles makes no key with a permission that can") {
  Office office;
  const std::string bearer = office.token_of_john(Role::application_administrator);
  const auto add_key = [&](const std::string& scope) {
    return office.call(
        bearer, HttpMethod::post, "/keys",
        R"({"appId":")" + office.server.files.str() + R"(","scopes":[")" + scope + R"("]})");
  };
  CHECK(add_key(kGiveRoles).status == 403);
  CHECK(add_key("api://files/Files.Read").status == 201);
}

TEST_CASE("what was written for Graph before there was one gives nothing when it comes") {
  Scene scene;
  const std::string moved = "https://moved.contoso.test";
  scene.server.change<App>(scene.server.files, [&](App& app) {
    app.admin_consented_scopes = {kGiveRoles, "api://files/Files.Read",
                                  moved + "/Directory.AccessAsUser.All"};
    app.application_permissions = {std::string{kGraphAppId} + "/User.ReadWrite.All"};
  });
  const auto ensure = [&](const std::string& base_url) {
    return ensure_built_in_apps(*scene.server.store, scene.server.tenant, base_url,
                                scene.server.clock.now());
  };
  REQUIRE(ensure(moved).ok());  // the address that the server is called by has changed
  CHECK(scene.server.row<App>(scene.server.files).admin_consented_scopes ==
        std::vector<std::string>{kGiveRoles, "api://files/Files.Read"});

  scene.server.write([&](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(remove<App>(tx, scene.server.tenant, AppId{std::string{kGraphAppId}}));
    return Done{};
  });
  REQUIRE(ensure(moved).ok());
  CHECK(scene.server.row<App>(scene.server.files).admin_consented_scopes ==
        std::vector<std::string>{"api://files/Files.Read"});
  CHECK(scene.server.row<App>(scene.server.files).application_permissions.empty());

  scene.server.change<App>(scene.server.files,
                           [](App& app) { app.identifier_uris = {"https://other.contoso.test"}; });
  const Status refused = ensure("https://other.contoso.test");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code() == ErrorCode::conflict);
}

TEST_CASE("what everybody may agree to shows of others what an address book does") {
  Scene scene;
  const UserId other = scene.add_person("other@contoso.com", "Other", R"({"department":"IT"})");
  const UserId reader = scene.add_person("reader@contoso.com");
  scene.permit({"User.ReadBasic.All"});
  const std::string bearer = scene.token_of(reader);
  const std::string path = "/users/" + other.str();
  const GraphReply shown = scene.get(bearer, path);
  CHECK(shown.status == 200);
  CHECK(shown.body.size() == 7);  // and @odata.context
  CHECK(scene.get(bearer, path + "?$select=accountEnabled").status == 400);
  CHECK(scene.get(bearer, path + "?$select=*").body.size() == 7);
  CHECK(scene.get(bearer, "/users?$filter=department eq 'IT'").status == 400);
  CHECK(scene.eventual(bearer, "/users?$search=%22userPrincipalName:other%22").value().size() == 1);
  CHECK(scene.get(bearer, path + "/memberOf").status == 403);
  CHECK(scene.get(bearer, path + "?$expand=registeredDevices").status == 400);
  CHECK(scene.get(scene.app_token(), path + "?$select=accountEnabled").status == 400);
}

TEST_CASE("what a deleted person holds can be taken away, and does not come back with them") {
  Scene scene;
  const UserId gone = scene.add_person("gone@contoso.com");
  const UserId stays = scene.add_person("zoe@contoso.com");
  scene.give_role(gone.str(), Role::helpdesk_administrator);
  scene.add_member(scene.server.staff, gone);
  scene.add_member(scene.server.staff, stays);
  REQUIRE(scene.remove(scene.admin, "/users/" + gone.str()).status == 204);
  CHECK(scene
            .remove(scene.admin, "/directoryRoles/" + scene.id_of(Role::helpdesk_administrator) +
                                     "/members/" + gone.str() + "/$ref")
            .status == 204);
  CHECK(scene.remove(scene.admin, "/groups/" + scene.server.staff.str()).status == 204);
  REQUIRE(scene.post(scene.admin, "/directory/deletedItems/" + gone.str() + "/restore").status ==
          200);
  CHECK(scene.get(scene.admin, "/users/" + gone.str() + "/memberOf").value().empty());
}

TEST_CASE("a deleted person can still be revoked everywhere") {
  Scene scene;
  const UserId gone = scene.add_person("gone@contoso.com");
  REQUIRE(scene.remove(scene.admin, "/users/" + gone.str()).status == 204);
  ServerFixture::CodeOptions wanted;
  wanted.resource = std::string{kAdminApiResource};
  wanted.scopes = {"offline_access", "api://curfew/manage"};
  scene.server.change<App>(scene.server.web, [](App& app) {
    app.admin_consented_scopes.push_back("api://curfew/manage");
  });
  const std::string bearer =
      scene.server
          .redeem(scene.server.add_code(scene.server.add_session(scene.server.john).row, wanted))
          .access();
  const HttpResponse revoked = scene.call(bearer, HttpMethod::post, "/revocations",
                                          R"({"subject":")" + gone.str() + R"("})");
  CHECK_MESSAGE(revoked.status == 200, revoked.body);
}

TEST_CASE("every member of a group is listed, page by page, and counted") {
  Scene scene;
  std::set<std::string> members;
  for (int i = 0; i < 450; ++i) {
    const UserId id = scene.add_person("m" + std::to_string(i) + "@contoso.com");
    scene.add_member(scene.server.staff, id);
    members.insert(id.str());
  }
  const std::string path = "/groups/" + scene.server.staff.str() + "/members";
  std::string target = "/v1.0" + path + "?$top=199&$select=id";
  std::set<std::string> seen;
  while (!target.empty()) {
    const GraphReply page = scene.ask(scene.admin, HttpMethod::get, target);
    REQUIRE_MESSAGE(page.status == 200, page.http.body);
    for (const auto& member : page.value()) {
      CHECK(seen.insert(std::string{member.at("id").as_string()}).second);
    }
    target = scene.target_of(page.text("@odata.nextLink"));
  }
  CHECK(seen == members);
  CHECK(scene.eventual(scene.admin, path + "/$count").http.body == "450");
}

TEST_CASE("a permission for groups makes no group that roles can be given to") {
  Scene scene;
  scene.permit({"Group.ReadWrite.All"});
  const std::string bearer = scene.app_token();
  CHECK(scene.post(bearer, "/groups", R"({"displayName":"X","isAssignableToRole":true})").status ==
        403);
  const GroupId group{new_guid()};
  scene.server.put(Group{scene.server.tenant, group, "Chiefs", true, scene.server.clock.now()});
  CHECK(scene.patch(bearer, "/groups/" + group.str(), R"({"displayName":"Y"})").status == 403);
  CHECK(scene.post(bearer, "/groups", R"({"displayName":"X"})").status == 201);
}

TEST_CASE("an ordinary group is deleted by its permission, whoever is in it") {
  Scene scene;
  const UserId chief = scene.add_person("chief@contoso.com");
  scene.give_role(chief.str(), Role::helpdesk_administrator);
  scene.add_member(scene.server.staff, chief);
  scene.permit({"Group.ReadWrite.All"});
  CHECK(scene.remove(scene.app_token(), "/groups/" + scene.server.staff.str()).status == 204);
}

TEST_CASE("nobody destroys a deleted administrator whom they could not delete") {
  Scene scene;
  const UserId chief = scene.add_person("chief@contoso.com");
  scene.give_role(chief.str(), Role::global_administrator);
  REQUIRE(scene.remove(scene.admin, "/users/" + chief.str()).status == 204);
  const std::string path = "/directory/deletedItems/" + chief.str();
  CHECK(scene.remove(scene.app_token(), path).status == 403);
  CHECK(scene.post(scene.app_token(), path + "/restore").status == 403);
  CHECK(scene.remove(scene.admin, path).status == 204);
}

TEST_CASE("a person who was never deleted is not restored") {
  Scene scene;
  const UserId other = scene.add_person("other@contoso.com");
  CHECK(scene.post(scene.admin, "/directory/deletedItems/" + other.str() + "/restore").status ==
        404);
}

TEST_CASE("an account that begins disabled was never enabled") {
  Scene scene;
  const GraphReply made = scene.post(
      scene.admin, "/users",
      R"({"accountEnabled":false,"displayName":"N","mailNickname":"n",)"
      R"("userPrincipalName":"n@contoso.com","passwordProfile":{"password":"a good long one"}})");
  REQUIRE(made.status == 201);
  CHECK_FALSE(scene.server.row<User>(UserId{made.text("id")}).account_enabled);
  CHECK(scene.server.store
            ->read([&](ReadTx& tx) -> Status {
              const auto holds = holds_on(tx, scene.server.tenant, key_of(UserId{made.text("id")}));
              CHECK(holds.value().size() == 1);
              return Done{};
            })
            .ok());
}

TEST_CASE("a mail that an application could take for another is refused") {
  Scene scene;
  const UserId other = scene.add_person("other@contoso.com");
  for (const std::string& mail :
       {std::string{"ceo@contoso.com "}, std::string{"ceo\\u0000@contoso.com"}, std::string{"ceo"},
        std::string{"c\\u0435o@contoso.com"}, std::string{"a@b@c"}, std::string{"@contoso.com"},
        std::string(300, 'x') + "@contoso.com"}) {
    CAPTURE(mail);
    CHECK(
        scene.patch(scene.admin, "/users/" + other.str(), R"({"mail":")" + mail + R"("})").status ==
        400);
  }
}

TEST_CASE("a refusal of one property is in the audit") {
  Scene scene;
  const UserId other = scene.add_person("other@contoso.com");
  scene.permit({"User.EnableDisableAccount.All"});
  REQUIRE(
      scene.patch(scene.app_token(), "/users/" + other.str(), R"({"displayName":"X"})").status ==
      403);
  bool found = false;
  for (const AuditEntry& entry : scene.server.all<AuditEntry>()) {
    found = found || (entry.action == "graph.update_user" && entry.rule == "graph.permission");
  }
  CHECK(found);
}

TEST_CASE("a batch whose answers grow too large stops asking") {
  Scene scene;
  std::string mails;
  for (int i = 0; i < 50; ++i) mails += (i == 0 ? "\"" : ",\"") + std::string(240, 'm') + "\"";
  for (int i = 0; i < 50; ++i) {
    scene.add_person("big" + std::to_string(i) + "@contoso.com", "",
                     R"({"otherMails":[)" + mails + "]}");
  }
  std::string requests;
  for (int i = 0; i < 20; ++i) {
    requests += (i == 0 ? "" : ",") + (R"({"id":")" + std::to_string(i)) +
                R"(","method":"GET","url":"/users?$select=otherMails"})";
  }
  const GraphReply reply = scene.ask(scene.admin, HttpMethod::post, "/v1.0/$batch",
                                     R"({"requests":[)" + requests + "]}");
  REQUIRE(reply.status == 200);
  const auto& responses = reply.body.at("responses").as_array();
  CHECK(responses.front().at("status") == 200);
  CHECK(responses.back().at("status") == 429);
  CHECK(reply.http.body.size() < 2 * kBatchAnswerBytesMax);
}

}  // namespace
}  // namespace curfew
