#include <doctest/doctest.h>

#include <set>

#include "model/run.hpp"
#include "tests/support/server_fixture.hpp"

// An application acts on behalf of the person whose client called it. In these tests the web
// application calls Files, and Files calls Ledger.

namespace curfew {
namespace {

using namespace std::chrono_literals;
using test::claim;
using test::claims_in;
using test::contains;
using test::Fields;
using test::ServerFixture;
using test::TokenAnswer;

const AppId kLedger{"88888888-8888-4888-8888-888888888888"};

struct Chain : ServerFixture {
  Chain() {
    App ledger = row<App>(files);
    ledger.id = kLedger;
    ledger.display_name = "Ledger";
    ledger.identifier_uris = {"api://ledger"};
    ledger.exposed_scopes = {"Ledger.Read", "Ledger.Write"};
    ledger.access_token_lifetime_seconds.reset();
    put(ledger);
    AppSecret secret;
    secret.tenant_id = tenant;
    secret.app_id = kLedger;
    secret.id = "ledger-secret";
    secret.hash = sha256_base64url("ledger-secret");
    put(secret);
    change<App>(files, [](App& app) { app.admin_consented_scopes = {"api://ledger/Ledger.Read"}; });
    session = add_session(john, laptop).row;
    front = redeem(add_code(session));
    REQUIRE(front.ok());
  }

