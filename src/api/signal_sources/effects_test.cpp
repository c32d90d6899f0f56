#include <doctest/doctest.h>

#include <algorithm>

#include "api/directory/account_risk.hpp"
#include "model/risk_event.hpp"
#include "model/role.hpp"
#include "protocol/ssf/received_events.hpp"
#include "revocation/signals/received_queue.hpp"
#include "store/schema_changes.hpp"
#include "store/schema_runs.hpp"
#include "tests/support/source_rig.hpp"

// What follows from what sources say: by whose right, once, and never more than taking away.

namespace curfew {
namespace {

using namespace std::chrono_literals;
using test::ServerFixture;
using test::SourceRig;
using test::TokenAnswer;

struct Acting {
  Acting() { rig.add(); }
  ~Acting() { server.runtime->stop_and_wait(); }
  Acting(const Acting&) = delete;
  Acting& operator=(const Acting&) = delete;

  ServerFixture server;
  SourceRig rig{server};

  ReceivedSignal heard(const std::string& set) {
    REQUIRE(rig.push(set).status == 202);
    return rig.settled().back();
  }
  void policy(const std::string& event, const std::string& effect) {
    rig.change(
        [&](SignalSource& source) { source.policy = {policy_entry(event, effect).value()}; });
  }
  bool is_enabled() { return server.row<User>(server.john).account_enabled; }
};

TEST_CASE_FIXTURE(Acting, "session-revoked ends sessions and tokens, in a run of the source's") {
  const TokenAnswer tokens = server.signed_in();
  REQUIRE(tokens.ok());
  const ReceivedSignal signal = heard(rig.about_john("session-revoked"));
  CHECK(signal.state == ReceivedState::acted);
  CHECK(signal.effect == SignalEffect::revoke_sessions);
  CHECK(signal.user_id == server.john.str());
  CHECK(signal.subject.empty());
  CHECK_FALSE(server.refresh(tokens.refresh()).ok());
  CHECK(is_enabled());
  REQUIRE(server.all<Run>().size() == 1);
  const Run run = server.all<Run>().front();
  CHECK(run.id.str() == signal.run_id);
  CHECK(run.mode == RunMode::sessions_only);
  CHECK(run.actor_id == server.web.str());
  CHECK(run.actor_name == "Fabrikam");
  CHECK(run.reason.find("session-revoked") != std::string::npos);
}

TEST_CASE_FIXTURE(Acting, "account-disabled disables, and account-enabled gives nothing back") {
  CHECK(heard(rig.about_john("account-disabled")).effect == SignalEffect::disable);
  CHECK_FALSE(is_enabled());
  CHECK(heard(rig.about_john("account-enabled")).state == ReceivedState::noted);
  CHECK_FALSE(is_enabled());
}

TEST_CASE_FIXTURE(Acting,
                  "the policy says what an event leads to, and no more than there is in it") {
  policy("account-disabled", "notify");
  CHECK(heard(rig.about_john("account-disabled")).state == ReceivedState::noted);
  CHECK(is_enabled());
  policy("credential-change", "revoke_sessions");
  CHECK(heard(rig.about_john("credential-change")).effect == SignalEffect::revoke_sessions);
  CHECK_FALSE(policy_entry("account-enabled", "disable").ok());
  CHECK_FALSE(policy_entry("unheard-of", "notify").ok());
  CHECK_FALSE(policy_entry("session-revoked", "delete").ok());
}

TEST_CASE_FIXTURE(Acting, "risk that is raised is shown, and an administrator's word stays") {
  const auto risk = [&](const char* level) {
    return heard(rig.sign(rig.claims("risk-level-change", rig.john(), {{"current_level", level}})));
  };
  CHECK(risk("LOW").state == ReceivedState::noted);
  CHECK(server.all<RiskEvent>().empty());
  CHECK(risk("HIGH").effect == SignalEffect::raise_risk);
  REQUIRE(server.all<RiskEvent>().size() == 1);
  CHECK(server.all<RiskEvent>().front().risk_state == "atRisk");
  server.change<User>(server.john, [](User& user) {
    user.properties = R"({"riskyUser":{"riskState":"confirmedCompromised"}})";
  });
  CHECK(risk("HIGH").state == ReceivedState::acted);
  CHECK(server.all<RiskEvent>().size() == 1);
  CHECK(is_said_to_be_compromised(server.row<User>(server.john)));
}

TEST_CASE_FIXTURE(Acting, "who is not known here is counted, and nothing else happens") {
  boost::json::object nobody{{"format", "email"}, {"email", "nobody@fabrikam.test"}};
  CHECK(heard(rig.sign(rig.claims("account-disabled", nobody))).state ==
        ReceivedState::unknown_subject);
  // Their id at the issuer, which is none of ours even where it is spelled the same.
  boost::json::object theirs{
      {"format", "iss_sub"}, {"iss", test::kSourceIssuer}, {"sub", server.john.str()}};
  CHECK(heard(rig.sign(rig.claims("account-disabled", theirs))).state ==
        ReceivedState::unknown_subject);
  CHECK(heard(rig.sign(rig.claims("account-disabled", {}))).state ==
        ReceivedState::unknown_subject);
  CHECK(rig.row().unknown_count == 3);
  CHECK(server.all<Run>().empty());
}

TEST_CASE_FIXTURE(Acting, "without the permission, and on who holds a role, nothing is done") {
  rig.let_nothing();
  ReceivedSignal refused = heard(rig.about_john("account-disabled"));
  CHECK(refused.state == ReceivedState::refused);
  CHECK(refused.last_error.find("User.EnableDisableAccount.All") != std::string::npos);
  CHECK(is_enabled());
  for (const SignalEffect effect : kSignalEffects) rig.let(effect);
  const auto role = definition_of(Role::global_administrator).template_id;
  server.put(RoleAssignment{server.tenant, server.john.str(), RoleId{std::string{role}},
                            server.clock.now()});
  for (const char* const event : {"account-disabled", "session-revoked"}) {
    refused = heard(rig.about_john(event));
    CHECK(refused.state == ReceivedState::refused);
    CHECK(refused.last_error.starts_with("guard.protected_subject"));
  }
  policy("credential-change", "raise_risk");
  CHECK(heard(rig.about_john("credential-change")).state == ReceivedState::refused);
  CHECK(is_enabled());
  CHECK(server.all<Run>().empty());
  CHECK(rig.row().refused_count == 4);
}

TEST_CASE_FIXTURE(Acting, "what waits when its source is taken away leads to nothing") {
  REQUIRE(rig.push(rig.about_john("account-disabled")).status == 202);
  rig.change([](SignalSource& source) { source.enabled = false; });
  rig.round();
  CHECK(is_enabled());
  CHECK(rig.row().pending_count == 1);
  server.write([source = rig.row()](WriteTx& tx) { return erase_source(tx, source); });
  rig.round();
  CHECK(is_enabled());
  CHECK(server.all<ReceivedSignal>().empty());
}

TEST_CASE_FIXTURE(Acting, "an event whose outcome was lost finds the run that it began") {
  REQUIRE(rig.push(rig.about_john("session-revoked")).status == 202);
  const ReceivedSignal before = server.all<ReceivedSignal>().front();
  const ReceivedSignal after = rig.settled_one();
  // As if the server had been killed between the cut and the outcome.
  server.put(before);
  rig.change([](SignalSource& source) { source.pending_count = 1; });
  rig.restart();
  CHECK(rig.settled_one().run_id == after.run_id);
  CHECK(server.all<Run>().size() == 1);
}

TEST_CASE_FIXTURE(Acting, "what Okta sends: the subject in the event, nested, and milliseconds") {
  boost::json::object claims = rig.claims(
      "session-revoked", {},
      {{"subject", boost::json::object{{"user", rig.john()}}}, {"event_timestamp", 1700000000123}});
  claims.erase("sub_id");
  const ReceivedSignal signal = heard(rig.sign(claims));
  CHECK(signal.state == ReceivedState::acted);
  CHECK(signal.happened_at == from_unix_millis(1700000000123));
}

TEST_CASE_FIXTURE(Acting, "what Google sends: subject_type with hyphens, sessions-revoked") {
  boost::json::object subject{{"subject_type", "id_token_claims"},
                              {"iss", test::kSourceIssuer},
                              {"sub", "1"},
                              {"email", server.upn}};
  boost::json::object claims =
      rig.claims("sessions-revoked", {}, {{"subject", std::move(subject)}});
  claims.erase("sub_id");
  CHECK(heard(rig.sign(claims)).state == ReceivedState::acted);
  boost::json::object ours{
      {"subject_type", "iss-sub"}, {"iss", server.context->issuer()}, {"sub", server.john.str()}};
  CHECK(heard(rig.sign(rig.claims("sessions-revoked", ours))).state == ReceivedState::acted);
}

TEST_CASE_FIXTURE(Acting, "records go when a token as old would be refused, and not before") {
  REQUIRE(heard(rig.about_john("session-revoked")).state == ReceivedState::acted);
  const auto prune = [&] {
    server.write([&](WriteTx& tx) -> Status {
      CURFEW_TRY([[maybe_unused]] const std::size_t count,
                 prune_received(tx, server.tenant, server.clock.now(), 100));
      return Done{};
    });
    return server.all<ReceivedSignal>().size();
  };
  server.clock.advance(20 * 24h);
  CHECK(prune() == 1);
  server.clock.advance(11 * 24h);
  CHECK(prune() == 0);
}

// --- polls

TEST_CASE_FIXTURE(Acting,
                  "RFC 8936: what is polled is kept, acted on, and acknowledged next time") {
  rig.add(StreamDelivery::poll);
  boost::json::object good = rig.claims("session-revoked", rig.john());
  boost::json::object bad = good;
  good["jti"] = "good";
  bad["jti"] = "bad";
  bad["aud"] = "https://somebody.test";
  rig.poll_answers = {boost::json::serialize(boost::json::object{
      {"sets", boost::json::object{{"good", rig.sign(good)}, {"bad", rig.sign(bad)}}}})};
  rig.round();
  const auto first = rig.polled();
  REQUIRE(first.size() == 1);
  CHECK(first.front().at("returnImmediately").as_bool());
  CHECK_FALSE(first.front().contains("ack"));
  CHECK(rig.settled().size() == 1);
  const auto next = rig.polled();
  REQUIRE_FALSE(next.empty());
  CHECK(next.front().at("ack").as_array().at(0).as_string() == "good");
  CHECK(next.front().at("setErrs").as_object().at("bad").as_object().at("err").as_string() ==
        "invalid_audience");
  CHECK(server.all<Run>().size() == 1);
}

TEST_CASE_FIXTURE(Acting,
                  "a poll that fails is put off, and its source is sealed with its header") {
  rig.add(StreamDelivery::poll);
  rig.change([&](SignalSource& source) {
    source.sealed_authorization =
        seal_source_authorization(*server.context, source.id, "Bearer theirs");
  });
  CHECK(rig.row().sealed_authorization.find("theirs") == std::string::npos);
  rig.poll_answers = {"no json"};
  rig.round();
  auto calls = rig.receivers.take();
  REQUIRE(calls.size() == 1);
  CHECK(std::ranges::find(calls.front().headers,
                          std::pair{std::string{"Authorization"}, std::string{"Bearer theirs"}}) !=
        calls.front().headers.end());
  rig.round();
  CHECK(rig.receivers.take().empty());
  server.clock.advance(6s);
  rig.round();
  CHECK(rig.receivers.take().size() == 1);
}

TEST_CASE_FIXTURE(Acting, "a source that is not heard is not polled") {
  rig.add(StreamDelivery::poll);
  rig.change([](SignalSource& source) { source.enabled = false; });
  rig.round();
  CHECK(rig.receivers.take().empty());
}

}  // namespace
}  // namespace curfew
