#include "revocation/signals/signal_queue.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/signal_limits.hpp"
#include "crypto/random.hpp"
#include "protocol/json/json.hpp"
#include "protocol/ssf/event_types.hpp"
#include "store/schema_signals.hpp"

namespace curfew {

namespace {

// How long a receiver goes on to hear of whom it removed: who stole its token cannot so make it
// deaf to one person in the hour in which it matters (SSF 1.0 9.3).
constexpr auto kRemovalDelay = std::chrono::hours{24};

bool asked_for(const SignalStream& stream, const SignalEventType& type) {
  return std::ranges::find(stream.events_requested, type.uri) != stream.events_requested.end();
}

Result<bool> is_removed(ReadTx& tx, const SignalStream& stream, const std::string& user_id,
                        TimePoint now) {
  if (user_id.empty() || stream.removed_subject_count == 0) return false;
  CURFEW_TRY(const auto removed,
             load<RemovedSubject>(tx, stream.tenant_id, stream.id, UserId{user_id}));
  return removed && removed->removed_at + kRemovalDelay <= now;
}

// Every second number is left free: for what is said in front of a signal (say_update).
constexpr std::int64_t kSequenceStep = 2;

Signal row_for(SignalStream& stream, std::string_view event, TimePoint now) {
  Signal row;
  row.tenant_id = stream.tenant_id;
  row.stream_id = stream.id;
  row.sequence = stream.last_sequence += kSequenceStep;
  row.jti = new_guid();
  row.event = event;
  row.happened_at = now;
  ++stream.pending_count;
  return row;
}

Status settle_row(WriteTx& tx, SignalStream& stream, Signal& row, SignalState state,
                  const std::string& why, TimePoint now) {
  row.state = state;
  row.settled_at = now;
  row.last_error = why;
  --stream.pending_count;
  return save(tx, row);
}

constexpr std::string_view kLossWords =
    " events were dropped before they were acknowledged; look at every account anew";

std::string loss_sentence(const SignalStream& stream) {
  return std::to_string(stream.dropped_count) + std::string{kLossWords};
}

// Whether an event that is still to be told says that others were lost.
bool says_loss(const SignalStream& stream, const Signal& row) {
  return stream.dropped_count > 0 && row.members.find(kLossWords) != std::string::npos;
}

void append_reason(std::string& reason, std::string_view sentence) {
  if (!reason.empty() && !sentence.empty()) reason += "; ";
  reason += sentence;
}

enum class Loss { as_before, now };

// The stream's status with its reason, and, until its receiver has acknowledged one that says so,
// how much was lost. In front of everything that waits, so that it is heard before a pause and
// whatever is left; and in the place of what waits there already, as another event, for that may be
// under way.
Status say_update(WriteTx& tx, SignalStream& stream, Loss loss, TimePoint now,
                  std::string_view also = {}) {
  CURFEW_TRY(const auto first, pending_signals(tx, stream, 1));
  const bool is_said = !first.empty() && first.front().event == signal_event::kStreamUpdated;
  Signal row = is_said ? first.front() : row_for(stream, signal_event::kStreamUpdated, now);
  if (!is_said && !first.empty()) row.sequence = first.front().sequence - 1;
  std::string reason = stream.status_reason;
  append_reason(reason, also);
  if (loss == Loss::now || (is_said && says_loss(stream, row))) {
    append_reason(reason, loss_sentence(stream));
  }
  boost::json::object members{{"status", to_string(stream.status)}};
  if (!reason.empty()) members["reason"] = reason;
  row.members = serialize_json(members);
  if (is_said) {
    row.jti = new_guid();
    row.refusal_count = 0;
    row.last_error.clear();
  }
  return save(tx, row);
}

Status drop_oldest(WriteTx& tx, SignalStream& stream, TimePoint now) {
  constexpr std::size_t kLookedAt = 2;  // the first may say that others were lost
  CURFEW_TRY(auto oldest, pending_signals(tx, stream, kLookedAt));
  for (Signal& row : oldest) {
    if (row.event == signal_event::kStreamUpdated) continue;
    CURFEW_TRY_STATUS(
        settle_row(tx, stream, row, SignalState::dropped, "the receiver left no room for it", now));
    ++stream.dropped_count;
    stream.dropped_at = now;
    break;
  }
  return Done{};
}

Status make_room(WriteTx& tx, SignalStream& stream, TimePoint now) {
  if (stream.pending_count < limits::kSignalsPendingMax) return Done{};
  CURFEW_TRY_STATUS(drop_oldest(tx, stream, now));
  return say_update(tx, stream, Loss::now, now);
}

boost::json::object members_of(const SignalEventType& type, const NewSignal& signal,
                               TimePoint now) {
  boost::json::object members = signal.members;
  if (!type.is_caep) return members;
  members["event_timestamp"] = to_unix_seconds(now);
  members["initiating_entity"] = signal.initiating_entity;
  members["reason_admin"] = boost::json::object{{"en", signal.reason}};
  return members;
}

bool is_too_old(const Signal& row, TimePoint now) {
  return row.event != signal_event::kStreamUpdated && row.happened_at + limits::kSignalKept < now;
}

Result<std::size_t> drop_old(WriteTx& tx, SignalStream& stream, TimePoint now, std::size_t limit) {
  const auto is_old = [now](const Signal& row) { return is_too_old(row, now); };
  constexpr std::size_t kLookedAt = 2;  // the first may say that others were lost
  CURFEW_TRY(const auto first, pending_signals(tx, stream, kLookedAt));
  if (std::ranges::none_of(first, is_old)) return 0;
  CURFEW_TRY(auto oldest, pending_signals(tx, stream, limit));
  std::erase_if(oldest, std::not_fn(is_old));
  for (Signal& row : oldest) {
    CURFEW_TRY_STATUS(settle_row(tx, stream, row, SignalState::dropped,
                                 "the receiver did not take it in time", now));
    ++stream.dropped_count;
    stream.dropped_at = now;
  }
  CURFEW_TRY_STATUS(say_update(tx, stream, Loss::now, now));
  CURFEW_TRY_STATUS(save(tx, stream));
  return oldest.size();
}

template <typename T>
Result<std::vector<T>> rows_of(ReadTx& tx, std::string_view index, std::vector<Value> prefix) {
  Query query;
  query.index = index;
  query.prefix = std::move(prefix);  // no limit: bounded by the limits of streams
  return scan_as<T>(tx, query);
}

}  // namespace

Result<bool> hears_of(ReadTx& tx, const SignalStream& stream, std::string_view event,
                      const std::string& user_id, TimePoint now) {
  const SignalEventType* const type = find_event_type(event);
  if (type == nullptr || stream.status == StreamStatus::disabled || !asked_for(stream, *type)) {
    return false;
  }
  CURFEW_TRY(const bool removed, is_removed(tx, stream, user_id, now));
  return !removed;
}

Status queue_signal(WriteTx& tx, const TenantId& tenant_id, const SignalCause& cause,
                    const NewSignal& signal, TimePoint now) {
  const SignalEventType* const type = find_event_type(signal.event);
  if (type == nullptr) {
    return Error::permanent(ErrorCode::invalid_argument, "there is no such event to be told of");
  }
  CURFEW_TRY(auto streams, all_streams(tx, tenant_id));
  for (SignalStream& stream : streams) {
    if (signal.only_to_app && *signal.only_to_app != stream.app_id) continue;
    CURFEW_TRY(const bool hears, hears_of(tx, stream, signal.event, signal.user_id, now));
    if (!hears) continue;
    CURFEW_TRY_STATUS(make_room(tx, stream, now));
    Signal row = row_for(stream, signal.event, now);
    row.user_id = signal.user_id;
    row.user_mail = signal.user_mail;
    row.device_id = signal.device_id;
    row.members = serialize_json(members_of(*type, signal, now));
    row.txn = cause.txn;
    row.run_id = cause.run_id;
    CURFEW_TRY_STATUS(save(tx, row));
    CURFEW_TRY_STATUS(save(tx, stream));
  }
  return Done{};
}

Status queue_stream_updated(WriteTx& tx, SignalStream& stream, TimePoint now,
                            std::string_view also) {
  CURFEW_TRY_STATUS(say_update(tx, stream, Loss::as_before, now, also));
  return save(tx, stream);
}

Status queue_for_stream(WriteTx& tx, SignalStream& stream, std::string_view event,
                        boost::json::object members, TimePoint now) {
  CURFEW_TRY_STATUS(make_room(tx, stream, now));
  Signal row = row_for(stream, event, now);
  row.members = serialize_json(members);
  CURFEW_TRY_STATUS(save(tx, row));
  return save(tx, stream);
}

Status settle_signal(WriteTx& tx, SignalStream& stream, Signal signal, SignalState state,
                     const std::string& why, TimePoint now) {
  if (signal.state != SignalState::pending) return Done{};
  return settle_row(tx, stream, signal, state, why, now);
}

Status drop_pending(WriteTx& tx, SignalStream& stream, const std::string& why, TimePoint now) {
  CURFEW_TRY(auto pending, pending_signals(tx, stream, 0));  // no limit: kSignalsPendingMax
  for (Signal& row : pending) {
    if (is_of_stream(row)) continue;
    CURFEW_TRY_STATUS(settle_row(tx, stream, row, SignalState::dropped, why, now));
  }
  return Done{};
}

Status erase_stream(WriteTx& tx, const SignalStream& stream) {
  CURFEW_TRY(const auto pending, pending_signals(tx, stream, 0));  // no limit: kSignalsPendingMax
  for (const Signal& row : pending) {
    CURFEW_TRY_STATUS(remove<Signal>(tx, row.tenant_id, row.stream_id, row.sequence));
  }
  CURFEW_TRY(const auto removed,
             rows_of<RemovedSubject>(tx, "", keys_of(stream.tenant_id, stream.id)));
  for (const RemovedSubject& row : removed) {
    CURFEW_TRY_STATUS(remove<RemovedSubject>(tx, row.tenant_id, row.stream_id, row.user_id));
  }
  CURFEW_TRY_STATUS(remove<SignalStream>(tx, stream.tenant_id, stream.id));
  return Done{};
}

Status erase_streams_of(WriteTx& tx, const TenantId& tenant_id, const AppId& app_id) {
  CURFEW_TRY(const auto streams, streams_of(tx, tenant_id, app_id));
  for (const SignalStream& stream : streams) {
    CURFEW_TRY_STATUS(erase_stream(tx, stream));
  }
  return Done{};
}

bool is_of_stream(const Signal& signal) {
  const SignalEventType* const type = find_event_type(signal.event);
  return type != nullptr && type->is_of_stream;
}

bool may_tell(const SignalStream& stream, const Signal& signal) {
  return stream.status == StreamStatus::enabled || is_of_stream(signal);
}

Result<std::vector<Signal>> pending_signals(ReadTx& tx, const SignalStream& stream,
                                            std::size_t limit) {
  Query query;
  query.index = "signals_by_state";
  query.prefix = keys_of(stream.tenant_id, stream.id, SignalState::pending);
  query.limit = limit;
  return scan_as<Signal>(tx, query);
}

Result<std::vector<Signal>> signals_of_run(ReadTx& tx, const TenantId& tenant_id,
                                           const std::string& run_id,
                                           const std::string& stream_id) {
  return rows_of<Signal>(tx, "signals_by_run", keys_of(tenant_id, run_id, stream_id));
}

Result<std::vector<SignalStream>> all_streams(ReadTx& tx, const TenantId& tenant_id) {
  return rows_of<SignalStream>(tx, "", keys_of(tenant_id));
}

Result<std::vector<SignalStream>> streams_of(ReadTx& tx, const TenantId& tenant_id,
                                             const AppId& app_id) {
  return rows_of<SignalStream>(tx, "signal_streams_by_app", keys_of(tenant_id, app_id));
}

std::vector<std::string> events_delivered(const SignalStream& stream) {
  std::vector<std::string> uris;
  for (const SignalEventType& type : signal_event_types()) {
    if (!type.is_of_stream && asked_for(stream, type)) uris.emplace_back(type.uri);
  }
  return uris;
}

Result<std::size_t> prune_signals(WriteTx& tx, const TenantId& tenant_id, TimePoint now,
                                  std::size_t limit) {
  std::size_t count = 0;
  CURFEW_TRY(auto streams, all_streams(tx, tenant_id));
  for (SignalStream& stream : streams) {
    CURFEW_TRY(const std::size_t dropped, drop_old(tx, stream, now, limit));
    count += dropped;
  }
  Query query;
  query.index = "signals_by_settling";
  query.prefix = keys_of(tenant_id);
  query.below = to_unix_millis(now - limits::kSignalRecordKept);
  query.limit = limit;
  CURFEW_TRY(const auto records, scan_as<Signal>(tx, query));
  for (const Signal& row : records) {
    CURFEW_TRY_STATUS(remove<Signal>(tx, tenant_id, row.stream_id, row.sequence));
  }
  return count + records.size();
}

}  // namespace curfew
