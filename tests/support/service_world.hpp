// tests/support/service_world.hpp: the whole revocation service over a memory store; everything
// happens on one loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "revocation/local_connectors.hpp"
#include "revocation/service.hpp"
#include "revocation/sim_loop.hpp"
#include "tests/support/revocation_world.hpp"

namespace curfew {

// Somebody who is not cut off while they ask.
inline Requester standing(Actor actor) {
  return {std::move(actor), [](ReadTx&) -> Status { return Done{}; }};
}

struct ServiceWorld : RevocationWorld {
  SimLoop loop{clock};
  LocalConnectors local{LocalParts{*store, journal, clock, loop}};
  RunWatch watch;
  RunEngine engine{EngineParts{tenant, *store, clock, loop, loop, local.all(), RunPolicy{},
                               [this](const RunData& data) { watch.publish(data.run.id); }}};
  int ids = 0;
  RevocationService service{
      ServiceParts{
          tenant, *store, journal, audit, clock,
          PlanPolicy{{"", "api://curfew"}, std::chrono::hours{28}, std::chrono::minutes{5}},
          ReportSigner{
              [](std::string_view) -> Result<std::string> { return std::string{"signed"}; },
              [] { return std::string{"{}"}; }},
          [this] { return "run-" + std::to_string(++ids); }},
      engine, watch};
  Actor admin = actor("admin", {Role::user_administrator});

  ServiceWorld() {
    pass_positions(3);
    add_user("admin", {Role::user_administrator});
    add_user("ga", {Role::global_administrator});
    add_user("u");
    add_app("app");
    add_session("s1", "u");
    add_session("s2", "u");
    add_grant("g", "u", "app");
    add_device("d", "u");
    add_api_key("k", "u");
    assign("u", "app");
  }

  template <typename T>
  Result<T> wait(Task<Result<T>> task) {
    auto ended = std::make_shared<std::optional<Result<T>>>();
    start<Result<T>>(std::move(task), [ended](Result<T> result) { *ended = std::move(result); });
    REQUIRE(loop.run_ready());
    REQUIRE(ended->has_value());
    return std::move(**ended);
  }
  Result<Revoked> revoke(const std::string& subject, const Actor& by, PlanOptions options = {},
                         const std::string& key = "") {
    return wait(service.revoke({subject, options, "left", key}, standing(by), loop));
  }
  RunData run(const RunId& id) { return service.run(id, root()).value(); }
  std::vector<AuditRecord> records() {
    return read<std::vector<AuditRecord>>([&](ReadTx& tx) { return audit.read(tx, {}); });
  }
  bool enabled(const std::string& user) { return get<User>(UserId{user})->account_enabled; }
};

template <typename T>
std::string refusal(const Result<T>& result) {
  if (result.ok()) return "done";
  const auto rule = guard_rule_of(result.error());
  return rule ? std::string{to_string(*rule)} : std::string{to_string(result.error().code())};
}

}  // namespace curfew
