#include "revocation/plan.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "model/device_code.hpp"
#include "model/token_status.hpp"
#include "revocation/facts.hpp"
#include "store/schema_device_codes.hpp"
#include "store/schema_logout.hpp"
#include "tests/support/revocation_world.hpp"

using namespace curfew;
using namespace std::chrono_literals;

namespace {

struct PlanWorld : RevocationWorld {
  PlanPolicy policy;
  PlanWorld() {
    policy.own_resources = {"", "api://curfew"};
    policy.longest_access_token_lifetime = 28h;
    add_user("u");
    pass_positions(2);
  }
  SubjectFacts facts() {
    return read<SubjectFacts>(
        [&](ReadTx& tx) { return load_subject_facts(tx, tenant, UserId{"u"}, clock.now()); });
  }
  // That ended long ago, and every token from them.
  void add_dead_grants(const std::string& app, std::size_t count) {
    write([&](WriteTx& tx) -> Status {
      for (std::size_t made = 0; made < count; ++made) {
        Grant grant;
        grant.tenant_id = tenant;
        grant.id = GrantId{app + "-" + std::to_string(made)};
        grant.app_id = AppId{app};
        grant.user_id = UserId{"u"};
        grant.resource = "api://old";
        grant.created_at = clock.now() - 48h;
        grant.expires_at = grant.access_ends_by = clock.now() - 24h;
        CURFEW_TRY_STATUS(save(tx, grant));
      }
      return Done{};
    });
  }
  Plan plan(const PlanOptions& options = {}) {
    return make_plan(facts(), options, policy, RunId{"run"}, clock.now());
  }
};

// Counts the rows of one table that are read through it.
class CountingTx final : public ReadTx {
 public:
  CountingTx(ReadTx& tx, const TableSpec& table) : tx_(tx), table_(table) {}
  Result<std::optional<Row>> find(const TableSpec& table, const std::vector<Value>& key) override {
    row_count_ += &table == &table_ ? 1 : 0;
    return tx_.find(table, key);
  }
  Result<std::vector<Row>> scan(const Query& query) override {
    auto rows = tx_.scan(query);
    if (rows.ok() && query.table == &table_) row_count_ += rows.value().size();
    return rows;
  }
  Result<std::uint64_t> count(const Query& query) override { return tx_.count(query); }
  [[nodiscard]] std::size_t row_count() const { return row_count_; }

 private:
  ReadTx& tx_;
  const TableSpec& table_;
  std::size_t row_count_ = 0;
};

std::vector<AccessPath> paths_of(const Plan& plan, PathKind kind) {
  std::vector<AccessPath> found;
  std::copy_if(plan.paths.begin(), plan.paths.end(), std::back_inserter(found),
               [&](const AccessPath& path) { return path.kind == kind; });
  return found;
}

}  // namespace

TEST_CASE("a device that was approved and has not come in yet is named, others are not") {
  PlanWorld world;
  const auto put = [&](const char* hash, DeviceCodeState state, TimePoint expires_at) {
    DeviceCode code;
    code.tenant_id = world.tenant;
    code.hash = code.user_code_mac = hash;
    code.state = state;
    code.user_id = UserId{"u"};
    code.auth_as_of = world.head();
    code.expires_at = expires_at;
    if (std::string_view{hash} == "used") code.used_at = world.clock.now();
    world.put(code);
  };
  const auto paths = [&] {
    std::vector<AccessPath> found;
    for (const AccessPath& path : world.plan().paths) {
      if (path.kind == PathKind::code) found.push_back(path);
    }
    return found;
  };
  const TimePoint later = world.clock.now() + 10min;
  put("used", DeviceCodeState::approved, later);
  put("denied", DeviceCodeState::denied, later);
  put("old", DeviceCodeState::approved, world.clock.now());
  CHECK(paths().empty());
  put("open", DeviceCodeState::approved, later);
  REQUIRE(paths().size() == 1);
  CHECK(paths()[0].target == "device_code");
  CHECK(paths()[0].count == 1);
  CHECK(paths()[0].state == PathState::ended);
}

