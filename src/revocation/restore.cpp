#include "revocation/restore.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "model/application.hpp"
#include "model/directory.hpp"
#include "revocation/access_signals.hpp"
#include "revocation/crash_points.hpp"
#include "revocation/guard.hpp"
#include "revocation/membership.hpp"
#include "revocation/part.hpp"
#include "revocation/plan.hpp"
#include "revocation/prior_assignments.hpp"
#include "revocation/run_store.hpp"
#include "revocation/sweep.hpp"
#include "store/schema.hpp"
#include "store/schema_runs.hpp"

namespace curfew {

namespace {

template <typename T>
Status set_enabled(WriteTx& tx, const TenantId& tenant_id, const std::string& id,
                   std::string_view what, bool enabled) {
  using ObjectId = decltype(T::id);
  CURFEW_TRY(T object, require<T>(tx, what, tenant_id, ObjectId{id}));
  if (object.account_enabled == enabled) return Done{};
  object.account_enabled = enabled;
  return save(tx, object);
}

// Also of somebody who is deleted: they come back as enabled as their holds say.
Status set_user_enabled(WriteTx& tx, const TenantId& tenant_id, const std::string& id,
                        std::string_view /*what*/, bool enabled) {
  CURFEW_TRY(KnownUser known, known_user(tx, tenant_id, UserId{id}));
  if (known.user.account_enabled == enabled) return Done{};
  known.user.account_enabled = enabled;
  return save_known_user(tx, known);
}

// A key's row, where there is one, says nothing of its holds.
Status set_nothing(WriteTx& /*tx*/, const TenantId& /*tenant_id*/, const std::string& /*id*/,
                   std::string_view /*what*/, bool /*enabled*/) {
  return Done{};
}

struct Kind {
  RestoralKind kind;
  std::string_view name;
  KeyKind key_kind;
  std::string_view what;
  Status (*set)(WriteTx&, const TenantId&, const std::string&, std::string_view, bool);
};

constexpr std::array kKinds{
    Kind{RestoralKind::enable_user, "enable_user", KeyKind::user, "such user", set_user_enabled},
    Kind{RestoralKind::enable_device, "enable_device", KeyKind::device, "such device",
         set_enabled<Device>},
    Kind{RestoralKind::enable_app, "enable_app", KeyKind::application, "such application",
         set_enabled<App>},
    Kind{RestoralKind::release_authenticator, "release_authenticator", KeyKind::authenticator,
         "such key", set_nothing},
    Kind{RestoralKind::release_credential, "release_credential", KeyKind::credential, "such key",
         set_nothing},
};

const Kind& line_of(RestoralKind kind) { return kKinds.at(static_cast<std::size_t>(kind)); }

Error not_now(std::string sentence) {
  return Error{ErrorCode::conflict, Retry::after_human, std::move(sentence)};
}

// It works again, and nobody looks at it for that run any more.
void give_back_path(AccessPath& path, std::string why) {
  path.state = PathState::unknown;
  path.ended_at.reset();
  path.observed_at.reset();
  path.ends_by.reset();
  path.reason = std::move(why);
}

// The undone run that placed the hold, or nothing: it is another owner's, or stands.
Result<std::optional<RunData>> undone_run_of(ReadTx& tx, const Hold& hold) {
  constexpr std::string_view kRunOwner = "run:";
  if (!hold.owner.starts_with(kRunOwner)) return std::optional<RunData>{};
  const RunId id{hold.owner.substr(kRunOwner.size())};
  CURFEW_TRY(const auto run, load<Run>(tx, hold.tenant_id, id));
  const bool is_undone =
      run && (run->state == RunState::restoring || run->state == RunState::restored);
  if (!is_undone) return std::optional<RunData>{};
  CURFEW_TRY(RunData data, load_run(tx, hold.tenant_id, id));
  return std::optional{std::move(data)};
}

// The holds on the key that go with `owner`'s; the runs that left some say so from now on.
Result<std::vector<Hold>> holds_to_end(WriteTx& tx, const TenantId& tenant_id, const Key& key,
                                       const std::string& owner, TimePoint now) {
  CURFEW_TRY(const auto standing, holds_on(tx, tenant_id, key));
  std::vector<Hold> ending;
  for (const Hold& hold : standing) {
    if (hold.owner == owner) {
      ending.push_back(hold);
      continue;
    }
    CURFEW_TRY(std::optional<RunData> undone, undone_run_of(tx, hold));
    if (!undone) continue;
    for (AccessPath& path : undone->paths) {
      if (path.kind != PathKind::device || path.target != key.id) continue;
      give_back_path(path, "given back at " + to_rfc3339(now) + ", after the undo");
    }
    ++undone->run.change;
    CURFEW_TRY_STATUS(save_run(tx, *undone));
    ending.push_back(hold);
  }
  return ending;
}

// One undo of one run.
class Restorer {
 public:
  Restorer(WriteTx& tx, Journal& journal, RunData& data, const Actor& actor, TimePoint now)
      : tx_(tx), journal_(journal), data_(data), actor_(actor), now_(now) {}

