#include "api/admin/admin_call.hpp"

#include <doctest/doctest.h>

#include "revocation/facts.hpp"
#include "store/audit.hpp"
#include "store/schema_runs.hpp"
#include "tests/support/admin_office.hpp"

namespace curfew {
namespace {

using test::Fields;
using test::Office;
using test::ServerFixture;
using test::TokenAnswer;

TEST_CASE("an API key gives nothing any more once its application has lost the role") {
  Office office;
  ServerFixture& server = office.server;
  office.give_role(server.web.str(), Role::groups_administrator);
  const std::string key = server.add_api_key(server.web, {"api://curfew/manage"});
  office.store->overtake = [&] {
    Removal removal;
    removal.kind = RemovalKind::remove_role;
    removal.app_id = server.web;
    removal.role_id = Office::role_id(Role::groups_administrator);
    server.take_away(removal);
  };
  const std::string body = R"({"displayName":"Door"})";
  CHECK(office.call(key, HttpMethod::post, "/groups", body).status == 403);
  CHECK(server.all<Group>().size() == 1);
}

TEST_CASE("who may not give roles cannot take over an application that manages the tenant") {
  Office office;
  ServerFixture& server = office.server;
  const std::string token = office.token_of_john(Role::application_administrator);
  const std::string stolen = R"({"redirectUris":["https://door.test/"]})";
  for (const std::string& id :
       {std::string{kCliClientId}, std::string{kAdminApiAppId}, server.web.str()}) {
    CAPTURE(id);
    const auto before = server.row<App>(AppId{id}).redirect_uris;
    CHECK(office.call(token, HttpMethod::patch, "/apps/" + id, stolen).status == 403);
    CHECK(server.row<App>(AppId{id}).redirect_uris == before);
  }
  office.give_role(server.files.str(), Role::user_administrator);
  CHECK(office.call(token, HttpMethod::patch, "/apps/" + server.files.str(), stolen).status == 403);
  for (const std::string& scope :
       {std::string{"api://curfew/manage"}, std::string{kAdminApiAppId} + "/manage"}) {
    CAPTURE(scope);
    const std::string consented =
        R"({"displayName":"Door","adminConsentedScopes":[")" + scope + "\"]}";
    CHECK(office.call(token, HttpMethod::post, "/apps", consented).status == 403);
    CHECK(office.call(token, HttpMethod::patch, "/apps/" + server.spa.str(), consented).status ==
          403);
  }
  // What is not trusted with the tenant stays theirs to change.
  CHECK(office.call(token, HttpMethod::patch, "/apps/" + server.spa.str(), stolen).status == 200);

