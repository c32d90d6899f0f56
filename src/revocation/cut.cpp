#include "revocation/cut.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "revocation/crash_points.hpp"
#include "revocation/facts.hpp"
#include "revocation/guard.hpp"
#include "revocation/part.hpp"
#include "revocation/removal.hpp"
#include "revocation/run_store.hpp"
#include "revocation/signal_steps.hpp"
#include "revocation/sweep.hpp"
#include "revocation/target_steps.hpp"
#include "store/schema_changes.hpp"

namespace curfew {

namespace {

// The run that the same caller's same request made before, or nothing.
Result<std::optional<CutOutcome>> earlier_run(ReadTx& tx, const TenantId& tenant_id,
                                              const CutOrder& order) {
  if (!order.idempotency_key) return std::optional<CutOutcome>{};
  CURFEW_TRY(const auto run, run_by_idempotency_key(tx, tenant_id, *order.idempotency_key));
  if (!run) return std::optional<CutOutcome>{};
  if (run->request_hash != order.request_hash) {
    return Error::permanent(ErrorCode::conflict,
                            "the idempotency key was used for another request");
  }
  CURFEW_TRY(RunData data, load_run(tx, tenant_id, run->id));
  return std::optional{CutOutcome{std::move(data), false}};
}

Status check_right(ReadTx& tx, const TenantId& tenant_id, const CutOrder& order) {
  const GuardSubject subject{order.subject_id, std::nullopt, std::nullopt};
  return check_guard(tx, tenant_id, action_of(order.options.mode), order.actor, subject);
}

Run new_run(const TenantId& tenant_id, const CutOrder& order, const Plan& plan, TimePoint now) {
  Run run;
  run.tenant_id = tenant_id;
  run.id = order.run_id;
  run.subject_id = order.subject_id;
  run.subject_name = plan.subject_name;
  run.actor_kind = order.actor.kind;
  run.actor_id = order.actor.id;
  run.actor_name = order.actor.display_name;
  run.reason = order.reason;
  run.mode = order.options.mode;
  run.parts = {order.options.parts.begin(), order.options.parts.end()};
  run.swept_since = order.options.since;
  run.idempotency_key = order.idempotency_key;
  run.request_hash = order.request_hash;
  run.requested_at = order.requested_at;
  run.cut_at = now;
  return run;
}

// Every removal of one cut; remembers the first and the last position.
class Cutter {
 public:
  Cutter(WriteTx& tx, Journal& journal, const CutOrder& order, RunData& data, TimePoint now)
      : tx_(tx),
        journal_(journal),
        actor_(order.actor),
        txn_(order.txn),
        data_(data),
        run_(data.run),
        now_(now) {}

  Status take(Removal removal) {
    removal.hold_owner = run_.hold_owner();
    removal.run_id = run_.id;
    removal.txn = txn_;
    CURFEW_TRY(const RemovalEffect effect, remove_access(tx_, journal_, removal, now_));
    for (const JournalEntry& entry : effect.entries) {
      if (!run_.first_position.is_set()) run_.first_position = entry.position;
      run_.cut_position = entry.position;
    }
    return Done{};
  }

  Status take_user(RemovalKind kind) {
    Removal removal;
    removal.kind = kind;
    removal.user_id = run_.subject_id;
    return take(std::move(removal));
  }

  Status take_devices(const SubjectFacts& facts) {
    if (!facts.actor_may_disable_devices) return Done{};
    for (const Device& device : facts.devices) {
      Removal removal;
      removal.kind = RemovalKind::disable_device;
      removal.device_id = device.id;
      CURFEW_TRY_STATUS(take(std::move(removal)));
    }
    return Done{};
  }

  Status take_api_keys(const SubjectFacts& facts) {
    for (const ApiKey& key : facts.api_keys) {
      Removal removal;
      removal.kind = RemovalKind::remove_api_key;
      removal.object_id = key.id;
      CURFEW_TRY_STATUS(take(std::move(removal)));
    }
    return Done{};
  }

  // What registered with them is refused by the rule; it stays, as an application of the tenant.
  Status take_registration_tokens(const SubjectFacts& facts) {
    for (const RegistrationToken& token : facts.registration_tokens) {
      Removal removal;
      removal.kind = RemovalKind::remove_registration_token;
      removal.object_id = token.id;
      CURFEW_TRY_STATUS(take(std::move(removal)));
    }
    return Done{};
  }

  // The rule refuses them from the account's entry on; nobody shall renew them one day.
  Status erase_subscriptions() {
    Query query;
    query.index = "subscriptions_by_creator";
    query.prefix = keys_of(journal_.tenant_id(), run_.subject_id);
    query.limit = limits::kSubscriptionsMax;
    CURFEW_TRY(const auto subscriptions, scan_as<Subscription>(tx_, query));
    for (const Subscription& one : subscriptions) {
      CURFEW_TRY_STATUS(remove<Subscription>(tx_, one.tenant_id, one.id));
    }
    return Done{};
  }