TEST_CASE("somebody without anything has one way in: signing in") {
  PlanWorld world;
  const Plan plan = world.plan();
  REQUIRE(plan.paths.size() == 1);
  CHECK(plan.paths[0].kind == PathKind::account);
  CHECK(plan.paths[0].state == PathState::ended);
  REQUIRE(plan.steps.size() == 1);
  CHECK(plan.steps[0].id == StepId{"run.0"});
  CHECK(plan.paths[0].step_id == plan.steps[0].id);
}

TEST_CASE("each path with a step names a step of the plan, and ordinals are dense") {
  PlanWorld world;
  world.add_app("app");
  world.add_session("s", "u");
  world.add_grant("g", "u", "app", "api://foreign");
  world.add_device("d", "u");
  world.add_api_key("k", "u");
  world.add_registration("rt", "u", "app");
  world.assign("u", "app");
  const Plan plan = world.plan({RunMode::revoke});
  for (std::size_t at = 0; at < plan.paths.size(); ++at) {
    CHECK(plan.paths[at].ordinal == at);
    if (!plan.paths[at].step_id) continue;
    CHECK(std::any_of(plan.steps.begin(), plan.steps.end(),
                      [&](const Step& step) { return step.id == *plan.paths[at].step_id; }));
  }
  for (std::size_t at = 0; at < plan.steps.size(); ++at) CHECK(plan.steps[at].ordinal == at);
  for (const PathKind kind :
       {PathKind::account, PathKind::session, PathKind::refresh_grant, PathKind::access_token,
        PathKind::app_session, PathKind::device, PathKind::api_key, PathKind::assignment}) {
    CAPTURE(to_string(kind));
    CHECK(paths_of(plan, kind).size() == 1);
  }
  CHECK(paths_of(plan, PathKind::registration).size() == 2);  // the token, and what it registered
}

TEST_CASE("tokens in a status list are bounded by the list's expiry, those in none by their own") {
  PlanWorld world;
  world.add_app("app");
  Grant listed = world.add_grant("listed", "u", "app", "api://foreign");
  const auto path = [&] { return paths_of(world.plan(), PathKind::access_token).at(0); };
  CHECK(path().ends_by == listed.access_ends_by + world.policy.foreign_clock_skew);
  listed.unlisted_access_ends_by = TimePoint{};
  world.put(listed);
  CHECK(path().ends_by == world.clock.now() + kStatusListLife + world.policy.foreign_clock_skew);
  CHECK(path().state == PathState::ends_by);
  Grant other = world.add_grant("other", "u", "app", "api://foreign");
  CHECK(path().ends_by == other.access_ends_by + world.policy.foreign_clock_skew);
  other.unlisted_access_ends_by = world.clock.now() + 20min;
  world.put(other);
  CHECK(path().ends_by == world.clock.now() + 20min + world.policy.foreign_clock_skew);
}

TEST_CASE("access tokens at our own APIs end with the cut, elsewhere by their recorded expiry") {
  PlanWorld world;
  world.add_app("app");
  world.add_grant("own", "u", "app", "api://curfew");
  world.add_grant("own2", "u", "app", "");
  Grant early = world.add_grant("early", "u", "app", "api://foreign");
  Grant late = world.add_grant("late", "u", "app", "api://foreign");
  late.access_ends_by = world.clock.now() + 70min;
  late.ended_at = world.clock.now();  // what was issued from it still runs
  world.put(late);
  const Plan plan = world.plan();
  const auto tokens = paths_of(plan, PathKind::access_token);
  REQUIRE(tokens.size() == 3);
  for (const AccessPath& path : tokens) {
    CAPTURE(path.target);
    if (path.target == "api://foreign") {
      CHECK(path.state == PathState::ends_by);
      CHECK(path.ends_by == late.access_ends_by + world.policy.foreign_clock_skew);
      CHECK_FALSE(path.reason.empty());
      CHECK(path.count == 2);
    } else {
      CHECK(path.state == PathState::ended);
    }
  }
  CHECK(early.access_ends_by < late.access_ends_by);
}

