#include "revocation/service.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "crypto/digest.hpp"
#include "model/application.hpp"
#include "revocation/crash_points.hpp"
#include "revocation/cut.hpp"
#include "revocation/facts.hpp"
#include "revocation/membership.hpp"
#include "revocation/object_name.hpp"
#include "revocation/part.hpp"
#include "revocation/signal_steps.hpp"
#include "revocation/sweep.hpp"
#include "revocation/target_steps.hpp"
#include "store/schema.hpp"
#include "store/schema_runs.hpp"

namespace curfew {

namespace {

// Who may read runs, reports and what a person has got.
constexpr std::array kReaders{Role::global_administrator,
                              Role::privileged_authentication_administrator,
                              Role::privileged_role_administrator,
                              Role::authentication_administrator,
                              Role::user_administrator,
                              Role::helpdesk_administrator,
                              Role::password_administrator,
                              Role::security_administrator,
                              Role::security_operator,
                              Role::security_reader,
                              Role::global_reader};

Status check_reader(const Actor& actor) {
  const bool may = actor.kind == ActorKind::system ||
                   std::any_of(kReaders.begin(), kReaders.end(),
                               [&](Role role) { return actor.roles.contains(role); });
  if (may) return Done{};
  return GuardRefusal{GuardRule::role, "none of the caller's roles may read runs"}.to_error();
}

Status check_sizes(const RevocationRequest& request) {
  if (request.subject.empty()) {
    return Error::permanent(ErrorCode::invalid_argument, "the request names no subject");
  }
  if (request.reason.size() > kReasonBytesMax) {
    return Error::permanent(ErrorCode::invalid_argument, "the reason is too long");
  }
  if (request.idempotency_key.size() > kIdempotencyKeyBytesMax) {
    return Error::permanent(ErrorCode::invalid_argument, "the idempotency key is too long");
  }
  return Done{};
}

// The options with what the request says in words.
Result<PlanOptions> options_of(const RevocationRequest& request, TimePoint now) {
  PlanOptions options = request.options;
  if (!request.since.empty()) {
    CURFEW_TRY(options.since, parse_since(request.since, now));
  }
  CURFEW_TRY_STATUS(check_options(options));
  return options;
}

// What was asked, so that one key cannot stand for two requests.
std::string request_hash_of(const RevocationRequest& request, const UserId& subject) {
  std::string text = subject.str();
  text += '\n';
  text += to_string(request.options.mode);
  // As runs of before were hashed, where no more was asked for than there was then.
  text += request.options.asks_for(kAssignmentsOption) ? "\nremove\n" : "\nkeep\n";
  text += request.reason;
  for (const std::string& part : request.options.parts) {
    if (part != kAssignmentsOption) text += "\nalso " + part;
  }
  if (!request.since.empty()) text += "\nsince " + request.since;
  return sha256_base64url(text);
}

AuditEvent event_by(const Actor& actor, std::string action) {
  AuditEvent event;
  event.action = std::move(action);
  event.actor_kind = actor.kind;
  event.actor_id = actor.id;
  event.actor_name = actor.display_name;
  event.actor_address = actor.address;
  return event;
}

// What a removal is called in the audit: "user.disable".
struct AuditName {
  std::string_view action;
  std::string subject_id;
};

AuditName audit_name_of(const Removal& removal) {
  const auto user = removal.user_id ? removal.user_id->str() : std::string{};
  const auto app = removal.app_id ? removal.app_id->str() : std::string{};
  switch (removal.kind) {
    case RemovalKind::revoke_user: return {"user.revoke", user};
    case RemovalKind::disable_user: return {"user.disable", user};
    case RemovalKind::revoke_sessions: return {"user.revoke_sessions", user};
    case RemovalKind::reset_password: return {"user.reset_password", user};
    case RemovalKind::disable_device:
      return {"device.disable", removal.device_id ? removal.device_id->str() : ""};
    case RemovalKind::tighten_device:
      return {"device.change", removal.device_id ? removal.device_id->str() : ""};
    case RemovalKind::disable_app: return {"app.disable", app};
    case RemovalKind::tighten_app: return {"app.change", app};
    case RemovalKind::remove_assignment: return {"app.unassign", user.empty() ? app : user};
    case RemovalKind::remove_consent: return {"user.remove_consent", user};
    case RemovalKind::remove_role: return {"user.remove_role", user};
    case RemovalKind::remove_group_member: return {"group.remove_member", user};
    case RemovalKind::end_session:
      return {"session.end", removal.session_id ? removal.session_id->str() : ""};
    case RemovalKind::end_grant:
      return {"grant.end", removal.grant_id ? removal.grant_id->str() : ""};
    case RemovalKind::remove_app_secret: return {"app.remove_secret", app};
    case RemovalKind::remove_client_key: return {"app.remove_key", app};
    case RemovalKind::remove_api_key: return {"key.remove", removal.object_id};
    case RemovalKind::remove_registration_token:
      return {"registration_token.remove", removal.object_id};
    case RemovalKind::remove_method: return {"user.remove_email_method", user};
    case RemovalKind::hold_key: return {"key.hold", removal.object_id};
    case RemovalKind::withdraw_key:
      return {"signing_key.withdraw", removal.key_id ? removal.key_id->str() : ""};
    case RemovalKind::reauth_tenant: return {"tenant.reauth", ""};
  }
  return {"", ""};
}

// For the person whom it is done to.
std::string made_by(const Actor& actor, const GuardSubject& subject) {
  if (subject.user_id && actor.id == subject.user_id->str()) return "you";
  switch (actor.kind) {
    case ActorKind::user: return actor.display_name;
    case ActorKind::service_principal: return "the application " + actor.display_name;
    case ActorKind::local_root: return "an administrator at the server itself";
    case ActorKind::system: return "the server";
  }
  return "";
}

struct RestoralName {
  std::string_view action;
  GuardedAction guarded;
};

RestoralName restoral_name_of(RestoralKind kind) {
  switch (kind) {
    case RestoralKind::enable_user: return {"user.enable", GuardedAction::enable_user};
    case RestoralKind::enable_device: return {"device.enable", GuardedAction::change_device};
    case RestoralKind::enable_app: return {"app.enable", GuardedAction::change_app};
    case RestoralKind::release_authenticator:
    case RestoralKind::release_credential: return {"key.release", GuardedAction::change_app};
  }
  return {"", GuardedAction::change_tenant};
}

// Its subject's undone runs that have something to give back yet: undoing the one may have released
// others.
Result<std::vector<RunId>> open_undos_beside(ReadTx& tx, const TenantId& tenant_id,
                                             const RunId& id) {
  CURFEW_TRY(const Run run, require<Run>(tx, "such run", tenant_id, id));
  RunQuery query;
  query.subject_id = run.subject_id;
  query.state = RunState::restoring;
  query.limit = 0;  // all, as the undo releases all
  CURFEW_TRY(const auto runs, list_runs(tx, tenant_id, query));
  std::vector<RunId> ids;
  for (const Run& open : runs) ids.push_back(open.id);
  return ids;
}

// Everything that one call does, on success and on refusal; the body is run on the writer's thread,
// for somebody who still stands. Every change of this service goes through here.
template <typename T>
Task<Result<T>> audited(const ServiceParts& parts, Executor& executor, Urgency urgency,
                        Requester by, AuditEvent event, std::function<Result<T>(WriteTx&)> body) {
  std::function<Result<T>(WriteTx&)> for_requester =
      [by = std::move(by), body = std::move(body)](WriteTx& tx) -> Result<T> {
    CURFEW_TRY_STATUS(by.check(tx));
    return body(tx);
  };
  auto outcome = co_await write_value<T>(parts.store, executor, urgency, std::move(for_requester));
  if (outcome.ok()) co_return outcome;
  const Error error = outcome.error();
  const auto rule = guard_rule_of(error);
  event.outcome = rule ? AuditOutcome::refused : AuditOutcome::failed;
  if (rule) event.rule = to_string(*rule);
  event.detail = error.message();
  std::function<Result<Done>(WriteTx&)> record = [&parts, event](WriteTx& tx) -> Result<Done> {
    AuditEvent refused = event;
    if (refused.subject_id.empty()) {
      // Named by the request only: what is recorded belongs to the person, if there is one.
      const auto user = find_subject(tx, parts.tenant_id, refused.subject_name);
      if (user.ok()) refused.subject_id = user.value().id.str();
    }
    if (refused.subject_name.empty()) {
      refused.subject_name = name_of_object(tx, parts.tenant_id, refused.subject_id);
    }
    CURFEW_TRY_STATUS(parts.audit.append(tx, refused, parts.clock.now()));
    return Done{};
  };
  // A refusal that cannot be recorded is refused all the same; the store logs why.
  [[maybe_unused]] const auto recorded =
      co_await write_value<Done>(parts.store, executor, Urgency::normal, std::move(record));
  co_return error;
}

}  // namespace

std::unique_ptr<RunWatch::Subscription> RunWatch::subscribe(const RunId& id,
                                                            std::function<void()> changed) {
  const std::lock_guard lock{mutex_};
  const std::uint64_t number = next_++;
  watchers_[id].emplace(number, std::move(changed));
  return std::make_unique<Subscription>(*this, id, number);
}

void RunWatch::publish(const RunId& id) {
  // Called under the lock, so that a subscription that is gone is not called any more.
  const std::lock_guard lock{mutex_};
  const auto found = watchers_.find(id);
  if (found == watchers_.end()) return;
  for (const auto& [number, changed] : found->second) changed();
}

void RunWatch::forget(const RunId& id, std::uint64_t number) {
  const std::lock_guard lock{mutex_};
  const auto found = watchers_.find(id);
  if (found == watchers_.end()) return;
  found->second.erase(number);
  if (found->second.empty()) watchers_.erase(found);
}

Task<Result<Plan>> RevocationService::plan(RevocationRequest request, Requester by,
                                           Executor& executor) {
  CURFEW_CO_TRY_STATUS(check_sizes(request));
  CURFEW_CO_TRY(request.options, options_of(request, parts_.clock.now()));
  AuditEvent event = event_by(by.actor(), "user.plan_revocation");
  event.subject_name = request.subject;
  std::function<Result<Plan>(WriteTx&)> body = [this, request, actor = by.actor(),
                                                event](WriteTx& tx) -> Result<Plan> {
    CURFEW_TRY(const User user, find_subject(tx, parts_.tenant_id, request.subject));
    const GuardSubject subject{user.id, std::nullopt, std::nullopt};
    CURFEW_TRY_STATUS(
        check_guard(tx, parts_.tenant_id, action_of(request.options.mode), actor, subject));
    CURFEW_TRY(Plan made, plan_in(tx, user.id, request.options, actor));
    AuditEvent done = event;
    done.subject_id = user.id.str();
    done.subject_name = user.user_principal_name;
    done.detail = request.reason;
    CURFEW_TRY_STATUS(parts_.audit.append(tx, done, parts_.clock.now()));
    return made;
  };
  auto outcome = co_await audited<Plan>(parts_, executor, Urgency::normal, std::move(by),
                                        std::move(event), std::move(body));
  co_return outcome;
}

Result<Plan> RevocationService::plan_in(ReadTx& tx, const UserId& id, const PlanOptions& options,
                                        const Actor& actor) const {
  const TimePoint now = parts_.clock.now();
  CURFEW_TRY(SubjectFacts facts, load_subject_facts(tx, parts_.tenant_id, id, now));
  CURFEW_TRY(facts.actor_may_disable_devices, may_change_devices(tx, parts_.tenant_id, actor));
  CURFEW_TRY_STATUS(load_items(tx, parts_.audit, actor, options, facts));
  Plan plan = make_plan(facts, options, parts_.plan_policy, RunId{}, now);
  CURFEW_TRY_STATUS(add_signal_steps(tx, parts_.tenant_id, RunId{}, plan));
  CURFEW_TRY_STATUS(add_target_steps(tx, parts_.tenant_id, RunId{}, plan));
  return plan;
}

Result<Plan> RevocationService::access_of(const std::string& subject, const Actor& actor) {
  return read_value<Plan>(parts_.store, [&](ReadTx& tx) -> Result<Plan> {
    const Status may_read = check_reader(actor);
    const auto user = find_subject(tx, parts_.tenant_id, subject);
    const bool is_self =
        user.ok() && actor.kind == ActorKind::user && user.value().id.str() == actor.id;
    if (!may_read.ok() && !is_self) return may_read.error();
    if (!user.ok()) return user.error();
    return plan_in(tx, user.value().id, PlanOptions{}, actor);
  });
}

Task<Result<Revoked>> RevocationService::revoke(RevocationRequest request, Requester by,
                                                Executor& executor) {
  CURFEW_CO_TRY_STATUS(check_sizes(request));
  CURFEW_CO_TRY(request.options, options_of(request, parts_.clock.now()));
  AuditEvent event = event_by(
      by.actor(), request.options.mode == RunMode::revoke ? "user.revoke" : "user.revoke_sessions");
  event.subject_name = request.subject;
  CutOrder order;
  order.run_id = RunId{parts_.new_id()};
  order.actor = by.actor();
  order.options = request.options;
  order.reason = request.reason;
  order.txn = request.txn;
  order.requested_at = parts_.clock.now();
  if (!request.idempotency_key.empty()) {
    order.idempotency_key = std::string{to_string(by.actor().kind)} + "/" + by.actor().id + "/" +
                            request.idempotency_key;
  }
  std::function<Result<CutOutcome>(WriteTx&)> body =
      [this, request, order](WriteTx& tx) mutable -> Result<CutOutcome> {
    CURFEW_TRY(const User user, find_subject(tx, parts_.tenant_id, request.subject));
    order.subject_id = user.id;
    order.request_hash = request_hash_of(request, user.id);
    return cut(tx, parts_.journal, parts_.audit, parts_.plan_policy, order, parts_.clock.now());
  };
  crash_point(CrashPoint::before_cut);
  auto outcome = co_await audited<CutOutcome>(parts_, executor, Urgency::emergency, std::move(by),
                                              std::move(event), std::move(body));
  if (!outcome.ok()) co_return outcome.error();
  crash_point(CrashPoint::after_cut);
  CutOutcome done = std::move(outcome).value();
  // A repeated request may be about a cut that was durable although its caller was told of a
  // failure, such as a witness that could not be written: then nobody drives the run yet.
  const RunState state = done.data.run.state;
  const bool is_open = state == RunState::driving || state == RunState::restoring;
  if (is_open) engine_.drive_if_idle(done.data.run.id);
  co_return Revoked{std::move(done.data), done.made_now};
}

Task<Result<RunData>> RevocationService::restore(RunId id, Requester by, Executor& executor) {
  AuditEvent event = event_by(by.actor(), "run.restore");
  event.run_id = id;
  event.subject_id = id.str();
  std::function<Result<RestoredRun>(WriteTx&)> body = [this, id, actor = by.actor()](WriteTx& tx) {
    return restore_run(tx, parts_.journal, parts_.audit, id, actor, parts_.clock.now());
  };
  auto outcome = co_await audited<RestoredRun>(parts_, executor, Urgency::normal, std::move(by),
                                               std::move(event), std::move(body));
  if (!outcome.ok()) {
    // Undone already, perhaps by a call that was told of a failure: then nobody drives it yet, nor
    // what it released.
    if (outcome.error().code() == ErrorCode::conflict) {
      engine_.drive_if_idle(id);
      const auto open = read_value<std::vector<RunId>>(
          parts_.store, [&](ReadTx& tx) { return open_undos_beside(tx, parts_.tenant_id, id); });
      if (!open.ok()) co_return open.error();
      for (const RunId& released : *open) engine_.drive_if_idle(released);
    }
    co_return outcome.error();
  }
  crash_point(CrashPoint::after_restore);
  RestoredRun restored = std::move(outcome).value();
  engine_.drive(id);
  for (const RunId& released : restored.released) engine_.drive(released);
  watch_.publish(id);
  co_return std::move(restored.data);
}

// Guards what a person asks about one step, and records it.
Task<Result<Done>> RevocationService::ask_step(std::string action, RunId id, StepId step_id,
                                               Requester by, Executor& executor, RunEvent event) {
  AuditEvent record = event_by(by.actor(), std::move(action));
  record.run_id = id;
  record.subject_id = step_id.str();
  std::function<Result<Done>(WriteTx&)> body = [this, id, step_id, actor = by.actor(),
                                                record](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY(const RunData data, load_run(tx, parts_.tenant_id, id));
    const Step* step = data.find_step(step_id);
    if (step == nullptr) return Error::permanent(ErrorCode::not_found, "there is no such step");
    const bool is_undone =
        data.run.state == RunState::restored || data.run.state == RunState::restoring;
    if (is_undone && step->direction == StepDirection::take_away) {
      return Error::permanent(ErrorCode::conflict, "the run has been undone");
    }
    if (step->state != StepState::failed && step->state != StepState::waiting) {
      return Error::permanent(ErrorCode::conflict, "the step is neither failed nor waiting");
    }
    CURFEW_TRY_STATUS(check_step(tx, data.run, *step, actor));
    CURFEW_TRY_STATUS(parts_.audit.append(tx, record, parts_.clock.now()));
    return Done{};
  };
  auto outcome = co_await audited<Done>(parts_, executor, Urgency::normal, std::move(by),
                                        std::move(record), std::move(body));
  if (outcome.ok()) engine_.send(id, std::move(event));
  co_return outcome;
}

Status RevocationService::check_step(ReadTx& tx, const Run& run, const Step& step,
                                     const Actor& actor) const {
  if (step.connector == local_target::kDevice) {
    return check_guard(tx, parts_.tenant_id, GuardedAction::change_device, actor, {});
  }
  const RunPart* const part = part_of_connector(step.connector);
  CURFEW_TRY(const bool is_own, is_always_taken(tx, parts_.tenant_id, run.subject_id, step));
  const bool is_item = part != nullptr && !is_own;
  if (is_item && part->removal != nullptr && step.direction == StepDirection::take_away) {
    CURFEW_TRY(const Removal removal, part->removal(PartLook{tx, parts_.tenant_id}, step.target));
    return check_part_guard(tx, parts_.tenant_id, actor, removal, RightTo::take);
  }
  const GuardSubject subject{run.subject_id, std::nullopt, std::nullopt};
  const GuardedAction action =
      step.direction == StepDirection::give_back ? GuardedAction::enable_user : action_of(run.mode);
  return check_guard(tx, parts_.tenant_id, action, actor, subject);
}

Task<Result<Done>> RevocationService::retry_step(RunId id, StepId step_id, Requester by,
                                                 Executor& executor) {
  RunEvent event = RetryAsked{step_id};
  return ask_step("run.retry_step", std::move(id), std::move(step_id), std::move(by), executor,
                  std::move(event));
}

Task<Result<Done>> RevocationService::close_step(RunId id, StepId step_id, Requester by,
                                                 Executor& executor) {
  RunEvent event = CloseAsked{step_id, by.actor().id};
  return ask_step("run.close_step", std::move(id), std::move(step_id), std::move(by), executor,
                  std::move(event));
}

Task<Result<RemovalEffect>> RevocationService::remove_one(Removal removal, Requester by,
                                                          Executor& executor, ActorProof proof) {
  const AuditName name = audit_name_of(removal);
  AuditEvent event = event_by(by.actor(), std::string{name.action});
  event.subject_id = name.subject_id;
  const GuardedAction action = action_of(removal.kind, proof);
  std::function<Result<RemovalEffect>(WriteTx&)> body =
      [this, removal, actor = by.actor(), event, action](WriteTx& tx) -> Result<RemovalEffect> {
    CURFEW_TRY(const GuardSubject subject, guard_subject_of(tx, parts_.tenant_id, removal));
    CURFEW_TRY_STATUS(check_guard(tx, parts_.tenant_id, action, actor, subject));
    AuditEvent done = event;
    if (subject.user_id) done.subject_id = subject.user_id->str();
    // Before the removal, which may take the object away.
    done.subject_name = name_of_object(tx, parts_.tenant_id, done.subject_id);
    Removal made = removal;
    made.made_by = made_by(actor, subject);
    CURFEW_TRY(RemovalEffect effect, remove_access(tx, parts_.journal, made, parts_.clock.now()));
    done.position = effect.position;
    CURFEW_TRY_STATUS(parts_.audit.append(tx, done, parts_.clock.now()));
    return effect;
  };
  auto outcome = co_await audited<RemovalEffect>(parts_, executor, Urgency::emergency,
                                                 std::move(by), std::move(event), std::move(body));
  co_return outcome;
}

Task<Result<RestoralEffect>> RevocationService::restore_one(Restoral restoral, Requester by,
                                                            Executor& executor) {
  const RestoralName name = restoral_name_of(restoral.kind);
  AuditEvent event = event_by(by.actor(), std::string{name.action});
  event.subject_id = restoral.object_id;
  std::function<Result<RestoralEffect>(WriteTx&)> body =
      [this, restoral, actor = by.actor(), event, name](WriteTx& tx) -> Result<RestoralEffect> {
    GuardSubject subject;
    if (restoral.kind == RestoralKind::enable_user) subject.user_id = UserId{restoral.object_id};
    CURFEW_TRY_STATUS(check_guard(tx, parts_.tenant_id, name.guarded, actor, subject));
    CURFEW_TRY(RestoralEffect effect,
               give_access(tx, parts_.journal, restoral, std::nullopt, parts_.clock.now()));
    AuditEvent done = event;
    done.subject_name = name_of_object(tx, parts_.tenant_id, restoral.object_id);
    if (!effect.entries.empty()) done.position = effect.entries.back().position;
    CURFEW_TRY_STATUS(parts_.audit.append(tx, done, parts_.clock.now()));
    return effect;
  };
  auto outcome = co_await audited<RestoralEffect>(parts_, executor, Urgency::normal, std::move(by),
                                                  std::move(event), std::move(body));
  co_return outcome;
}

Result<RunData> RevocationService::run(const RunId& id, const Actor& actor) {
  CURFEW_TRY_STATUS(check_reader(actor));
  return read_value<RunData>(parts_.store,
                             [&](ReadTx& tx) { return load_run(tx, parts_.tenant_id, id); });
}

Result<std::vector<Run>> RevocationService::runs(const RunQuery& query, const Actor& actor) {
  CURFEW_TRY_STATUS(check_reader(actor));
  return read_value<std::vector<Run>>(
      parts_.store, [&](ReadTx& tx) { return list_runs(tx, parts_.tenant_id, query); });
}

Result<std::string> RevocationService::report(const RunId& id, const Actor& actor) {
  CURFEW_TRY(const RunData data, run(id, actor));
  return make_report(data, parts_.signer, parts_.clock.now());
}

}  // namespace curfew