  Status check() {
    const Run& run = data_.run;
    switch (run.state) {
      case RunState::at_rest: break;
      case RunState::driving:
        return Error::transient(ErrorCode::conflict, "the run is still being driven");
      case RunState::restoring:
      case RunState::restored: return not_now("the run has been undone already");
    }
    if (run.mode == RunMode::sessions_only) {
      return not_now("a run that only ended sessions has nothing to give back");
    }
    const GuardSubject subject{run.subject_id, std::nullopt, std::nullopt};
    CURFEW_TRY_STATUS(check_guard(tx_, tenant(), GuardedAction::enable_user, actor_, subject));
    for (const Step& step : data_.steps) {
      CURFEW_TRY_STATUS(check_step(step, subject));
    }
    return Done{};
  }

  Status give_back() {
    CURFEW_TRY_STATUS(end_holds());
    // Nothing below ends a hold or places one.
    CURFEW_TRY(owners_, owners_on(key_of(data_.run.subject_id)));
    CURFEW_TRY_STATUS(give_back_account());
    for (const Step& step : data_.steps) {
      CURFEW_TRY_STATUS(return_item(step));
    }
    CURFEW_TRY_STATUS(plan_connectors());
    for (Step& step : data_.steps) {
      // What is looked at again from now on would rightly be alive.
      step.observe_again_at.reset();
      step.observing_again = false;
    }
    finish();
    return Done{};
  }

  [[nodiscard]] Position position() const { return position_; }
  [[nodiscard]] std::vector<RunId> released() const { return released_; }

 private:
  [[nodiscard]] const TenantId& tenant() const { return journal_.tenant_id(); }

  // The part whose item the step took; null for what the run takes of the account itself, for what
  // nobody took, and for devices, which are given back as far as the actor may.
  [[nodiscard]] static const RunPart* part_taken_by(const Step& step) {
    if (!step.applied_at || step.direction != StepDirection::take_away) return nullptr;
    const RunPart* const part = part_of_connector(step.connector);
    return part != nullptr && part->path_kind != PathKind::device ? part : nullptr;
  }

  // Giving back is granting: whoever may not give it undoes nothing of the run.
  [[nodiscard]] Status check_step(const Step& step, const GuardSubject& subject) const {
    if (step.connector == kOldAssignmentsConnector) {
      return check_guard(tx_, tenant(), GuardedAction::change_assignment, actor_, subject);
    }
    const RunPart* const part = part_taken_by(step);
    if (part == nullptr || !part->stays_away.empty()) return Done{};
    CURFEW_TRY(const Removal taken, part->removal(PartLook{tx_, tenant()}, step.target));
    const Status may = check_part_guard(tx_, tenant(), actor_, taken, RightTo::give);
    // What is not there any more cannot be given back, and keeps nobody from the rest.
    if (!may.ok() && may.error().code() == ErrorCode::not_found) return Done{};
    return may;
  }

  Status end_holds() {
    Query query;
    query.index = "holds_by_owner";
    query.prefix = keys_of(tenant(), data_.run.hold_owner());
    CURFEW_TRY(const auto holds, scan_as<Hold>(tx_, query));
    CURFEW_TRY(const bool may_devices, may_change_devices(tx_, tenant(), actor_));
    for (const Hold& hold : holds) {
      if (hold.key_kind == KeyKind::device && !may_devices) {
        note_device(hold.key_id);
        continue;
      }
      CURFEW_TRY_STATUS(end_hold(hold));
    }
    return Done{};
  }

  Status end_hold(const Hold& hold) {
    for (const Kind& line : kKinds) {
      if (line.key_kind != hold.key_kind) continue;
      Restoral restoral{line.kind, hold.key_id, hold.owner, "restore"};
      CURFEW_TRY(const RestoralEffect effect,
                 give_access(tx_, journal_, restoral, data_.run.id, now_));
      if (!effect.entries.empty()) position_ = effect.entries.back().position;
      give_back_held(hold.key_id, effect.other_owners);
    }
    return Done{};
  }

