// Applications and service principals through the Graph API.
#include <doctest/doctest.h>

#include "tests/support/graph_office.hpp"

namespace curfew {
namespace {

using test::GraphOffice;
using test::GraphReply;

struct Desk : GraphOffice {
  std::string bearer = token_of_john_as(Role::application_administrator);
  std::string spa = server.spa.str();

  std::string create(const std::string& body = R"({"displayName":"Tickets"})") {
    const GraphReply made = post(bearer, "/applications", body);
    REQUIRE_MESSAGE(made.status == 201, made.http.body);
    return made.text("id");
  }
};

TEST_CASE("one application has two faces and several addresses") {
  Desk desk;
  for (const std::string& path :
       {"/applications/" + desk.spa, "/applications(appId='" + desk.spa + "')",
        "/servicePrincipals/" + desk.spa, "/servicePrincipals(appId='" + desk.spa + "')"}) {
    CAPTURE(path);
    const GraphReply shown = desk.get(desk.bearer, path);
    CHECK(shown.status == 200);
    CHECK(shown.text("id") == desk.spa);
    CHECK(shown.text("appId") == desk.spa);
    CHECK(shown.text("displayName") == "Board");
  }
  const GraphReply graph =
      desk.get(desk.bearer, "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')");
  CHECK(graph.status == 200);
  CHECK_FALSE(graph.body.at("appRoles").as_array().empty());
  CHECK(
      desk.get(desk.bearer, "/applications(appId='00000003-0000-0000-c000-000000000000')").status ==
      404);
  CHECK(desk.get(desk.bearer, "/applications?$filter=displayName eq 'board'").values("id") ==
        desk.spa);
  CHECK(desk.get(desk.bearer, "/servicePrincipals?$filter=appId eq '" + desk.spa + "'")
            .values("displayName") == "Board");
  CHECK(desk.get(desk.bearer,
                 "/servicePrincipals?$filter=servicePrincipalNames/any(n:n eq 'api://files')")
            .values("displayName") == "Files");
  CHECK(desk.eventual(desk.bearer, "/applications/$count").http.body == "3");
  CHECK(desk.get(desk.bearer, "/applications/" + desk.spa + "/owners").value().empty());
  CHECK(desk.get(desk.bearer, "/me/ownedObjects/microsoft.graph.application").value().empty());
}

TEST_CASE("an application is registered, changed and deleted, and its tokens end with it") {
  Desk desk;
  const std::string id = desk.create(
      R"({"displayName":"Tickets","identifierUris":["api://tickets"],)"
      R"("web":{"redirectUris":["https://tickets.test/cb"]},"signInAudience":"AzureADMyOrg"})");
  const App made = desk.server.row<App>(AppId{id});
  CHECK(made.client_type == ClientType::confidential);
  CHECK(made.redirect_uris == std::vector<std::string>{"https://tickets.test/cb"});
  const std::string path = "/applications/" + id;
  CHECK(desk.patch(desk.bearer, path,
                   R"({"displayName":"Desk","web":{"redirectUris":[]},)"
                   R"("spa":{"redirectUris":["https://tickets.test/app"]}})")
            .status == 204);
  const App changed = desk.server.row<App>(AppId{id});
  CHECK(changed.client_type == ClientType::public_client);
  CHECK(changed.spa_origins == std::vector<std::string>{"https://tickets.test"});
  CHECK(desk.get(desk.bearer, path).body.at("spa").at("redirectUris").as_array().size() == 1);
  CHECK(desk.remove(desk.bearer, path).status == 204);
  CHECK(desk.get(desk.bearer, path).status == 404);
  CHECK(desk.post(desk.bearer, "/servicePrincipals", R"({"appId":")" + desk.spa + R"("})").status ==
        409);
}

TEST_CASE("web.logoutUrl is where the person's browser goes when they sign out") {
  Desk desk;
  const std::string id =
      desk.create(R"({"displayName":"Tickets","web":{"redirectUris":["https://tickets.test/cb"],)"
                  R"("logoutUrl":"https://tickets.test/out"}})");
  const App made = desk.server.row<App>(AppId{id});
  CHECK(made.frontchannel_logout_uri == "https://tickets.test/out");
  CHECK(made.frontchannel_logout_session_required);
  const GraphReply shown = desk.get(desk.bearer, "/applications/" + id);
  CHECK(shown.body.at("web").as_object().at("logoutUrl") == "https://tickets.test/out");
  CHECK(desk.get(desk.bearer, "/servicePrincipals/" + id).text("logoutUrl") ==
        "https://tickets.test/out");
  // Elsewhere than the application is, nobody is sent.
  CHECK(desk.patch(desk.bearer, "/applications/" + id,
                   R"({"web":{"logoutUrl":"https://evil.test/out"}})")
            .status == 400);
  CHECK(desk.patch(desk.bearer, "/applications/" + id, R"({"web":{"logoutUrl":null}})").status ==
        204);
  const App changed = desk.server.row<App>(AppId{id});
  CHECK_FALSE(changed.frontchannel_logout_uri);
  CHECK(changed.redirect_uris == std::vector<std::string>{"https://tickets.test/cb"});
}

TEST_CASE("a body about an application that says something impossible changes nothing") {
  Desk desk;
  const auto rows = desk.rows();
  for (
      const char* const body :
      {R"({"displayName":""})", R"({"tags":["x"]})", R"({"web":{"redirectUris":["no uri"]}})",
       R"({"identifierUris":["api://files"]})", R"({"identifierUris":"x"})",
       R"({"web":{"redirectUris":["https://a.test/x"]},"spa":{"redirectUris":["https://a.test/y"]}})",
       R"({"signInAudience":"AzureADMultipleOrgs"})"}) {
    CAPTURE(body);
    const int status = desk.patch(desk.bearer, "/applications/" + desk.spa, body).status;
    CHECK((status == 400 || status == 409));
  }
  CHECK(desk.post(desk.bearer, "/applications", "{}").status == 400);
  CHECK(rows == desk.rows());
}

TEST_CASE("a disabled service principal gets nothing any more") {
  Desk desk;
  desk.give_role(desk.server.john.str(), Role::global_administrator);
  const std::string chief = desk.token_of(desk.server.john);
  const std::string theirs = desk.server.app_token().access();
  CHECK(test::ServerFixture::is_active(desk.server.introspect(theirs)));
  const std::string path = "/servicePrincipals/" + desk.server.web.str();
  // The caller's own token is of this application, and ends as well.
  CHECK(desk.patch(chief, path, R"({"accountEnabled":false})").status == 204);
  CHECK_FALSE(test::ServerFixture::is_active(desk.server.introspect(theirs)));
  CHECK_FALSE(desk.server.row<App>(desk.server.web).account_enabled);
  CHECK(desk.get(chief, path).status == 401);
}

TEST_CASE("a secret is shown once, works, and works no more once it is removed") {
  Desk desk;
  const std::string id = desk.create();
  const GraphReply made = desk.post(
      desk.bearer, "/applications/" + id + "/addPassword",
      R"({"passwordCredential":{"displayName":"ci","endDateTime":"2099-01-01T00:00:00Z"}})");
  REQUIRE_MESSAGE(made.status == 200, made.http.body);
  const std::string secret = made.text("secretText");
  CHECK(secret.starts_with(made.text("hint")));
  const GraphReply shown = desk.get(desk.bearer, "/applications/" + id);
  CHECK_FALSE(test::contains(shown.http.body, secret));
  CHECK(shown.body.at("passwordCredentials").as_array().size() == 1);
  const auto ask = [&] {
    return desk.server
        .token({{"grant_type", "client_credentials"},
                {"scope", "api://files/.default"},
                {"client_id", id},
                {"client_secret", secret}})
        .status;
  };
  const int before = ask();
  CHECK(desk.post(desk.bearer, "/applications/" + id + "/removePassword",
                  R"({"keyId":")" + made.text("keyId") + R"("})")
            .status == 204);
  CHECK(ask() == 401);
  CHECK(before != 401);
  CHECK(desk.post(desk.bearer, "/applications/" + id + "/addPassword",
                  R"({"passwordCredential":{"endDateTime":"2001-01-01T00:00:00Z"}})")
            .status == 400);
}

// What an application may do that manages the tenant is for those who may give roles.
TEST_CASE("an application administrator does not get at an application that manages the tenant") {
  Desk desk;
  const std::string id = desk.create();
  desk.give_role(id, Role::privileged_role_administrator);
  const std::string secret_id = new_guid();
  desk.server.put(AppSecret{desk.server.tenant, AppId{id}, secret_id, "hash", "abc", std::nullopt,
                            desk.server.clock.now()});
  const auto rows = desk.rows();
  const std::string app = "/applications/" + id;
  const std::string bodies = R"({"keyId":")" + secret_id + R"("})";
  CHECK(desk.post(desk.bearer, app + "/addPassword", "{}").status == 403);
  CHECK(desk.post(desk.bearer, app + "/removePassword", bodies).status == 403);
  CHECK(desk.patch(desk.bearer, app, R"({"web":{"redirectUris":["https://evil.test/"]}})").status ==
        403);
  CHECK(desk.patch(desk.bearer, "/servicePrincipals/" + id, R"({"accountEnabled":false})").status ==
        403);
  CHECK(desk.remove(desk.bearer, app).status == 403);
  CHECK(rows == desk.rows());
}

// Whoever has its credential gets what it may do in the name of people who are not asked.
TEST_CASE("nor at one that may manage it in the name of everybody, or of one administrator") {
  const std::string gives_roles =
      std::string{kGraphResource} + "/RoleManagement.ReadWrite.Directory";
  for (const bool for_everybody : {true, false}) {
    CAPTURE(for_everybody);
    Desk desk;
    const std::string id = desk.create();
    const std::string app = "/applications/" + id;
    CHECK(desk.post(desk.bearer, app + "/addPassword", "{}").status == 200);
    if (for_everybody) {
      App standing = desk.server.row<App>(AppId{id});
      standing.admin_consented_scopes = {gives_roles};
      desk.server.put(standing);
    } else {
      desk.server.put(Consent{
          desk.server.tenant, desk.server.john, AppId{id}, {gives_roles}, desk.server.clock.now()});
    }
    const auto rows = desk.rows();
    CHECK(desk.post(desk.bearer, app + "/addPassword", "{}").status == 403);
    CHECK(
        desk.patch(desk.bearer, app, R"({"web":{"redirectUris":["https://evil.test/"]}})").status ==
        403);
    CHECK(desk.remove(desk.bearer, app).status == 403);
    CHECK(rows == desk.rows());
  }
}

TEST_CASE("an application's permission for applications is not one for roles") {
  Desk desk;
  const std::string id = desk.create();
  desk.give_role(id, Role::global_administrator);
  const std::string app = "/applications/" + id;
  desk.permit({"Application.ReadWrite.All"});
  const auto rows = desk.rows();
  CHECK(desk.post(desk.app_token(), app + "/addPassword", "{}").status == 403);
  CHECK(desk.patch(desk.app_token(), app, R"({"displayName":"Mine"})").status == 403);
  CHECK(desk.remove(desk.app_token(), app).status == 403);
  CHECK(rows == desk.rows());
  const std::string other = "/applications/" + desk.spa;
  CHECK(desk.patch(desk.app_token(), other, R"({"displayName":"Mine"})").status == 204);
  desk.permit({"Application.ReadWrite.All", "RoleManagement.ReadWrite.Directory"});
  CHECK(desk.post(desk.app_token(), app + "/addPassword", "{}").status == 200);
}

TEST_CASE("nobody but those who manage applications changes one") {
  GraphOffice office;
  const std::string plain = office.token_of(office.server.john);
  const std::string app = "/applications/" + office.server.spa.str();
  const auto rows = office.rows();
  CHECK(office.get(plain, app).status == 200);
  CHECK(office.post(plain, "/applications", R"({"displayName":"X"})").status == 403);
  CHECK(office.patch(plain, app, R"({"displayName":"X"})").status == 403);
  CHECK(office.post(plain, app + "/addPassword", "{}").status == 403);
  CHECK(office.remove(plain, app).status == 403);
  CHECK(rows == office.rows());
}

}  // namespace
}  // namespace curfew
