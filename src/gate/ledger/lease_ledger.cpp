#include "gate/ledger/lease_ledger.hpp"

#include <algorithm>
#include <limits>

#include "base/check.hpp"

namespace curfew {

namespace {

constexpr Position kEveryPosition{std::numeric_limits<std::uint64_t>::max(), 0};  // below it

Error denied(std::string message) {
  return Error::permanent(ErrorCode::denied, std::move(message));
}

}  // namespace

Status check_settings(const LedgerSettings& settings) {
  if (settings.lease < gate_limits::kLeaseTimeMin || settings.lease > gate_limits::kLeaseTimeMax) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "the lease of gates is not between 1 and 60 seconds");
  }
  if (settings.drift <= Duration{0} || settings.drift > gate_limits::kDriftMax) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "the drift allowed to gates is not over 0 and at most 30 seconds");
  }
  if (settings.instances_of_gate_max == 0 || settings.open_grants_max < 2 ||
      settings.gates_max == 0) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "a limit of gates is too low for any gate to work");
  }
  return Done{};
}

LeaseLedger::LeaseLedger(const LedgerSettings& settings, Duration started_at)
    : settings_(settings), unknown_until_(started_at + settings.lease + settings.drift) {
  CURFEW_CHECK(check_settings(settings).ok());
}

UncutRequests uncut_after(UncutRequests known, std::optional<bool> has_some) {
  if (known == UncutRequests::some || has_some == true) return UncutRequests::some;
  return has_some ? known : UncutRequests::unknown;
}

Status LeaseLedger::add_gate(const AppId& gate, bool is_strict, GateOrigin origin,
                             UncutRequests uncut) {
  if (Gate* const known = find_gate(gate)) {
    known->is_strict = is_strict;
    known->is_withdrawn = false;
    if (known->uncut != UncutRequests::some && uncut != UncutRequests::none) known->uncut = uncut;
    for (auto& [id, instance] : known->instances) {
      instance.was_best_effort = instance.was_best_effort || !is_strict;
    }
    return Done{};
  }
  if (gates_.size() >= settings_.gates_max) {
    return Error::permanent(ErrorCode::exhausted, "there are " + std::to_string(gates_.size()) +
                                                      " gates, and no more are allowed");
  }
  Gate made;
  made.is_strict = is_strict;
  made.has_unknown = origin == GateOrigin::from_before;
  made.has_unmanaged = made.has_unknown && !is_strict;
  made.uncut = uncut;
  made.has_spoken = !made.has_unknown;
  gates_.emplace(gate, std::move(made));
  return Done{};
}

void LeaseLedger::withdraw_gate(const AppId& gate) {
  Gate* const known = find_gate(gate);
  if (known == nullptr) return;
  known->is_withdrawn = true;
  for (auto& [id, instance] : known->instances) {
    if (instance.connection) connections_.erase(*instance.connection);
    instance.connection.reset();
  }
}

Result<Connected> LeaseLedger::connect(const AppId& gate_id, const GateInstanceId& instance_id,
                                       Position has, Duration now) {
  Gate* const gate = find_gate(gate_id);
  if (gate == nullptr || gate->is_withdrawn) {
    return denied("this is no gate of ours, or not any more: enrol it again");
  }
  const auto owner = owners_.find(instance_id);
  if (owner != owners_.end() && owner->second != gate_id) {
    return Error::permanent(ErrorCode::denied, "it speaks for an instance of another gate");
  }
  if (owner == owners_.end()) {
    CURFEW_TRY_STATUS(make_room(*gate, now));
    owners_.emplace(instance_id, gate_id);
  }
  Instance& instance = gate->instances[instance_id];
  if (has.is_set() && has < instance.acknowledged) {
    return Error::permanent(ErrorCode::protocol,
                            "the instance has less than it acknowledged: its replica went back");
  }
  const Connected connected{next_connection_++, instance.connection};
  if (connected.replaced) connections_.erase(*connected.replaced);
  instance.gate = gate;
  instance.connection = connected.connection;
  instance.sent = has;
  instance.last_heard = now;
  instance.was_best_effort = instance.was_best_effort || !gate->is_strict;
  connections_.emplace(connected.connection, &instance);
  return connected;
}

void LeaseLedger::disconnect(FeedConnection connection, Duration now) {
  const auto spoken = connections_.find(connection);
  if (spoken == connections_.end()) return;
  spoken->second->connection.reset();
  spoken->second->last_heard = now;
  connections_.erase(spoken);
}

void LeaseLedger::note_uncut_requests(const AppId& gate, std::optional<bool> has_some) {
  Gate* const known = find_gate(gate);
  if (known == nullptr) return;
  known->uncut = uncut_after(known->uncut, has_some);
  known->has_spoken = true;
}

