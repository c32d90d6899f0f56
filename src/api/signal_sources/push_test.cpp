#include <doctest/doctest.h>

#include "base/signal_limits.hpp"
#include "store/schema_runs.hpp"
#include "tests/support/source_rig.hpp"

// What transmitters push (RFC 8935): whom we let in, what we take, and what we say about the rest.

namespace curfew {
namespace {

using namespace std::chrono_literals;
using test::ServerFixture;
using test::SourceRig;

struct Pushed {
  Pushed() { rig.add(); }
  // Runs may be under way, and their parts go before the threads do.
  ~Pushed() { server.runtime->stop_and_wait(); }
  Pushed(const Pushed&) = delete;
  Pushed& operator=(const Pushed&) = delete;

  ServerFixture server;
  SourceRig rig{server};
};

TEST_CASE_FIXTURE(Pushed, "RFC 8935 2.2: what is kept is 202 and empty, and durable before that") {
  const HttpResponse answer = rig.push(rig.about_john("session-revoked"));
  CHECK(answer.status == 202);
  CHECK(answer.body.empty());
  REQUIRE(server.all<ReceivedSignal>().size() == 1);
  CHECK(server.all<ReceivedSignal>().front().event == "session-revoked");
  CHECK(server.all<ReceivedSignal>().front().state == ReceivedState::pending);
  CHECK(rig.row().heard_at == server.clock.now());
  CHECK(rig.push(rig.about_john("session-revoked") + " ").status == 202);
}

TEST_CASE_FIXTURE(Pushed,
                  "a source is let in by its own token alone, and nobody learns of others") {
  const std::string set = rig.about_john("session-revoked");
  const HttpResponse none = rig.push_as("", set);
  CHECK(none.status == 401);
  CHECK(test::header_of(none, "WWW-Authenticate").starts_with("Bearer"));
  const HttpResponse wrong = rig.push_as("another", set);
  CHECK(wrong.status == 401);
  rig.source.id = new_guid();
  const HttpResponse unknown = rig.push(set);
  CHECK(unknown.status == 401);
  CHECK(unknown.body == wrong.body);
  CHECK(server.all<ReceivedSignal>().empty());
}

TEST_CASE_FIXTURE(Pushed, "a source that was made without a token is let in, by its signature") {
  rig.change([](SignalSource& source) { source.token_hash.clear(); });
  CHECK(rig.push_as("", rig.about_john("session-revoked")).status == 202);
  CHECK(rig.push_as("", "no token").status == 400);
}

TEST_CASE_FIXTURE(Pushed, "a source that is polled is not pushed to") {
  rig.change([](SignalSource& source) {
    source.delivery = StreamDelivery::poll;
    source.token_hash.clear();
  });
  CHECK(rig.push(rig.about_john("session-revoked")).status == 401);
}

TEST_CASE_FIXTURE(Pushed, "a source that is disabled, or whose application is, is not heard") {
  const std::string set = rig.about_john("session-revoked");
  rig.change([](SignalSource& source) { source.enabled = false; });
  CHECK(rig.push(set).status == 403);
  rig.change([](SignalSource& source) { source.enabled = true; });
  Removal removal;
  removal.kind = RemovalKind::disable_app;
  removal.app_id = server.web;
  server.take_away(removal);
  CHECK(rig.push(set).status == 403);
  server.give_back(RestoralKind::enable_app, server.web.str());
  CHECK(rig.push(set).status == 202);
}

TEST_CASE_FIXTURE(Pushed, "RFC 8935 2.4: the codes of what is refused") {
  const auto code = [&](const std::string& body) {
    const HttpResponse answer = rig.push(body);
    CHECK(answer.status == 400);
    CHECK(test::header_of(answer, "Content-Language") == "en");
    return SourceRig::code_in(answer);
  };
  CHECK(code("") == "invalid_request");
  CHECK(code("a.b.c") == "invalid_request");
  boost::json::object claims = rig.claims("session-revoked", rig.john());
  claims["iss"] = "https://somebody.test";
  CHECK(code(rig.sign(claims)) == "invalid_issuer");
  claims = rig.claims("session-revoked", rig.john());
  claims["aud"] = "https://somebody.test";
  CHECK(code(rig.sign(claims)) == "invalid_audience");
  claims.erase("aud");
  CHECK(code(rig.sign(claims)) == "invalid_audience");

  const std::string known = std::exchange(rig.kid, "another");
  const std::string made_up = rig.about_john("session-revoked");
  rig.kid = known;
  server.clock.advance(2min);
  CHECK(code(made_up) == "invalid_key");
  rig.key = SigningKey::generate(SignatureAlg::es256).value();  // the published one is another
  CHECK(code(rig.about_john("session-revoked")) == "authentication_failed");
  CHECK(server.all<ReceivedSignal>().empty());
}

TEST_CASE_FIXTURE(Pushed, "no other token of the same issuer's passes for an event") {
  const auto code_of = [&](const boost::json::object& claims, const std::string& typ) {
    return SourceRig::code_in(rig.push(rig.sign(claims, typ)));
  };
  boost::json::object claims = rig.claims("session-revoked", rig.john());
  claims["exp"] = to_unix_seconds(server.clock.now()) + 300;
  CHECK(code_of(claims, "") == "invalid_request");
  CHECK(code_of(claims, "JWT") == "invalid_request");
  claims.erase("exp");
  claims["nonce"] = "n";
  CHECK(code_of(claims, "") == "invalid_request");
  claims.erase("nonce");
  CHECK(code_of(claims, "logout+jwt") == "authentication_failed");
  CHECK(code_of(claims, "at+jwt") == "authentication_failed");
  claims.erase("events");
  CHECK(code_of(claims, "secevent+jwt") == "invalid_request");
  // As some send it.
  CHECK(rig.push(rig.sign(rig.claims("session-revoked", rig.john()), "")).status == 202);
  CHECK(rig.push(rig.sign(rig.claims("session-revoked", rig.john()), "JWT")).status == 202);
}

TEST_CASE_FIXTURE(Pushed,
                  "a token is as young as what is remembered of it, and not of the future") {
  boost::json::object claims = rig.claims("session-revoked", rig.john());
  const std::int64_t now = to_unix_seconds(server.clock.now());
  claims["iat"] = now - 15 * 24 * 3600;
  CHECK(rig.push(rig.sign(claims)).status == 400);
  claims["iat"] = now + 3600;
  CHECK(rig.push(rig.sign(claims)).status == 400);
  claims.erase("iat");
  CHECK(rig.push(rig.sign(claims)).status == 400);
  claims["iat"] = now - 13 * 24 * 3600;
  CHECK(rig.push(rig.sign(claims)).status == 202);
}

TEST_CASE_FIXTURE(Pushed, "what comes again is answered as the first time, and changes nothing") {
  const std::string set = rig.about_john("session-revoked");
  CHECK(rig.push(set).status == 202);
  static_cast<void>(rig.settled());
  CHECK(rig.push(set).status == 202);
  rig.round();
  CHECK(server.all<ReceivedSignal>().size() == 1);
  CHECK(server.all<Run>().size() == 1);
  CHECK(rig.row().repeated_count == 1);
  CHECK(rig.row().received_count == 1);
}

TEST_CASE_FIXTURE(Pushed,
                  "keys are fetched once, and for an unknown name not more than each minute") {
  for (int i = 0; i < 3; ++i) CHECK(rig.push(rig.about_john("session-revoked")).status == 202);
  CHECK(rig.jwks_fetched == 1);
  const std::string known = std::exchange(rig.kid, "made-up");
  const std::string made_up = rig.about_john("session-revoked");
  rig.kid = known;
  server.clock.advance(2min);
  CHECK(SourceRig::code_in(rig.push(made_up)) == "invalid_key");
  // By now the key could be there: nothing is refused for good before it was looked for.
  for (int i = 0; i < 2; ++i) CHECK(rig.push(made_up).status == 503);
  CHECK(rig.jwks_fetched == 2);
}

TEST_CASE_FIXTURE(Pushed, "a token whose key is not known yet is to be sent again, and is heard") {
  CHECK(rig.push(rig.about_john("session-revoked")).status == 202);
  const auto rotate = [&](const char* kid) {
    rig.kid = kid;
    rig.key = SigningKey::generate(SignatureAlg::es256).value();
    return rig.about_john("session-revoked");
  };
  const std::string at_once = rotate("two");
  const HttpResponse early = rig.push(at_once);
  CHECK(early.status == 503);
  CHECK_FALSE(test::header_of(early, "Retry-After").empty());
  CHECK(rig.row().received_count == 1);
  server.clock.advance(2min);
  CHECK(rig.push(at_once).status == 202);

  const std::string later = rotate("three");
  server.clock.advance(2min);
  rig.jwks_status = 500;
  CHECK(rig.push(later).status == 503);
  CHECK(rig.row().trouble.find("500") != std::string::npos);
  CHECK(rig.row().trouble_since == server.clock.now());
  rig.jwks_status = 200;
  server.clock.advance(2min);
  CHECK(rig.push(later).status == 202);
  CHECK(rig.row().trouble.empty());
  CHECK_FALSE(rig.row().trouble_since);
}

TEST_CASE_FIXTURE(Pushed, "what a token was let in by is not what the source has by now") {
  rig.while_fetching = [&] {
    rig.change([](SignalSource& source) { source.token_hash = "of another"; });
  };
  CHECK(rig.push(rig.about_john("session-revoked")).status == 503);
  CHECK(server.all<ReceivedSignal>().empty());
}

TEST_CASE_FIXTURE(Pushed,
                  "what is wrong with every token of a source is shown until one is right") {
  boost::json::object claims = rig.claims("session-revoked", rig.john());
  claims["aud"] = "https://somebody.test";
  CHECK(rig.push(rig.sign(claims)).status == 400);
  CHECK(rig.row().trouble.find("audience") != std::string::npos);
  CHECK(rig.push(rig.about_john("session-revoked")).status == 202);
  CHECK(rig.row().trouble.empty());
  // Whoever is let in without a token says nothing of the source.
  rig.change([](SignalSource& source) { source.token_hash.clear(); });
  CHECK(rig.push_as("", "no token").status == 400);
  CHECK(rig.row().trouble.empty());
}

TEST_CASE_FIXTURE(Pushed, "keys that cannot be fetched are good for a day, and then nothing is") {
  CHECK(rig.push(rig.about_john("session-revoked")).status == 202);
  rig.jwks_status = 500;
  server.clock.advance(2h);
  CHECK(rig.push(rig.about_john("session-revoked")).status == 202);
  server.clock.advance(23h);
  CHECK(rig.push(rig.about_john("session-revoked")).status == 503);
  rig.jwks_status = 200;
  server.clock.advance(2min);
  CHECK(rig.push(rig.about_john("session-revoked")).status == 202);
}

TEST_CASE_FIXTURE(Pushed, "another address has nothing to do with the keys of the one before") {
  CHECK(rig.push(rig.about_john("session-revoked")).status == 202);
  rig.change([](SignalSource& source) { source.jwks_uri = "https://idp.fabrikam.test/other"; });
  CHECK(rig.push(rig.about_john("session-revoked")).status == 503);
}

TEST_CASE_FIXTURE(Pushed, "more than may be kept is refused until records go") {
  ReceivedSignal oldest;
  oldest.tenant_id = server.tenant;
  oldest.source_id = rig.source.id;
  oldest.sequence = 1;
  oldest.state = ReceivedState::noted;
  server.put(oldest);
  rig.change([](SignalSource& source) { source.last_sequence = limits::kReceivedKeptMax; });
  CHECK(rig.push(rig.about_john("session-revoked")).status == 202);
  CHECK(rig.push(rig.about_john("session-revoked")).status == 429);
}

TEST_CASE_FIXTURE(Pushed, "more than may wait is refused until somebody acted on it") {
  rig.change([](SignalSource& source) { source.pending_count = limits::kReceivedPendingMax; });
  const HttpResponse full = rig.push(rig.about_john("session-revoked"));
  CHECK(full.status == 429);
  CHECK_FALSE(test::header_of(full, "Retry-After").empty());
}

}  // namespace
}  // namespace curfew
