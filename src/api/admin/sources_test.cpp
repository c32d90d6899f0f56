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

TEST_CASE_FIXTURE(Desk, "a policy takes the place of the one before; what is not given stays") {
  const std::string id = added();
  CHECK(patch(id, {{"policy", boost::json::object{{"session-revoked", "disable"}}}}).status == 200);
  const boost::json::object changed = object_in(
      patch(id, {{"policy", boost::json::object{{"credential-change", "revoke_sessions"}}}}));
  const boost::json::object& policy = changed.at("policy").as_object();
  CHECK(policy.at("session-revoked").as_string() == "revoke_sessions");
  CHECK(policy.at("credential-change").as_string() == "revoke_sessions");
  CHECK_FALSE(policy.contains("account-enabled"));
  CHECK(text(changed, "issuer") == "https://idp.test");
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
  CHECK(patch(id, {{"enabled", false}}).status == 200);
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
