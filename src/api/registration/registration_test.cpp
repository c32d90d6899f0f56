// Applications that register themselves (RFC 7591, RFC 7592), and what keeps them strangers.
#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <string>

#include "base/limits.hpp"
#include "store/schema_clients.hpp"
#include "store/schema_registration.hpp"
#include "tests/support/client_signer.hpp"
#include "tests/support/registry.hpp"

namespace curfew {
namespace {

namespace bj = boost::json;
using namespace test::registry;
using namespace std::chrono_literals;
using test::answer_in;
using test::contains;
using test::field;
using test::Fields;
using test::header_of;
using test::input_value;
using test::Office;
using test::ServerFixture;
using test::TokenAnswer;

// --- who may register

TEST_CASE("nobody registers at a server whose operator does not want it") {
  Registry registry;
  const std::string token = registry.new_token();
  const TokenAnswer made = registry.registered();
  registry.server.context->registers_clients = false;
  const TokenAnswer refused = registry.register_with(token, portal());
  CHECK(refused.status == 403);
  CHECK(refused.error() == "registration_not_supported");
  CHECK(registry.manage(HttpMethod::get, made).status == 403);
  CHECK(registry.call(registry.admin, HttpMethod::post, "/registration-tokens", "{}").status ==
        409);
  const std::string discovery = "/v2.0/.well-known/openid-configuration";
  const auto metadata = [&] {
    return registry.server.send(registry.server.get(registry.server.path(discovery))).body;
  };
  CHECK_FALSE(contains(metadata(), "registration_endpoint"));
  registry.server.context->registers_clients = true;
  CHECK(contains(metadata(), registry.server.base_url + registry.path));
}

TEST_CASE("RFC 7591 3: without a token of an administrator nothing is registered") {
  Registry registry;
  const std::size_t before = registry.app_count();
  for (const std::string& token : {std::string{}, std::string{"made-up"}, registry.admin,
                                   registry.server.app_token().access()}) {
    const TokenAnswer refused = registry.register_with(token, portal());
    CHECK(refused.status == 401);
    CHECK(refused.error() == "invalid_token");
    CHECK(contains(header_of(refused.http, "www-authenticate"), "Bearer"));
  }
  // Not in the address, where it would be logged.
  const std::string token = registry.new_token();
  CHECK(
      registry.send(HttpMethod::post, registry.path + "?access_token=" + token, "", "{}").status ==
      401);
  CHECK(registry.app_count() == before);
}

TEST_CASE("RFC 7591 3.2.1: the answer has what the client needs and what was kept") {
  Registry registry;
  bj::object metadata = portal();
  metadata["grant_types"] = bj::array{"authorization_code", "refresh_token"};
  metadata["scope"] = "openid offline_access api://files/Files.Read";
  metadata["contacts"] = bj::array{"ops@new.contoso.test"};
  metadata["unknown_member"] = 1;
  const TokenAnswer made = registry.registered(metadata);
  CHECK(made.http.status == 201);
  CHECK(header_of(made.http, "cache-control") == "no-store");
  CHECK(made.text("client_id").size() == 36);
  CHECK_FALSE(made.text("client_secret").empty());
  CHECK(made.body.at("client_secret_expires_at").as_int64() == 0);
  CHECK(made.body.contains("client_id_issued_at"));
  CHECK_FALSE(made.text("registration_access_token").empty());
  CHECK(made.text("registration_client_uri") ==
        registry.server.base_url + registry.path + "/" + made.text("client_id"));
  CHECK(made.text("token_endpoint_auth_method") == "client_secret_basic");
  CHECK(made.text("scope") == "openid offline_access api://files/Files.Read");
  CHECK(made.body.at("contacts") == bj::array{"ops@new.contoso.test"});
  CHECK(made.body.at("response_types") == bj::array{"code"});
  CHECK_FALSE(made.body.contains("unknown_member"));
  // No secret is kept as it is.
  const Registration row = registry.server.row<Registration>(AppId{made.text("client_id")});
  CHECK(row.hash != made.text("registration_access_token"));
  CHECK_FALSE(contains(row.metadata, made.text("client_secret")));
}

TEST_CASE("a registered application gets a person's tokens once that person agreed") {
  Registry registry;
  bj::object metadata = portal();
  metadata["grant_types"] = bj::array{"authorization_code", "refresh_token"};
  const TokenAnswer made = registry.registered(metadata);
  const std::string code = registry.code_for(
      made.text("client_id"), {{"scope", "openid offline_access api://files/Files.Read"}});
  REQUIRE_FALSE(code.empty());
  const TokenAnswer tokens = registry.redeem_as(made, code);
  CAPTURE(tokens.http.body);
  CHECK(tokens.ok());
  CHECK_FALSE(tokens.refresh().empty());
}

TEST_CASE("a token is good for so many applications, and no more") {
  Registry registry;
  const std::string token = registry.new_token({{"uses", 2}});
  CHECK(registry.register_with(token, portal()).status == 201);
  // What is refused uses nothing up.
  CHECK(registry.register_with(token, {{"redirect_uris", bj::array{"http://x.test/"}}}).status ==
        400);
  CHECK(registry.register_with(token, portal()).status == 201);
  CHECK(registry.register_with(token, portal()).status == 401);
}

TEST_CASE("a token ends with its time, and when it is removed") {
  Registry registry;
  const std::string token = registry.new_token({{"lifetimeSeconds", 60}, {"uses", 5}});
  CHECK(registry.register_with(token, portal()).status == 201);
  registry.server.clock.advance(61s);
  CHECK(registry.register_with(token, portal()).status == 401);

  const bj::object other = registry.made_token({{"uses", 5}});
  const std::string text{other.at("tokenText").as_string()};
  const TokenAnswer made = registry.register_with(text, portal());
  CHECK(made.status == 201);
  const std::string at = "/registration-tokens/" + std::string{other.at("id").as_string()};
  CHECK(registry.call(registry.admin, HttpMethod::delete_, at).status == 200);
  CHECK(registry.register_with(text, portal()).status == 401);
  // What came with it cannot change itself any more; the application is there.
  CHECK(registry.manage(HttpMethod::get, made).status == 401);
  CHECK(registry.app_of(made).account_enabled);
}

TEST_CASE("whoever may register no application any more has no deputies who may") {
  Registry registry;
  const std::string token = registry.new_token();
  CHECK(registry.register_with(token, portal()).status == 201);
  Removal removal;
  removal.kind = RemovalKind::remove_role;
  removal.user_id = registry.server.john;
  removal.role_id = Office::role_id(Role::global_administrator);
  registry.server.take_away(removal);
  CHECK(registry.register_with(token, portal()).status == 401);
}

TEST_CASE("revoking an administrator ends the tokens that they handed out, and what came of them") {
  for (const RemovalKind kind : {RemovalKind::revoke_user, RemovalKind::revoke_sessions}) {
    CAPTURE(to_string(kind));
    Registry registry;
    const std::string token = registry.new_token();
    const TokenAnswer made = registry.register_with(token, portal());
    REQUIRE(made.status == 201);
    registry.server.take_away(kind);
    CHECK(registry.register_with(token, portal()).status == 401);
    CHECK(registry.manage(HttpMethod::get, made).status == 401);
    CHECK(registry.manage(HttpMethod::put, made, registry.replacement(made)).status == 401);
    CHECK(registry.manage(HttpMethod::delete_, made).status == 401);
  }
}

TEST_CASE("a run on an administrator finds what they handed out, and removes it") {
  Registry registry;
  static_cast<void>(registry.registered());
  const HttpResponse shown = registry.call(registry.admin, HttpMethod::get,
                                           "/users/" + registry.server.john.str() + "/access");
  CHECK(shown.status == 200);
  CHECK(contains(shown.body, "\"kind\":\"registration\""));
  CHECK(contains(shown.body, "registered themselves with the subject's tokens"));
}

TEST_CASE("a token is made only by who may register applications, within its limits") {
  Registry registry;
  const auto status = [&](const bj::object& wish) {
    return registry
        .call(registry.admin, HttpMethod::post, "/registration-tokens", bj::serialize(wish))
        .status;
  };
  CHECK(status({{"uses", 0}}) == 400);
  CHECK(status({{"uses", limits::kRegistrationTokenUsesMax + 1}}) == 400);
  CHECK(status({{"lifetimeSeconds", 59}}) == 400);
  CHECK(status({{"lifetimeSeconds", 91 * 24 * 3600}}) == 400);
  CHECK(status({{"grantTypes", bj::array{"implicit"}}}) == 400);
  CHECK(status({{"grantTypes", bj::array{}}}) == 400);
  CHECK(status({{"displayName", std::string(257, 'x')}}) == 400);
  CHECK(status({{"grantTypes", bj::array{"client_credentials"}}}) == 201);
  const HttpResponse list = registry.call(registry.admin, HttpMethod::get, "/registration-tokens");
  CHECK(contains(list.body, "\"usesLeft\":1"));
  CHECK_FALSE(contains(list.body, "tokenText"));

  Office other;
  other.server.context->registers_clients = true;
  const std::string helpdesk = other.token_of_john(Role::helpdesk_administrator);
  CHECK(other.call(helpdesk, HttpMethod::post, "/registration-tokens", "{}").status == 403);
}

// --- what may be registered

TEST_CASE("the rules of the metadata are the errors of RFC 7591 3.2.2") {
  Registry registry;
  const std::string token = registry.new_token();
  const auto error = [&](const bj::object& metadata) {
    const TokenAnswer refused = registry.register_with(token, metadata);
    CHECK(refused.status == 400);
    return refused.error();
  };
  CHECK(error({{"redirect_uris", bj::array{"http://new.contoso.test/"}}}) ==
        "invalid_redirect_uri");
  bj::object statement = portal();
  statement["software_statement"] = "eyJ";
  CHECK(error(statement) == "invalid_software_statement");
  bj::object grants = portal();
  grants["grant_types"] = bj::array{"authorization_code", "client_credentials"};
  CHECK(error(grants) == "invalid_client_metadata");  // not what the token allows
  bj::object keys = portal();
  keys["token_endpoint_auth_method"] = "private_key_jwt";
  keys["jwks"] = bj::object{{"keys", bj::array{bj::object{{"kty", "oct"}, {"k", "AAAA"}}}}};
  CHECK(error(keys) == "invalid_client_metadata");
  CHECK(registry.send(HttpMethod::post, registry.path, token, "{}", "text/plain").status == 400);
  CHECK(registry.send(HttpMethod::post, registry.path, token, "not json").status == 400);
}

TEST_CASE("a scope is one that a person can agree to") {
  Registry registry;
  const std::string token = registry.new_token();
  for (const char* const scope :
       {"api://curfew/manage", "https://graph.microsoft.com/User.ReadWrite.All",
        "api://files/.default", "api://files/Unknown", "api://nowhere/Read",
        "Directory.Read.All"}) {
    CAPTURE(scope);
    bj::object metadata = portal();
    metadata["scope"] = scope;
    CHECK(registry.register_with(token, metadata).error() == "invalid_client_metadata");
  }
  bj::object metadata = portal();
  metadata["scope"] = "openid User.Read api://files/Files.Read";
  CHECK(registry.register_with(token, metadata).status == 201);
}

TEST_CASE("a client with a key signs; one without a secret is public and must use PKCE") {
  Registry registry;
  bj::object metadata = portal();
  metadata["token_endpoint_auth_method"] = "none";
  const TokenAnswer open = registry.registered(metadata);
  CHECK(open.text("client_secret").empty());
  const App app = registry.app_of(open);
  CHECK(app.client_type == ClientType::public_client);
  CHECK(app.require_pkce);
  CHECK(app.spa_origins == std::vector<std::string>{"https://new.contoso.test"});

  const SigningKey key = SigningKey::generate(SignatureAlg::es256).value();
  metadata["token_endpoint_auth_method"] = "private_key_jwt";
  metadata["jwks"] = bj::object{{"keys", bj::array{bj::parse(public_jwk_json(key.verify_key()))}}};
  const TokenAnswer signing = registry.registered(metadata);
  CHECK(signing.text("client_secret").empty());
  CHECK(signing.body.contains("jwks"));
  CHECK(registry.server.all<ClientKey>().size() == 1);
}

TEST_CASE("scripts of any origin may register, as RFC 9700 lets them") {
  Registry registry;
  HttpRequest preflight = registry.server.get(registry.path + "/x", {{"Origin", "https://a.test"}});
  preflight.method = HttpMethod::options;
  const HttpResponse allowed = registry.server.send(std::move(preflight));
  CHECK(allowed.status == 204);
  CHECK(contains(header_of(allowed, "access-control-allow-methods"), "DELETE"));
  CHECK(header_of(registry.registered().http, "access-control-allow-origin") == "*");
}

// --- a stranger stays one

TEST_CASE("each person is asked before a registered application gets anything, whatever it is") {
  Registry registry;
  const std::string client = registry.registered().text("client_id");
  test::TestBrowser browser = registry.signed_in_browser();
  const HttpResponse page = browser.get(registry.target(client));
  CHECK(Registry::asks(page));
  CHECK(contains(page.body, "registered itself"));
  CHECK(contains(page.body, "new.contoso.test"));
  const HttpResponse agreed = registry.accept(browser, page);
  CHECK(agreed.status == 303);
  // Once is enough.
  CHECK(browser.get(registry.target(client)).status == 303);
}

TEST_CASE("nobody agrees for everybody to what registered itself, and gives it nothing else") {
  Registry registry;
  const std::string client = registry.registered().text("client_id");
  for (const char* const body : {R"({"adminConsentedScopes":["api://files/Files.Read"]})",
                                 R"({"applicationPermissions":["api://files/Files.Read"]})"}) {
    const HttpResponse refused =
        registry.call(registry.admin, HttpMethod::patch, "/apps/" + client, body);
    CHECK(refused.status == 409);
    CHECK(contains(refused.body, "registered itself"));
  }
  const HttpResponse shown = registry.call(registry.admin, HttpMethod::get, "/apps/" + client);
  CHECK_FALSE(contains(shown.body, "\"registeredWith\":null"));
}

TEST_CASE("it asks for no more than it registered, and uses no other grant") {
  Registry registry;
  bj::object metadata = portal();
  metadata["scope"] = "openid api://files/Files.Read";
  const TokenAnswer made = registry.registered(metadata);
  const std::string client = made.text("client_id");
  test::TestBrowser browser = registry.signed_in_browser();
  for (const Fields& more :
       {Fields{{"scope", "openid api://files/Files.Write"}}, Fields{{"scope", "openid profile"}},
        Fields{{"scope", "openid"}, {"resource", "api://files"}}}) {
    const HttpResponse refused = browser.get(registry.target(client, more));
    CHECK(refused.status == 400);
    CHECK(contains(refused.body, "more than the scope that it registered"));
  }
  const std::string code = registry.code_for(client, {{"scope", "openid api://files/Files.Read"}});
  REQUIRE_FALSE(code.empty());
  CHECK(registry.redeem_as(made, code).refresh().empty());
  const TokenAnswer own = registry.server.token({{"grant_type", "client_credentials"},
                                                 {"scope", "api://files/.default"},
                                                 {"client_id", client},
                                                 {"client_secret", made.text("client_secret")}});
  CHECK(own.error() == "unauthorized_client");
}

TEST_CASE("without refresh_token among its grants there is none, whatever the scope") {
  Registry registry;
  const TokenAnswer made = registry.registered();
  const std::string code =
      registry.code_for(made.text("client_id"), {{"scope", "openid offline_access"}});
  REQUIRE_FALSE(code.empty());
  const TokenAnswer tokens = registry.redeem_as(made, code);
  CHECK(tokens.ok());
  CHECK(tokens.refresh().empty());
}

// --- RFC 7592

TEST_CASE("RFC 7592 2.1: a client reads what it registered, with its own token alone") {
  Registry registry;
  const TokenAnswer made = registry.registered();
  const TokenAnswer other = registry.registered();
  const TokenAnswer shown = registry.manage(HttpMethod::get, made);
  CHECK(shown.status == 200);
  CHECK(shown.text("client_id") == made.text("client_id"));
  CHECK(shown.text("registration_access_token") == made.text("registration_access_token"));
  CHECK_FALSE(shown.body.contains("client_secret"));
  const std::string at = registry.path + "/" + made.text("client_id");
  for (const std::string& wrong :
       {other.text("registration_access_token"), made.text("client_secret"), std::string{"x"},
        registry.new_token(), registry.admin, std::string{}}) {
    CHECK(registry.send(HttpMethod::get, at, wrong).status == 401);
    CHECK(registry.send(HttpMethod::delete_, at, wrong).status == 401);
    CHECK(registry.send(HttpMethod::put, at, wrong, "{}").status == 401);
  }
  CHECK(registry
            .send(HttpMethod::get, registry.path + "/" + registry.server.web.str(),
                  made.text("registration_access_token"))
            .status == 401);
}

TEST_CASE("RFC 7592 2.2: a replacement replaces all of it") {
  Registry registry;
  bj::object metadata = portal();
  metadata["post_logout_redirect_uris"] = bj::array{"https://new.contoso.test/bye"};
  const TokenAnswer made = registry.registered(metadata);
  bj::object wanted = registry.replacement(made, "https://new.contoso.test/second");
  wanted["client_secret"] = made.text("client_secret");
  const TokenAnswer changed = registry.manage(HttpMethod::put, made, wanted);
  CAPTURE(changed.http.body);
  CHECK(changed.status == 200);
  const App app = registry.app_of(made);
  CHECK(app.redirect_uris == std::vector<std::string>{"https://new.contoso.test/second"});
  CHECK(app.post_logout_redirect_uris.empty());
  // Its secret still works.
  CHECK(registry.server
            .token({{"grant_type", "authorization_code"},
                    {"code", "x"},
                    {"client_id", made.text("client_id")},
                    {"client_secret", made.text("client_secret")}})
            .error() == "invalid_grant");
}

TEST_CASE("RFC 7592 2.2: a replacement that is wrong changes nothing") {
  Registry registry;
  const TokenAnswer made = registry.registered();
  std::vector<bj::object> wrong(5, registry.replacement(made));
  wrong[0]["client_id"] = registry.server.web.str();
  wrong[1]["client_secret"] = "another";
  wrong[2]["token_endpoint_auth_method"] = "none";
  wrong[3]["grant_types"] = bj::array{"authorization_code", "client_credentials"};
  wrong[4]["redirect_uris"] = bj::array{"http://new.contoso.test/"};
  for (const bj::object& body : wrong) {
    CHECK(registry.manage(HttpMethod::put, made, body).status == 400);
  }
  CHECK(registry.app_of(made).redirect_uris == std::vector<std::string>{kCallback});
}

TEST_CASE("whoever changes where an application is must be agreed to anew") {
  Registry registry;
  const TokenAnswer made = registry.registered();
  const std::string client = made.text("client_id");
  test::TestBrowser john = registry.signed_in_browser();
  static_cast<void>(registry.accept(john, john.get(registry.target(client))));
  REQUIRE(john.get(registry.target(client)).status == 303);
  registry.server.clock.advance(1s);
  const std::string elsewhere = "https://elsewhere.test/callback";
  REQUIRE(registry.manage(HttpMethod::put, made, registry.replacement(made, elsewhere)).status ==
          200);
  CHECK(Registry::asks(john.get(registry.target(client, {{"redirect_uri", elsewhere}}))));
}

TEST_CASE("RFC 7592 2.3: a client that removes itself ends all that it got") {
  Registry registry;
  bj::object metadata = portal();
  metadata["grant_types"] = bj::array{"authorization_code", "refresh_token"};
  const TokenAnswer made = registry.registered(metadata);
  const TokenAnswer tokens = registry.redeem_as(
      made, registry.code_for(made.text("client_id"),
                              {{"scope", "openid offline_access api://files/Files.Read"}}));
  REQUIRE(tokens.ok());
  CHECK(ServerFixture::is_active(registry.server.introspect(tokens.access())));
  CHECK(registry.manage(HttpMethod::delete_, made).status == 204);
  CHECK_FALSE(ServerFixture::is_active(registry.server.introspect(tokens.access())));
  CHECK(registry.manage(HttpMethod::get, made).status == 401);
  CHECK(registry.server
            .token({{"grant_type", "refresh_token"},
                    {"refresh_token", tokens.refresh()},
                    {"client_id", made.text("client_id")},
                    {"client_secret", made.text("client_secret")}})
            .status == 401);
  CHECK(registry.server.all<Registration>().empty());
}

TEST_CASE("a disabled application manages itself no more, and its token stays dead") {
  Registry registry;
  const TokenAnswer made = registry.registered();
  const std::string at = "/apps/" + made.text("client_id");
  CHECK(
      registry.call(registry.admin, HttpMethod::patch, at, R"({"accountEnabled":false})").status ==
      200);
  CHECK(registry.manage(HttpMethod::get, made).status == 401);
  CHECK(registry.call(registry.admin, HttpMethod::patch, at, R"({"accountEnabled":true})").status ==
        200);
  CHECK(registry.manage(HttpMethod::get, made).status == 401);
}

TEST_CASE("registering is audited in the name of whoever made the token") {
  Registry registry;
  const TokenAnswer made = registry.registered();
  const HttpResponse audit = registry.call(registry.admin, HttpMethod::get, "/audit");
  CHECK(contains(audit.body, "app.register"));
  CHECK(contains(audit.body, "registered itself with the initial access token"));
  CHECK_FALSE(contains(audit.body, made.text("registration_access_token")));
}

}  // namespace
}  // namespace curfew