TEST_CASE("a token that has run out is no way in any more") {
  PlanWorld world;
  world.add_app("app");
  world.add_grant("g", "u", "app", "api://foreign");
  world.clock.advance(2h);
  CHECK(paths_of(world.plan(), PathKind::access_token).empty());
}

TEST_CASE("where not every grant was read, the bound is the longest that could have been issued") {
  PlanWorld world;
  world.add_app("app");
  for (std::size_t made = 0; made < kFactsGrantsPerAppMax + 1; ++made) {
    world.add_grant("g" + std::to_string(made), "u", "app", "api://foreign");
  }
  const Plan plan = world.plan();
  const auto tokens = paths_of(plan, PathKind::access_token);
  REQUIRE(tokens.size() == 2);  // the known resource, and what was not looked at
  for (const AccessPath& path : tokens) {
    CHECK(path.state == PathState::ends_by);
    CHECK(path.ends_by == world.clock.now() + 28h + world.policy.foreign_clock_skew);
    CHECK(path.count_is_least);
  }
  const auto grants = paths_of(plan, PathKind::refresh_grant);
  REQUIRE(grants.size() == 1);
  CHECK(grants[0].count == kFactsGrantsPerAppMax);
  CHECK(grants[0].count_is_least);
}

TEST_CASE("each application is found, however many grants another has") {
  PlanWorld world;
  for (const std::string app : {"a", "b", "c"}) world.add_app(app);
  for (std::size_t made = 0; made < kFactsGrantsPerAppMax + 50; ++made) {
    world.add_grant("a" + std::to_string(made), "u", "a");
  }
  world.add_grant("b1", "u", "b");
  world.add_grant("c1", "u", "c");
  const SubjectFacts facts = world.facts();
  REQUIRE(facts.apps.size() == 3);
  CHECK_FALSE(facts.apps[0].complete);
  CHECK(facts.apps[1].complete);
  CHECK(facts.apps[2].live_grant_count == 1);
}

TEST_CASE("a report is complete however many sign-ins ended long ago") {
  PlanWorld world;
  world.add_app("app");
  world.add_dead_grants("app", 7 * kFactsGrantsPerAppMax);
  // Among them in the order of ids.
  for (const std::string id : {"0", "app-300-x", "z"})
    world.add_grant(id, "u", "app", "api://foreign");
  const SubjectFacts facts = world.facts();
  REQUIRE(facts.apps.size() == 1);
  CHECK(facts.apps[0].complete);
  CHECK(facts.apps[0].live_grant_count == 3);
  CHECK(facts.resources_complete);
  const auto tokens = paths_of(world.plan(), PathKind::access_token);
  REQUIRE(tokens.size() == 1);
  CHECK(tokens[0].target == "api://foreign");
  CHECK_FALSE(tokens[0].count_is_least);
  CHECK(tokens[0].ends_by == world.clock.now() + 1h + world.policy.foreign_clock_skew);
}

TEST_CASE("an ended grant counts while its access tokens may be alive") {
  PlanWorld world;
  world.add_app("app");
  for (std::size_t made = 0; made < kFactsGrantsPerAppMax + 1; ++made) {
    Grant grant = world.add_grant("g" + std::to_string(made), "u", "app", "api://foreign");
    grant.ended_at = world.clock.now();
    world.put(grant);
  }
  CHECK_FALSE(world.facts().apps.at(0).complete);
  CHECK_FALSE(world.facts().resources_complete);
}

TEST_CASE("exactly as many grants as are read are all that there are, alive or dead") {
  PlanWorld world;
  world.add_app("alive");
  for (std::size_t made = 0; made < kFactsGrantsPerAppMax; ++made) {
    world.add_grant("g" + std::to_string(made), "u", "alive");
  }
  world.add_app("dead");
  world.add_dead_grants("dead", kFactsGrantRowsPerAppMax);
  CHECK(world.facts().apps.at(0).complete);
  CHECK(world.facts().apps.at(1).complete);
  world.add_dead_grants("dead", kFactsGrantRowsPerAppMax + 1);
  CHECK_FALSE(world.facts().apps.at(1).complete);
}

