#include <doctest/doctest.h>

#include <map>
#include <memory>

#include "revocation/cut.hpp"
#include "revocation/local_connectors.hpp"
#include "revocation/part.hpp"
#include "revocation/scripted_connector.hpp"
#include "store/schema_clients.hpp"
#include "store/schema_device_codes.hpp"
#include "store/schema_password_reset.hpp"
#include "tests/conformance/connector_suite.hpp"
#include "tests/support/revocation_world.hpp"

using namespace curfew;

namespace {

// The scripted target, well-behaved unless a part of the suite asks otherwise.
class ScriptedFixture final : public ConnectorFixture {
 public:
  Connector& connector() override { return connector_; }
  ConnectorOrder order() override {
    ConnectorOrder made;
    made.step_id = StepId{"r.0"};
    made.subject = "u";
    made.deadline = clock_.now() + std::chrono::seconds{30};
    return made;
  }
  TimePoint now() override { return clock_.now(); }
  void run() override {
    loop_.run_for(std::chrono::seconds{31});
    connector_.release_stalled();
    loop_.run_ready();
  }
  std::string state() override { return connector_.alive("u") ? "enabled" : "disabled"; }
  bool make_silent() override { return set(Behaviour::stalls); }
  bool make_dying() override { return set(Behaviour::dies_after); }
  bool make_busy() override { return set(Behaviour::busy); }
  bool make_refusing() override { return set(Behaviour::needs_person); }
  void make_well() override { set(Behaviour::honest); }

 private:
  bool set(Behaviour behaviour) {
    behaviour_ = behaviour;
    return true;
  }
  Behaviour behaviour_ = Behaviour::honest;
  ManualClock clock_{TimePoint{std::chrono::hours{1'000'000}}};
  SimLoop loop_{clock_};
  ScriptedConnector connector_{loop_, clock_,
                               [this](OrderKind, const ConnectorOrder&) { return behaviour_; }};
};

// Our own server as a target: a run whose effect somebody has taken back behind its back. Failures
// of our own store are the store's conformance suite; an undo is part of the run's.
class LocalFixture final : public ConnectorFixture {
 public:
  explicit LocalFixture(std::string name) : name_(std::move(name)) {
    world_.pass_positions(3);
    world_.add_user("admin", {Role::global_administrator});
    world_.add_user("u");
    world_.add_app("app");
    world_.assign("u", "app");
    world_.add_device("d", "u");
    world_.add_session("s", "u");
    world_.add_grant("g", "u", "app");
    world_.add_api_key("k", "u");
    world_.add_subscription("sub", "u", "app");
    world_.add_registration("rt", "u", "app");
    put_code();
    put_parts();
    say_who_made_what();
    cut_and_take_back();
    put_parts();
  }
  Connector& connector() override { return *set_.find(name_)->second; }
  ConnectorOrder order() override {
    for (const Step& step : data_.steps) {
      if (step.connector != name_) continue;
      ConnectorOrder made;
      made.run_id = data_.run.id;
      made.step_id = step.id;
      made.target = step.target;
      made.subject = step.subject;
      made.subject_id = data_.run.subject_id;
      made.deadline = world_.clock.now() + std::chrono::seconds{30};
      made.prior_value = step.prior_value;
      return made;
    }
    FAIL("the run has no step for " << name_);
    return {};
  }
  TimePoint now() override { return world_.clock.now(); }
  void run() override { loop_.run_ready(); }
  std::string state() override {
    std::string text = world_.get<User>(UserId{"u"})->account_enabled ? "enabled" : "disabled";
    text += world_.get<Device>(DeviceId{"d"})->account_enabled ? " device" : "";
    text += world_.get<ApiKey>(std::string{"k"}) ? " key" : "";
    text += world_.get<RegistrationToken>(std::string{"rt"}) ? " token" : "";
    for (const Key& key : blocked_keys()) {
      const auto holds = world_.read<std::vector<Hold>>(
          [&](ReadTx& tx) { return holds_on(tx, world_.tenant, key); });
      text += " " + std::to_string(holds.size());
    }
    text += world_.get<RoleAssignment>(std::string{"u"}, reader()) ? " role" : "";
    text += world_.get<GroupMember>(GroupId{"group"}, UserId{"u"}) ? " member" : "";
    text += world_.get<Consent>(UserId{"u"}, AppId{"app"}) ? " consent" : "";
    text += world_.get<AppAssignment>(AppId{"app"}, PrincipalKind::user, std::string{"u"})
                ? " assignment"
                : "";
    text += world_.get<AppSecret>(AppId{"app"}, std::string{"s1"}) ? " secret" : "";
    text += world_.get<ClientKey>(AppId{"app"}, std::string{"k1"}) ? " client key" : "";
    text += world_.get<EmailMethod>(UserId{"u"}) ? " email method" : "";
    text += world_.get<App>(AppId{"made"})->account_enabled ? " application" : "";
    text += world_.get<User>(UserId{"spy"})->account_enabled ? " person" : "";
    return text + " " + world_.get<User>(UserId{"u"})->password_id;
  }
  bool has_undo() override { return false; }
  void forget_credentials() {
    world_.write([&](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(remove<Session>(tx, world_.tenant, SessionId{"s"}));
      CURFEW_TRY_STATUS(remove<Grant>(tx, world_.tenant, GrantId{"g"}));
      CURFEW_TRY_STATUS(remove<AuthorizationCode>(tx, world_.tenant, std::string{"c"}));
      CURFEW_TRY_STATUS(remove<DeviceCode>(tx, world_.tenant, std::string{"dc"}));
      return Done{};
    });
  }

