#include <doctest/doctest.h>

#include "tests/support/pausing_store.hpp"
#include "tests/support/server_fixture.hpp"

// grant_type=client_credentials, and how clients prove themselves.

namespace curfew {
namespace {

using test::claim;
using test::claims_in;
using test::Fields;
using test::header_of;
using test::ServerFixture;
using test::TokenAnswer;

std::string basic(const std::string& id, const std::string& secret) {
  return "Basic " + base64_encode(id + ":" + secret);
}
const Fields kAppRequest{{"grant_type", "client_credentials"}, {"scope", "api://files/.default"}};

TEST_CASE("an application by itself gets a token for a resource, and no refresh token") {
  ServerFixture server;
  const TokenAnswer answer = server.app_token();
  REQUIRE(answer.ok());
  CHECK(answer.refresh().empty());
  CHECK(answer.text("id_token").empty());
  CHECK(answer.body.at("expires_in").as_int64() == 3600);
  CHECK(claim(answer.access(), "aud") == "api://files");
  CHECK(claims_in(answer.access()).at("roles").as_array().size() == 2);
  CHECK_FALSE(claims_in(answer.access()).contains("scp"));
}

TEST_CASE("RFC 9068 2.2 / 5.1.14: the subject of an application's token is the application") {
  ServerFixture server;
  const std::string token = server.app_token().access();
  CHECK(claim(token, "sub") == server.web.str());
  CHECK(claim(token, "client_id") == server.web.str());
  CHECK(claim(token, "idtyp") == "app");
  const auto checked = check_access_token(*server.context, token);
  REQUIRE(checked);
  const CredentialFacts facts = facts_of(checked->claims(), checked->token->kid);
  for (const Key& key : facts.keys) CHECK(key.kind != KeyKind::user);
}

TEST_CASE("an application's token names tenant, application, secret, signing key and itself") {
  ServerFixture server;
  const auto checked = check_access_token(*server.context, server.app_token().access());
  REQUIRE(checked);
  const CredentialFacts facts = facts_of(checked->claims(), checked->token->kid);
  std::set<Key> keys{facts.keys.begin(), facts.keys.end()};
  CHECK(keys == std::set<Key>{key_of(server.tenant), key_of(server.web),
                              authenticator_key(server.web_secret_id), key_of(checked->token->kid),
                              credential_key(checked->claims().jti)});
  CHECK(facts.stamps.as_of == server.head());
  CHECK(facts.stamps.auth_as_of == server.head());
}

TEST_CASE("issuing to an application writes nothing") {
  ServerFixture server;
  const Position head = server.head();
  REQUIRE(server.app_token().ok());
  CHECK(server.all<Grant>().empty());
  CHECK(server.head() == head);
}

TEST_CASE("5.12: one resource, that exists, with permissions that an administrator gave") {
  ServerFixture server;
  CHECK(server.app_token("").error() == "invalid_scope");
  CHECK(server.app_token("openid").error() == "invalid_scope");
  CHECK(server.app_token("api://nothing/.default").error() == "invalid_target");
  CHECK(server.app_token("api://files/.default api://curfew/.default").error() == "invalid_target");
  CHECK(server.app_token("api://files/Files.Delete").error() == "invalid_scope");
  const TokenAnswer one = server.app_token("api://files/Files.Read");
  CHECK(claims_in(one.access()).at("roles").as_array().size() == 1);
  // By another of its names the resource is the same, and so is the audience.
  CHECK(claim(server.app_token("https://files.contoso.test/.default").access(), "aud") ==
        "api://files");
}

TEST_CASE("RFC 6749 4.4: a public client has no access of its own") {
  ServerFixture server;
  Fields fields = kAppRequest;
  fields.emplace_back("client_id", server.spa.str());
  const TokenAnswer answer = server.token(fields);
  CHECK(answer.status == 400);
  CHECK(answer.error() == "unauthorized_client");
}

TEST_CASE("a client may prove itself by Basic or in the body, whatever it registered") {
  ServerFixture server;
  const std::string id = server.web.str();
  CHECK(server.token(kAppRequest, {{"Authorization", basic(id, server.web_secret)}}).ok());
  CHECK(server
            .token(kAppRequest,
                   {{"authorization", "bAsIc " + base64_encode(id + ":" + server.web_secret)}})
            .ok());
  Fields empty_body = kAppRequest;
  empty_body.emplace_back("client_id", "");
  empty_body.emplace_back("client_secret", "");
  CHECK(server.token(empty_body, {{"Authorization", basic(id, server.web_secret)}}).ok());
  CHECK(server.token(server.as_web(kAppRequest), {{"Authorization", basic(id, server.web_secret)}})
            .error() == "invalid_request");
}

TEST_CASE("RFC 6749 5.2: a client that does not prove itself gets 401 invalid_client") {
  ServerFixture server;
  const auto as = [&](const std::string& id, const std::string& secret) {
    Fields fields = kAppRequest;
    fields.emplace_back("client_id", id);
    if (!secret.empty()) fields.emplace_back("client_secret", secret);
    return server.token(fields);
  };
  struct Attempt {
    std::string id;
    std::string secret;
    std::int64_t number;
  };
  for (const Attempt& attempt :
       {Attempt{server.web.str(), "wrong", 7000215},
        Attempt{server.web.str(), server.files_secret, 7000215},
        Attempt{server.web.str(), "", 7000218}, Attempt{new_guid(), server.web_secret, 700016},
        Attempt{server.spa.str(), "anything", 700025}}) {
    const TokenAnswer answer = as(attempt.id, attempt.secret);
    CHECK(answer.status == 401);
    CHECK(answer.error() == "invalid_client");
    CHECK(answer.number() == attempt.number);
    CHECK(header_of(answer.http, "WWW-Authenticate").starts_with("Basic"));
  }
  CHECK(server.metrics.value(Counter::clients_refused) == 5);
}

TEST_CASE(
    "5.1 rule 17: a client secret counts whole, whatever it has in common with the right one") {
  ServerFixture server;
  const std::string& right = server.web_secret;
  std::vector<std::string> wrong{right + "x", right + right, "x" + right,
                                 right + std::string(1, ' ')};
  for (std::size_t length = 1; length < right.size(); ++length) {
    wrong.push_back(right.substr(0, length));
    wrong.push_back(right.substr(length));
  }
  for (std::size_t at = 0; at < right.size(); ++at) {
    std::string other = right;
    other[at] = static_cast<char>(other[at] ^ 1);
    wrong.push_back(other);
  }
  wrong.push_back(sha256_base64url(right));  // what is stored proves nothing
  for (const std::string& secret : wrong) {
    CAPTURE(secret);
    Fields fields = kAppRequest;
    fields.emplace_back("client_id", server.web.str());
    fields.emplace_back("client_secret", secret);
    const TokenAnswer answer = server.token(fields);
    CHECK(answer.status == 401);
    CHECK(answer.number() == 7000215);
  }
  CHECK(server.app_token().ok());
}

TEST_CASE("each of several secrets works until it expires or is removed") {
  ServerFixture server;
  AppSecret second{server.tenant,
                   server.web,
                   "second",
                   sha256_base64url("another"),
                   "ano",
                   server.clock.now() + std::chrono::hours{1},
                   server.clock.now()};
  server.put(second);
  const auto with_secret = [&](const std::string& secret) {
    return server.token(kAppRequest, {{"Authorization", basic(server.web.str(), secret)}});
  };
  CHECK(with_secret("another").ok());
  CHECK(with_secret(server.web_secret).ok());
  server.clock.advance(std::chrono::hours{1});
  CHECK(with_secret("another").number() == 7000222);
  CHECK(with_secret(server.web_secret).ok());

  Removal removal;
  removal.kind = RemovalKind::remove_app_secret;
  removal.app_id = server.web;
  removal.object_id = server.web_secret_id;
  const TokenAnswer before = with_secret(server.web_secret);
  server.take_away(removal);
  CHECK(with_secret(server.web_secret).status == 401);
  // What it got with that secret is dead as well.
  CHECK_FALSE(ServerFixture::is_active(server.introspect(before.access())));
}

TEST_CASE("a secret that is removed after the client's proof no longer stands when it is granted") {
  std::function<void()> between = [] {};
  int reads = 0;
  test::FixtureOptions options;
  options.store = std::make_unique<test::PausingStore>(
      make_memory_store(), [&between, &reads](test::Point point) {
        // The first read is the client's proof, the second looks the code up.
        if (point == test::Point::before_read && ++reads == 2) std::exchange(between, [] {})();
      });
  ServerFixture server{std::move(options)};
  const std::string code = server.add_code(server.add_session(server.john).row);
  between = [&server] {
    Removal removal;
    removal.kind = RemovalKind::remove_app_secret;
    removal.app_id = server.web;
    removal.object_id = server.web_secret_id;
    server.take_away(removal);
  };
  reads = 0;
  const TokenAnswer answer = server.redeem(code);
  CHECK(reads > 2);
  CHECK(answer.status == 401);
  CHECK(answer.error() == "invalid_client");
  CHECK(server.all<Grant>().empty());
}

TEST_CASE("a disabled application gets nothing, and is told so in 400") {
  ServerFixture server;
  Removal removal;
  removal.kind = RemovalKind::disable_app;
  removal.app_id = server.web;
  server.take_away(removal);
  const TokenAnswer answer = server.app_token();
  CHECK(answer.status == 400);
  CHECK(answer.error() == "unauthorized_client");
  CHECK(answer.number() == 7000112);
  CHECK(header_of(answer.http, "Retry-After").empty());
}

TEST_CASE("a token of an older entry is dead although a newer one is about something else") {
  // An older tenant entry must not be hidden by a newer one of an application.
  ServerFixture server;
  const std::string token = server.app_token().access();
  server.take_away(RemovalKind::reauth_tenant);
  Removal other;
  other.kind = RemovalKind::disable_app;
  other.app_id = server.spa;
  server.take_away(other);
  CHECK_FALSE(ServerFixture::is_active(server.introspect(token)));
}

}  // namespace
}  // namespace curfew
