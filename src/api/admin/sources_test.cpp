// The administrator's API for sources of shared signals.
#include "api/admin/sources.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <string>

#include "crypto/digest.hpp"
#include "model/built_in_app_ids.hpp"
#include "protocol/json/json.hpp"
#include "store/schema_sources.hpp"
#include "tests/support/admin_office.hpp"

namespace curfew {
namespace {

using test::Office;

struct Desk : Office {
  std::string token = token_of_john(Role::global_administrator);

  boost::json::object wish() {
    return {{"appId", server.web.str()},
            {"displayName", "Upstream"},
            {"issuer", "https://idp.test"},
            {"audiences", boost::json::array{"us"}},
            {"jwksUri", "https://idp.test/jwks"}};
  }
  HttpResponse post(const boost::json::object& body) {
    return call(token, HttpMethod::post, "/sources", boost::json::serialize(body));
  }
  HttpResponse patch(const std::string& id, const boost::json::object& body) {
    return call(token, HttpMethod::patch, "/sources/" + id, boost::json::serialize(body));
  }
  static boost::json::object object_in(const HttpResponse& answer) {
    REQUIRE_MESSAGE(answer.status < 300, answer.body);
    return parse_json_object(answer.body).value();
  }
  static std::string text(const boost::json::object& object, const char* name) {
    return std::string{object.at(name).as_string()};
  }
  std::string added() { return text(object_in(post(wish())), "id"); }
};

TEST_CASE_FIXTURE(Desk, "the token of a source's pushes is shown once, and only its hash is kept") {
  const boost::json::object made = object_in(post(wish()));
  const std::string id = text(made, "id");
  const std::string shown = text(made, "tokenText");
  CHECK(text(made, "pushUrl").ends_with("/ssf/v1/events/" + id));
  CHECK(server.row<SignalSource>(id).token_hash == sha256_base64url(shown));
  const HttpResponse again = call(token, HttpMethod::get, "/sources/" + id);
  CHECK(again.body.find(shown) == std::string::npos);
  CHECK_FALSE(object_in(again).contains("tokenText"));
  const boost::json::object renewed =
      object_in(call(token, HttpMethod::post, "/sources/" + id + "/token"));
  CHECK(text(renewed, "tokenText") != shown);
  CHECK(server.row<SignalSource>(id).token_hash != sha256_base64url(shown));
}

TEST_CASE_FIXTURE(Desk, "a polled source has no token of ours, and its header is sealed") {
  boost::json::object polled = wish();
  polled["delivery"] = "poll";
  CHECK(post(polled).status == 400);
  polled["pollUrl"] = "https://idp.test/poll";
  polled["authorization"] = "Bearer theirs";
  const boost::json::object made = object_in(post(polled));
  CHECK_FALSE(made.contains("tokenText"));
  CHECK(text(made, "pushUrl").empty());
  const std::string id = text(made, "id");
  CHECK(server.row<SignalSource>(id).sealed_authorization.find("theirs") == std::string::npos);
  CHECK(call(token, HttpMethod::post, "/sources/" + id + "/token").status == 409);
}

TEST_CASE_FIXTURE(Desk, "what a source cannot be is refused with the member's name") {
  const auto refused = [&](const char* member, const boost::json::value& value) {
    boost::json::object body = wish();
    body[member] = value;
    const HttpResponse answer = post(body);
    CAPTURE(answer.body);
    CHECK(answer.status == 400);
    CHECK(answer.body.find(member) != std::string::npos);
  };
  refused("jwksUri", "http://idp.test/jwks");
  refused("jwksUri", "https://user@idp.test/jwks");
  refused("audiences", boost::json::array{});
  refused("audiences", boost::json::array{""});
  refused("issuer", "");
  refused("displayName", boost::json::string(600, 'x'));
  refused("policy", boost::json::object{{"account-enabled", "disable"}});
  refused("policy", boost::json::object{{"session-revoked", "delete"}});
  refused("pollUrl", "https://idp.test/poll");
  for (const char* const needed : {"appId", "displayName", "issuer", "audiences", "jwksUri"}) {
    boost::json::object body = wish();
    body.erase(needed);
    CHECK(post(body).status == 400);
  }
  CHECK(server.all<SignalSource>().empty());
}

TEST_CASE_FIXTURE(Desk, "a change of one event's policy leaves the others as they are") {
  const std::string id = added();
  CHECK(patch(id, {{"policy", boost::json::object{{"session-revoked", "disable"}}}}).status == 200);
  const auto policy = [&](const boost::json::object& changed) {
    return object_in(patch(id, {{"policy", changed}})).at("policy").as_object();
  };
  boost::json::object now = policy({{"credential-change", "revoke_sessions"}});
  CHECK(now.at("session-revoked").as_string() == "disable");
  CHECK(now.at("credential-change").as_string() == "revoke_sessions");
  CHECK_FALSE(now.contains("account-enabled"));
  now = policy({{"session-revoked", nullptr}});
  CHECK(now.at("session-revoked").as_string() == "revoke_sessions");
  CHECK(now.at("credential-change").as_string() == "revoke_sessions");
  CHECK(patch(id, {{"policy", boost::json::object{{"unheard-of", nullptr}}}}).status == 400);
  CHECK(text(object_in(call(token, HttpMethod::get, "/sources/" + id)), "issuer") ==
        "https://idp.test");
}

TEST_CASE_FIXTURE(Desk, "another address is polled with the header only if that is given again") {
  boost::json::object polled = wish();
  polled["delivery"] = "poll";
  polled["pollUrl"] = "https://idp.test/poll";
  polled["authorization"] = "Bearer theirs";
  const std::string id = text(object_in(post(polled)), "id");
  const SignalSource before = server.row<SignalSource>(id);
  const HttpResponse answer = patch(id, {{"pollUrl", "https://evil.test/"}});
  CHECK(answer.status == 400);
  CHECK(answer.body.find("authorization") != std::string::npos);
  CHECK(server.row<SignalSource>(id).poll_url == before.poll_url);
  CHECK(patch(id, {{"pollUrl", "https://idp.test/poll"}}).status == 200);
  CHECK(
      patch(id, {{"pollUrl", "https://idp.test/new"}, {"authorization", "Bearer again"}}).status ==
      200);
  CHECK(server.row<SignalSource>(id).sealed_authorization != before.sealed_authorization);
}

TEST_CASE_FIXTURE(Desk, "what a source cannot do yet, and that it is held, is shown") {
  const std::string id = added();
  boost::json::object now = object_in(call(token, HttpMethod::get, "/sources/" + id));
  const auto missing = [&] { return boost::json::serialize(now.at("missingPermissions")); };
  CHECK(missing().find("User.EnableDisableAccount.All") != std::string::npos);
  server.change<App>(server.web, [](App& app) {
    app.application_permissions = {std::string{kGraphResource} + "/User.EnableDisableAccount.All"};
  });
  server.change<SignalSource>(id, [&](SignalSource& source) {
    source.held_at = server.clock.now();
    source.held_because = "too many";
    source.trouble = "status 401";
  });
  now = object_in(call(token, HttpMethod::get, "/sources/" + id));
  CHECK(missing().find("User.EnableDisableAccount.All") == std::string::npos);
  CHECK(now.at("isHeld").as_bool());
  CHECK(text(now, "heldBecause") == "too many");
  CHECK(text(now, "trouble") == "status 401");
  CHECK(patch(id, {{"isHeld", true}}).status == 400);
  CHECK(patch(id, {{"peoplePerHourMax", 0}}).status == 400);
  now = object_in(patch(id, {{"isHeld", false}, {"peoplePerHourMax", 7}}));
  CHECK_FALSE(now.at("isHeld").as_bool());
  CHECK(now.at("peoplePerHourMax").as_int64() == 7);
}

TEST_CASE_FIXTURE(Desk, "what came under other keys, or before it was switched off, is dropped") {
  const std::string id = added();
  const auto waits = [&] {
    ReceivedSignal waiting;
    waiting.tenant_id = server.tenant;
    waiting.source_id = id;
    waiting.sequence = server.row<SignalSource>(id).last_sequence + 1;
    waiting.jti_hash = std::to_string(waiting.sequence);
    waiting.subject = R"({"format":"email","email":"johndoe@contoso.com"})";
    server.put(waiting);
    server.change<SignalSource>(id, [](SignalSource& source) {
      ++source.last_sequence;
      ++source.pending_count;
    });
  };
  const auto newest = [&] { return server.all<ReceivedSignal>().back(); };
  for (const boost::json::object& change :
       {boost::json::object{{"jwksUri", "https://idp.test/other"}},
        boost::json::object{{"issuer", "https://other.test"}},
        boost::json::object{{"audiences", boost::json::array{"them"}}},
        boost::json::object{{"isEnabled", false}}}) {
    CAPTURE(boost::json::serialize(change));
    waits();
    CHECK(patch(id, change).status == 200);
    CHECK(newest().state == ReceivedState::refused);
    CHECK(newest().subject.empty());
    CHECK(server.row<SignalSource>(id).pending_count == 0);
  }
  waits();
  CHECK(patch(id, {{"displayName", "Other"}}).status == 200);
  CHECK(newest().state == ReceivedState::pending);
}

TEST_CASE_FIXTURE(Desk, "the audit says what of a source was changed") {
  const std::string id = added();
  CHECK(patch(id, {{"issuer", "https://other.test"},
                   {"policy", boost::json::object{{"session-revoked", "disable"}}}})
            .status == 200);
  const HttpResponse audit = call(token, HttpMethod::get, "/audit?limit=5");
  CHECK(audit.body.find("issuer, session-revoked=disable") != std::string::npos);
}

TEST_CASE_FIXTURE(Desk, "a source can be switched off while the journal is rolled back, not on") {
  const std::string id = added();
  RollbackProof proof;
  proof.tenant_id = server.tenant;
  proof.head = proof.stamp = server.head();
  server.live->rollback().raise(proof);
  CHECK(patch(id, {{"displayName", "Other"}}).status == 503);
  CHECK(patch(id, {{"isEnabled", false}}).status == 200);
  CHECK(patch(id, {{"isEnabled", true}}).status == 503);
  CHECK_FALSE(server.row<SignalSource>(id).enabled);
}

TEST_CASE_FIXTURE(Desk, "who may not make a credential of an application makes no source of it") {
  // Whose doing reaches further than the caller's own.
  server.change<App>(server.web, [](App& app) {
    app.application_permissions.push_back(std::string{kGraphResource} +
                                          "/RoleManagement.ReadWrite.Directory");
  });
  const std::string id = added();
  Office other;
  const std::string lesser = other.token_of_john(Role::application_administrator);
  other.server.change<App>(other.server.web, [](App& app) {
    app.application_permissions.push_back(std::string{kGraphResource} +
                                          "/RoleManagement.ReadWrite.Directory");
  });
  boost::json::object body = wish();
  body["appId"] = other.server.web.str();
  const HttpResponse answer =
      other.call(lesser, HttpMethod::post, "/sources", boost::json::serialize(body));
  CHECK(answer.status == 403);
  CHECK(other.server.all<SignalSource>().empty());
  CHECK(patch(id, {{"isEnabled", false}}).status == 200);
  CHECK_FALSE(server.row<SignalSource>(id).enabled);
}

TEST_CASE_FIXTURE(Desk, "a source goes with its application, and with what waited of it") {
  const std::string id = added();
  ReceivedSignal waiting;
  waiting.tenant_id = server.tenant;
  waiting.source_id = id;
  waiting.sequence = 1;
  server.put(waiting);
  CHECK(call(token, HttpMethod::delete_, "/apps/" + server.web.str()).status == 200);
  CHECK(server.all<SignalSource>().empty());
  CHECK(server.all<ReceivedSignal>().empty());
}

}  // namespace
}  // namespace curfew