  const std::string higher = office.token_of_john(Role::global_administrator);
  CHECK(office.call(higher, HttpMethod::patch, "/apps/" + server.web.str(), stolen).status == 200);
}

TEST_CASE("who may not change an application that manages the tenant cannot switch it either") {
  Office office;
  ServerFixture& server = office.server;
  const std::string token = office.token_of_john(Role::application_administrator);
  const auto refused_switching = [&](const AppId& id, bool enabled) {
    App app = server.row<App>(id);
    app.account_enabled = !enabled;
    server.put(app);
    const std::size_t recorded = server.all<AuditEntry>().size();
    const std::string body = enabled ? R"({"accountEnabled":true})" : R"({"accountEnabled":false})";
    const HttpResponse response = office.call(token, HttpMethod::patch, "/apps/" + id.str(), body);
    CHECK(response.status == 403);
    CHECK(server.row<App>(id).account_enabled != enabled);
    CHECK(server.all<AuditEntry>().size() == recorded + 1);
    app.account_enabled = true;
    server.put(app);
  };
  refused_switching(AppId{std::string{kCliClientId}}, false);
  refused_switching(server.web, true);
  refused_switching(server.web, false);
}

enum class Target { app, secret, key };

// What is left of them afterwards is all, or one less.
void check_removal(Role role, std::optional<Role> of_app, const std::string& consents,
                   Target target, bool allowed) {
  CAPTURE(definition_of(role).display_name);
  CAPTURE(static_cast<int>(target));
  Office office;
  ServerFixture& server = office.server;
  if (of_app) office.give_role(server.files.str(), *of_app);
  if (!consents.empty()) {
    server.change<App>(server.files, [&](App& app) { app.admin_consented_scopes = {consents}; });
  }
  server.add_api_key(server.files, {});
  const std::string token = office.token_of_john(role);
  const std::string app = "/apps/" + server.files.str();
  const auto count = [&] {
    return server.all<App>().size() + server.all<AppSecret>().size() + server.all<ApiKey>().size();
  };
  std::string path = app;
  if (target == Target::key) path = "/keys/" + server.all<ApiKey>().front().id;
  if (target == Target::secret) {
    for (const AppSecret& secret : server.all<AppSecret>()) {
      if (secret.app_id == server.files) path = app + "/secrets/" + secret.id;
    }
  }
  const std::size_t before = count();
  const Position head = server.head();
  CHECK(office.call(token, HttpMethod::delete_, path).status == (allowed ? 200 : 403));
  CHECK((count() < before) == allowed);
  CHECK((server.head() == head) != allowed);
}

TEST_CASE("who may not change an application that manages the tenant cannot remove it either") {
  constexpr Role kLower = Role::application_administrator;
  constexpr Role kHigher = Role::global_administrator;
  const std::string manage = "api://curfew/manage";
  for (const Target target : {Target::app, Target::secret, Target::key}) {
    check_removal(kLower, {}, "", target, true);
    check_removal(kLower, Role::global_reader, "", target, false);
    check_removal(kHigher, Role::global_reader, "", target, true);
    // Its credentials are worth what it may do in the name of everybody.
    check_removal(kLower, {}, manage, target, false);
    check_removal(kHigher, {}, manage, target, true);
  }
}

TEST_CASE("whoever calls withdraws their own key, whatever its application holds") {
  Office office;
  ServerFixture& server = office.server;
  office.give_role(server.files.str(), Role::application_administrator);
  const std::string key = server.add_api_key(server.files, {"api://curfew/manage"});
  const std::string token = office.token_of_john(Role::cloud_application_administrator);
  const std::string of_app = "/keys/" + server.all<ApiKey>().front().id;
  CHECK(office.call(token, HttpMethod::delete_, of_app).status == 403);
  CHECK(office.call(key, HttpMethod::delete_, of_app).status == 200);
  CHECK(office.call(key, HttpMethod::get, "/keys").status == 401);
  server.add_api_key(server.files, {}, server.john);
  const std::string of_john = "/keys/" + server.all<ApiKey>().front().id;
  CHECK(office.call(token, HttpMethod::delete_, of_john).status == 200);
  CHECK(server.all<ApiKey>().empty());
}

TEST_CASE("the audit names the application as which a new key acts, for when the key is gone") {
  Office office;
  ServerFixture& server = office.server;
  const std::string token = office.token_of_john(Role::cloud_application_administrator);
  REQUIRE(
      office.call(token, HttpMethod::post, "/keys", R"({"appId":")" + server.files.str() + R"("})")
          .status == 201);
  const auto records = read_value<std::vector<AuditRecord>>(
      *server.store, [&](ReadTx& tx) { return server.audit.read(tx, {}); });
  REQUIRE(records.ok());
  CHECK(records->front().entry.action == "key.add");
  CHECK(records->front().detail == server.files.str());
}

TEST_CASE("a key whose removal is asked for again is removed, and one that never was is not") {
  Office office;
  ServerFixture& server = office.server;
  server.add_api_key(server.files, {});
  const std::string token = office.token_of_john(Role::cloud_application_administrator);
  const std::string key = "/keys/" + server.all<ApiKey>().front().id;
  CHECK(office.call(token, HttpMethod::delete_, key).status == 200);
  CHECK(server.all<ApiKey>().empty());
  // As by whoever was told of a failure although the removal is durable.
  CHECK(office.call(token, HttpMethod::delete_, key).status == 200);
  CHECK(office.call(token, HttpMethod::delete_, "/keys/" + new_guid()).status == 404);
}

TEST_CASE("a name or mail is set by who manages accounts, and on nobody above them") {
  Office office;
  ServerFixture& server = office.server;
  const UserId boss = office.add_user("boss@contoso.com");
  const UserId clerk = office.add_user("clerk@contoso.com");
  office.give_role(boss.str(), Role::global_administrator);
  const std::string body = R"({"mail":"somebody@contoso.com"})";
  const std::string helpdesk = office.token_of_john(Role::helpdesk_administrator);
  for (const UserId& id : {server.john, boss, clerk}) {
    CHECK(office.call(helpdesk, HttpMethod::patch, "/users/" + id.str(), body).status == 403);
  }
  const std::string manager = office.token_of_john(Role::user_administrator);
  CHECK(office.call(manager, HttpMethod::patch, "/users/" + boss.str(), body).status == 403);
  CHECK(!server.row<User>(boss).mail);
  CHECK(office.call(manager, HttpMethod::patch, "/users/" + clerk.str(), body).status == 200);
  CHECK(server.row<User>(clerk).mail == "somebody@contoso.com");
}

TEST_CASE("nobody gets a mail that is another person's mail or name") {
  Office office;
  ServerFixture& server = office.server;
  const std::string clerk = "/users/" + office.add_user("clerk@contoso.com").str();
  const std::string manager = office.token_of_john(Role::user_administrator);
  for (const char* const taken : {"johndoe@contoso.com", "JohnDoe@Contoso.com",
                                  "john.doe@contoso.com", "John.Doe@contoso.com"}) {
    CAPTURE(std::string{taken});
    const std::string mail = R"("mail":")" + std::string{taken} + "\"";
    const HttpResponse changed =
        office.call(manager, HttpMethod::patch, clerk,
                    R"({"displayName":"First","accountEnabled":false,)" + mail + "}");
    CHECK(changed.status == 409);
    CHECK(test::contains(changed.body, taken));
    const HttpResponse added =
        office.call(manager, HttpMethod::post, "/users",
                    R"({"userPrincipalName":"new@contoso.com",)" + mail + "}");
    CHECK(added.status == 409);
  }
  // Nor a name that is another person's mail.
  const HttpResponse named =
      office.call(manager, HttpMethod::post, "/users",
                  R"({"userPrincipalName":"john.doe@contoso.com","mail":"new@contoso.com"})");
  CHECK(named.status == 409);
  CHECK(server.all<User>().size() == 2);
  for (const User& user : server.all<User>()) {
    CHECK(user.account_enabled);
    CHECK(user.display_name != "First");
  }
  const std::string john = "/users/" + server.john.str();
  const std::string own = R"({"mail":"johndoe@contoso.com"})";
  CHECK(office.call(manager, HttpMethod::patch, john, own).status == 200);
  CHECK(office.call(manager, HttpMethod::patch, john, R"({"mail":"clerk@contoso.com"})").status ==
        409);
  CHECK(office.call(manager, HttpMethod::patch, clerk, R"({"mail":"clerk@contoso.com"})").status ==
        200);
}