  TokenAnswer exchange(const std::string& assertion, const std::string& scope =
                                                         "openid profile offline_access "
                                                         "api://ledger/Ledger.Read") {
    return token(exchange_fields(assertion, scope));
  }
  [[nodiscard]] Fields exchange_fields(const std::string& assertion,
                                       const std::string& scope) const {
    return as_files({{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"},
                     {"requested_token_use", "on_behalf_of"},
                     {"assertion", assertion},
                     {"scope", scope}});
  }
  [[nodiscard]] Fields as_files(Fields fields) const {
    fields.emplace_back("client_id", files.str());
    fields.emplace_back("client_secret", files_secret);
    return fields;
  }
  TokenAnswer renew(const std::string& refresh_token) {
    return token(as_files({{"grant_type", "refresh_token"}, {"refresh_token", refresh_token}}));
  }
  bool lives(const TokenAnswer& derived) { return is_active(introspect(derived.access())); }
  CredentialFacts facts_in(const TokenAnswer& answer) {
    const auto checked = check_access_token(*context, answer.access());
    REQUIRE(checked);
    return checked->facts();
  }

  Session session;
  TokenAnswer front;  // what the web application has, for Files
};

std::set<Key> keys_in(const CredentialFacts& facts) {
  return {facts.keys.begin(), facts.keys.end()};
}

TEST_CASE("a person's token becomes one to the next resource, for the same person") {
  Chain chain;
  const TokenAnswer answer = chain.exchange(chain.front.access());
  REQUIRE(answer.ok());
  CHECK(claim(answer.access(), "aud") == "api://ledger");
  CHECK(claim(answer.access(), "azp") == chain.files.str());
  CHECK(claim(answer.access(), "oid") == chain.john.str());
  CHECK(claim(answer.access(), "sub") == chain.john.str());
  CHECK(claim(answer.access(), "scp") == "Ledger.Read");
  CHECK(claim(answer.access(), "sid") == chain.session.id.str());
  CHECK(claim(answer.access(), "deviceid") == chain.laptop.str());
  CHECK(claim(answer.text("id_token"), "aud") == chain.files.str());
  CHECK(claim(answer.text("id_token"), "preferred_username") == chain.upn);
  CHECK_FALSE(claims_in(answer.text("id_token")).contains("nonce"));
  CHECK_FALSE(answer.refresh().empty());
  CHECK(contains(answer.text("scope"), "api://ledger/Ledger.Read"));
  CHECK(chain.lives(answer));
  CHECK(chain.metrics.value(Counter::tokens_issued_on_behalf_of) == 1);
}

TEST_CASE("what is derived names the union of both tokens' keys, and has the older stamp") {
  Chain chain;
  const CredentialFacts before = chain.facts_in(chain.front);
  Removal elsewhere;  // so that the journal has moved on
  elsewhere.kind = RemovalKind::tighten_app;
  elsewhere.app_id = chain.web;
  chain.take_away(elsewhere);
  const TokenAnswer fresh = chain.refresh(chain.front.refresh());
  REQUIRE(fresh.ok());
  const TokenAnswer derived = chain.exchange(fresh.access());
  REQUIRE(derived.ok());
  const CredentialFacts parent = chain.facts_in(fresh);
  const CredentialFacts child = chain.facts_in(derived);
  for (const Key& key : parent.keys) {
    CAPTURE(to_string(key));
    CHECK(keys_in(child).contains(key));
  }
  CHECK(keys_in(child).contains(key_of(chain.files)));
  CHECK(keys_in(child).contains(assignment_key(chain.john, chain.files)));
  CHECK(child.stamps.auth_as_of == before.stamps.auth_as_of);
  CHECK(child.stamps.auth_as_of == chain.session.auth_as_of);
  CHECK(child.stamps.as_of == chain.head());
  // The refresh token's grant names the same, and what it renews as well.
  const TokenAnswer renewed = chain.renew(derived.refresh());
  REQUIRE(renewed.ok());
  for (const Key& key : parent.keys) CHECK(keys_in(chain.facts_in(renewed)).contains(key));
  CHECK(chain.facts_in(renewed).stamps.auth_as_of == chain.session.auth_as_of);
}

TEST_CASE("ending what the assertion came of ends what was made of it, and nothing else does") {
  struct Way {
    const char* name;
    std::function<void(Chain&, Removal&)> aim;
  };
  const std::vector<Way> ways{
      {"the calling application's grant",
       [](Chain& chain, Removal& removal) {
         removal.kind = RemovalKind::end_grant;
         removal.grant_id = GrantId{claim(chain.front.access(), "xcf_grant")};
       }},
      {"the calling application",
       [](Chain& chain, Removal& removal) {
         removal.kind = RemovalKind::disable_app;
         removal.app_id = chain.web;
       }},
      {"the application in the middle",
       [](Chain& chain, Removal& removal) {
         removal.kind = RemovalKind::disable_app;
         removal.app_id = chain.files;
       }},
      {"the session",
       [](Chain& chain, Removal& removal) {
         removal.kind = RemovalKind::end_session;
         removal.session_id = chain.session.id;
       }},
      {"the device",
       [](Chain& chain, Removal& removal) {
         removal.kind = RemovalKind::disable_device;
         removal.device_id = chain.laptop;
       }},
      {"the key that signed the assertion", [](Chain& chain, Removal& removal) {
         removal.kind = RemovalKind::withdraw_key;
         removal.key_id = chain.keys->active_key(TokenAlg::es256);
       }}};
  for (const Way& way : ways) {
    CAPTURE(way.name);
    Chain chain;
    const TokenAnswer derived = chain.exchange(chain.front.access());
    REQUIRE(chain.lives(derived));
    Removal removal;
    way.aim(chain, removal);
    chain.take_away(removal);
    CHECK_FALSE(chain.renew(derived.refresh()).ok());
    // A disabled application may not ask about its own tokens either.
    if (removal.app_id != chain.files) CHECK_FALSE(chain.lives(derived));
  }
  Chain chain;
  const TokenAnswer derived = chain.exchange(chain.front.access());
  chain.redeem(chain.add_code(chain.add_session(chain.john).row));
  Removal other;
  other.kind = RemovalKind::end_session;
  other.session_id = chain.add_session(chain.john).row.id;
  chain.take_away(other);
  CHECK(chain.lives(derived));
  CHECK(chain.renew(derived.refresh()).ok());
}

TEST_CASE("RFC 7523 3: an assertion for somebody else is refused, and so is what is no token") {
  Chain chain;
  const TokenAnswer derived = chain.exchange(chain.front.access());
  CHECK(chain.exchange(derived.access()).number() == 500131);  // for Ledger, not for Files
  for (const std::string& text : {std::string{"a.b.c"}, chain.front.refresh(),
                                  chain.front.text("id_token"), chain.front.access() + "x"}) {
    const TokenAnswer refused = chain.exchange(text);
    CHECK(refused.error() == "invalid_grant");
    CHECK(refused.number() == 50013);
  }
}

TEST_CASE("an application's own token is nobody's behalf") {
  Chain chain;
  const std::string own = chain.app_token("api://files/.default").access();
  const TokenAnswer refused = chain.exchange(own);
  CHECK(refused.error() == "invalid_grant");
  CHECK(refused.number() == 7000114);
}

TEST_CASE("RFC 6749 2.1: only a client that proves itself acts on anybody's behalf") {
  Chain chain;
  Fields fields = chain.exchange_fields(chain.front.access(), "api://ledger/.default");
  std::erase_if(fields, [](const auto& field) { return field.first == "client_secret"; });
  CHECK(chain.token(fields).error() == "invalid_client");
  chain.change<App>(chain.files, [](App& app) { app.client_type = ClientType::public_client; });
  CHECK(chain.token(fields).error() == "unauthorized_client");
}

TEST_CASE("an expired assertion is refused without a challenge") {
  Chain chain;
  chain.clock.advance(1h);
  const TokenAnswer refused = chain.exchange(chain.front.access());
  CHECK(refused.error() == "invalid_grant");
  CHECK(refused.number() == 500133);
  CHECK(refused.text("claims").empty());
}

TEST_CASE("a revoked assertion is refused with the challenge that the application hands on") {
  Chain chain;
  chain.take_away(RemovalKind::revoke_sessions);
  const TokenAnswer refused = chain.exchange(chain.front.access());
  CHECK(refused.error() == "invalid_grant");
  CHECK(refused.suberror() == "bad_token");
  CHECK(refused.number() == 50173);
  CHECK(contains(refused.text("claims"), "nbf"));
  CHECK(contains(refused.text("claims"), to_string(chain.head())));
  CHECK(chain.all<Grant>().size() == 1);
}

TEST_CASE("an outdated assertion is refused too: a silent renewal gives one that is not") {
  Chain chain;
  Removal removal;
  removal.kind = RemovalKind::tighten_app;
  removal.app_id = chain.web;
  chain.take_away(removal);
  CHECK(chain.exchange(chain.front.access()).suberror() == "bad_token");
  CHECK(chain.exchange(chain.refresh(chain.front.refresh()).access()).ok());
}

TEST_CASE("RFC 8707 2: one known resource must be named") {
  Chain chain;
  CHECK(chain.exchange(chain.front.access(), "openid").error() == "invalid_scope");
  CHECK(chain.exchange(chain.front.access(), "api://nowhere/x").error() == "invalid_target");
  CHECK(chain.exchange(chain.front.access(), "api://ledger/Ledger.Read api://files/Files.Read")
            .error() == "invalid_target");
}

TEST_CASE("nothing is given that neither the person nor an administrator consented to") {
  Chain chain;
  for (const char* scope :
       {"api://ledger/Ledger.Write", "api://ledger/Ledger.Read api://ledger/Ledger.Write"}) {
    const TokenAnswer refused = chain.exchange(chain.front.access(), scope);
    CHECK(refused.error() == "invalid_grant");
    CHECK(refused.suberror() == "consent_required");
    CHECK(refused.number() == 65001);
  }
  chain.put(Consent{
      chain.tenant, chain.john, chain.files, {"api://ledger/Ledger.Write"}, chain.clock.now()});
  const TokenAnswer both = chain.exchange(chain.front.access(), "api://ledger/.default");
  REQUIRE(both.ok());
  CHECK(claim(both.access(), "scp") == "Ledger.Read Ledger.Write");
  chain.change<App>(chain.files, [](App& app) { app.admin_consented_scopes.clear(); });
  Removal removal;
  removal.kind = RemovalKind::remove_consent;
  removal.user_id = chain.john;
  removal.app_id = chain.files;
  chain.take_away(removal);
  CHECK(chain.exchange(chain.front.access(), "api://ledger/.default").suberror() ==
        "bad_token");  // the person must come anew
  CHECK_FALSE(chain.renew(both.refresh()).ok());
}

TEST_CASE("whoever is not assigned to the application in the middle is not acted for") {
  Chain chain;
  chain.change<App>(chain.files, [](App& app) { app.assignment_required = true; });
  CHECK(chain.exchange(chain.front.access()).number() == 50105);
}

TEST_CASE("without a refresh token what is derived ends no later than the assertion") {
  Chain chain;
  chain.clock.advance(20min);
  const TokenAnswer short_lived = chain.exchange(chain.front.access(), "api://ledger/Ledger.Read");
  REQUIRE(short_lived.ok());
  CHECK(short_lived.refresh().empty());
  CHECK(short_lived.body.at("expires_in").as_int64() == 40 * 60);
  CHECK(claims_in(short_lived.access()).at("exp") == claims_in(chain.front.access()).at("exp"));
  const TokenAnswer renewable = chain.exchange(chain.front.access());
  CHECK(renewable.body.at("expires_in").as_int64() == 60 * 60);
}

TEST_CASE("a chain of applications hands all keys on, and does not grow without end") {
  Chain chain;
  chain.change<App>(chain.files,
                    [](App& app) { app.admin_consented_scopes = {"api://files/Files.Read"}; });
  const std::string first_grant = claim(chain.front.access(), "xcf_grant");
  TokenAnswer last = chain.front;
  int links = 0;
  for (; links < 50; ++links) {
    const TokenAnswer next = chain.exchange(last.access(), "api://files/Files.Read");
    if (!next.ok()) {
      CHECK(next.error() == "invalid_grant");
      break;
    }
    CHECK(keys_in(chain.facts_in(next)).contains(key_of(GrantId{first_grant})));
    CHECK(next.access().size() < 4096);
    last = next;
  }
  CHECK(links > 5);
  CHECK(links < 20);
}

TEST_CASE("a plan names what was got on behalf of a person, but no session of their own there") {
  Chain chain;
  REQUIRE(chain.exchange(chain.front.access()).ok());
  const Actor root{ActorKind::local_root,        "local-root", "local-root",
                   {Role::global_administrator}, "",           {}};
  const auto plan = chain.context->revocation.access_of(chain.john.str(), root);
  REQUIRE(plan.ok());
  const auto has = [&](PathKind kind, const std::string& target) {
    return std::ranges::any_of(plan->paths, [&](const AccessPath& path) {
      return path.kind == kind && path.target == target;
    });
  };
  CHECK(has(PathKind::refresh_grant, chain.files.str()));
  CHECK(has(PathKind::access_token, "api://ledger"));
  CHECK(has(PathKind::app_session, chain.web.str()));
  CHECK_FALSE(has(PathKind::app_session, chain.files.str()));
}

}  // namespace
}  // namespace curfew