  // The prior value is read first. What was allowed when the plan was made may be refused now: the
  // removals before may have left the last administrator. Then a person has to do it.
  Status take_item(const FoundItem& item) {
    const PartLook look{tx_, journal_.tenant_id()};
    Step& step = step_of(item);
    CURFEW_TRY(step.prior_value, item.part->prior_value(look, item.target));
    if (!step.prior_value) return Done{};  // an earlier removal of this cut took it along
    CURFEW_TRY(const Removal removal, item.part->removal(look, item.target));
    const Status may = check_part_guard(tx_, look.tenant_id, actor_, removal, RightTo::take);
    if (may.ok()) return take(removal);
    if (may.error().code() != ErrorCode::denied) return may;
    step.prior_value.reset();
    for (AccessPath& path : data_.paths) {
      if (path.step_id == step.id) make_wait(step, path, may.error().message());
    }
    return Done{};
  }

  Status take_items(const SubjectFacts& facts) {
    for (const FoundItem& item : facts.items) {
      if (!item.waits_for.empty()) continue;
      CURFEW_TRY_STATUS(take_item(item));
    }
    return Done{};
  }

  Status take_all(const SubjectFacts& facts, const PlanOptions& options) {
    if (options.mode == RunMode::sessions_only) return take_user(RemovalKind::revoke_sessions);
    CURFEW_TRY_STATUS(take_user(RemovalKind::revoke_user));
    CURFEW_TRY_STATUS(take_devices(facts));
    CURFEW_TRY_STATUS(take_api_keys(facts));
    CURFEW_TRY_STATUS(take_registration_tokens(facts));
    CURFEW_TRY_STATUS(erase_subscriptions());
    return take_items(facts);
  }

 private:
  Step& step_of(const FoundItem& item) {
    const auto found = std::ranges::find_if(data_.steps, [&](const Step& step) {
      return step.connector == item.part->connector && step.target == item.target;
    });
    CURFEW_CHECK(found != data_.steps.end());  // the plan was made of the same facts
    return *found;
  }

  WriteTx& tx_;
  Journal& journal_;
  const Actor& actor_;
  const std::string& txn_;
  RunData& data_;
  Run& run_;
  TimePoint now_;
};

// What the plan expects becomes what is so: nothing is called ended before it has been observed.
void open_paths(RunData& data) {
  for (AccessPath& path : data.paths) {
    if (!path.step_id || path.state == PathState::waiting) continue;
    path.state = PathState::open;
    path.ended_at.reset();
  }
}

AuditEvent audit_event_of(const CutOrder& order, const Run& run) {
  AuditEvent event;
  event.action = run.mode == RunMode::revoke ? "user.revoke" : "user.revoke_sessions";
  event.run_id = run.id;
  event.position = run.cut_position;
  event.actor_kind = order.actor.kind;
  event.actor_id = order.actor.id;
  event.actor_name = order.actor.display_name;
  event.actor_address = order.actor.address;
  event.subject_id = run.subject_id.str();
  event.subject_name = run.subject_name;
  event.detail = order.reason;
  return event;
}

}  // namespace

Result<CutOutcome> cut(WriteTx& tx, Journal& journal, AuditLog& audit, const PlanPolicy& policy,
                       const CutOrder& order, TimePoint now) {
  const TenantId& tenant_id = journal.tenant_id();
  CURFEW_TRY(auto earlier, earlier_run(tx, tenant_id, order));
  if (earlier) return std::move(*earlier);

  CURFEW_TRY_STATUS(check_right(tx, tenant_id, order));
  CURFEW_TRY(SubjectFacts facts, load_subject_facts(tx, tenant_id, order.subject_id, now));
  CURFEW_TRY(facts.actor_may_disable_devices, may_change_devices(tx, tenant_id, order.actor));
  CURFEW_TRY_STATUS(load_items(tx, audit, order.actor, order.options, facts));
  Plan plan = make_plan(facts, order.options, policy, order.run_id, now);
  CURFEW_TRY_STATUS(add_signal_steps(tx, tenant_id, order.run_id, plan));
  CURFEW_TRY_STATUS(add_target_steps(tx, tenant_id, order.run_id, plan));

  RunData data{new_run(tenant_id, order, plan, now), std::move(plan.steps), std::move(plan.paths)};
  CURFEW_TRY_STATUS(Cutter(tx, journal, order, data, now).take_all(facts, order.options));
  for (Step& step : data.steps) {
    if (step.made_in_cut) step.applied_at = now;
  }
  open_paths(data);
  CURFEW_TRY_STATUS(save_run(tx, data));
  CURFEW_TRY_STATUS(audit.append(tx, audit_event_of(order, data.run), now));
  crash_point(CrashPoint::inside_cut);
  return CutOutcome{std::move(data), true};
}

}  // namespace curfew
