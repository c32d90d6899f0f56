// Gates: how a machine becomes one, what it gets, and what ends it.
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <string>

#include "access/granted_scopes.hpp"
#include "api/builtin_apps.hpp"
#include "protocol/global_revocation/global_revocation.hpp"
#include "store/schema_clients.hpp"
#include "store/schema_registration.hpp"
#include "tests/support/client_signer.hpp"
#include "tests/support/gate_office.hpp"

namespace curfew {
namespace {

namespace bj = boost::json;
using namespace std::chrono_literals;
using test::claim;
using test::claims_in;
using test::contains;
using test::EnrolledGate;
using test::Fields;
using test::GateOffice;
using test::header_of;
using test::ServerFixture;
using test::TokenAnswer;

const std::string kFeed{kGateFeedResource};

std::string audit_of(GateOffice& office) {
  const std::string reader = office.token_of_john(Role::global_reader);
  return office.call(reader, HttpMethod::get, "/audit").body;
}

// --- enrolling

TEST_CASE("a code and a key make a gate, which gets a token for the feed") {
  GateOffice office;
  const EnrolledGate gate{office};
  CHECK(gate.answer.text("client_id") == gate.app.str());
  CHECK(gate.answer.text("name") == "edge");
  CHECK(gate.answer.text("mode") == "strict");
  CHECK(gate.answer.text("issuer") == office.server.context->issuer());
  CHECK(gate.answer.body.at("servers") == bj::array{office.server.base_url});
  CHECK_FALSE(gate.answer.body.at("jwks").at("keys").as_array().empty());
  CHECK(header_of(gate.answer.http, "cache-control") == "no-store");

  const TokenAnswer token = office.feed_token(gate.app, gate.key);
  CAPTURE(token.http.body);
  REQUIRE(token.ok());
  CHECK(claim(token.access(), "aud") == kFeed);
  CHECK(claims_in(token.access()).at("roles") == bj::array{"Feed.Read"});
  CHECK(office.server.row<Gate>(gate.app).enrolled_at == office.server.clock.now());
}

TEST_CASE("a code is good once, and its answer can be had again with the same key") {
  GateOffice office;
  const EnrolledGate gate{office};
  const TokenAnswer again = office.enrol(gate.code, gate.key);
  CHECK(again.status == 201);
  CHECK(again.body == gate.answer.body);
  CHECK(office.server.all<ClientKey>().size() == 1);

  const SigningKey thief = GateOffice::new_key();
  CHECK(office.enrol(gate.code, thief).status == 401);
  CHECK(office.feed_token(gate.app, thief).status == 401);
  CHECK(office.feed_token(gate.app, gate.key).ok());
}

TEST_CASE("a code is over after a quarter of an hour") {
  GateOffice office;
  const std::string code = GateOffice::text_of(office.add_gate("edge"), "enrolmentCode");
  office.server.clock.advance(15min);
  const TokenAnswer late = office.enrol(code, GateOffice::new_key());
  CHECK(late.status == 401);
  CHECK(late.error() == "invalid_token");
  CHECK(contains(late.text("error_description"), "--again"));
}

TEST_CASE("a try that registered nothing leaves the code as it was") {
  GateOffice office;
  const std::string code = GateOffice::text_of(office.add_gate("edge"), "enrolmentCode");
  const SigningKey rsa = SigningKey::generate(SignatureAlg::rs256).value();
  const std::string of_rsa = "{\"jwk\":" + public_jwk_json(rsa.verify_key()) + "}";
  for (const std::string& body :
       {std::string{}, std::string{"{}"}, std::string{"[]"}, std::string{R"({"jwk":{}})"},
        std::string{R"({"jwk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}})"}, of_rsa}) {
    CAPTURE(body);
    const TokenAnswer refused = office.enrol_with(code, body);
    CHECK(refused.status == 400);
    CHECK(refused.error() == "invalid_client_metadata");
  }
  CHECK(office.server.all<ClientKey>().empty());
  CHECK(office.enrol(code, GateOffice::new_key()).status == 201);
}

TEST_CASE("who has no code learns nothing but that") {
  GateOffice office;
  const EnrolledGate gate{office};
  for (const std::string& code :
       {std::string{"made-up"}, office.admin, office.feed_token(gate.app, gate.key).access()}) {
    const TokenAnswer refused = office.enrol_with(code, "");
    CHECK(refused.status == 401);
    CHECK(contains(header_of(refused.http, "www-authenticate"), "Bearer"));
  }
}

TEST_CASE("an initial access token enrols no gate, and a gate's code registers no application") {
  GateOffice office;
  office.server.context->registers_clients = true;
  const std::string token =
      GateOffice::text_of(office.made("/registration-tokens", ""), "tokenText");
  CHECK(office.enrol(token, GateOffice::new_key()).status == 401);

  const std::string code = GateOffice::text_of(office.add_gate("edge"), "enrolmentCode");
  HttpRequest request = office.server.get(
      office.server.path("/oauth2/v2.0/register"),
      {{"Authorization", "Bearer " + code}, {"Content-Type", "application/json"}});
  request.method = HttpMethod::post;
  request.body = R"({"redirect_uris":["https://new.contoso.test/callback"]})";
  CHECK(office.server.send(std::move(request)).status == 401);
  CHECK(office.enrol(code, GateOffice::new_key()).status == 201);
}

// --- the maker

TEST_CASE("revoking the maker ends their codes, and no gate that was enrolled") {
  GateOffice office;
  const EnrolledGate gate{office};
  const std::string code = GateOffice::text_of(office.add_gate("second"), "enrolmentCode");
  office.server.take_away(RemovalKind::revoke_sessions);
  CHECK(office.enrol(code, GateOffice::new_key()).status == 401);
  CHECK(office.enrol(gate.code, gate.key).status == 401);
  CHECK(office.feed_token(gate.app, gate.key).ok());
}

TEST_CASE("a maker who may manage applications no more lets nobody become a gate") {
  GateOffice office;
  const std::string code = GateOffice::text_of(office.add_gate("edge"), "enrolmentCode");
  Removal removal;
  removal.kind = RemovalKind::remove_role;
  removal.user_id = office.server.john;
  removal.role_id = GateOffice::role_id(Role::application_administrator);
  office.server.take_away(removal);
  CHECK(office.enrol(code, GateOffice::new_key()).status == 401);
}

TEST_CASE("gates are made by whoever manages applications") {
  GateOffice office;
  const std::string body = R"({"name":"edge"})";
  const auto status_as = [&](Role role) {
    const UserId user = office.add_user(std::string{definition_of(role).template_id});
    office.give_role(user.str(), role);
    ServerFixture::CodeOptions wanted;
    wanted.resource = std::string{kAdminApiResource};
    wanted.scopes = {"api://curfew/manage"};
    const std::string code = office.server.add_code(office.server.add_session(user).row, wanted);
    const std::string token = office.server.redeem(code).access();
    return office.call(token, HttpMethod::post, "/gates", body).status;
  };
  CHECK(status_as(Role::security_administrator) == 403);
  CHECK(status_as(Role::user_administrator) == 403);
  CHECK(status_as(Role::cloud_application_administrator) == 201);
}

// --- other codes, other keys

TEST_CASE("a newer code ends the one before it") {
  GateOffice office;
  const std::string first = GateOffice::text_of(office.add_gate("edge"), "enrolmentCode");
  const std::string second = office.new_code("edge");
  CHECK(office.enrol(first, GateOffice::new_key()).status == 401);
  CHECK(office.enrol(second, GateOffice::new_key()).status == 201);
}

TEST_CASE("a new code ends the gate's key when it is used, and not before") {
  GateOffice office;
  const EnrolledGate gate{office};
  const std::string token = office.feed_token(gate.app, gate.key).access();
  const std::string code = office.new_code("edge");
  CHECK(office.feed_token(gate.app, gate.key).ok());

  const SigningKey rebuilt = GateOffice::new_key();
  CHECK(office.enrol(code, rebuilt).status == 201);
  CHECK(office.feed_token(gate.app, gate.key).status == 401);
  CHECK(office.feed_token(gate.app, rebuilt).ok());
  CHECK(check_access_token(*office.server.context, token)->verdict != Verdict::live);
}

TEST_CASE("codes that are over do not take up their maker's room") {
  GateOffice office;
  static_cast<void>(office.add_gate("edge"));
  for (int at = 0; at < 3; ++at) {
    office.server.clock.advance(15min);
    static_cast<void>(office.new_code("edge"));
    CHECK(office.server.all<RegistrationToken>().size() == 1);
  }
}

// --- the end

TEST_CASE("a removed gate has nothing any more: no key, no token, no code, no row") {
  GateOffice office;
  const EnrolledGate gate{office};
  const std::string token = office.feed_token(gate.app, gate.key).access();
  const std::string code = office.new_code("edge");
  CHECK(office.call(office.admin, HttpMethod::delete_, "/gates/edge").status == 200);
  CHECK(office.feed_token(gate.app, gate.key).status == 401);
  CHECK(check_access_token(*office.server.context, token)->verdict != Verdict::live);
  CHECK(office.enrol(code, GateOffice::new_key()).status == 401);
  CHECK(office.server.all<Gate>().empty());
  CHECK(office.server.all<ClientKey>().empty());
  CHECK(office.server.all<RegistrationToken>().empty());
  CHECK(office.call(office.admin, HttpMethod::get, "/gates/edge").status == 404);
  CHECK(contains(audit_of(office), "gate.remove"));
}

TEST_CASE("whoever removes a gate's application removes the gate") {
  GateOffice office;
  const EnrolledGate gate{office};
  CHECK(office.call(office.admin, HttpMethod::delete_, "/apps/" + gate.app.str()).status == 200);
  CHECK(office.server.all<Gate>().empty());
  CHECK(office.feed_token(gate.app, gate.key).status == 401);
}

TEST_CASE("a disabled gate gets no token and no code until it is enabled") {
  GateOffice office;
  const EnrolledGate gate{office};
  const std::string at = "/apps/" + gate.app.str();
  const auto set = [&](const char* body) {
    return office.call(office.admin, HttpMethod::patch, at, body).status;
  };
  CHECK(set(R"({"accountEnabled":false})") == 200);
  CHECK_FALSE(office.feed_token(gate.app, gate.key).ok());
  CHECK(office.call(office.admin, HttpMethod::post, "/gates/edge/codes").status == 409);
  CHECK(contains(office.call(office.admin, HttpMethod::get, "/gates/edge").body,
                 R"("accountEnabled":false)"));
  CHECK(set(R"({"accountEnabled":true})") == 200);
  CHECK(office.feed_token(gate.app, gate.key).ok());
}

// --- a gate, and nothing else

TEST_CASE("a gate gets a token for nothing but the feed") {
  GateOffice office;
  const EnrolledGate gate{office};
  // Even if somebody gave it more.
  office.server.change<App>(gate.app, [](App& app) {
    app.application_permissions.emplace_back("api://files/Files.Read");
    app.application_permissions.push_back(std::string{kGraphResource} + "/User.Read.All");
    app.application_permissions.emplace_back("api://curfew/manage");
  });
  for (const std::string& resource : {std::string{"api://files"}, std::string{kAdminApiResource},
                                      std::string{kGraphResource}, office.server.base_url}) {
    CAPTURE(resource);
    CHECK(office.token_for(resource, gate.app, gate.key).error() == "invalid_target");
  }
  CHECK(office.token_for(kFeed, gate.app, gate.key).ok());
}

TEST_CASE("nobody but a gate gets a token for the feed") {
  GateOffice office;
  ServerFixture& server = office.server;
  for (const std::string& name : {kFeed, std::string{kGateFeedAppId}}) {
    CAPTURE(name);
    CHECK(server.app_token(name + "/.default").error() == "invalid_target");
    CHECK(server.app_token(name + "/Feed.Read").error() == "invalid_target");
    ServerFixture::CodeOptions wanted;
    wanted.resource = name;
    wanted.scopes = {name + "/.default"};
    CHECK_FALSE(server.redeem(server.add_code(server.add_session(server.john).row, wanted)).ok());
  }
  const std::string key =
      R"({"appId":")" + server.files.str() + R"(","scopes":["api://curfew-gate-feed/Feed.Read"]})";
  CHECK(office.call(office.admin, HttpMethod::post, "/keys", key).status == 400);
  const std::string permission =
      R"("applicationPermissions":["api://curfew-gate-feed/Feed.Read"]})";
  CHECK(office.call(office.admin, HttpMethod::patch, "/apps/" + server.web.str(), "{" + permission)
            .status == 409);
  CHECK(
      office.call(office.admin, HttpMethod::post, "/apps", R"({"displayName":"Door",)" + permission)
          .status == 409);
}

TEST_CASE("a gate's application gets no other credential and is not changed, before or after") {
  GateOffice office;
  static_cast<void>(office.add_gate("waiting"));
  const EnrolledGate gate{office};
  for (const Gate& one : office.server.all<Gate>()) {
    CAPTURE(one.name);
    const std::string at = "/apps/" + one.app_id.str();
    const auto status = [&](HttpMethod method, const std::string& path, const std::string& body) {
      return office.call(office.admin, method, path, body).status;
    };
    CHECK(status(HttpMethod::post, at + "/secrets", "") == 409);
    CHECK(status(HttpMethod::post, at + "/keys",
                 GateOffice::body_of(GateOffice::new_key().verify_key())) == 409);
    CHECK(status(HttpMethod::post, "/keys", R"({"appId":")" + one.app_id.str() + R"("})") == 409);
    CHECK(status(HttpMethod::patch, at, R"({"redirectUris":["https://door.test/"]})") == 409);
    // The one that waits has none, so that nothing changes there.
    CHECK(status(HttpMethod::patch, at, R"({"applicationPermissions":[]})") ==
          (one.app_id == gate.app ? 409 : 200));
  }
}

// What a client can be asked to prove at each endpoint that takes assertions; a new endpoint has to
// be named here.
void check_assertion_at(GateOffice& office, const EnrolledGate& gate, std::string_view endpoint) {
  ServerFixture& server = office.server;
  const std::string others = server.app_token().access();
  const auto post = [&](const std::string& below, const Fields& fields) {
    return ServerFixture::taken_apart(server.send(server.post(
        server.path("/oauth2/v2.0/" + below), office.as_gate(fields, gate.app, gate.key))));
  };
  if (endpoint == "token") {
    for (const Fields& fields :
         {Fields{{"grant_type", "refresh_token"}, {"refresh_token", "x"}},
          Fields{{"grant_type", "authorization_code"}, {"code", "x"}, {"redirect_uri", "x"}},
          Fields{{"grant_type", "urn:ietf:params:oauth:grant-type:device_code"},
                 {"device_code", "x"}},
          Fields{{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"},
                 {"requested_token_use", "on_behalf_of"},
                 {"assertion", others},
                 {"scope", "api://files/.default"}}}) {
      CHECK(post("token", fields).error() == "unauthorized_client");
    }
  } else if (endpoint == "par") {
    CHECK(post("par", {{"response_type", "code"},
                       {"redirect_uri", server.callback},
                       {"scope", "openid"},
                       {"code_challenge", code_challenge_of(server.verifier)},
                       {"code_challenge_method", "S256"}})
              .status == 400);
  } else if (endpoint == "devicecode") {
    CHECK(post("devicecode", {{"scope", "openid"}}).error() == "unauthorized_client");
  } else if (endpoint == "introspect") {
    CHECK_FALSE(ServerFixture::is_active(post("introspect", {{"token", others}})));
  } else if (endpoint == "revoke") {
    static_cast<void>(post("revoke", {{"token", others}}));
    CHECK(ServerFixture::is_active(server.introspect(others)));
  } else if (endpoint == "global_token_revocation_by_provider") {
    const std::string path = server.path(std::string{kGlobalRevocationPath} + "/" + gate.app.str());
    const std::int64_t now = to_unix_seconds(server.clock.now());
    const std::string compact = test::sign_compact(
        gate.key, {{"alg", to_string(gate.key.alg())}, {"typ", kGlobalRevocationTyp}},
        {{"iss", "x"},
         {"aud", server.base_url + path},
         {"jti", "x"},
         {"iat", now},
         {"exp", now + 60}});
    HttpRequest request = server.get(path, {{"Authorization", "Bearer " + compact}});
    request.method = HttpMethod::post;
    CHECK(server.send(std::move(request)).status == 403);
  } else {
    FAIL("nobody has said what a gate's key is good for at " << endpoint);
  }
}

TEST_CASE("a stolen key of a gate opens nothing but the feed, at any endpoint of the table") {
  GateOffice office;
  const EnrolledGate gate{office};
  office.server.put(RoleAssignment{office.server.tenant, gate.app.str(),
                                   GateOffice::role_id(Role::global_administrator),
                                   office.server.clock.now()});
  const std::string token = office.feed_token(gate.app, gate.key).access();
  int asked = 0;
  for (const EndpointSpec& endpoint : all_endpoints()) {
    CAPTURE(endpoint.name);
    const auto accepts = [&](CredentialKind kind) {
      return std::ranges::find(endpoint.accepts, kind) != endpoint.accepts.end();
    };
    if (accepts(CredentialKind::client_assertion)) {
      check_assertion_at(office, gate, endpoint.name);
    }
    if (!accepts(CredentialKind::access_token) || endpoint.name == "token" ||
        endpoint.name == "introspect") {
      continue;
    }
    std::string path{endpoint.path};
    for (std::size_t at = path.find('{'); at != std::string::npos; at = path.find('{')) {
      const bool is_tenant = path.compare(at, 8, "{tenant}") == 0;
      path.replace(at, path.find('}') - at + 1, is_tenant ? office.server.tenant.str() : "users");
    }
    for (const HttpMethod method : endpoint.methods) {
      if (method == HttpMethod::options) continue;
      HttpRequest request = office.server.get(path, {{"Authorization", "Bearer " + token}});
      request.method = method;
      CHECK(office.server.send(std::move(request)).status == 401);
      ++asked;
    }
  }
  CHECK(asked > 50);
}

// --- names, lists, the audit

TEST_CASE("a gate's name is one word, and one gate's") {
  GateOffice office;
  for (const std::string& name : {std::string{}, std::string{"a b"}, std::string{"-x"},
                                  std::string{"x/y"}, std::string{"é"}, std::string(65, 'x')}) {
    CAPTURE(name);
    CHECK(office.call(office.admin, HttpMethod::post, "/gates", R"({"name":")" + name + R"("})")
              .status == 400);
  }
  static_cast<void>(office.add_gate(std::string(64, 'x')));
  static_cast<void>(office.add_gate("edge-1.eu_west"));
  const HttpResponse taken =
      office.call(office.admin, HttpMethod::post, "/gates", R"({"name":"edge-1.eu_west"})");
  CHECK(taken.status == 409);
  CHECK(contains(taken.body, "curfew gate add edge-1.eu_west --again"));
  CHECK(office.call(office.admin, HttpMethod::post, "/gates", R"({"name":"e","mode":"lax"})")
            .status == 400);
}

TEST_CASE("gates are listed page by page, without any code") {
  GateOffice office;
  for (const char* const name : {"a", "b", "c"}) static_cast<void>(office.add_gate(name));
  const HttpResponse first = office.call(office.admin, HttpMethod::get, "/gates?limit=2");
  const bj::object page = parse_json_object(first.body).value();
  CHECK(page.at("value").as_array().size() == 2);
  CHECK_FALSE(contains(first.body, "enrolmentCode"));
  const HttpResponse rest = office.call(
      office.admin, HttpMethod::get, "/gates?limit=2&after=" + GateOffice::text_of(page, "next"));
  CHECK(parse_json_object(rest.body).value().at("value").as_array().size() == 1);
  const HttpResponse one = office.call(office.admin, HttpMethod::get, "/gates/b");
  CHECK(contains(one.body, R"("enrolledDateTime":null)"));
}

TEST_CASE("enrolling is audited in the name of whoever made the code, which nobody can read") {
  GateOffice office;
  const EnrolledGate gate{office};
  const std::string audit = audit_of(office);
  for (const char* const action : {"gate.add", "gate.add_code", "gate.enrol"}) {
    CHECK(contains(audit, action));
  }
  CHECK_FALSE(contains(audit, gate.code));
  const RegistrationToken row = office.server.all<RegistrationToken>().front();
  CHECK(row.hash != gate.code);
  CHECK(row.maker_id == office.server.john.str());
}

TEST_CASE("what was given under the feed's name before there was a feed is worth nothing after") {
  ServerFixture server;
  server.write([&](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(remove<App>(tx, server.tenant, AppId{std::string{kGateFeedAppId}}));
    return Done{};
  });
  server.change<App>(
      server.web, [](App& app) { app.application_permissions.emplace_back(kGateFeedPermission); });
  REQUIRE(
      ensure_built_in_apps(*server.store, server.tenant, server.base_url, server.clock.now()).ok());
  CHECK_FALSE(is_gate(server.row<App>(server.web)));
  CHECK(server.app_token(kFeed + "/.default").error() == "invalid_target");
}

}  // namespace
}  // namespace curfew
