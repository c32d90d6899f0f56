#include "connectors/provider_commands/provider_commands.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "protocol/http/form.hpp"
#include "protocol/json/json.hpp"
#include "revocation/sim_loop.hpp"
#include "revocation/target_steps.hpp"
#include "store/schema_commands.hpp"
#include "store/schema_logout.hpp"
#include "tests/conformance/connector_suite.hpp"
#include "tests/support/cut_run.hpp"
#include "tests/support/outside_world.hpp"
#include "tests/support/revocation_world.hpp"

using namespace curfew;

namespace {

constexpr const char* kUrl = "https://app.test/commands?for=curfew";

struct Commanded {
  std::string url;
  boost::json::object header;
  boost::json::object claims;
  bool is_slow = false;
  [[nodiscard]] std::string name() const { return std::string{claims.at("command").as_string()}; }
};

// A run that has been cut, with an order for its step at an application that keeps accounts.
class PartyFixture : public ConnectorFixture {
 public:
  explicit PartyFixture(RunMode mode = RunMode::revoke,
                        const std::function<void(RevocationWorld&, App&)>& change = {}) {
    world.pass_positions(3);
    world.add_user("u");
    world.add_user("admin", {Role::global_administrator});
    App app = world.add_app("app");
    world.put(CommandParty{world.tenant, app.id, kUrl});
    if (change) change(world, app);
    world.put(app);
    data = cut_run(world, mode);
  }
  Connector& connector() override { return connector_; }
  [[nodiscard]] const Step* step() const { return step_at(data, kProviderCommandsConnector); }
  ConnectorOrder order() override {
    REQUIRE(step() != nullptr);
    ConnectorOrder made = order_for(data, *step(), world.clock.now());
    if (written) made.written_value = *written;
    return made;
  }
  TimePoint now() override { return world.clock.now(); }
  void run() override { loop.run_for(std::chrono::seconds{31}); }
  // Sessions end for good: nobody gives them back.
  std::string state() override { return account; }
  bool make_silent() override { return is_silent = true; }
  bool make_dying() override { return is_dying = true; }
  bool make_busy() override { return answer_always(503); }
  bool make_refusing() override { return answer_always(401); }
  void make_well() override {
    status = 0;
    is_silent = is_dying = false;
  }

  Result<Applied> apply() { return conformance::finish<Applied>(*this, connector_.apply(order())); }
  Result<Applied> undo() { return conformance::finish<Applied>(*this, connector_.undo(order())); }
  Result<Observation> observe() {
    return conformance::finish<Observation>(*this, connector_.observe(order()));
  }
  // apply(), and what the engine keeps of it.
  Applied applied() {
    auto done = apply();
    REQUIRE(done.ok());
    written = done->written_value;
    return std::move(done).value();
  }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const Commanded& call : calls) all.push_back(call.name());
    return all;
  }

  RevocationWorld world;
  RunData data;
  std::optional<std::string> written;
  std::vector<Commanded> calls;
  // The application's.
  std::set<std::string> takes{"suspend", "reactivate", "invalidate", "audit"};
  std::string account = "active";
  int sessions = 2;
  int status = 0;  // what it answers to everything; 0: what is so
  bool is_silent = false;
  bool is_dying = false;
  bool keeps_active = false;  // it says that it suspends, and does not

 private:
  bool answer_always(int with) {
    status = with;
    return true;
  }
  OutsideParts parts() {
    return outside_parts(world, loop,
                         [this](OutsideCall call, std::function<void(Result<OutsideAnswer>)> done) {
                           receive(std::move(call), std::move(done));
                         });
  }
  // Moves the account; whether its state allowed it.
  bool carry_out(const std::string& command) {
    if (command == "audit") return true;
    if (account != (command == "reactivate" ? "suspended" : "active")) return false;
    if (command != "reactivate") sessions = 0;
    if (command == "suspend" && !keeps_active) account = "suspended";
    if (command == "reactivate") account = "active";
    return true;
  }
  OutsideAnswer answer_to(const Commanded& call) {
    if (status != 0) return {status, ""};
    if (!takes.contains(call.name())) return {400, R"({"error":"unsupported_command"})"};
    const bool done = carry_out(call.name());
    const std::string error = done ? "" : R"("error":"incompatible_state",)";
    return {done ? 200 : 409, "{" + error + R"("sub":"u","account_state":")" + account + "\"}"};
  }
  void receive(OutsideCall call, std::function<void(Result<OutsideAnswer>)> done) {
    CHECK(call.content_type == "application/x-www-form-urlencoded");
    CHECK(call.authorization.empty());
    const Form form = parse_form(call.body).value();
    REQUIRE(form.fields().size() == 1);
    const auto pieces = split(form.single("command_token").value_or(""), '.');
    REQUIRE(pieces.size() == 3);
    calls.push_back({call.url, parse_json_object(base64url_decode(pieces[0]).value()).value(),
                     parse_json_object(base64url_decode(pieces[1]).value()).value(), call.is_slow});
    const OutsideAnswer answer = is_silent ? OutsideAnswer{} : answer_to(calls.back());
    const bool is_lost = is_silent || is_dying;
    loop.call_at(world.clock.now() + (is_lost ? call.deadline : Duration{10}),
                 [is_lost, answer, done = std::move(done)] {
                   if (is_lost) return done(Error::transient(ErrorCode::timeout, "no answer"));
                   done(answer);
                 });
  }

  SimLoop loop{world.clock};
  ProviderCommands connector_{parts()};
};

