// Global Token Revocation (draft-parecki-oauth-global-token-revocation-04) and Okta's JWT for it.
#include <doctest/doctest.h>

#include "model/role.hpp"
#include "protocol/global_revocation/global_revocation.hpp"
#include "store/schema_runs.hpp"
#include "tests/support/admin_office.hpp"
#include "tests/support/client_signer.hpp"

namespace curfew {
namespace {

using namespace std::chrono_literals;
using namespace curfew::test;

const std::string kPermission = std::string{kGraphResource} + "/User.RevokeSessions.All";

struct Asked {
  Asked() { permit({kPermission}); }

  void permit(const std::vector<std::string>& permissions) {
    server.change<App>(server.web, [&](App& app) { app.application_permissions = permissions; });
  }
  std::string token() {
    return server.app_token(std::string{kGraphResource} + "/.default").access();
  }
  [[nodiscard]] std::string path() const { return server.path(std::string{kGlobalRevocationPath}); }
  HttpResponse ask(const std::string& bearer, const std::string& body,
                   const std::string& client = "") {
    HttpRequest request = server.get(path() + client, {{"Authorization", "Bearer " + bearer},
                                                       {"Content-Type", "application/json"}});
    request.method = HttpMethod::post;
    request.body = body;
    return server.send(std::move(request));
  }
  // As Okta signs it.
  boost::json::object claims() const {
    const std::int64_t now = to_unix_seconds(server.clock.now());
    return {{"jti", random_token(16)},
            {"iss", "https://contoso.okta.test"},
            {"sub", "0oa1"},
            {"aud", server.base_url + path() + "/" + server.web.str()},
            {"exp", now + 300},
            {"nbf", now - 300},
            {"iat", now}};
  }
  [[nodiscard]] std::string sign(const boost::json::object& claims,
                                 std::string_view typ = kGlobalRevocationTyp) const {
    boost::json::object header = signer.header();
    header["typ"] = typ;
    return sign_compact(signer.key(), header, claims);
  }
  HttpResponse ask_as_provider(const std::string& compact, const std::string& body) {
    return ask(compact, body, "/" + server.web.str());
  }
  std::string about_john(const std::string& member = "sub_id") const {
    return "{\"" + member + "\":{\"format\":\"email\",\"email\":\"" + server.upn + "\"}}";
  }
  bool john_is_in(const TokenAnswer& tokens) { return server.refresh(tokens.refresh()).ok(); }
  std::size_t runs() { return server.all<Run>().size(); }