bool LeaseLedger::is_news(const AppId& gate, std::optional<bool> has_some) const {
  const auto found = gates_.find(gate);
  return found == gates_.end() || uncut_after(found->second.uncut, has_some) != found->second.uncut;
}

void LeaseLedger::sent(FeedConnection connection, Position position) {
  const auto spoken = speaker(connection);
  if (!spoken.ok()) return;  // closed meanwhile
  (*spoken)->sent = std::max((*spoken)->sent, position);
}

Result<LeaseAnswer> LeaseLedger::grant(FeedConnection connection, const LeaseRequest& request,
                                       const HeadReader& head, Duration now) {
  CURFEW_TRY(Instance* const instance, speaker(connection));
  std::vector<Grant>& grants = instance->grants;
  std::erase_if(grants, [&](const Grant& grant) { return grant.end <= now; });
  if (grants.size() >= settings_.open_grants_max) {
    return Error::transient(ErrorCode::exhausted,
                            "the instance asks for leases faster than they end");
  }
  instance->last_heard = now;
  const Position before = grants.empty() ? Position{} : grants.back().named;
  // Of position {0,0}: outstanding for every entry that there is.
  grants.push_back({Position{}, now + settings_.lease + settings_.drift});
  const std::optional<Position> named = head();
  if (!named || *named < before) {
    grants.pop_back();
    if (!named) return Error::transient(ErrorCode::unavailable, "no leases are given at present");
    return Error{ErrorCode::conflict, Retry::after_human,
                 "the journal ends before a position that a lease named: it was rolled back"};
  }
  grants.back().named = *named;
  if (grants.size() > 1 && before == *named) grants.erase(grants.end() - 2);
  return LeaseAnswer{request.request, *named, settings_.lease, {}};
}

Status LeaseLedger::acknowledge(FeedConnection connection, Position position, Duration now) {
  CURFEW_TRY(Instance* const instance, speaker(connection));
  instance->last_heard = now;
  if (position > instance->sent) {
    return Error::permanent(ErrorCode::protocol, "it acknowledged " + to_string(position) +
                                                     ", and was sent nothing after " +
                                                     to_string(instance->sent));
  }
  if (position < instance->acknowledged) {
    return Error::permanent(ErrorCode::protocol, "it acknowledged " + to_string(position) +
                                                     " after " + to_string(instance->acknowledged) +
                                                     ": acknowledgements never go back");
  }
  instance->acknowledged = position;
  return Done{};
}

Duration LeaseLedger::owed_end(const Instance& instance, Position below) {
  Duration end{};
  for (const Grant& grant : instance.grants) {
    if (grant.named < below) end = std::max(end, grant.end);
  }
  return end;
}

bool LeaseLedger::is_over(const Instance& instance, Duration now) {
  return owed_end(instance, kEveryPosition) <= now;
}

// Whether nothing of this instance can accept what the entry outdates.
bool LeaseLedger::is_done(const Instance& instance, Position position, Duration now) {
  if (instance.acknowledged >= position) return true;
  return !instance.was_best_effort && owed_end(instance, position) <= now;
}

WaitedInstance LeaseLedger::waited(const GateInstanceId& id, const Instance& instance,
                                   Position position) {
  WaitedInstance waited{id, instance.acknowledged, instance.connection.has_value(), {}};
  if (!instance.was_best_effort) waited.until = owed_end(instance, position);
  return waited;
}

bool LeaseLedger::waits_for_unknown(const Gate& gate, Duration now) const {
  return gate.has_unmanaged || (gate.has_unknown && now < unknown_until_);
}

bool LeaseLedger::is_complete(const AppId& gate, Position position, Duration now) const {
  return completeness(gate, position, now).is_complete;
}

GateCompleteness LeaseLedger::completeness(const AppId& gate_id, Position position,
                                           Duration now) const {
  GateCompleteness answer;
  const auto found = gates_.find(gate_id);
  if (found == gates_.end()) {  // forgotten, or of an earlier life
    answer.waits_for_unknown = now < unknown_until_;
    answer.is_complete = !answer.waits_for_unknown;
    answer.until = unknown_until_;
    return answer;
  }
  const Gate& gate = found->second;
  for (const auto& [id, instance] : gate.instances) {
    if (is_done(instance, position, now)) continue;
    answer.waits_for.push_back(waited(id, instance, position));
  }
  const GateStanding short_of_it = standing(gate, position, now);
  answer.waits_for_unknown = waits_for_unknown(gate, now);
  answer.until = short_of_it.until;
  answer.is_complete = short_of_it.is_complete;
  return answer;
}

