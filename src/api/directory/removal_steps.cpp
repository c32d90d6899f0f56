#include "api/directory/removal_steps.hpp"

#include <algorithm>
#include <vector>

#include "io/runtime.hpp"
#include "revocation/guard.hpp"
#include "revocation/membership.hpp"
#include "revocation/service.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

constexpr std::size_t kMembersAtOnce = 999;

// What everybody has through the group's assignments.
Task<Status> take_assignments(ApiCall& rest, const GroupId& group) {
  const auto apps = read_value<std::vector<AppId>>(rest.context.store, [&](ReadTx& tx) {
    return apps_assigned_to(tx, rest.tenant_id(), group);
  });
  if (!apps.ok()) co_return apps.error();
  for (const AppId& app : *apps) {
    Removal removal;
    removal.kind = RemovalKind::remove_assignment;
    removal.app_id = app;
    removal.group_id = group;
    const auto done = co_await take_step(rest, std::move(removal));
    if (!done.ok()) co_return done.error();
  }
  co_return Done{};
}

Task<Status> take_memberships(ApiCall& rest, const GroupId& group) {
  while (true) {
    const auto members = read_value<std::vector<UserId>>(rest.context.store, [&](ReadTx& tx) {
      return members_of(tx, rest.tenant_id(), group, kMembersAtOnce);
    });
    if (!members.ok()) co_return members.error();
    if (members->empty()) co_return Done{};
    for (const UserId& member : *members) {
      Removal removal;
      removal.kind = RemovalKind::remove_group_member;
      removal.group_id = group;
      removal.user_id = member;
      const auto done = co_await take_step(rest, std::move(removal));
      if (!done.ok()) co_return done.error();
    }
  }
}

}  // namespace

Task<Result<Position>> take_away(const ApiCall& call, Removal removal, Requester by) {
  const auto done = co_await call.context.revocation.remove_one(std::move(removal), std::move(by),
                                                                current_executor());
  if (!done.ok()) co_return done.error();
  co_return done->position;
}

Task<Result<Position>> take_step(ApiCall& rest, Removal removal) {
  const auto written = co_await take_away(rest, std::move(removal), requester_of(rest));
  if (!written.ok()) co_return written.error();
  if (rest.caller.facts) {
    Stamps& stamps = rest.caller.facts->stamps;
    stamps.auth_as_of = std::max(stamps.auth_as_of, *written);
    stamps.as_of = std::max(stamps.as_of, *written);
  }
  co_return *written;
}

Task<Status> drop_rows(const ApiCall& call, std::string action, std::string id, std::string name,
                       std::function<Status(WriteTx&)> drop) {
  auto write = [&call, action = std::move(action), id = std::move(id), name = std::move(name),
                drop = std::move(drop)](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY_STATUS(drop(tx));
    return audit_change(tx, call, action, id, name);
  };
  const Result<Done> written = co_await write_as_caller(call, std::move(write));
  if (!written.ok()) co_return written.error();
  co_return Done{};
}

Task<Status> remove_group_of(const ApiCall& call, const Group& group) {
  // Asked once more below: the members of an empty group have nobody to ask about.
  const auto guarded = [&call, id = group.id](ReadTx& tx) -> Status {
    GuardSubject subject;
    subject.group_id = id;
    return check_guard(tx, call.tenant_id(), GuardedAction::change_group, call.actor(), subject);
  };
  const Status allowed = co_await check_as_caller(call, guarded);
  if (!allowed.ok()) co_return allowed.error();
  ApiCall rest = call;
  Status taken = co_await take_assignments(rest, group.id);
  if (taken.ok()) taken = co_await take_memberships(rest, group.id);
  if (!taken.ok()) co_return taken.error();
  const Status dropped =
      co_await drop_rows(rest, "group.remove", group.id.str(), group.display_name,
                         [&call, guarded, id = group.id](WriteTx& tx) -> Status {
                           CURFEW_TRY_STATUS(guarded(tx));
                           CURFEW_TRY_STATUS(remove<Group>(tx, call.tenant_id(), id));
                           return Done{};
                         });
  if (!dropped.ok()) co_return dropped.error();
  co_return Done{};
}

}  // namespace curfew
