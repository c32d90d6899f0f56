#include <doctest/doctest.h>

#include "tests/support/server_fixture.hpp"

// grant_type=authorization_code at the token endpoint, by the rules of its specifications.

namespace curfew {
namespace {

using test::claim;
using test::claims_in;
using test::Fields;
using test::header_in;
using test::header_of;
using test::ServerFixture;
using test::TokenAnswer;

Fields without(Fields fields, const std::string& name) {
  std::erase_if(fields, [&](const auto& field) { return field.first == name; });
  return fields;
}
Fields with(Fields fields, const std::string& name, const std::string& value) {
  fields = without(std::move(fields), name);
  fields.emplace_back(name, value);
  return fields;
}

TEST_CASE("a code becomes an access token, a refresh token and an ID token") {
  ServerFixture server;
  const auto session = server.add_session(server.john, server.laptop);
  const TokenAnswer answer = server.redeem(server.add_code(session.row));
  REQUIRE(answer.ok());
  CHECK(answer.text("token_type") == "Bearer");
  CHECK(answer.body.at("expires_in").as_int64() == 3600);
  CHECK_FALSE(answer.refresh().empty());
  CHECK(header_of(answer.http, "Cache-Control") == "no-store");
  CHECK(header_of(answer.http, "Pragma") == "no-cache");

  const std::string id = answer.text("id_token");
  CHECK(claim(id, "aud") == server.web.str());
  CHECK(claim(id, "sub") == server.john.str());
  CHECK(claim(id, "oid") == server.john.str());
  CHECK(claim(id, "tid") == server.tenant.str());
  CHECK(claim(id, "preferred_username") == server.upn);
  CHECK(claim(id, "name") == "John Doe");
  CHECK(claim(id, "email") == "john.doe@contoso.com");
  CHECK(claim(id, "ver") == "2.0");
  CHECK(claim(id, "sid") == session.row.id.str());
  CHECK(claim(id, "iss") == server.base_url + "/" + server.tenant.str() + "/v2.0");
}

TEST_CASE("OIDC Core 5.1: a mail is verified where it is the user principal name, else not") {
  ServerFixture server;
  const auto verified = [&server] {
    const auto claims = claims_in(server.signed_in().text("id_token"));
    const auto* value = claims.if_contains("email_verified");
    return value == nullptr ? std::string{"none"} : std::string{value->as_bool() ? "yes" : "no"};
  };
  CHECK(verified() == "no");
  server.change<User>(server.john, [](User& user) { user.mail = "JohnDoe@contoso.com"; });
  CHECK(verified() == "yes");
  server.change<User>(server.john, [](User& user) { user.mail.reset(); });
  CHECK(verified() == "none");
}

TEST_CASE("an access token names every key that could end it, and carries both stamps") {
  ServerFixture server;
  const auto session = server.add_session(server.john, server.laptop);
  const TokenAnswer answer = server.redeem(server.add_code(session.row));
  REQUIRE(answer.ok());
  const auto checked = check_access_token(*server.context, answer.access());
  REQUIRE(checked);
  CHECK(checked->verdict == Verdict::live);
  const AccessTokenClaims& claims = checked->claims();
  CHECK(claims.sid == session.row.id);
  CHECK(claims.deviceid == server.laptop);
  CHECK(claims.authenticator_id == session.row.authenticator_id);
  CHECK(claims.stamps.auth_as_of == session.row.auth_as_of);
  CHECK(claims.stamps.as_of == server.head());
  CHECK(server.row<Grant>(claims.grant_id).user_id == server.john);
  CHECK(facts_of(claims, checked->token->kid).keys.size() == 10);
}

TEST_CASE(
    "auth_as_of is the sign-in's in everything derived from it; as_of is of this very token") {
  ServerFixture server;
  const auto session = server.add_session(server.john);
  const std::string code = server.add_code(session.row);
  const auto stamps_of = [&](const TokenAnswer& answer) {
    return check_access_token(*server.context, answer.access())->claims().stamps;
  };
  const auto write_unrelated_entry = [&] {
    Removal removal;
    removal.kind = RemovalKind::disable_app;
    removal.app_id = server.spa;
    server.take_away(removal);
  };
  write_unrelated_entry();
  const TokenAnswer first = server.redeem(code);
  CHECK(stamps_of(first).auth_as_of == session.row.auth_as_of);
  CHECK(stamps_of(first).as_of == server.head());
  write_unrelated_entry();
  const TokenAnswer second = server.refresh(first.refresh());
  CHECK(stamps_of(second).auth_as_of == session.row.auth_as_of);
  CHECK(stamps_of(second).as_of == server.head());
  CHECK(stamps_of(second).as_of > stamps_of(first).as_of);
}

TEST_CASE("RFC 9700 2.3 / 5.1.8: an access token is for one audience and the granted scope") {
  ServerFixture server;
  const TokenAnswer answer = server.signed_in();
  CHECK(claim(answer.access(), "aud") == "api://files");
  CHECK(claim(answer.access(), "scp") == "Files.Read");
}

TEST_CASE("RFC 9068 2.2 / 5.11: an access token's claims, with acr, and its typ by resource") {
  ServerFixture server;
  for (const AccessTokenTyp typ : {AccessTokenTyp::jwt, AccessTokenTyp::at_jwt}) {
    server.change<App>(server.files, [&](App& app) { app.access_token_typ = typ; });
    const std::string token = server.signed_in().access();
    CHECK(header_in(token).at("typ").as_string() ==
          (typ == AccessTokenTyp::jwt ? "JWT" : "at+jwt"));
    const auto claims = claims_in(token);
    for (const char* const name : {"iss", "exp", "aud", "sub", "client_id", "iat", "jti", "scope",
                                   "auth_time", "amr", "acr", "sid", "auth_as_of", "as_of"}) {
      CAPTURE(name);
      CHECK(claims.contains(name));
    }
  }
}

TEST_CASE("5.4: every claim that discovery advertises is given") {
  ServerFixture server;
  server.change<User>(server.john, [](User& user) { user.mail = "john@contoso.com"; });
  ServerFixture::CodeOptions options;
  options.scopes = {"openid", "profile", "email"};
  options.resource = "";
  options.nonce = "n-1";
  const TokenAnswer answer =
      server.redeem(server.add_code(server.add_session(server.john).row, options));
  REQUIRE(answer.ok());
  boost::json::object given = claims_in(answer.text("id_token"));
  const HttpResponse about =
      server.send(server.get("/oidc/userinfo", {{"Authorization", "Bearer " + answer.access()}}));
  const auto userinfo = parse_json_object(about.body);
  const auto metadata =
      parse_json_object(
          server.send(server.get(server.path("/v2.0/.well-known/openid-configuration"))).body)
          .value();
  for (const auto& name : metadata.at("claims_supported").as_array()) {
    CAPTURE(std::string{name.as_string()});
    CHECK((given.contains(name.as_string()) ||
           (userinfo.ok() && userinfo->contains(name.as_string()))));
  }
}

TEST_CASE("the resource chooses the algorithm of its access tokens, the client of its ID tokens") {
  ServerFixture server;
  server.change<App>(server.files, [](App& app) { app.access_token_alg = TokenAlg::rs256; });
  server.change<App>(server.web, [](App& app) { app.id_token_alg = TokenAlg::es256; });
  const TokenAnswer answer = server.signed_in();
  CHECK(header_in(answer.access()).at("alg").as_string() == "RS256");
  CHECK(header_in(answer.text("id_token")).at("alg").as_string() == "ES256");
}

TEST_CASE("RFC 9700 4.5 / 5.1.5: a code works once; the second use ends all that came from it") {
  ServerFixture server;
  const std::string code = server.add_code(server.add_session(server.john).row);
  const TokenAnswer first = server.redeem(code);
  REQUIRE(first.ok());
  REQUIRE(ServerFixture::is_active(server.introspect(first.access())));

  const TokenAnswer second = server.redeem(code);
  CHECK(second.status == 400);
  CHECK(second.error() == "invalid_grant");
  CHECK(second.number() == 54005);
  CHECK_FALSE(ServerFixture::is_active(server.introspect(first.access())));
  CHECK(server.refresh(first.refresh()).error() == "invalid_grant");
  CHECK(server.metrics.value(Counter::code_replay_detected) == 1);
  // A third time changes nothing more.
  const Position head = server.head();
  CHECK(server.redeem(code).number() == 54005);
  CHECK(server.head() == head);
}

TEST_CASE("a replayed code is in the audit") {
  ServerFixture server;
  const std::string code = server.add_code(server.add_session(server.john).row);
  REQUIRE(server.redeem(code).ok());
  REQUIRE_FALSE(server.redeem(code).ok());
  const auto records = read_value<std::vector<AuditRecord>>(
      *server.store, [&](ReadTx& tx) { return server.audit.read(tx, {}); });
  REQUIRE(records.ok());
  REQUIRE(records->size() == 1);
  CHECK(records->front().entry.action == "grant.code_replayed");
  CHECK(records->front().subject_id == server.john.str());
  CHECK(records->front().entry.position == server.head());
}

TEST_CASE("5.1.5: a code is short-lived") {
  ServerFixture server;
  const std::string code = server.add_code(server.add_session(server.john).row);
  server.clock.advance(std::chrono::minutes{1});
  const TokenAnswer answer = server.redeem(code);
  CHECK(answer.error() == "invalid_grant");
  CHECK(answer.number() == 70008);
}

TEST_CASE("RFC 6749 4.1.3 / 5.1.5: a code is bound to its client") {
  ServerFixture server;
  const std::string code = server.add_code(server.add_session(server.john).row);
  Fields other = without(without(server.code_fields(code), "client_id"), "client_secret");
  other.emplace_back("client_id", server.files.str());
  other.emplace_back("client_secret", server.files_secret);
  CHECK(server.token(other).error() == "invalid_grant");
  // The attempt did not use the code up.
  CHECK(server.redeem(code).ok());
}

TEST_CASE("RFC 6749 4.1.3 / 5.1.5: a code is bound to its redirect URI") {
  ServerFixture server;
  const std::string code = server.add_code(server.add_session(server.john).row);
  const Fields fields = server.code_fields(code);
  CHECK(server.token(with(fields, "redirect_uri", server.callback + "/")).error() ==
        "invalid_grant");
  // OAuth 2.1: PKCE binds the code, so it may be left out.
  CHECK(server.token(without(fields, "redirect_uri")).ok());

  ServerFixture::CodeOptions plain;
  plain.pkce = false;
  const std::string unbound = server.add_code(server.add_session(server.john).row, plain);
  const Fields no_verifier = without(server.code_fields(unbound), "code_verifier");
  CHECK(server.token(without(no_verifier, "redirect_uri")).error() == "invalid_grant");
  CHECK(server.token(no_verifier).ok());
}

TEST_CASE("RFC 7636 4.6 / 5.3: a wrong, missing or malformed verifier is invalid_grant") {
  ServerFixture server;
  const std::string code = server.add_code(server.add_session(server.john).row);
  const Fields fields = server.code_fields(code);
  for (const std::string& verifier :
       {std::string(43, 'a'), std::string{"short"}, std::string(129, 'a'), server.verifier + "="}) {
    const TokenAnswer answer = server.token(with(fields, "code_verifier", verifier));
    CHECK(answer.status == 400);
    CHECK(answer.error() == "invalid_grant");
  }
  CHECK(server.token(without(fields, "code_verifier")).error() == "invalid_grant");
  CHECK(server.token(fields).ok());
}

TEST_CASE("RFC 9700 4.8.2 / 5.1.4: a verifier for a code without a challenge is refused") {
  ServerFixture server;
  ServerFixture::CodeOptions plain;
  plain.pkce = false;
  const std::string code = server.add_code(server.add_session(server.john).row, plain);
  CHECK(server.redeem(code).error() == "invalid_grant");
}

TEST_CASE("RFC 9700 2.4 / 5.1.6: there is no password grant") {
  ServerFixture server;
  const TokenAnswer answer = server.token(
      server.as_web({{"grant_type", "password"}, {"username", "u"}, {"password", "p"}}));
  CHECK(answer.status == 400);
  CHECK(answer.error() == "unsupported_grant_type");
}

TEST_CASE("a repeated parameter is refused, an unknown one ignored") {
  ServerFixture server;
  const std::string code = server.add_code(server.add_session(server.john).row);
  Fields fields = server.code_fields(code);
  fields.emplace_back("x-client-SKU", "msal.js.node");
  fields.emplace_back("clidata", "1");
  Fields twice = fields;
  twice.emplace_back("code", code);
  CHECK(server.token(twice).error() == "invalid_request");
  CHECK(server.token(fields).ok());
}

TEST_CASE("a made-up code is refused and writes nothing") {
  ServerFixture server;
  CHECK(server.redeem(random_token()).error() == "invalid_grant");
  CHECK(server.all<Grant>().empty());
}

TEST_CASE("without offline_access there is no refresh token, and the grant ends with its token") {
  ServerFixture server;
  ServerFixture::CodeOptions options;
  options.scopes = {"openid", "api://files/Files.Read"};
  const TokenAnswer answer =
      server.redeem(server.add_code(server.add_session(server.john).row, options));
  REQUIRE(answer.ok());
  CHECK(answer.refresh().empty());
  const auto grants = server.all<Grant>();
  REQUIRE(grants.size() == 1);
  CHECK(grants[0].expires_at == grants[0].access_ends_by);
}

TEST_CASE("offline_access gives a refresh token without prompt=consent") {
  ServerFixture server;
  CHECK_FALSE(server.signed_in().refresh().empty());
}

TEST_CASE("the nonce is in the ID token if and only if the request had one") {
  ServerFixture server;
  ServerFixture::CodeOptions options;
  options.nonce = "n-0S6_WzA2Mj";
  const TokenAnswer with_nonce =
      server.redeem(server.add_code(server.add_session(server.john).row, options));
  CHECK(claim(with_nonce.text("id_token"), "nonce") == "n-0S6_WzA2Mj");
  CHECK_FALSE(claims_in(server.signed_in().text("id_token")).contains("nonce"));
  // A renewed ID token belongs to no authorization request.
  const TokenAnswer renewed = server.refresh(with_nonce.refresh());
  CHECK_FALSE(claims_in(renewed.text("id_token")).contains("nonce"));
}

TEST_CASE("the response scope covers what was asked, so that MSAL's cache finds the token") {
  ServerFixture server;
  const TokenAnswer answer = server.signed_in();
  const auto scopes = split_words(answer.text("scope"));
  for (const char* const asked :
       {"openid", "profile", "email", "offline_access", "api://files/Files.Read"}) {
    CHECK(std::ranges::find(scopes, asked) != scopes.end());
  }
}

TEST_CASE(".default means everything that was consented to, and is echoed") {
  ServerFixture server;
  ServerFixture::CodeOptions options;
  options.scopes = {"openid", "api://files/.default"};
  const TokenAnswer answer =
      server.redeem(server.add_code(server.add_session(server.john).row, options));
  CHECK(claim(answer.access(), "scp") == "Files.Read Files.Write");
  CHECK(test::contains(answer.text("scope"), "api://files/.default"));
}

TEST_CASE("client_info names the account to MSAL when it asks") {
  ServerFixture server;
  const std::string code = server.add_code(server.add_session(server.john).row);
  const TokenAnswer answer = server.token(with(server.code_fields(code), "client_info", "1"));
  const std::string info = base64url_decode(answer.text("client_info")).value();
  CHECK(info == "{\"uid\":\"" + server.john.str() + "\",\"utid\":\"" + server.tenant.str() + "\"}");
  CHECK(server.signed_in().text("client_info").empty());
}

TEST_CASE("the client's own request id is echoed, from header or query, if it is a GUID") {
  ServerFixture server;
  const std::string id = "0f5b4c1e-1111-4222-8333-944455556666";
  const TokenAnswer by_header = server.token({}, {{"client-request-id", id}});
  CHECK(header_of(by_header.http, "client-request-id") == id);
  CHECK(by_header.text("correlation_id") == id);
  const auto by_query = ServerFixture::taken_apart(
      server.send(server.post(server.path("/oauth2/v2.0/token?client-request-id=" + id), {})));
  CHECK(by_query.text("correlation_id") == id);
  const TokenAnswer bad = server.token({}, {{"client-request-id", "<script>"}});
  CHECK(bad.text("correlation_id") == header_of(bad.http, "x-ms-request-id"));
}

TEST_CASE("a single-page application gets CORS headers and a refresh token of fixed life") {
  ServerFixture server;
  ServerFixture::CodeOptions options;
  options.client = server.spa;
  options.redirect_uri = server.spa_origin + "/";
  const auto redeem_as_spa = [&](const Fields& headers) {
    const std::string code = server.add_code(server.add_session(server.john).row, options);
    return server.token({{"grant_type", "authorization_code"},
                         {"code", code},
                         {"client_id", server.spa.str()},
                         {"redirect_uri", options.redirect_uri},
                         {"code_verifier", server.verifier}},
                        headers);
  };
  const TokenAnswer answer = redeem_as_spa({{"Origin", server.spa_origin}});
  REQUIRE(answer.ok());
  CHECK(header_of(answer.http, "Access-Control-Allow-Origin") == server.spa_origin);
  CHECK(header_of(answer.http, "Access-Control-Allow-Credentials").empty());

  server.clock.advance(std::chrono::hours{23});
  const TokenAnswer renewed = server.token({{"grant_type", "refresh_token"},
                                            {"refresh_token", answer.refresh()},
                                            {"client_id", server.spa.str()}},
                                           {{"Origin", server.spa_origin}});
  REQUIRE(renewed.ok());
  server.clock.advance(std::chrono::hours{1});
  const TokenAnswer late = server.token({{"grant_type", "refresh_token"},
                                         {"refresh_token", renewed.refresh()},
                                         {"client_id", server.spa.str()}},
                                        {{"Origin", server.spa_origin}});
  CHECK(late.error() == "invalid_grant");
  CHECK(late.number() == 70008);
  // Its own script can read the refusal too.
  CHECK(header_of(late.http, "Access-Control-Allow-Origin") == server.spa_origin);

  // A thief who sends no Origin gets no longer life; another origin gets no headers.
  REQUIRE(redeem_as_spa({}).ok());
  for (const Grant& grant : server.all<Grant>()) CHECK(grant.expiry_is_fixed);
  const TokenAnswer foreign = redeem_as_spa({{"Origin", "https://evil.test"}});
  CHECK(header_of(foreign.http, "Access-Control-Allow-Origin").empty());
}

TEST_CASE("clients that handle challenges get the long lifetime, at resources that send them") {
  ServerFixture server;
  server.change<App>(server.web, [](App& app) { app.continuous_evaluation = true; });
  server.change<App>(server.files, [](App& app) {
    app.continuous_evaluation = true;
    app.access_token_lifetime_seconds.reset();
  });
  ServerFixture::CodeOptions options;
  options.claims = R"({"access_token":{"xms_cc":{"values":["cp1"]}}})";
  const TokenAnswer answer =
      server.redeem(server.add_code(server.add_session(server.john).row, options));
  CHECK(answer.body.at("expires_in").as_int64() == 24 * 3600);
  CHECK(claims_in(answer.access()).at("xms_cc").as_array().front().as_string() == "CP1");
  CHECK(server.signed_in().body.at("expires_in").as_int64() == 3600);
}

TEST_CASE("a claims parameter that asks for a newer token is tolerated") {
  ServerFixture server;
  const std::string code = server.add_code(server.add_session(server.john).row);
  const std::string claims =
      R"({"access_token":{"nbf":{"essential":true,"value":"1795442400"}},"x":{"y":1}})";
  CHECK(server.token(with(server.code_fields(code), "claims", claims)).ok());
}

TEST_CASE("the grant remembers the latest end of what was issued from it") {
  ServerFixture server;
  const TokenAnswer first = server.signed_in();
  const TimePoint first_end = server.all<Grant>().front().access_ends_by;
  CHECK(first_end == server.clock.now() + std::chrono::hours{1});
  server.clock.advance(std::chrono::minutes{10});
  REQUIRE(server.refresh(first.refresh()).ok());
  CHECK(server.all<Grant>().front().access_ends_by == first_end + std::chrono::minutes{10});
}

}  // namespace
}  // namespace curfew