  [[nodiscard]] Result<std::vector<std::string>> owners_on(const Key& key) const {
    CURFEW_TRY(const auto holds, holds_on(tx_, tenant(), key));
    std::vector<std::string> owners;
    for (const Hold& hold : holds) owners.push_back(hold.owner);
    return owners;
  }

  // Whose holds keep an item out of use: those on whom it is of, who may be another than the
  // subject. Nobody's, where it is of nobody.
  [[nodiscard]] Result<std::vector<std::string>> owners_on_holder(const RunPart& part,
                                                                  const Step& step) const {
    CURFEW_TRY(const Removal taken, part.removal(PartLook{tx_, tenant()}, step.target));
    CURFEW_TRY(const GuardSubject holder, guard_subject_of(tx_, tenant(), taken));
    if (holder.user_id) return owners_on(key_of(*holder.user_id));
    if (taken.app_id) return owners_on(key_of(*taken.app_id));
    return std::vector<std::string>{};
  }

  [[nodiscard]] std::string given_back(const std::vector<std::string>& still_held_by) const {
    std::string why = "given back by the undo at " + to_rfc3339(now_);
    if (!still_held_by.empty()) why += "; still blocked then by " + join(still_held_by, ", ");
    return why;
  }

  // A device, an application or a person that the run held.
  void give_back_held(const std::string& id, const std::vector<std::string>& still_held_by) {
    for (AccessPath& path : data_.paths) {
      const bool is_held = path.kind == PathKind::device || path.kind == PathKind::application ||
                           path.kind == PathKind::person;
      if (is_held && path.target == id) give_back_path(path, given_back(still_held_by));
    }
  }

  // The account, and the assignments that the run left, which are of use again with it; those that
  // it took have a target, and a step of their own.
  Status give_back_account() {
    for (AccessPath& path : data_.paths) {
      const bool was_left = path.kind == PathKind::assignment && path.target.empty();
      if (path.kind == PathKind::account || was_left) {
        give_back_path(path, given_back(owners_));
      }
    }
    return Done{};
  }

  // Only where nobody has put anything there again since.
  Status return_item(const Step& step) {
    if (step.connector == kOldAssignmentsConnector) return return_old_assignments(step);
    const RunPart* const part = part_taken_by(step);
    if (part == nullptr) return Done{};
    if (!part->stays_away.empty()) {
      for (AccessPath& path : data_.paths) {
        if (path.step_id == step.id) path.reason = part->stays_away;
      }
      return Done{};
    }
    if (part->give_back == nullptr || !step.prior_value) return Done{};
    CURFEW_TRY(const GivenBack given,
               part->give_back(tx_, tenant(), step.target, *step.prior_value));
    CURFEW_TRY(const auto owners, owners_on_holder(*part, step));
    for (AccessPath& path : data_.paths) {
      if (path.step_id != step.id) continue;
      give_back_path(path, given.done ? given_back(owners) : "not given back: " + given.why);
    }
    return Done{};
  }

  void note_device(const std::string& device_id) {
    for (AccessPath& path : data_.paths) {
      if (path.kind != PathKind::device || path.target != device_id) continue;
      path.reason = "stays disabled: a Cloud Device Administrator must enable it";
    }
  }

  Status return_old_assignments(const Step& step) {
    const RunPart& part = *part_of_connector("local.assignment");
    for (const AppId& app : decode_assignments(step.prior_value.value_or(""))) {
      const std::string target = app.str() + "/" + std::string{to_string(PrincipalKind::user)} +
                                 "/" + data_.run.subject_id.str();
      const std::string prior = std::to_string(to_unix_millis(now_));
      CURFEW_TRY_STATUS(part.give_back(tx_, tenant(), target, prior));
    }
    return Done{};
  }

  // A counterpart for each step that a connector did elsewhere. While somebody else's hold says
  // that the subject stays out, it waits; the undo that ends the last hold releases it.
  Status plan_connectors() {
    const std::vector<Step> done = data_.steps;
    for (const Step& step : done) {
      const bool has_counterpart =
          !step.connector.starts_with("local.") && !step.connector.starts_with(kTelling);
      if (!has_counterpart || !step.applied_at) continue;
      data_.steps.push_back(counterpart_of(step));
      for (AccessPath& path : data_.paths) {
        if (path.step_id == step.id) give_back_path(path, given_back(owners_));
      }
      if (owners_.empty()) continue;
      data_.steps.back().state = StepState::waiting;
      data_.steps.back().last_error = "the subject is still blocked by " + owners_.front();
    }
    return owners_.empty() ? release_others() : Status{Done{}};
  }