TEST_CASE("a name that is given while the same one becomes a mail is refused in the write") {
  Office office;
  ServerFixture& server = office.server;
  const UserId clerk = office.add_user("clerk@contoso.com");
  const std::string manager = office.token_of_john(Role::user_administrator);
  office.store->overtake = [&] { office.add_user("late@contoso.com"); };
  CHECK(office
            .call(manager, HttpMethod::patch, "/users/" + clerk.str(),
                  R"({"mail":"late@contoso.com"})")
            .status == 409);
  CHECK(!server.row<User>(clerk).mail);
}

TEST_CASE("nobody is given more API keys than one transaction takes away") {
  Office office;
  ServerFixture& server = office.server;
  const UserId clerk = office.add_user("clerk@contoso.com");
  server.write([&](WriteTx& tx) -> Status {
    for (std::size_t i = 0; i < kFactsObjectsMax; ++i) {
      ApiKey key;
      key.tenant_id = server.tenant;
      key.id = new_guid();
      key.hash = key.id;
      key.app_id = server.files;
      key.owner = clerk;
      CURFEW_TRY_STATUS(add(tx, key));
    }
    return Done{};
  });
  const std::string token = office.token_of_john(Role::global_administrator);
  const std::string body =
      R"({"appId":")" + server.files.str() + R"(","owner":")" + clerk.str() + R"("})";
  CHECK(office.call(token, HttpMethod::post, "/keys", body).status == 409);
  const std::string revoke = R"({"subject":"clerk@contoso.com"})";
  CHECK(office.call(token, HttpMethod::post, "/revocations", revoke).status == 200);
}

TEST_CASE("the events of a run end for a reader whose own access was taken away") {
  Office office;
  ServerFixture& server = office.server;
  office.add_user("clerk@contoso.com");
  const std::string token = office.token_of_john(Role::global_administrator);
  const HttpResponse run =
      office.call(token, HttpMethod::post, "/revocations", R"({"subject":"clerk@contoso.com"})");
  REQUIRE(run.status == 200);
  const std::string id{
      parse_json_object(run.body).value().at("run").as_object().at("id").as_string()};
  const auto next_event = [&](const HttpResponse& answer) {
    std::promise<std::optional<std::string>> told;
    server.runtime->executor(0).post([&] {
      start<std::optional<std::string>>(
          answer.stream(), [&](std::optional<std::string> event) { told.set_value(event); });
    });
    return told.get_future().get().value_or("");
  };
  const std::string path = "/revocations/" + id + "/events";
  HttpResponse answer = office.call(token, HttpMethod::get, path);
  CHECK(test::contains(next_event(answer), "event: run"));
  answer = office.call(token, HttpMethod::get, path);
  server.take_away(RemovalKind::revoke_sessions);
  CHECK(test::contains(next_event(answer), "event: error"));
}