std::optional<AccessPath> path_of(const PartyFixture& fixture) {
  for (const AccessPath& path : fixture.data.paths) {
    if (fixture.step() != nullptr && path.step_id == fixture.step()->id) return path;
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("the connector that commands applications keeps the connectors' contract") {
  hold_connector_to_contract([] { return std::make_unique<PartyFixture>(); });
}

TEST_CASE("each command is a token of its own, for this endpoint and this account alone") {
  PartyFixture fixture;
  CHECK(fixture.applied().evidence == "HTTP 200 to suspend: account_state suspended");
  REQUIRE(fixture.observe().ok());
  CHECK(fixture.names() == std::vector<std::string>{"suspend", "audit"});
  std::set<std::string> ids;
  for (const Commanded& call : fixture.calls) {
    CHECK(call.url == kUrl);
    CHECK(call.header.at("typ") == "command+jwt");
    CHECK(call.header.at("alg") == "RS256");
    CHECK(call.claims.at("aud") == kUrl);
    CHECK(call.claims.at("client_id") == "app");
    CHECK(call.claims.at("tenant") == "t");
    CHECK(call.claims.at("sub") == "u");
    ids.insert(std::string{call.claims.at("jti").as_string()});
  }
  CHECK(ids.size() == 2);
}

TEST_CASE("an account that the application itself shows as suspended has ended") {
  PartyFixture fixture;
  fixture.applied();
  const auto seen = fixture.observe();
  CHECK(seen->finding == Finding::gone);
  CHECK(seen->evidence == "HTTP 200 to audit: account_state suspended");
  // It came back there: seen as what it is.
  fixture.account = "active";
  CHECK(fixture.observe()->finding == Finding::alive);
}

TEST_CASE("a run that only ends sessions invalidates, which no state of the account can show") {
  PartyFixture fixture{RunMode::sessions_only};
  CHECK(fixture.step()->title == "Sessions and tokens at App app (provider commands)");
  fixture.applied();
  CHECK(fixture.account == "active");
  CHECK(fixture.sessions == 0);
  const auto seen = fixture.observe();
  CHECK(seen->finding == Finding::unobservable);
  CHECK(seen->evidence.find("HTTP 200 to audit: account_state active") != std::string::npos);
  CHECK(fixture.names() == std::vector<std::string>{"invalidate", "audit"});
}

TEST_CASE("an application that takes no suspend is told to invalidate, and the run says so") {
  PartyFixture fixture;
  fixture.takes.erase("suspend");
  const Applied done = fixture.applied();
  CHECK(done.evidence.find("it does not take suspend") != std::string::npos);
  CHECK(fixture.account == "active");
  CHECK(fixture.sessions == 0);
  CHECK(fixture.observe()->finding == Finding::unobservable);
  CHECK(fixture.undo()->evidence.find("nothing to give back") != std::string::npos);
  CHECK(fixture.names() == std::vector<std::string>{"suspend", "invalidate", "audit"});
  fixture.takes.erase("invalidate");
  CHECK(fixture.apply().error().retry() == Retry::never);
}

TEST_CASE("without an audit a command is acknowledged, and its undo trusts the first answer") {
  PartyFixture fixture;
  fixture.takes.erase("audit");
  fixture.applied();
  CHECK(fixture.observe()->finding == Finding::unobservable);
  REQUIRE(fixture.undo().ok());
  CHECK(fixture.account == "active");
  // An audit that only fails now is asked again.
  PartyFixture later;
  later.applied();
  later.make_busy();
  CHECK(later.observe().error().retry() == Retry::later);
}

TEST_CASE("an answer that leaves the account active did nothing") {
  PartyFixture fixture;
  fixture.keeps_active = true;
  const auto applied = fixture.apply();
  REQUIRE_FALSE(applied.ok());
  CHECK(applied.error().retry() == Retry::later);
  // A page that says 200 to everything.
  PartyFixture page;
  page.status = 302;
  CHECK(page.apply().error().retry() == Retry::never);
}

TEST_CASE("an account that was not active before needs nothing, and is not ours to give back") {
  for (const std::string before : {"suspended", "archived", "unknown"}) {
    CAPTURE(before);
    PartyFixture fixture;
    fixture.account = before;
    CHECK(fixture.applied().evidence == "HTTP 409 to suspend: account_state " + before);
    CHECK(fixture.observe()->finding == Finding::gone);
    const auto undone = fixture.undo();
    CHECK(undone.ok() == (before != "suspended"));
    if (!undone.ok()) CHECK(undone.error().retry() == Retry::after_human);
    CHECK(fixture.account == before);
  }
}

TEST_CASE("what this step suspended stays its own, however often it is driven") {
  PartyFixture fixture;
  fixture.applied();
  fixture.applied();  // a conflict by now
  REQUIRE(fixture.undo().ok());
  CHECK(fixture.account == "active");
  // An answer that was lost: nobody can tell who suspended it.
  PartyFixture lost;
  lost.make_dying();
  CHECK_FALSE(lost.apply().ok());
  lost.make_well();
  lost.applied();
  CHECK(lost.undo().error().retry() == Retry::after_human);
  CHECK(lost.account == "suspended");
}

TEST_CASE("an undo leaves what somebody else has changed since") {
  PartyFixture fixture;
  fixture.applied();
  fixture.account = "archived";
  CHECK(fixture.undo()->evidence == "left as it is: HTTP 200 to audit: account_state archived");
  fixture.account = "suspended";
  fixture.takes.erase("reactivate");
  CHECK(fixture.undo().error().retry() == Retry::after_human);
}

TEST_CASE("an application that hangs is waited for by its own kind only") {
  PartyFixture fixture;
  fixture.make_silent();
  const TimePoint began = fixture.now();
  CHECK(fixture.apply().error().retry() == Retry::later);
  CHECK(fixture.now() - began <= std::chrono::seconds{31});
  CHECK(fixture.calls.size() == 1);
  CHECK_FALSE(fixture.calls.back().is_slow);
  fixture.make_well();
  REQUIRE(fixture.apply().ok());
  CHECK(fixture.calls.back().is_slow);
  REQUIRE(fixture.apply().ok());
  CHECK_FALSE(fixture.calls.back().is_slow);
}

TEST_CASE("an application that lost its endpoint is for a person to look at") {
  PartyFixture fixture;
  fixture.world.write([&](WriteTx& tx) -> Status {
    CURFEW_TRY_STATUS(remove<CommandParty>(tx, fixture.world.tenant, AppId{"app"}));
    return Done{};
  });
  CHECK(fixture.apply().error().retry() == Retry::after_human);
  CHECK(fixture.calls.empty());
}

TEST_CASE("every application with an endpoint has a step, and one path with it") {
  SUBCASE("also where no sign-in of the person is known") {
    const PartyFixture fixture;
    REQUIRE(fixture.step() != nullptr);
    CHECK(fixture.step()->title == "Account at App app (provider commands)");
    CHECK(path_of(fixture)->count_is_least);
  }
  SUBCASE("also where the application is switched off here: what it keeps lives on") {
    const PartyFixture fixture{RunMode::revoke,
                               [](RevocationWorld&, App& app) { app.account_enabled = false; }};
    CHECK(fixture.step() != nullptr);
  }
  SUBCASE("its own session's path, with its bound, where nothing else ends that") {
    const PartyFixture fixture{RunMode::revoke, [](RevocationWorld& world, App& app) {
                                 app.own_session_lifetime_seconds = 3600;
                                 world.add_grant("g", "u", "app");
                               }};
    CHECK(path_of(fixture)->ends_by);
    CHECK(path_of(fixture)->display_name == "App app");
    CHECK(std::ranges::count(fixture.data.paths, PathKind::app_session, &AccessPath::kind) == 1);
  }
  SUBCASE("beside the one of its logout") {
    const PartyFixture fixture{
        RunMode::revoke, [](RevocationWorld& world, App& app) {
          app.backchannel_logout_uri = "https://app.test/out";
          world.add_grant("g", "u", "app");
          world.put(SessionClient{world.tenant, SessionId{"s"}, app.id, UserId{"u"}, world.head(),
                                  world.clock.now()});
        }};
    CHECK(std::ranges::count(fixture.data.paths, PathKind::app_session, &AccessPath::kind) == 2);
    // A report has one line for each: "ended" of the one is nothing that the other says.
    CHECK(path_of(fixture)->display_name == "App app, by its account there");
    CHECK(std::ranges::count(fixture.data.paths, "App app", &AccessPath::display_name) >= 1);
  }
  SUBCASE("and no other application has one") {
    const PartyFixture fixture{RunMode::revoke, [](RevocationWorld& world, App& app) {
                                 world.add_app("other");
                                 world.add_grant("g", "u", "other");
                                 app.display_name = "Portal";
                               }};
    CHECK(std::ranges::count(fixture.data.steps, kProviderCommandsConnector, &Step::connector) ==
          1);
    CHECK(fixture.step()->target == "app");
  }
}