 private:
  static std::vector<Key> blocked_keys() {
    return {
        {KeyKind::user, "u"}, {KeyKind::device, "d"}, credential_key("k"), credential_key("rt")};
  }

  static RoleId reader() {
    return RoleId{std::string{definition_of(Role::reports_reader).template_id}};
  }
  // What the parts take: before the cut, and again after it.
  void put_parts() {
    const TimePoint now = world_.clock.now();
    User user = *world_.get<User>(UserId{"u"});
    user.password_hash = "hash";
    user.password_id = "password-of-u";
    user.last_password_change_at = now;
    world_.put(user);
    world_.give_role("u", Role::reports_reader);
    world_.add_group("group", {"u"});
    world_.assign("u", "app");
    world_.put(Consent{world_.tenant, UserId{"u"}, AppId{"app"}, {"api://x/Read"}, now});
    world_.put(AppSecret{world_.tenant, AppId{"app"}, "s1", "h", "abc", std::nullopt, now});
    ClientKey key;
    key.tenant_id = world_.tenant;
    key.app_id = AppId{"app"};
    key.id = "k1";
    world_.put(key);
    EmailMethod method;
    method.tenant_id = world_.tenant;
    method.user_id = UserId{"u"};
    method.authenticator_id = "em";
    method.email_address = "u@example.com";
    method.created_at = now;
    world_.put(method);
    world_.add_app("made");
    world_.add_user("spy");
  }
  void say_who_made_what() {
    const auto say = [&](std::string action, std::string subject, std::string detail) {
      AuditEvent event;
      event.action = std::move(action);
      event.actor_kind = ActorKind::user;
      event.actor_id = "u";
      event.subject_id = std::move(subject);
      event.detail = std::move(detail);
      world_.write([&](WriteTx& tx) -> Status {
        CURFEW_TRY_STATUS(world_.audit.append(tx, event, world_.clock.now()));
        return Done{};
      });
    };
    say("app.add_secret", "app", "s1");
    say("app.add_key", "app", "k1");
    say("app.add", "made", "");
    say("user.add", "spy", "");
  }
  void put_code() {
    AuthorizationCode code;
    code.tenant_id = world_.tenant;
    code.hash = "c";
    code.user_id = UserId{"u"};
    code.grant_id = GrantId{"g2"};
    code.auth_as_of = world_.head();
    code.expires_at = world_.clock.now() + std::chrono::seconds{60};
    world_.put(code);
    DeviceCode device;
    device.tenant_id = world_.tenant;
    device.hash = "dc";
    device.state = DeviceCodeState::approved;
    device.user_id = code.user_id;
    device.session_id = SessionId{"s"};
    device.grant_id = GrantId{"g3"};
    device.auth_as_of = code.auth_as_of;
    device.expires_at = code.expires_at;
    world_.put(device);
  }
  // A store that has lost the cut's effects, as after a wrong restore, but not the run.
  void cut_and_take_back() {
    const auto user = *world_.get<User>(UserId{"u"});
    const auto device = *world_.get<Device>(DeviceId{"d"});
    const auto key = *world_.get<ApiKey>(std::string{"k"});
    const auto token = *world_.get<RegistrationToken>(std::string{"rt"});
    CutOrder order;
    order.run_id = RunId{"r"};
    order.subject_id = UserId{"u"};
    order.actor = world_.root();
    for (const std::string_view option : part_options()) order.options.parts.emplace(option);
    order.options.since = world_.clock.now() - std::chrono::hours{1};
    world_.write([&](WriteTx& tx) -> Status {
      CURFEW_TRY(CutOutcome outcome,
                 cut(tx, world_.journal, world_.audit, PlanPolicy{}, order, world_.clock.now()));
      data_ = std::move(outcome.data);
      return Done{};
    });
    world_.write([&](WriteTx& tx) -> Status {
      for (const Key& blocked : blocked_keys()) {
        CURFEW_TRY_STATUS(remove<StoredWatermark>(tx, world_.tenant, blocked.kind, blocked.id));
        CURFEW_TRY(const auto holds, holds_on(tx, world_.tenant, blocked));
        for (const Hold& hold : holds) {
          CURFEW_TRY_STATUS(
              remove<Hold>(tx, world_.tenant, hold.key_kind, hold.key_id, hold.owner));
        }
      }
      CURFEW_TRY_STATUS(save(tx, user));
      CURFEW_TRY_STATUS(save(tx, device));
      CURFEW_TRY_STATUS(save(tx, token));
      return save(tx, key);
    });
    world_.assign("u", "app");
  }