boost::json::object error_of(const HttpResponse& response) {
  return parse_json_object(response.body).value().at("error").as_object();
}

TEST_CASE("a refusal by a missing right names the right and the roles, and is in the audit") {
  Office office;
  ServerFixture& server = office.server;
  const std::string token = office.token_of_john(Role::groups_administrator);
  const HttpResponse refused =
      office.call(token, HttpMethod::post, "/users", R"({"userPrincipalName":"a@contoso.com"})");
  CHECK(refused.status == 403);
  const boost::json::object error = error_of(refused);
  CHECK(error.at("code").as_string() == "missing_right");
  const std::string message{error.at("message").as_string()};
  CHECK(test::contains(message, "manage_users"));
  CHECK(test::contains(message, "User Administrator, or Global Administrator"));
  CHECK(test::contains(message, "has only the roles Groups Administrator"));
  const auto records = read_value<std::vector<AuditRecord>>(
      *server.store, [&](ReadTx& tx) { return server.audit.read(tx, {}); });
  REQUIRE(records.ok());
  REQUIRE(records->size() == 1);
  const AuditRecord& record = records->front();
  CHECK(record.entry.action == "api.manage_users");
  CHECK(record.entry.outcome == AuditOutcome::refused);
  CHECK(record.entry.rule == "missing_right");
  CHECK(record.actor_name == server.upn);
  CHECK(record.detail == "POST /curfew/v1/users");
}

TEST_CASE("whoever goes on being refused does not fill the audit") {
  Office office;
  const std::string token = office.token_of_john(Role::groups_administrator);
  for (std::size_t i = 0; i < 3 * kRefusalsAuditedPerMinute; ++i) {
    CHECK(office.call(token, HttpMethod::post, "/users", "{}").status == 403);
  }
  CHECK(office.server.all<AuditEntry>().size() == kRefusalsAuditedPerMinute);
}

TEST_CASE("calls of a stranger write nothing, however many there are") {
  Office office;
  ServerFixture& server = office.server;
  const std::size_t writes = office.store->writes;
  for (int i = 0; i < 50; ++i) {
    for (const char* const bearer : {"", "nonsense", "a.b.c", "curfew-key"}) {
      CHECK(office.call(bearer, HttpMethod::post, "/users", "{}").status == 401);
      CHECK(office.call(bearer, HttpMethod::get, "/revocations/x/report").status == 401);
      CHECK(office.call(bearer, HttpMethod::get, "/revocations/x/events").status == 401);
    }
  }
  CHECK(office.store->writes == writes);
  CHECK(server.all<AuditEntry>().empty());
}

TEST_CASE("a token that leads to an ended grant does not reach the emergency lane") {
  Office office;
  ServerFixture& server = office.server;
  const TokenAnswer tokens = server.signed_in();
  const auto revoke = [&] {
    return server
        .send(server.post(server.path("/oauth2/v2.0/revoke"),
                          server.as_web({{"token", tokens.refresh()}})))
        .status;
  };
  CHECK(revoke() == 200);
  CHECK(office.store->emergencies == 1);
  CHECK(revoke() == 200);
  CHECK(office.store->emergencies == 1);
}

TEST_CASE("a session that has ended does not reach the emergency lane again") {
  Office office;
  ServerFixture& server = office.server;
  const test::SeededSession here = server.add_session(server.john);
  const test::SeededSession there = server.add_session(server.john);
  const Fields cookie{{"Cookie", here.cookie}};
  const HttpResponse page = server.send(server.get(server.path("/account"), cookie));
  const std::string token = test::input_value(page.body, "continuation");
  const auto end = [&](Fields fields) {
    fields.emplace_back("continuation", token);
    return server.send(server.post(server.path("/account/sessions"), fields, cookie)).status;
  };
  for (int i = 0; i < 3; ++i) {
    CHECK(end({{"action", "end"}, {"session", there.row.id.str()}}) == 303);
    CHECK(end({{"action", "end_others"}}) == 303);
    CHECK(end({{"action", "end"}, {"session", "nobody's"}}) == 303);
    CHECK(office.store->emergencies == 1);
  }
}

}  // namespace
}  // namespace curfew
