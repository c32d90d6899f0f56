#include "api/signal_sources/source_effects.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "api/directory/account_risk.hpp"
#include "api/directory/person_lookup.hpp"
#include "api/signal_sources/source_right.hpp"
#include "base/signal_limits.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "crypto/named_guid.hpp"
#include "io/runtime.hpp"
#include "protocol/json/json.hpp"
#include "protocol/ssf/foreign_subject.hpp"
#include "protocol/ssf/received_events.hpp"
#include "revocation/guard.hpp"
#include "revocation/service.hpp"
#include "revocation/signals/own_txn.hpp"
#include "revocation/signals/received_queue.hpp"
#include "revocation/signals/source_brake.hpp"
#include "store/schema.hpp"
#include "store/schema_changes.hpp"
#include "store/schema_runs.hpp"

namespace curfew {

namespace {

// Of what the source said of one person before.
constexpr std::size_t kLookedBack = 50;

struct Concerned {
  std::optional<App> app;
  std::optional<User> user;
  bool is_covered = false;
  std::string covered_by;  // the run's id, where there is one
  std::string hold_because;
  bool was_noted = false;  // this very event raised the risk before
};

RiskEventId risk_event_of(const ReceivedSignal& signal) {
  return RiskEventId{named_guid("signal " + signal.source_id + " " + signal.jti_hash)};
}

bool ends_access(SignalEffect effect) { return effect >= SignalEffect::revoke_sessions; }

// The run to which the same incident led before, or one whose cut came after this event had.
Result<std::string> covering_run(ReadTx& tx, const SignalSource& source,
                                 const ReceivedSignal& signal, const User& user, TimePoint now) {
  const TimePoint same_since = now - limits::kOneIncident;
  CURFEW_TRY(const auto before,
             received_about(tx, source, user.id.str(), std::min(signal.received_at, same_since),
                            kLookedBack));
  for (const ReceivedSignal& one : before) {
    if (one.run_id.empty() || one.effect < signal.effect) continue;
    const bool is_same =
        !signal.txn.empty() && one.txn == signal.txn && one.settled_at >= same_since;
    if (is_same) return one.run_id;
    if (one.state != ReceivedState::acted) continue;
    CURFEW_TRY(const auto run, load<Run>(tx, user.tenant_id, RunId{one.run_id}));
    if (run && run->cut_at > signal.received_at) return one.run_id;
  }
  return std::string{};
}

Status look_for_cover(ReadTx& tx, const SignalSource& source, const ReceivedSignal& signal,
                      TimePoint now, Concerned& found) {
  CURFEW_TRY(const auto own, own_incident(tx, source.tenant_id, signal.txn, found.user->id));
  if (own && own->strength >= signal.effect.value()) {
    found.is_covered = true;
    found.covered_by = own->run_id;
    return Done{};
  }
  CURFEW_TRY(found.covered_by, covering_run(tx, source, signal, *found.user, now));
  found.is_covered = !found.covered_by.empty();
  return Done{};
}

Status look_at_person(ReadTx& tx, const ServerContext& context, const SignalSource& source,
                      const ReceivedSignal& signal, Concerned& found) {
  if (signal.effect == SignalEffect::raise_risk) {
    CURFEW_TRY(const auto noted, load<RiskEvent>(tx, context.tenant_id, risk_event_of(signal)));
    found.was_noted = noted.has_value();
  }
  if (!ends_access(signal.effect.value())) return Done{};
  const TimePoint now = context.clock.now();
  CURFEW_TRY_STATUS(look_for_cover(tx, source, signal, now, found));
  if (found.is_covered) return Done{};
  CURFEW_TRY(found.hold_because, why_to_hold(tx, source, found.user->id.str(), now));
  return Done{};
}

Result<Concerned> look_up_concerned(ReadTx& tx, const ServerContext& context,
                                    const SignalSource& source, const ReceivedSignal& signal) {
  Concerned found;
  CURFEW_TRY(found.app, load<App>(tx, source.tenant_id, source.app_id));
  if (signal.subject.empty()) return found;
  const auto subject = parse_json_object(signal.subject);
  if (!subject.ok()) return found;
  CURFEW_TRY(found.user,
             find_person(tx, context.tenant_id, context.issuer(), read_foreign_subject(*subject)));
  if (found.user) {
    CURFEW_TRY_STATUS(look_at_person(tx, context, source, signal, found));
  }
  return found;
}

// The reason is a part of what was asked for: nothing is in it that may change between two
// attempts.
RevocationRequest run_for(const SignalSource& source, const ReceivedSignal& signal,
                          const User& user) {
  const SignalEffect effect = signal.effect.value();
  RevocationRequest wish;
  wish.subject = user.id.str();
  wish.options.mode = effect == SignalEffect::disable ? RunMode::revoke : RunMode::sessions_only;
  wish.reason = "signal " + escape_for_display(signal.event) + " of source " + source.id;
  wish.reason.resize(std::min(wish.reason.size(), kReasonBytesMax));
  wish.txn = signal.txn;
  // Each event once; the effect is in it, for a policy that was changed between two attempts.
  wish.idempotency_key = "signal " + sha256_base64url(source.id + " " + signal.jti_hash + " " +
                                                      std::string{to_string(effect)});
  return wish;
}

void end_with(ReceivedSignal& signal, ReceivedState state, std::string why = "") {
  signal.state = state;
  signal.last_error = std::move(why);
}

// What an error leads to: an administrator has to look, nobody is called so any more, or it is
// tried again. What is refused is not sent again: whoever reads of it has to do it themselves.
void end_with_error(ReceivedSignal& signal, const Error& error) {
  switch (error.code()) {
    case ErrorCode::denied:
      return end_with(
          signal, ReceivedState::refused,
          error.message() + "; where it should be done: curfew revoke " + signal.user_id);
    case ErrorCode::not_found: return end_with(signal, ReceivedState::unknown_subject);
    case ErrorCode::invalid_argument:
    case ErrorCode::conflict: return end_with(signal, ReceivedState::failed, error.message());
    case ErrorCode::unauthenticated:
    case ErrorCode::exhausted:
    case ErrorCode::unavailable:
    case ErrorCode::timeout:
    case ErrorCode::protocol:
    case ErrorCode::corrupted:
    case ErrorCode::internal: break;
  }
  end_with(signal, ReceivedState::pending, error.message());
}

Task<ReceivedSignal> begin_run(ApiCall call, RevocationRequest wish, StandingCheck may,
                               ReceivedSignal signal) {
  const auto revoked = co_await call.context.revocation.revoke(
      std::move(wish), requester_of(call, std::move(may)), current_executor());
  if (!revoked.ok()) {
    end_with_error(signal, revoked.error());
    co_return signal;
  }
  signal.run_id = revoked->data.run.id.str();
  end_with(signal, ReceivedState::acted);
  co_return signal;
}

// Whoever could end the person's sessions may say that they are at risk.
Task<ReceivedSignal> raise_risk(ApiCall call, User user, StandingCheck may, ReceivedSignal signal) {
  const auto also = [&call, id = user.id, may = std::move(may)](ReadTx& tx) -> Status {
    CURFEW_TRY_STATUS(may(tx));
    return check_guard(tx, call.tenant_id(), GuardedAction::revoke_sessions, call.actor(),
                       {id, std::nullopt, std::nullopt});
  };
  const auto noted = co_await note_suspected_risk(call, user.id, risk_event_of(signal), also);
  if (noted.ok()) {
    end_with(signal, *noted ? ReceivedState::acted : ReceivedState::covered);
  } else {
    end_with_error(signal, noted.error());
  }
  co_return signal;
}

// What there is nothing to do about. False: there is.
bool is_settled_by(const Concerned& found, ReceivedSignal& signal) {
  if (signal.effect == SignalEffect::notify) {
    end_with(signal, ReceivedState::noted);
  } else if (!found.app) {
    end_with(signal, ReceivedState::refused, "its application is gone");
  } else if (!found.user) {
    end_with(signal, ReceivedState::unknown_subject);
  } else if (found.was_noted) {
    end_with(signal, ReceivedState::acted);
  } else if (found.is_covered) {
    signal.run_id = found.covered_by;
    end_with(signal, ReceivedState::covered);
  } else {
    return false;
  }
  return true;
}

}  // namespace

Task<Outcome> act_on_signal(const ServerContext& context, SignalSource source,
                            ReceivedSignal signal) {
  const Position as_of = context.live().head().position;
  const SignalEffect effect = effect_of(signal.event, signal.calls_for_action, source.policy);
  signal.effect = effect;
  if (signal.received_at + limits::kReceivedAgeMax < context.clock.now()) {
    end_with(signal, ReceivedState::failed, kWaitedTooLong);
    co_return Outcome{std::move(signal)};
  }
  auto found = read_value<Concerned>(
      context.store, [&](ReadTx& tx) { return look_up_concerned(tx, context, source, signal); });
  if (!found.ok()) {
    end_with_error(signal, found.error());
    co_return Outcome{std::move(signal)};
  }
  if (found->user) signal.user_id = found->user->id.str();
  if (is_settled_by(*found, signal)) co_return Outcome{std::move(signal)};
  if (!found->hold_because.empty()) {
    co_return Outcome{std::move(signal), std::move(found->hold_because)};
  }
  StandingCheck may = [&context, id = source.id, effect](ReadTx& tx) {
    return check_may_act(tx, context, id, effect);
  };
  ApiCall call = call_of_source(context, source, *found->app, as_of);
  if (effect == SignalEffect::raise_risk) {
    co_return Outcome{co_await raise_risk(std::move(call), *std::move(found->user), std::move(may),
                                          std::move(signal))};
  }
  RevocationRequest wish = run_for(source, signal, *found->user);
  co_return Outcome{
      co_await begin_run(std::move(call), std::move(wish), std::move(may), std::move(signal))};
}

}  // namespace curfew