  Status release_others() {
    RunQuery query;
    query.subject_id = data_.run.subject_id;
    query.limit = 0;  // all: one that is forgotten would leave the subject out for ever
    CURFEW_TRY(const auto runs, list_runs(tx_, tenant(), query));
    for (const Run& run : runs) {
      if (run.state != RunState::restored) continue;
      CURFEW_TRY(RunData other, load_run(tx_, tenant(), run.id));
      if (!release(other)) continue;
      CURFEW_TRY_STATUS(save_run(tx_, other));
      released_.push_back(run.id);
    }
    return Done{};
  }

  static bool release(RunData& other) {
    bool any = false;
    for (Step& step : other.steps) {
      if (step.direction != StepDirection::give_back || step.state != StepState::waiting) continue;
      step.state = StepState::planned;
      step.attempt_count = 0;
      any = true;
    }
    if (!any) return false;
    other.run.state = RunState::restoring;
    ++other.run.change;
    return true;
  }

  [[nodiscard]] Step counterpart_of(const Step& done) const {
    Step step = step_after(data_.steps, done.tenant_id, done.run_id);
    step.direction = StepDirection::give_back;
    step.connector = done.connector;
    step.target = done.target;
    step.subject = done.subject;
    step.title = "Undo: " + done.title;
    step.phase = StepPhase::apply;
    step.prior_value = done.prior_value;
    step.written_value = done.written_value;
    return step;
  }

  void finish() {
    Run& run = data_.run;
    const bool open = std::any_of(data_.steps.begin(), data_.steps.end(),
                                  [](const Step& step) { return !is_at_rest(step.state); });
    run.state = open ? RunState::restoring : RunState::restored;
    run.restored_at = now_;
    run.restored_by = actor_.id;
    run.observe_again_at.reset();
    ++run.change;
  }

  WriteTx& tx_;
  Journal& journal_;
  RunData& data_;
  std::vector<std::string> owners_;  // who holds the subject still
  const Actor& actor_;
  TimePoint now_;
  Position position_;
  std::vector<RunId> released_;
};

AuditEvent audit_event_of(const Run& run, const Actor& actor, Position position) {
  AuditEvent event;
  event.action = "run.restore";
  event.run_id = run.id;
  event.position = position;
  event.actor_kind = actor.kind;
  event.actor_id = actor.id;
  event.actor_name = actor.display_name;
  event.actor_address = actor.address;
  event.subject_id = run.subject_id.str();
  event.subject_name = run.subject_name;
  return event;
}

}  // namespace

std::string_view to_string(RestoralKind kind) { return line_of(kind).name; }

Result<RestoralEffect> give_access(WriteTx& tx, Journal& journal, const Restoral& restoral,
                                   const std::optional<RunId>& run_id, TimePoint now) {
  const Kind& line = line_of(restoral.kind);
  const Key key{line.key_kind, restoral.object_id};
  const TenantId& tenant_id = journal.tenant_id();
  RestoralEffect effect;
  CURFEW_TRY(const auto ending, holds_to_end(tx, tenant_id, key, restoral.hold_owner, now));
  for (const Hold& hold : ending) {
    const std::string reason = restoral.reason.empty() ? "enable" : restoral.reason;
    const NewEntry entry{key, Effect::unblock, hold.owner, run_id, reason};
    CURFEW_TRY(JournalEntry written, journal.append(tx, entry, now));
    effect.entries.push_back(std::move(written));
  }
  CURFEW_TRY(const auto left, holds_on(tx, tenant_id, key));
  for (const Hold& hold : left) effect.other_owners.push_back(hold.owner);
  effect.enabled = left.empty();
  CURFEW_TRY_STATUS(line.set(tx, tenant_id, restoral.object_id, line.what, effect.enabled));
  CURFEW_TRY_STATUS(signal_restoral(tx, tenant_id, restoral, effect, run_id, now));
  return effect;
}

Result<RestoredRun> restore_run(WriteTx& tx, Journal& journal, AuditLog& audit, const RunId& run_id,
                                const Actor& actor, TimePoint now) {
  CURFEW_TRY(RunData data, load_run(tx, journal.tenant_id(), run_id));
  Restorer restorer{tx, journal, data, actor, now};
  CURFEW_TRY_STATUS(restorer.check());
  CURFEW_TRY_STATUS(restorer.give_back());
  CURFEW_TRY_STATUS(save_run(tx, data));
  CURFEW_TRY_STATUS(audit.append(tx, audit_event_of(data.run, actor, restorer.position()), now));
  crash_point(CrashPoint::before_restore_commit);
  return RestoredRun{std::move(data), restorer.released()};
}

}  // namespace curfew
