// tests/support/sweep_world.hpp: somebody who was in john's account for a while, and what they
// left.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "revocation/sweep.hpp"
#include "tests/support/service_world.hpp"

namespace curfew {

inline constexpr std::string_view kReader =
    "4a5d8f65-41da-4de4-8968-e035b65339cf";  // Reports Reader

// Somebody who was in john's account from `break_in` on; john's own things are older.
struct SweepWorld : ServiceWorld {
  TimePoint break_in;
  Actor ga = actor("ga", {Role::global_administrator});

  SweepWorld() {
    User john = *get<User>(UserId{"u"});
    john.password_hash = "old hash";
    john.created_at = clock.now();
    put(john);
    give_role("u", Role::reports_reader);
    add_group("staff", {"u"});
    consent("app");
    clock.advance(std::chrono::hours{24});
    break_in = clock.now();
    clock.advance(std::chrono::minutes{1});
  }

  void consent(const std::string& app) {
    put(Consent{tenant, UserId{"u"}, AppId{app}, {"api://x/Read", "api://x/Write"}, clock.now()});
  }
  void say(const std::string& action, const std::string& subject, const std::string& detail = "",
           const std::string& by = "u") {
    AuditEvent event;
    event.action = action;
    event.actor_kind = ActorKind::user;
    event.actor_id = by;
    event.actor_name = by + "@contoso.com";
    event.subject_id = subject;
    event.subject_name = subject;
    event.detail = detail;
    write([&](WriteTx& tx) -> Status {
      CURFEW_TRY_STATUS(audit.append(tx, event, clock.now()));
      return Done{};
    });
  }
  void add_secret(const std::string& app, const std::string& id, const std::string& by = "u") {
    put(AppSecret{tenant, AppId{app}, id, "h", "abc", std::nullopt, clock.now()});
    say("app.add_secret", app, id, by);
  }
  void register_app(const std::string& id, const std::string& by = "u") {
    App app = add_app(id);
    app.created_at = clock.now();
    put(app);
    say("app.add", id, "", by);
  }
  void make_person(const std::string& id, const std::string& by = "u") {
    User user = add_user(id);
    user.created_at = clock.now();
    put(user);
    say("user.add", id, "", by);
  }
  void give_reader(const std::string& to, const std::string& by = "u") {
    put(RoleAssignment{tenant, to, RoleId{std::string{kReader}}, clock.now()});
    say("role.add", to, std::string{kReader}, by);
  }

  PlanOptions sweep() { return {RunMode::revoke, {}, break_in}; }
  RunData swept(const Actor& by) {
    auto made = revoke("u", by, sweep());
    REQUIRE_MESSAGE(made.ok(), (made.ok() ? "" : made.error().message()));
    return run(made.value().data.run.id);
  }
  Plan plan_of(const Actor& by, PlanOptions options) {
    auto made = wait(service.plan({"u", options, "", ""}, standing(by), loop));
    REQUIRE_MESSAGE(made.ok(), (made.ok() ? "" : made.error().message()));
    return std::move(made).value();
  }
  std::string restore(const RunId& id, const Actor& by) {
    return refusal(wait(service.restore(id, standing(by), loop)));
  }
  bool has_role(const std::string& principal) {
    return get<RoleAssignment>(principal, RoleId{std::string{kReader}}).has_value();
  }
};

template <typename Holder>
const AccessPath* path_of(const Holder& holder, PathKind kind, const std::string& target) {
  const auto found = std::ranges::find_if(holder.paths, [&](const AccessPath& path) {
    return path.kind == kind && path.target == target;
  });
  return found == holder.paths.end() ? nullptr : &*found;
}

template <typename Holder>
std::string state_of(const Holder& holder, PathKind kind, const std::string& target) {
  const AccessPath* const path = path_of(holder, kind, target);
  return path == nullptr ? "not there" : std::string{to_string(path->state)};
}

inline const std::string kRoleOfJohn = "u/" + std::string{kReader};

}  // namespace curfew