  std::string name_;
  RevocationWorld world_;
  SimLoop loop_{world_.clock};
  RunData data_;
  LocalConnectors connectors_{LocalParts{*world_.store, world_.journal, world_.clock, loop_}};
  ConnectorSet set_ = connectors_.all();
};

void hold_local(std::string_view name) {
  hold_connector_to_contract([&] { return std::make_unique<LocalFixture>(std::string{name}); });
}

}  // namespace

TEST_CASE("access is found alive by the rule, even if no credential is stored any more") {
  for (const std::string_view name : {local_target::kSessions, local_target::kGrants,
                                      local_target::kCodes, local_target::kDeviceCodes}) {
    CAPTURE(name);
    LocalFixture fixture{std::string{name}};
    fixture.forget_credentials();
    CHECK(conformance::observed(fixture) == Finding::alive);
  }
}

TEST_CASE("the scripted connector keeps the connectors' contract") {
  hold_connector_to_contract([] { return std::make_unique<ScriptedFixture>(); });
}

TEST_CASE("our own account as a target keeps the connectors' contract") {
  hold_local(local_target::kAccount);
}
TEST_CASE("our own sessions as a target keep the connectors' contract") {
  hold_local(local_target::kSessions);
}
TEST_CASE("our own grants as a target keep the connectors' contract") {
  hold_local(local_target::kGrants);
}
TEST_CASE("our own codes as a target keep the connectors' contract") {
  hold_local(local_target::kCodes);
}
TEST_CASE("our own device codes as a target keep the connectors' contract") {
  hold_local(local_target::kDeviceCodes);
}
TEST_CASE("our own access tokens as a target keep the connectors' contract") {
  hold_local(local_target::kAccessTokens);
}
TEST_CASE("our own devices as a target keep the connectors' contract") {
  hold_local(local_target::kDevice);
}
TEST_CASE("our own API keys as a target keep the connectors' contract") {
  hold_local(local_target::kApiKey);
}
TEST_CASE("our own initial access tokens as a target keep the connectors' contract") {
  hold_local(local_target::kRegistrationToken);
}
TEST_CASE("our own change notifications as a target keep the connectors' contract") {
  hold_local(local_target::kSubscriptions);
}
TEST_CASE("our own registrations as a target keep the connectors' contract") {
  hold_local(local_target::kRegistrations);
}
TEST_CASE("each part of a run as a target keeps the connectors' contract") {
  for (const RunPart* part : run_parts()) {
    if (part->removal == nullptr || part->observe == nullptr) continue;
    CAPTURE(part->connector);
    hold_local(part->connector);
  }
}