  Office office;
  ServerFixture& server = office.server;
  ClientSigner signer{server, server.web};
};

TEST_CASE_FIXTURE(Asked,
                  "3.: an application ends everything that a person has, and not the account") {
  const TokenAnswer tokens = server.signed_in();
  REQUIRE(tokens.ok());
  for (const char* const member : {"sub_id", "subject"}) {
    const HttpResponse answer = ask(token(), about_john(member));
    CHECK(answer.status == 204);
    CHECK(answer.body.empty());
  }
  CHECK_FALSE(john_is_in(tokens));
  CHECK_FALSE(ServerFixture::is_active(server.introspect(tokens.access())));
  CHECK(server.row<User>(server.john).account_enabled);
  CHECK(server.signed_in().ok());
  REQUIRE(runs() == 2);
  CHECK(server.all<Run>().front().mode == RunMode::sessions_only);
  CHECK(server.all<Run>().front().actor_id == server.web.str());
}

TEST_CASE_FIXTURE(Asked,
                  "3.: a person is known by address, by our own issuer and subject, or by id") {
  const auto status = [&](const RevokedSubject& subject) {
    return ask(token(), global_revocation_body(subject)).status;
  };
  const std::string issuer = server.context->issuer();
  CHECK(status({SubjectFormat::email, "", "JohnDoe@Contoso.com"}) == 204);
  CHECK(status({SubjectFormat::email, "", "john.doe@contoso.com"}) == 204);
  CHECK(status({SubjectFormat::iss_sub, issuer, server.john.str()}) == 204);
  CHECK(status({SubjectFormat::opaque, "", server.john.str()}) == 204);
  CHECK(status({SubjectFormat::email, "", "nobody@contoso.com"}) == 404);
  CHECK(status({SubjectFormat::iss_sub, "https://other", server.john.str()}) == 404);
  CHECK(status({SubjectFormat::opaque, "", "x"}) == 404);
  CHECK(ask(token(), R"({"sub_id":{"format":"did","url":"did:x"}})").status == 400);
  CHECK(ask(token(), "{").status == 400);
}

TEST_CASE_FIXTURE(Asked, "4.: nobody ends anything without the permission for it") {
  CHECK(server.send(server.post(path(), {})).status == 401);
  CHECK(ask("nonsense", about_john()).status == 401);
  CHECK(ask(server.app_token().access(), about_john()).status == 401);  // for another resource
  permit({});
  CHECK(ask(token(), about_john()).status == 403);
  // A person's token does not do, whatever the person may do themselves.
  permit({kPermission});
  office.give_role(server.john.str(), Role::global_administrator);
  ServerFixture::CodeOptions wanted;
  wanted.resource = std::string{kGraphResource};
  wanted.scopes = {"offline_access", kPermission};
  server.change<App>(server.web, [](App& app) { app.admin_consented_scopes = {kPermission}; });
  const TokenAnswer johns =
      server.redeem(server.add_code(server.add_session(server.john).row, wanted));
  REQUIRE(johns.ok());
  CHECK(ask(johns.access(), about_john()).status == 403);
  CHECK(runs() == 0);
}

TEST_CASE_FIXTURE(Asked, "whoever holds a directory role is not an application's to sign out") {
  const TokenAnswer tokens = server.signed_in();
  office.give_role(server.john.str(), Role::global_administrator);
  CHECK(ask(token(), about_john()).status == 422);
  CHECK(john_is_in(tokens));
}

TEST_CASE_FIXTURE(
    Asked, "an identity provider proves itself by a token of its own kind, for this address") {
  const TokenAnswer tokens = server.signed_in();
  const std::string compact = sign(claims());
  CHECK(ask_as_provider(compact, about_john()).status == 204);
  CHECK_FALSE(john_is_in(tokens));
  // The same again is the same run.
  CHECK(ask_as_provider(compact, about_john()).status == 204);
  CHECK(runs() == 1);
  CHECK(ask_as_provider(sign(claims()), about_john()).status == 204);
  CHECK(runs() == 2);
}

TEST_CASE_FIXTURE(Asked,
                  "a token of another kind, for another address, too old or too long is refused") {
  const auto refused = [&](const std::string& compact) {
    CHECK(ask_as_provider(compact, about_john()).status == 401);
  };
  refused(sign(claims(), "JWT"));
  refused(sign(claims(), "client-authentication+jwt"));
  refused(signer.assertion());
  refused(token());
  const std::int64_t now = to_unix_seconds(server.clock.now());
  for (const boost::json::object& change :
       {boost::json::object{{"aud", "https://elsewhere.test/global-token-revocation"}},
        boost::json::object{{"aud", server.context->issuer()}},
        boost::json::object{{"exp", now - 60}}, boost::json::object{{"exp", now + 3600}},
        boost::json::object{{"jti", ""}}, boost::json::object{{"iss", 7}}}) {
    boost::json::object wrong = claims();
    for (const auto& [name, value] : change) wrong[name] = value;
    CAPTURE(boost::json::serialize(change));
    refused(sign(wrong));
  }
  const ClientSigner other{server, server.files};
  boost::json::object header = other.header();
  header["typ"] = kGlobalRevocationTyp;
  refused(sign_compact(other.key(), header, claims()));
  CHECK(runs() == 0);
}

TEST_CASE_FIXTURE(Asked, "a provider whose key, application or permission was taken ends nothing") {
  const auto status = [&] { return ask_as_provider(sign(claims()), about_john()).status; };
  REQUIRE(status() == 204);
  SUBCASE("key") {
    Removal removal;
    removal.kind = RemovalKind::remove_client_key;
    removal.app_id = server.web;
    removal.object_id = signer.key_id();
    server.take_away(removal);
    CHECK(status() == 401);
  }
  SUBCASE("application") {
    Removal removal;
    removal.kind = RemovalKind::disable_app;
    removal.app_id = server.web;
    server.take_away(removal);
    CHECK(status() == 401);
  }
  SUBCASE("permission") {
    permit({});
    CHECK(status() == 403);
  }
  CHECK(runs() == 1);
}

}  // namespace
}  // namespace curfew
