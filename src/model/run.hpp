// model/run.hpp: one durable revocation of one subject: the run, its steps and the access paths.
//
// A run begins with the cut (revocation/cut.hpp) and is driven until each of its steps is at rest.
// A step is one change at one target. A path is one way in which the subject gets in somewhere; it
// has a step that ends it, or a bound after which it ends by itself, or neither, and says so.
// Values only; revocation/run_machine.hpp is the one place that changes their states.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "model/actor.hpp"
#include "model/position.hpp"

namespace curfew {

enum class RunMode {
  revoke,         // account, sessions, grants, codes, devices, API keys
  sessions_only,  // everybody signed in as the subject must sign in again; the account stays
};
[[nodiscard]] std::string_view to_string(RunMode mode);
[[nodiscard]] bool parse_enum(std::string_view text, RunMode& out);

enum class RunState {
  driving,    // a step is not at rest
  at_rest,    // every step is ended, acknowledged, waiting or failed
  restoring,  // undone here; a target still has to take its old value back
  restored,   // undone; old credentials stay dead
};
[[nodiscard]] std::string_view to_string(RunState state);
[[nodiscard]] bool parse_enum(std::string_view text, RunState& out);

enum class StepState {
  planned,       // not begun: it waits for its turn or for a predecessor
  running,       // being done, observed, or waiting for its next attempt
  ended,         // observed: the target itself shows that the access is gone
  acknowledged,  // the target said so, and it cannot be observed
  waiting,       // a person must act first; the error says what
  failed,        // given up after bounded attempts; listed until a person closes it
};
[[nodiscard]] std::string_view to_string(StepState state);
[[nodiscard]] bool parse_enum(std::string_view text, StepState& out);
// Nothing more happens to the step by itself.
[[nodiscard]] bool is_at_rest(StepState state);

// What a running step does next. A step that was made in the cut begins at `observe`.
enum class StepPhase {
  prepare,  // read the prior value, which is stored before the first write
  apply,
  observe,
};
[[nodiscard]] std::string_view to_string(StepPhase phase);
[[nodiscard]] bool parse_enum(std::string_view text, StepPhase& out);

enum class StepDirection {
  take_away,
  give_back,  // made by a restore: writes the prior value where the target shows what we wrote
};
[[nodiscard]] std::string_view to_string(StepDirection direction);
[[nodiscard]] bool parse_enum(std::string_view text, StepDirection& out);

enum class PathKind {
  account,        // signing in anew
  session,        // browser sessions with us
  refresh_grant,  // silent renewal by applications
  code,           // sign-ins that are half done
  access_token,   // at one resource
  app_session,    // an application's own session, after it signed the subject in through us
  device,
  api_key,
  assignment,
  subscription,  // receivers of changes in the directory
  registration,  // applications that others may register, and manage, in the subject's name
  consent,
  role,
  group_membership,
  credential,   // an application's client secret or key
  method,       // what a person proves with who they are: a password, the address of its reset
  application,  // that somebody registered
  person,       // whom somebody made
  change,       // made to something of others; nothing but a person can tell what it should be
  gate,         // what applications behind gates let in
};
[[nodiscard]] std::string_view to_string(PathKind kind);
[[nodiscard]] bool parse_enum(std::string_view text, PathKind& out);

enum class PathState {
  open,     // its step is not at rest: take it as alive
  ended,    // observed at `observed_at` to be closed since `ended_at`
  ends_by,  // works at the latest until `ends_by`
  waiting,  // a person must act; take it as alive
  unknown,  // nobody can say until when it works; take it as alive
};
[[nodiscard]] std::string_view to_string(PathState state);
[[nodiscard]] bool parse_enum(std::string_view text, PathState& out);

struct Run {
  TenantId tenant_id;
  RunId id;  // a GUID
  UserId subject_id;
  std::string subject_name;  // user principal name at the time
  ActorKind actor_kind = ActorKind::system;
  std::string actor_id;
  std::string actor_name;
  std::string reason;  // the administrator's words
  RunMode mode = RunMode::revoke;
  std::vector<std::string> parts;        // the options that were asked for: revocation/part.hpp
  std::optional<TimePoint> swept_since;  // also what appeared since then: revocation/sweep.hpp
  // "<actor kind>/<actor id>/<key>": the same caller's repeated request finds the run it made.
  std::optional<std::string> idempotency_key;
  std::string request_hash;  // of what was asked: another request under the same key is a conflict

  RunState state = RunState::driving;
  TimePoint requested_at{};
  TimePoint cut_at{};
  Position first_position;  // the cut's entries are first_position .. cut_position
  Position cut_position;    // whoever knows this position refuses the subject
  std::optional<TimePoint> rested_at;
  std::optional<TimePoint> restored_at;
  std::string restored_by;  // actor id
  // The earliest of its steps' repeated observations; nothing once they are all made.
  std::optional<TimePoint> observe_again_at;
  std::uint64_t change = 1;  // grows with every stored change: for those who follow the run

  // The owner of the holds that this run placed.
  [[nodiscard]] std::string hold_owner() const { return "run:" + id.str(); }
};

struct Step {
  TenantId tenant_id;
  RunId run_id;
  StepId id;  // "<run id>.<ordinal>": also what makes a repeated order the same order
  std::uint32_t ordinal = 0;
  StepDirection direction = StepDirection::take_away;
  std::string connector;           // the kind of target: names the connector ("local.sessions")
  std::string target;              // which place of that kind; with the subject it names the queue
  std::string subject;             // whom the step is about, as the connector knows them
  std::string title;               // for people: "Devices of johndoe@contoso.com"
  std::vector<std::string> after;  // ids of steps that must have succeeded before
  bool made_in_cut = false;

  StepState state = StepState::planned;
  StepPhase phase = StepPhase::prepare;
  // Orders given to the connector so far, over all phases; an answer to an older one is ignored.
  std::uint64_t order = 0;
  std::uint32_t attempt_count = 0;  // failed attempts since the last progress
  std::optional<TimePoint> next_attempt_at;
  std::string last_error;  // the operator's sentence
  std::optional<TimePoint> applied_at;
  std::optional<TimePoint> observed_at;
  std::optional<TimePoint> observe_again_at;
  bool observing_again = false;              // it is ended, and being looked at once more
  std::uint32_t observation_count = 0;       // repeated observations made after it ended
  std::string evidence;                      // what the target itself said
  std::optional<std::string> prior_value;    // stored once, before the first write
  std::optional<std::string> written_value;  // what we wrote instead
  std::string closed_by;                     // actor id of who closed a failed or waiting step
};

struct AccessPath {
  TenantId tenant_id;
  RunId run_id;
  std::uint32_t ordinal = 0;
  PathKind kind = PathKind::account;
  std::string target;        // an id or URI: which resource, application, device; may be empty
  std::string display_name;  // of the target, for people
  std::string control;       // what closes it, for people
  std::uint64_t count = 0;   // how many credentials or objects; at least so many if count_is_least
  bool count_is_least = false;
  std::optional<StepId> step_id;
  PathState state = PathState::open;
  std::optional<TimePoint> ended_at;
  std::optional<TimePoint> observed_at;
  std::optional<TimePoint> ends_by;  // never early
  std::string reason;                // why it is not simply ended
  std::optional<TimePoint> made_at;  // of what appeared: when, and who did it as far as is known
  std::string made_by;
};

}  // namespace curfew