TEST_CASE("a plan looks at a bounded number of grants, and at some of each application") {
  PlanWorld world;
  const std::size_t apps = 30;
  for (std::size_t made = 0; made < apps; ++made) {
    world.add_dead_grants("app" + std::to_string(made), kFactsGrantRowsPerAppMax / 2);
  }
  std::size_t rows = 0;
  const auto facts = world.read<SubjectFacts>([&](ReadTx& tx) {
    CountingTx counting{tx, table_of<Grant>()};
    auto loaded = load_subject_facts(counting, world.tenant, UserId{"u"}, world.clock.now());
    rows = counting.row_count();
    return loaded;
  });
  CHECK(rows <= apps * (kFactsGrantsPerAppMax + 3) + kFactsMoreGrantRowsMax);
  CHECK(rows > kFactsMoreGrantRowsMax);
  REQUIRE(facts.apps.size() == apps);
  CHECK(facts.apps.front().complete);
  CHECK_FALSE(facts.apps.back().complete);
  for (const AppFacts& app : facts.apps) CHECK(app.signed_in_count > kFactsGrantsPerAppMax);
}

TEST_CASE("an application's own session is unknown, bounded, or none, as its developer says") {
  struct Line {
    std::optional<std::int64_t> lifetime;
    ClientType type;
    std::optional<PathState> expected;
  };
  const std::vector<Line> lines{
      {std::nullopt, ClientType::confidential, PathState::unknown},
      {std::int64_t{7200}, ClientType::confidential, PathState::ends_by},
      {std::int64_t{0}, ClientType::confidential, std::nullopt},
      {std::nullopt, ClientType::public_client, std::nullopt},
      {std::int64_t{7200}, ClientType::public_client, PathState::ends_by},
  };
  for (const Line& line : lines) {
    PlanWorld world;
    App app = world.add_app("app");
    app.client_type = line.type;
    app.own_session_lifetime_seconds = line.lifetime;
    world.put(app);
    const TimePoint signed_in = world.clock.now();
    world.add_grant("g", "u", "app");
    world.clock.advance(30min);
    const auto paths = paths_of(world.plan(), PathKind::app_session);
    REQUIRE(paths.size() == (line.expected ? 1 : 0));
    if (!line.expected) continue;
    CHECK(paths[0].state == *line.expected);
    CHECK_FALSE(paths[0].step_id);
    CHECK_FALSE(paths[0].reason.empty());
    if (*line.expected == PathState::ends_by) {
      CHECK(paths[0].ends_by == signed_in + 2h + world.policy.foreign_clock_skew);
    }
  }
}

TEST_CASE("an application's own session says by which way it could be told, and that it is not") {
  PlanWorld world;
  App app = world.add_app("app");
  world.add_grant("g", "u", "app");
  const auto reason = [&] {
    const auto paths = paths_of(world.plan(), PathKind::app_session);
    REQUIRE(paths.size() == 1);
    CHECK(paths[0].state == PathState::unknown);  // an address ends nothing
    return paths[0].reason;
  };
  CHECK(reason().find("no address to be told at") != std::string::npos);
  app.frontchannel_logout_uri = "https://app.contoso.test/out";
  world.put(app);
  CHECK(reason().find("which a revocation cannot open") != std::string::npos);
  app.backchannel_logout_uri = "https://app.contoso.test/backchannel";
  world.put(app);
  CHECK(reason().find("no sign-in with an ID token is known") != std::string::npos);
}

TEST_CASE("an application with an address is told by a step, and nothing more is claimed of it") {
  PlanWorld world;
  App app = world.add_app("app");
  app.backchannel_logout_uri = "https://app.contoso.test/backchannel";
  world.put(app);
  world.add_grant("g", "u", "app");
  for (const char* const session : {"s1", "s2"}) {
    world.put(SessionClient{world.tenant, SessionId{session}, AppId{"app"}, UserId{"u"},
                            world.head(), world.clock.now()});
  }
  const Plan plan = world.plan();
  const auto paths = paths_of(plan, PathKind::app_session);
  REQUIRE(paths.size() == 1);
  CHECK(paths[0].state == PathState::unknown);
  CHECK(paths[0].count == 2);
  const auto step = std::ranges::find(plan.steps, kBackchannelLogoutConnector, &Step::connector);
  REQUIRE(step != plan.steps.end());
  CHECK(paths[0].step_id == step->id);
  CHECK(step->target == "app");
  CHECK_FALSE(step->made_in_cut);

  app.own_session_lifetime_seconds = 3600;
  world.put(app);
  CHECK(paths_of(world.plan(), PathKind::app_session)[0].state == PathState::ends_by);
  // By its word nothing is left of it: it is told all the same, and nothing is bounded by its word.
  app.own_session_lifetime_seconds = 0;
  world.put(app);
  world.clock.advance(1h);
  CHECK(paths_of(world.plan(), PathKind::app_session)[0].state == PathState::unknown);
}

