#include "revocation/signals/received_queue.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/signal_limits.hpp"
#include "crypto/digest.hpp"
#include "protocol/json/json.hpp"
#include "revocation/signals/source_brake.hpp"
#include "store/schema_sources.hpp"

namespace curfew {

namespace {

static_assert(limits::kReceivedKept > limits::kReceivedAgeMax + limits::kReceivedSkewMax,
              "what is forgotten must be too old to be accepted");

Result<bool> was_heard(ReadTx& tx, const SignalSource& source, const std::string& jti_hash) {
  Query query;
  query.index = "received_signals_by_jti";
  query.prefix = keys_of(source.tenant_id, source.id, jti_hash);
  query.limit = 1;
  CURFEW_TRY(const auto known, scan_as<ReceivedSignal>(tx, query));
  return !known.empty();
}

ReceivedSignal row_of(const SignalSource& source, const ReceivedToken& token, std::string jti_hash,
                      TimePoint now) {
  ReceivedSignal row;
  row.tenant_id = source.tenant_id;
  row.source_id = source.id;
  row.sequence = source.last_sequence;
  row.jti_hash = std::move(jti_hash);
  row.event = token.event;
  row.calls_for_action = token.calls_for_action;
  if (!token.subject.empty()) row.subject = serialize_json(token.subject);
  row.txn = token.txn;
  row.received_at = row.not_before = now;
  row.happened_at = token.happened_at;
  return row;
}

Status check_room(ReadTx& tx, const SignalSource& source) {
  if (source.pending_count >= limits::kReceivedPendingMax) {
    return Error{ErrorCode::exhausted, Retry::later,
                 "too many events of this source wait already; send it again later"};
  }
  Query oldest;
  oldest.prefix = keys_of(source.tenant_id, source.id);
  oldest.limit = 1;
  CURFEW_TRY(const auto rows, scan_as<ReceivedSignal>(tx, oldest));
  const bool is_full =
      !rows.empty() && source.last_sequence - rows.front().sequence >= limits::kReceivedKeptMax;
  if (!is_full) return Done{};
  return Error{ErrorCode::exhausted, Retry::later,
               "too many events of this source are kept already; send it again later"};
}

// The row alone; the source's counts are the caller's to save.
Status settle_row(WriteTx& tx, SignalSource& source, ReceivedSignal signal, TimePoint now) {
  CURFEW_TRY_STATUS(count_person(tx, source, signal, now));
  signal.subject.clear();
  signal.settled_at = now;
  --source.pending_count;
  if (signal.state == ReceivedState::unknown_subject) ++source.unknown_count;
  if (signal.state == ReceivedState::refused || signal.state == ReceivedState::failed) {
    ++source.refused_count;
  }
  CURFEW_TRY_STATUS(save(tx, signal));
  return Done{};
}

Query waiting_of(const TenantId& tenant_id, const std::string& source_id, std::size_t limit) {
  Query query;
  query.index = "received_signals_by_state";
  query.prefix = keys_of(tenant_id, source_id, ReceivedState::pending);
  query.limit = limit;
  return query;
}

Result<std::size_t> erase_waiting(WriteTx& tx, const TenantId& tenant_id,
                                  const std::string& source_id, std::size_t limit) {
  CURFEW_TRY(const auto waiting,
             scan_as<ReceivedSignal>(tx, waiting_of(tenant_id, source_id, limit)));
  for (const ReceivedSignal& row : waiting) {
    CURFEW_TRY_STATUS(remove<ReceivedSignal>(tx, row.tenant_id, row.source_id, row.sequence));
  }
  return waiting.size();
}

// Of each source of which there is anything, the id; of those that are gone too.
Result<std::vector<std::string>> heard_ids(ReadTx& tx, const TenantId& tenant_id) {
  constexpr std::size_t kLookedAt = 10 * limits::kSourcesMax;  // who comes and goes that often
  std::vector<std::string> ids;
  while (ids.size() < kLookedAt) {
    Query next;
    next.prefix = keys_of(tenant_id);
    if (!ids.empty()) next.above = ids.back();
    next.limit = 1;
    CURFEW_TRY(const auto rows, scan_as<ReceivedSignal>(tx, next));
    if (rows.empty()) break;
    ids.push_back(rows.front().source_id);
  }
  return ids;
}

// What waits of a source that is gone, or is so old that nobody would send it any more.
Result<std::size_t> prune_waiting(WriteTx& tx, const TenantId& tenant_id, TimePoint now,
                                  std::size_t limit) {
  std::size_t count = 0;
  CURFEW_TRY(const auto ids, heard_ids(tx, tenant_id));
  for (const std::string& id : ids) {
    CURFEW_TRY(auto source, load<SignalSource>(tx, tenant_id, id));
    if (!source) {
      CURFEW_TRY(const std::size_t erased, erase_waiting(tx, tenant_id, id, limit));
      count = std::max(count, erased);
    } else if (source->pending_count > 0) {
      CURFEW_TRY(const std::size_t settled,
                 settle_waiting(tx, *source, ReceivedState::failed, kWaitedTooLong,
                                now - limits::kReceivedAgeMax, limit, now));
      count = std::max(count, settled);
    }
  }
  return count;
}

}  // namespace

Result<bool> keep_received(WriteTx& tx, SignalSource& source, const ReceivedToken& token,
                           TimePoint now) {
  std::string jti_hash = sha256_base64url(token.jti);
  CURFEW_TRY(const bool is_repeated, was_heard(tx, source, jti_hash));
  source.heard_at = now;
  if (is_repeated) {
    ++source.repeated_count;
    CURFEW_TRY_STATUS(save(tx, source));
    return false;
  }
  CURFEW_TRY_STATUS(check_room(tx, source));
  ++source.last_sequence;
  ++source.pending_count;
  ++source.received_count;
  if (!token.status.empty()) source.said_status = token.status;
  CURFEW_TRY_STATUS(add(tx, row_of(source, token, std::move(jti_hash), now)));
  CURFEW_TRY_STATUS(save(tx, source));
  return true;
}

Status settle_received(WriteTx& tx, SignalSource& source, ReceivedSignal signal, TimePoint now) {
  CURFEW_TRY(const auto row,
             load<ReceivedSignal>(tx, signal.tenant_id, signal.source_id, signal.sequence));
  if (!row || row->state != ReceivedState::pending) return Done{};
  CURFEW_TRY_STATUS(settle_row(tx, source, std::move(signal), now));
  CURFEW_TRY_STATUS(save(tx, source));
  return Done{};
}

Result<std::size_t> settle_waiting(WriteTx& tx, SignalSource& source, ReceivedState state,
                                   const std::string& why, std::optional<TimePoint> due_before,
                                   std::size_t limit, TimePoint now) {
  Query query = waiting_of(source.tenant_id, source.id, limit);
  if (due_before) query.below = to_unix_millis(*due_before);
  CURFEW_TRY(auto waiting, scan_as<ReceivedSignal>(tx, query));
  for (ReceivedSignal& signal : waiting) {
    signal.state = state;
    signal.last_error = why;
    CURFEW_TRY_STATUS(settle_row(tx, source, std::move(signal), now));
  }
  if (!waiting.empty()) {
    CURFEW_TRY_STATUS(save(tx, source));
  }
  return waiting.size();
}

Result<std::vector<ReceivedSignal>> pending_received(ReadTx& tx, const SignalSource& source,
                                                     std::size_t limit) {
  return scan_as<ReceivedSignal>(tx, waiting_of(source.tenant_id, source.id, limit));
}

Result<std::vector<ReceivedSignal>> received_about(ReadTx& tx, const SignalSource& source,
                                                   const std::string& user_id, TimePoint since,
                                                   std::size_t limit) {
  Query query;
  query.index = "received_signals_by_person";
  query.prefix = keys_of(source.tenant_id, source.id, user_id);
  query.above = to_unix_millis(since) - 1;
  query.descending = true;
  query.limit = limit;
  return scan_as<ReceivedSignal>(tx, query);
}

Result<std::vector<ReceivedSignal>> newest_received(ReadTx& tx, const SignalSource& source,
                                                    std::size_t limit) {
  Query query;
  query.prefix = keys_of(source.tenant_id, source.id);
  query.descending = true;
  query.limit = limit;
  return scan_as<ReceivedSignal>(tx, query);
}

Result<std::vector<SignalSource>> all_sources(ReadTx& tx, const TenantId& tenant_id) {
  Query query;
  query.prefix = keys_of(tenant_id);
  query.limit = limits::kSourcesMax;
  return scan_as<SignalSource>(tx, query);
}

Status erase_source(WriteTx& tx, const SignalSource& source) {
  CURFEW_TRY([[maybe_unused]] const std::size_t erased,
             erase_waiting(tx, source.tenant_id, source.id, limits::kReceivedErasedAtOnce));
  CURFEW_TRY_STATUS(remove<SignalSource>(tx, source.tenant_id, source.id));
  return Done{};
}

Status erase_sources_of(WriteTx& tx, const TenantId& tenant_id, const AppId& app_id) {
  Query query;
  query.index = "signal_sources_by_app";
  query.prefix = keys_of(tenant_id, app_id);
  query.limit = limits::kSourcesMax;
  CURFEW_TRY(const auto all, scan_as<SignalSource>(tx, query));
  for (const SignalSource& source : all) {
    CURFEW_TRY_STATUS(erase_source(tx, source));
  }
  return Done{};
}

Result<std::size_t> prune_received(WriteTx& tx, const TenantId& tenant_id, TimePoint now,
                                   std::size_t limit) {
  Query query;
  query.index = "received_signals_by_settling";
  query.prefix = keys_of(tenant_id);
  query.below = to_unix_millis(now - limits::kReceivedKept);
  query.limit = limit;
  CURFEW_TRY(const auto records, scan_as<ReceivedSignal>(tx, query));
  for (const ReceivedSignal& row : records) {
    CURFEW_TRY_STATUS(remove<ReceivedSignal>(tx, tenant_id, row.source_id, row.sequence));
  }
  CURFEW_TRY(const std::size_t waiting, prune_waiting(tx, tenant_id, now, limit));
  return std::max(records.size(), waiting);
}

}  // namespace curfew
