#include <doctest/doctest.h>

#include "api/directory/account_risk.hpp"
#include "base/signal_limits.hpp"
#include "model/risk_event.hpp"
#include "model/role.hpp"
#include "protocol/ssf/received_events.hpp"
#include "revocation/signals/received_queue.hpp"
#include "store/schema_changes.hpp"
#include "store/schema_runs.hpp"
#include "tests/support/acting_source.hpp"

// What follows from what sources say: by whose right, once, and never more than taking away.

namespace curfew {
namespace {

using namespace std::chrono_literals;
using test::ActingSource;
using test::ServerFixture;
using test::SourceRig;
using test::TokenAnswer;

TEST_CASE_FIXTURE(ActingSource,
                  "session-revoked ends sessions and tokens, in a run of the source's") {
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

TEST_CASE_FIXTURE(ActingSource,
                  "account-disabled disables, and account-enabled gives nothing back") {
  CHECK(heard(rig.about_john("account-disabled")).effect == SignalEffect::disable);
  CHECK_FALSE(is_enabled());
  CHECK(heard(rig.about_john("account-enabled")).state == ReceivedState::noted);
  CHECK_FALSE(is_enabled());
}

TEST_CASE_FIXTURE(ActingSource,
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

TEST_CASE_FIXTURE(ActingSource, "risk that is raised is shown, and an administrator's word stays") {
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
  CHECK(risk("HIGH").state == ReceivedState::covered);
  CHECK(server.all<RiskEvent>().size() == 1);
  CHECK(is_said_to_be_compromised(server.row<User>(server.john)));
}

TEST_CASE_FIXTURE(ActingSource,
                  "risk is raised once by one event, also where its outcome was lost") {
  REQUIRE(
      rig.push(rig.sign(rig.claims("risk-level-change", rig.john(), {{"current_level", "HIGH"}})))
          .status == 202);
  const ReceivedSignal before = server.all<ReceivedSignal>().front();
  CHECK(rig.settled_one().state == ReceivedState::acted);
  // An administrator looked at it meanwhile, and said that it is nothing.
  server.change<User>(server.john, [](User& user) { user.properties = "{}"; });
  server.put(before);
  rig.change([](SignalSource& source) { source.pending_count = 1; });
  rig.restart();
  CHECK(rig.settled_one().state == ReceivedState::acted);
  CHECK(server.all<RiskEvent>().size() == 1);
  CHECK(server.row<User>(server.john).properties == "{}");
}

TEST_CASE_FIXTURE(ActingSource, "who is said to be at risk already is not said so again") {
  const auto high = [&] {
    return heard(
        rig.sign(rig.claims("risk-level-change", rig.john(), {{"current_level", "HIGH"}})));
  };
  CHECK(high().state == ReceivedState::acted);
  CHECK(high().state == ReceivedState::covered);
  CHECK(server.all<RiskEvent>().size() == 1);
}

TEST_CASE_FIXTURE(ActingSource, "who is not known here is counted, and nothing else happens") {
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

TEST_CASE_FIXTURE(ActingSource,
                  "without the permission, and on who holds a role, nothing is done") {
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

TEST_CASE_FIXTURE(ActingSource, "what waits when its source is taken away leads to nothing") {
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

TEST_CASE_FIXTURE(ActingSource, "what waited for too long leads to nothing, and its names go") {
  const auto wait_for = [&](Duration time) {
    REQUIRE(rig.push(rig.about_john("account-disabled")).status == 202);
    rig.change([](SignalSource& source) { source.enabled = false; });
    rig.round();
    server.clock.advance(time);
  };
  wait_for(15 * 24h);
  rig.change([](SignalSource& source) { source.enabled = true; });
  CHECK(rig.settled().back().state == ReceivedState::failed);
  CHECK(is_enabled());
  // The same where it stays away.
  wait_for(15 * 24h);
  server.write([&](WriteTx& tx) -> Status {
    CURFEW_TRY([[maybe_unused]] const std::size_t count,
               prune_received(tx, server.tenant, server.clock.now(), 100));
    return Done{};
  });
  CHECK(server.all<ReceivedSignal>().back().state == ReceivedState::failed);
  CHECK(server.all<ReceivedSignal>().back().subject.empty());
  CHECK(rig.row().pending_count == 0);
}

TEST_CASE_FIXTURE(ActingSource, "what waits of a source that is gone is erased, little by little") {
  for (int i = 0; i < 3; ++i) {
    REQUIRE(rig.push(rig.about_john("account-disabled")).status == 202);
  }
  server.write([&](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(remove<SignalSource>(tx, server.tenant, rig.source.id));
    return Done{};
  });
  const auto left = [&] {
    server.write([&](WriteTx& tx) -> Status {
      CURFEW_TRY([[maybe_unused]] const std::size_t count,
                 prune_received(tx, server.tenant, server.clock.now(), 2));
      return Done{};
    });
    return server.all<ReceivedSignal>().size();
  };
  CHECK(left() == 1);
  CHECK(left() == 0);
}

TEST_CASE_FIXTURE(ActingSource, "what is tried again later stops nothing that comes after it") {
  REQUIRE(rig.push(rig.about_john("session-revoked")).status == 202);
  ReceivedSignal later = server.all<ReceivedSignal>().front();
  later.not_before = server.clock.now() + 9min;
  server.put(later);
  REQUIRE(rig.push(rig.about_john("account-disabled")).status == 202);
  rig.round();
  CHECK_FALSE(is_enabled());
  CHECK(rig.row().pending_count == 1);
  server.clock.advance(9min);
  rig.round();
  CHECK(rig.row().pending_count == 0);
}

TEST_CASE_FIXTURE(ActingSource, "an event whose outcome was lost finds the run that it began") {
  REQUIRE(rig.push(rig.about_john("session-revoked")).status == 202);
  const ReceivedSignal before = server.all<ReceivedSignal>().front();
  const ReceivedSignal after = rig.settled_one();
  // As if the server had been killed between the cut and the outcome.
  server.put(before);
  rig.change([](SignalSource& source) {
    source.pending_count = 1;
    source.display_name = "Renamed";
  });
  rig.restart();
  CHECK(rig.settled_one().state == ReceivedState::acted);
  CHECK(rig.settled_one().run_id == after.run_id);
  CHECK(server.all<Run>().size() == 1);
}

TEST_CASE_FIXTURE(ActingSource,
                  "what Okta sends: the subject in the event, nested, and milliseconds") {
  boost::json::object claims = rig.claims(
      "session-revoked", {},
      {{"subject", boost::json::object{{"user", rig.john()}}}, {"event_timestamp", 1700000000123}});
  claims.erase("sub_id");
  const ReceivedSignal signal = heard(rig.sign(claims));
  CHECK(signal.state == ReceivedState::acted);
  CHECK(signal.happened_at == from_unix_millis(1700000000123));
}

TEST_CASE_FIXTURE(ActingSource, "what Google sends: subject_type with hyphens, sessions-revoked") {
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

TEST_CASE_FIXTURE(ActingSource, "records go when a token as old would be refused, and not before") {
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

}  // namespace
}  // namespace curfew
