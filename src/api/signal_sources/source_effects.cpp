#include "api/signal_sources/source_effects.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "api/directory/account_risk.hpp"
#include "api/directory/person_lookup.hpp"
#include "api/signal_sources/source_right.hpp"
#include "base/text.hpp"
#include "crypto/digest.hpp"
#include "io/runtime.hpp"
#include "protocol/json/json.hpp"
#include "protocol/ssf/foreign_subject.hpp"
#include "protocol/ssf/received_events.hpp"
#include "revocation/guard.hpp"
#include "revocation/service.hpp"
#include "store/schema.hpp"

namespace curfew {

namespace {

struct Concerned {
  std::optional<App> app;
  std::optional<User> user;
};

Result<Concerned> look_up_concerned(ReadTx& tx, const ServerContext& context,
                                    const SignalSource& source, const ReceivedSignal& signal) {
  Concerned found;
  CURFEW_TRY(found.app, load<App>(tx, source.tenant_id, source.app_id));
  if (signal.subject.empty()) return found;
  const auto subject = parse_json_object(signal.subject);
  if (!subject.ok()) return found;
  CURFEW_TRY(found.user,
             find_person(tx, context.tenant_id, context.issuer(), read_foreign_subject(*subject)));
  return found;
}

RevocationRequest run_for(const SignalSource& source, const ReceivedSignal& signal,
                          const User& user, SignalEffect effect) {
  RevocationRequest wish;
  wish.subject = user.id.str();
  wish.options.mode = effect == SignalEffect::disable ? RunMode::revoke : RunMode::sessions_only;
  wish.reason = "signal " + escape_for_display(signal.event) + " of " + source.display_name;
  wish.reason.resize(std::min(wish.reason.size(), kReasonBytesMax));
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
// tried again.
void end_with_error(ReceivedSignal& signal, const Error& error) {
  switch (error.code()) {
    case ErrorCode::denied: return end_with(signal, ReceivedState::refused, error.message());
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

// Whoever could end the person's sessions may say that they are at risk. An administrator's word
// that the account is compromised is the stronger one and stays.
Task<ReceivedSignal> raise_risk(ApiCall call, User user, StandingCheck may, ReceivedSignal signal) {
  if (is_said_to_be_compromised(user)) {
    end_with(signal, ReceivedState::acted);
    co_return signal;
  }
  const auto also = [&call, id = user.id, may = std::move(may)](ReadTx& tx) -> Status {
    CURFEW_TRY_STATUS(may(tx));
    return check_guard(tx, call.tenant_id(), GuardedAction::revoke_sessions, call.actor(),
                       {id, std::nullopt, std::nullopt});
  };
  const Result<Done> noted = co_await note_account_risk(call, user.id, kAtRisk, also);
  if (noted.ok()) {
    end_with(signal, ReceivedState::acted);
  } else {
    end_with_error(signal, noted.error());
  }
  co_return signal;
}

}  // namespace

Task<ReceivedSignal> act_on_signal(const ServerContext& context, SignalSource source,
                                   ReceivedSignal signal) {
  const Position as_of = context.live().head().position;
  const SignalEffect effect = effect_of(signal.event, signal.calls_for_action, source.policy);
  signal.effect = effect;
  auto found = read_value<Concerned>(
      context.store, [&](ReadTx& tx) { return look_up_concerned(tx, context, source, signal); });
  if (!found.ok()) {
    end_with_error(signal, found.error());
    co_return signal;
  }
  if (found->user) signal.user_id = found->user->id.str();
  if (effect == SignalEffect::notify) {
    end_with(signal, ReceivedState::noted);
    co_return signal;
  }
  if (!found->user || !found->app) {
    end_with(signal, found->app ? ReceivedState::unknown_subject : ReceivedState::refused,
             found->app ? "" : "its application is gone");
    co_return signal;
  }
  StandingCheck may = [&context, id = source.id, effect](ReadTx& tx) {
    return check_may_act(tx, context, id, effect);
  };
  ApiCall call = call_of_source(context, source, *found->app, as_of);
  if (effect == SignalEffect::raise_risk) {
    co_return co_await raise_risk(std::move(call), *std::move(found->user), std::move(may),
                                  std::move(signal));
  }
  RevocationRequest wish = run_for(source, signal, *found->user, effect);
  co_return co_await begin_run(std::move(call), std::move(wish), std::move(may), std::move(signal));
}

}  // namespace curfew