GateStanding LeaseLedger::standing(const Gate& gate, Position position, Duration now) const {
  const bool has_unknown = waits_for_unknown(gate, now);
  bool is_complete = !has_unknown;
  bool is_bounded = !gate.has_unmanaged;
  bool may_answer = false;
  Duration until = has_unknown ? unknown_until_ : Duration{};
  for (const auto& [id, instance] : gate.instances) {
    if (is_done(instance, position, now)) continue;
    is_complete = false;
    is_bounded = is_bounded && !instance.was_best_effort;
    may_answer = may_answer || (instance.was_best_effort && instance.connection);
    until = std::max(until, owed_end(instance, position));
  }
  const GateLedgerView view = view_of(gate);
  GateStanding standing{is_complete,    std::nullopt,      may_answer,
                        view.connected, view.acknowledged, view.uncut};
  if (is_bounded) standing.until = until;
  return standing;
}

void LeaseLedger::each_gate(
    const AppId& from, Position position, Duration now,
    const std::function<bool(const AppId&, const GateStanding&)>& visit) const {
  for (auto each = gates_.lower_bound(from); each != gates_.end(); ++each) {
    if (!visit(each->first, standing(each->second, position, now))) return;
  }
}

std::size_t LeaseLedger::lease_count(Duration now) const {
  std::size_t count = 0;
  for (const auto& [id, gate] : gates_) {
    for (const auto& [instance_id, instance] : gate.instances) {
      if (!is_over(instance, now)) ++count;
    }
  }
  return count;
}

void LeaseLedger::forget_ended(Duration now) {
  for (auto each = gates_.begin(); each != gates_.end();) {
    Gate& gate = each->second;
    for (auto& [id, instance] : gate.instances) {
      std::erase_if(instance.grants, [&](const Grant& grant) { return grant.end <= now; });
    }
    const bool is_gone = gate.is_withdrawn && gate.uncut == UncutRequests::none &&
                         !waits_for_unknown(gate, now) &&
                         std::ranges::all_of(gate.instances, [&](const auto& known) {
                           return is_over(known.second, now) && !known.second.was_best_effort;
                         });
    if (is_gone) {
      for (const auto& [id, instance] : gate.instances) owners_.erase(id);
    }
    each = is_gone ? gates_.erase(each) : std::next(each);
  }
}

std::vector<AppId> LeaseLedger::gates() const {
  std::vector<AppId> ids;
  for (const auto& [id, gate] : gates_) ids.push_back(id);
  return ids;
}

Result<GateLedgerView> LeaseLedger::view(const AppId& gate_id) const {
  const auto found = gates_.find(gate_id);
  if (found == gates_.end()) {
    return Error::permanent(ErrorCode::not_found, "there is no such gate");
  }
  return view_of(found->second);
}

GateLedgerView LeaseLedger::view_of(const Gate& gate) {
  GateLedgerView view;
  view.instances = gate.instances.size();
  const bool is_silent = gate.uncut == UncutRequests::none && !gate.has_spoken;
  view.uncut = is_silent ? UncutRequests::unknown : gate.uncut;
  for (const auto& [id, instance] : gate.instances) {
    if (!instance.connection) continue;
    const bool is_first = view.connected++ == 0;
    view.acknowledged =
        is_first ? instance.acknowledged : std::min(view.acknowledged, instance.acknowledged);
  }
  return view;
}

LeaseLedger::Gate* LeaseLedger::find_gate(const AppId& gate) {
  const auto found = gates_.find(gate);
  return found == gates_.end() ? nullptr : &found->second;
}

Result<LeaseLedger::Instance*> LeaseLedger::speaker(FeedConnection connection) {
  const auto spoken = connections_.find(connection);
  if (spoken == connections_.end()) {
    return denied("the connection is over: the instance has a newer one, or its gate was removed");
  }
  return spoken->second;
}

// The oldest whose leases are over goes; one that may still accept something never does.
Status LeaseLedger::make_room(Gate& gate, Duration now) {
  if (gate.instances.size() < settings_.instances_of_gate_max) return Done{};
  auto oldest = gate.instances.end();
  for (auto each = gate.instances.begin(); each != gate.instances.end(); ++each) {
    if (each->second.connection || !is_over(each->second, now)) continue;
    const bool is_older =
        oldest == gate.instances.end() || each->second.last_heard < oldest->second.last_heard;
    if (is_older) oldest = each;
  }
  if (oldest == gate.instances.end()) {
    return Error::transient(ErrorCode::exhausted,
                            "the gate has " + std::to_string(gate.instances.size()) +
                                " instances that are connected or have leases, and may have no "
                                "more: wait until leases have ended, or stop some");
  }
  // Without a lease it goes on: that it is not known does not make it silent.
  gate.has_unmanaged = gate.has_unmanaged || oldest->second.was_best_effort;
  owners_.erase(oldest->first);
  gate.instances.erase(oldest);
  return Done{};
}

}  // namespace curfew
