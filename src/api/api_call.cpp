#include "api/api_call.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "access/liveness.hpp"
#include "api/limits/refusal_meter.hpp"
#include "base/text.hpp"
#include "io/runtime.hpp"
#include "revocation/guard.hpp"
#include "revocation/membership.hpp"
#include "store/audit.hpp"

namespace curfew {

namespace {

// `error` is what the call is answered with.
Task<Done> record_if_guarded(const ApiCall& call, const Error& error) {
  const auto rule = guard_rule_of(error);
  if (!rule) co_return Done{};
  co_return co_await record_refusal(
      call.context, refusal_event(call.actor(), call.audit_action, call.request, to_string(*rule)));
}

}  // namespace

AuditEvent refusal_event(const Actor& actor, const std::string& audit_action,
                         const RoutedRequest& request, std::string_view rule) {
  constexpr std::size_t kTargetBytesShown = 200;
  AuditEvent event;
  event.action = audit_action;
  event.outcome = AuditOutcome::refused;
  event.rule = rule;
  event.actor_kind = actor.kind;
  event.actor_id = actor.id;
  event.actor_name = actor.display_name;
  event.actor_address = actor.address;
  event.detail =
      std::string{to_string(request.http.method)} + " " +
      escape_for_display(std::string_view{request.http.target}.substr(0, kTargetBytesShown));
  return event;
}

Task<Done> record_refusal(const ServerContext& context, AuditEvent event) {
  const TimePoint now = context.clock.now();
  if (!context.refusals.admit(event.actor_id, now)) co_return Done{};
  std::function<Result<Done>(WriteTx&)> record = [&context, event = std::move(event),
                                                  now](WriteTx& tx) -> Result<Done> {
    CURFEW_TRY_STATUS(context.audit.append(tx, event, now));
    return Done{};
  };
  [[maybe_unused]] const auto recorded = co_await write_value<Done>(
      context.store, current_executor(), Urgency::normal, std::move(record));
  co_return Done{};
}

Status check_may_give(const ServerContext& context) {
  if (!context.live().rollback().is_raised()) return Done{};
  return Error{ErrorCode::unavailable, Retry::after_human,
               "the journal was rolled back: nothing is given until an operator has fenced the "
               "server (curfewd fence); access can be taken away"};
}

Status check_caller(ReadTx& tx, const ApiCall& call) {
  if (!call.caller.facts) return Done{};  // the local socket: the machine's own root
  CURFEW_TRY(const Verdict verdict,
             verdict_in(tx, call.context.journal, *call.caller.facts, call.context.clock.now()));
  if (verdict != Verdict::live) {
    return Error{ErrorCode::unauthenticated, Retry::after_human,
                 "the caller's own access was taken away in the meantime"};
  }
  CURFEW_TRY(const HeldRoles held, held_roles(tx, call.tenant_id(), call.actor().id));
  const std::set<Role>& came_with = call.actor().roles;
  if (!std::ranges::includes(held.built_in, came_with)) {
    return Error{ErrorCode::denied, Retry::after_human,
                 "a directory role of the caller was taken away in the meantime"};
  }
  return Done{};
}

Requester requester_of(const ApiCall& call, StandingCheck also) {
  return {call.actor(), [&call, also = std::move(also)](ReadTx& tx) -> Status {
            CURFEW_TRY_STATUS(check_caller(tx, call));
            return also ? also(tx) : Status{Done{}};
          }};
}

Task<Result<Done>> write_as_caller(const ApiCall& call, std::function<Result<Done>(WriteTx&)> body,
                                   Urgency urgency) {
  std::function<Result<Done>(WriteTx&)> guarded = [&call, body = std::move(body)](WriteTx& tx) {
    const Status stands = check_caller(tx, call);
    return stands.ok() ? body(tx) : Result<Done>{stands.error()};
  };
  Result<Done> written = co_await write_value<Done>(call.context.store, current_executor(), urgency,
                                                    std::move(guarded));
  if (!written.ok()) co_await record_if_guarded(call, written.error());
  co_return written;
}

Task<Status> check_as_caller(const ApiCall& call, std::function<Status(ReadTx&)> check) {
  const Status checked = call.context.store.read(check);
  if (!checked.ok()) co_await record_if_guarded(call, checked.error());
  co_return checked;
}

Status audit_change(WriteTx& tx, const ApiCall& call, const std::string& action,
                    const std::string& subject_id, const std::string& subject_name,
                    const std::string& detail) {
  AuditEvent event;
  event.action = action;
  event.detail = detail;
  event.actor_kind = call.actor().kind;
  event.actor_id = call.actor().id;
  event.actor_name = call.actor().display_name;
  event.actor_address = call.actor().address;
  event.subject_id = subject_id;
  event.subject_name = subject_name;
  CURFEW_TRY_STATUS(call.context.audit.append(tx, event, call.context.clock.now()));
  return Done{};
}

}  // namespace curfew
