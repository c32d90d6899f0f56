#include <doctest/doctest.h>

#include <boost/json/object.hpp>

#include "api/admin/admin_endpoints.hpp"
#include "protocol/jose/jwt.hpp"
#include "protocol/oidc/access_token.hpp"
#include "tests/support/at_the_machine.hpp"
#include "tests/support/server_fixture.hpp"

namespace curfew {
namespace {

using test::at_the_machine;
using test::ServerFixture;
using test::TokenAnswer;

HttpResponse patch(ServerFixture& server, const std::string& target, const std::string& body) {
  return at_the_machine(server, HttpMethod::patch, target, body);
}

std::vector<std::string> controls_in(const std::string& access_token) {
  const auto claims = unverified_claims(access_token);
  REQUIRE(claims.ok());
  return parse_access_token_claims(*claims).value().session_controls;
}

TEST_CASE("no endpoint ignores a member that it does not know: it names it, and those it takes") {
  ServerFixture server;
  std::size_t asked = 0;
  for (const EndpointSpec& spec : admin_endpoints()) {
    if (spec.methods.front() == HttpMethod::get) continue;
    CAPTURE(spec.name);
    const std::string target{spec.path.substr(std::string_view{"/curfew/v1"}.size())};
    const HttpResponse refused =
        at_the_machine(server, spec.methods.front(), target, R"({"assignmentRequried":true})");
    CHECK(refused.status == 400);
    CHECK(test::contains(refused.body, "invalid_argument"));
    CHECK(test::contains(refused.body, "assignmentRequried"));
    const bool takes_some = test::contains(refused.body, "there are ");
    CHECK(takes_some != test::contains(refused.body, "this call takes none"));
    ++asked;
  }
  CHECK(asked > 25);
  const HttpResponse refused =
      patch(server, "/apps/" + server.web.str(), R"({"displayName":"New","typo":1})");
  CHECK(test::contains(refused.body, "accountEnabled, displayName, clientType, redirectUris"));
  CHECK(server.row<App>(server.web).display_name == "Payroll");
}

TEST_CASE("a change of an application that is refused in one part changes no other part") {
  ServerFixture server;
  const std::string target = "/apps/" + server.web.str();
  for (const char* body : {R"({"displayName":"New","accountEnabled":"yes"})",
                           R"({"displayName":"New","accountEnabled":false,"redirectUris":["x"]})",
                           R"({"accountEnabled":false,"identifierUris":["api://files"]})"}) {
    CAPTURE(body);
    const HttpResponse response = patch(server, target, body);
    CHECK(response.status >= 400);
    CHECK(response.status < 500);
    const App app = server.row<App>(server.web);
    CHECK(app.display_name == "Payroll");
    CHECK(app.account_enabled);
  }
}

TEST_CASE("a user whose enabling is refused keeps the old name, and so does a device") {
  ServerFixture server;
  Removal removal;
  removal.kind = RemovalKind::disable_user;
  removal.user_id = server.john;
  removal.hold_owner = "run/another";  // not the administrator's to end
  server.take_away(removal);
  const std::string body = R"({"displayName":"New","accountEnabled":true})";
  CHECK(patch(server, "/users/" + server.john.str(), body).status == 409);
  CHECK(server.row<User>(server.john).display_name == "John Doe");
  CHECK_FALSE(server.row<User>(server.john).account_enabled);

  CHECK(patch(server, "/devices/" + server.laptop.str(),
              R"({"displayName":"New","accountEnabled":1})")
            .status == 400);
  CHECK(server.row<Device>(server.laptop).display_name == "Laptop");
}

TEST_CASE("a policy that lets less through ends the access tokens from before at once") {
  for (const bool by_consent : {true, false}) {
    CAPTURE(by_consent);
    ServerFixture server;
    const std::string target = "/apps/" + server.web.str();
    const TokenAnswer tokens = server.signed_in();
    REQUIRE(ServerFixture::is_active(server.introspect(tokens.access())));
    CHECK(patch(server, target, R"({"displayName":"New","appRoleAssignmentRequired":false})")
              .status == 200);
    CHECK(ServerFixture::is_active(server.introspect(tokens.access())));
    const char* const tighter = by_consent
                                    ? R"({"adminConsentedScopes":["api://files/Files.Read"]})"
                                    : R"({"appRoleAssignmentRequired":true})";
    CHECK(patch(server, target, tighter).status == 200);
    CHECK_FALSE(ServerFixture::is_active(server.introspect(tokens.access())));
    // Whoever may still have access gets it silently.
    const TokenAnswer renewed = server.refresh(tokens.refresh());
    CHECK(renewed.status == (by_consent ? 200 : 400));
  }
}

TEST_CASE(
    "a change of session controls outdates what was got before, and the next token says them") {
  ServerFixture server;
  const std::string target = "/apps/" + server.web.str();
  const TokenAnswer tokens = server.signed_in();
  CHECK(controls_in(tokens.access()).empty());
  CHECK(patch(server, target, R"({"sessionControls":["blockDownloads:unmanagedDevice"]})").status ==
        200);
  CHECK_FALSE(ServerFixture::is_active(server.introspect(tokens.access())));
  const TokenAnswer renewed = server.refresh(tokens.refresh());
  REQUIRE(renewed.status == 200);
  CHECK(ServerFixture::is_active(server.introspect(renewed.access())));
  CHECK(controls_in(renewed.access()) == std::vector<std::string>{"blockDownloads"});

  // Also for the better, and what changes nothing costs nobody anything.
  CHECK(patch(server, target, R"({"displayName":"Payroll 2"})").status == 200);
  CHECK(ServerFixture::is_active(server.introspect(renewed.access())));
  CHECK(patch(server, target, R"({"sessionControls":[]})").status == 200);
  CHECK_FALSE(ServerFixture::is_active(server.introspect(renewed.access())));
  CHECK(controls_in(server.refresh(renewed.refresh()).access()).empty());
}

TEST_CASE("what a resource asks for is in the tokens that its clients get") {
  ServerFixture server;
  CHECK(patch(server, "/apps/" + server.files.str(), R"({"sessionControls":["monitorOnly"]})")
            .status == 200);
  CHECK(controls_in(server.signed_in().access()) == std::vector<std::string>{"monitorOnly"});
}

TEST_CASE("a session control that there is not is refused with those that there are") {
  ServerFixture server;
  const std::string target = "/apps/" + server.web.str();
  for (const char* const wrong :
       {R"(["block"])", R"(["monitorOnly:sometimes"])", R"("monitorOnly")",
        R"(["monitorOnly","monitorOnly","monitorOnly","monitorOnly",
                                      "monitorOnly","monitorOnly","monitorOnly"])"}) {
    CAPTURE(wrong);
    const HttpResponse refused =
        patch(server, target, R"({"sessionControls":)" + std::string{wrong} + "}");
    CHECK(refused.status == 400);
    CHECK(test::contains(refused.body, "sessionControls"));
  }
  CHECK(server.row<App>(server.web).session_controls.empty());
}

TEST_CASE("an application is called by an absolute URI of its own, and by no other's") {
  ServerFixture server;
  const std::string target = "/apps/" + server.web.str();
  const auto status_for = [&](const std::string& uris) {
    return patch(server, target, R"({"identifierUris":[)" + uris + "]}").status;
  };
  CHECK(status_for(R"("payroll")") == 400);
  CHECK(status_for(R"("http://payroll.contoso.test")") == 400);
  CHECK(status_for(R"("api://payroll","api://payroll")") == 400);
  CHECK(status_for(R"("api://files")") == 409);
  CHECK(status_for(R"("API://Files")") == 409);
  CHECK(status_for(R"("api://)" + server.files.str() + "\"") == 409);
  CHECK(status_for(R"("api://curfew")") == 409);
  CHECK(status_for("\"" + server.context->userinfo_audience() + "\"") == 409);
  CHECK(status_for(R"("HTTPS://login.contoso.test")") == 409);
  CHECK(server.row<App>(server.web).identifier_uris.empty());
  CHECK(status_for(R"("api://)" + server.web.str() + R"(","api://payroll")") == 200);
  CHECK(server.row<App>(server.web).identifier_uris.size() == 2);
}

TEST_CASE("a permission is called by one scope token, in an application's own list and consented") {
  ServerFixture server;
  const std::string target = "/apps/" + server.files.str();
  const auto answer_to = [&](const std::string& member, const std::string& name) {
    return patch(server, target, R"({")" + member + R"(":[")" + name + R"("]})");
  };
  for (const char* const name :
       {"", "read admin", "x/y", "a\\\"b", "a\\\\b", "\xC3\xA4", ".default"}) {
    CAPTURE(std::string{name});
    const HttpResponse refused = answer_to("exposedScopes", name);
    CHECK(refused.status == 400);
    CHECK(test::contains(refused.body, "exposedScopes: "));
    CHECK(answer_to("adminConsentedScopes", std::string{"api://files/"} + name).status ==
          (std::string_view{name} == "x/y" ? 200 : 400));
  }
  for (const char* const entry : {"read", "/read", ""}) {
    CAPTURE(std::string{entry});
    const HttpResponse refused = answer_to("adminConsentedScopes", entry);
    CHECK(refused.status == 400);
    CHECK(test::contains(refused.body, "adminConsentedScopes: "));
  }
  CHECK(server.row<App>(server.files).exposed_scopes.size() == 2);
  CHECK(answer_to("exposedScopes", "Files.Read").status == 200);
}

TEST_CASE("names that were stored before they were checked keep nobody from other changes") {
  ServerFixture server;
  server.change<App>(server.files, [](App& app) { app.exposed_scopes = {"x/y", "read admin"}; });
  const std::string target = "/apps/" + server.files.str();
  CHECK(patch(server, target, R"({"displayName":"New"})").status == 200);
  CHECK(patch(server, target, R"({"exposedScopes":["x/y"]})").status == 400);
}

TEST_CASE("what an application was called before such names were checked keeps nobody from it") {
  ServerFixture server;
  App app = server.row<App>(server.web);
  app.identifier_uris = {"payroll", "api://FILES"};
  server.put(app);
  const std::string target = "/apps/" + server.web.str();
  CHECK(patch(server, target, R"({"accountEnabled":false})").status == 200);
  CHECK_FALSE(server.row<App>(server.web).account_enabled);
  CHECK(patch(server, target, R"({"appRoleAssignmentRequired":true})").status == 200);
  CHECK(patch(server, target, R"({"identifierUris":["payroll"]})").status == 400);
}

TEST_CASE("a change that is allowed changes every part of it") {
  ServerFixture server;
  CHECK(
      patch(server, "/apps/" + server.web.str(), R"({"displayName":"New","accountEnabled":false})")
          .status == 200);
  const App app = server.row<App>(server.web);
  CHECK(app.display_name == "New");
  CHECK_FALSE(app.account_enabled);
  CHECK(patch(server, "/users/" + server.john.str(),
              R"({"displayName":"New","accountEnabled":false})")
            .status == 200);
  CHECK(server.row<User>(server.john).display_name == "New");
  CHECK_FALSE(server.row<User>(server.john).account_enabled);
}

}  // namespace
}  // namespace curfew