TEST_CASE("receivers of changes that a person set up are in their plan, and nobody else's are") {
  PlanWorld world;
  world.add_app("app");
  world.add_subscription("s1", "u", "app");
  world.add_subscription("s2", "u", "app");
  world.add_subscription("other", "somebody", "app");
  const auto paths = paths_of(world.plan(), PathKind::subscription);
  REQUIRE(paths.size() == 1);
  CHECK(paths[0].count == 2);
  CHECK(paths[0].state == PathState::ended);
}

TEST_CASE("what a person handed out for registering applications is in their plan") {
  PlanWorld world;
  world.add_app("app");
  world.add_registration("rt", "u", "app");
  world.add_registration("other", "somebody", "app2");
  const auto paths = paths_of(world.plan(), PathKind::registration);
  REQUIRE(paths.size() == 2);
  CHECK(paths[0].target == "rt");
  CHECK(paths[1].target == "registration_access_token");
  CHECK(paths[1].count == 1);
}

TEST_CASE("a device that the actor may not disable waits for a person") {
  PlanWorld world;
  world.add_device("d", "u");
  SubjectFacts facts = world.facts();
  facts.actor_may_disable_devices = false;
  const Plan plan = make_plan(facts, {}, world.policy, RunId{"run"}, world.clock.now());
  const auto paths = paths_of(plan, PathKind::device);
  REQUIRE(paths.size() == 1);
  CHECK(paths[0].state == PathState::waiting);
  const auto step = std::find_if(plan.steps.begin(), plan.steps.end(), [](const Step& one) {
    return one.connector == local_target::kDevice;
  });
  REQUIRE(step != plan.steps.end());
  CHECK(step->state == StepState::waiting);
  CHECK_FALSE(step->made_in_cut);
}

TEST_CASE("ending sessions only leaves account, devices and assignments alone") {
  PlanWorld world;
  world.add_app("app");
  world.add_session("s", "u");
  world.add_device("d", "u");
  world.add_api_key("k", "u");
  world.assign("u", "app");
  const Plan plan = world.plan({RunMode::sessions_only});
  CHECK(paths_of(plan, PathKind::account).empty());
  CHECK(paths_of(plan, PathKind::device).empty());
  CHECK(paths_of(plan, PathKind::assignment).empty());
  CHECK(paths_of(plan, PathKind::session).size() == 1);
  CHECK(paths_of(plan, PathKind::api_key).size() == 1);
}

TEST_CASE("ended, expired and used things are not counted as ways in") {
  PlanWorld world;
  world.add_session("live", "u");
  Session ended = world.add_session("ended", "u");
  ended.ended_at = world.clock.now();
  world.put(ended);
  Session expired = world.add_session("expired", "u");
  expired.expires_at = world.clock.now();
  world.put(expired);
  const auto sessions = paths_of(world.plan(), PathKind::session);
  REQUIRE(sessions.size() == 1);
  CHECK(sessions[0].count == 1);
}

TEST_CASE("a subject is found by id and by name in any case") {
  PlanWorld world;
  const auto find = [&](const std::string& name) {
    return read_value<User>(*world.store,
                            [&](ReadTx& tx) { return find_subject(tx, world.tenant, name); });
  };
  CHECK(find("u").value().id == UserId{"u"});
  CHECK(find("U@Contoso.com").value().id == UserId{"u"});
  CHECK(find("nobody@contoso.com").error().code() == ErrorCode::not_found);
}
