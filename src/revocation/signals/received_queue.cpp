#include "revocation/signals/received_queue.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/signal_limits.hpp"
#include "crypto/digest.hpp"
#include "protocol/json/json.hpp"
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

ReceivedSignal row_of(const SignalSource& source, const ReceivedToken& token, TimePoint now) {
  ReceivedSignal row;
  row.tenant_id = source.tenant_id;
  row.source_id = source.id;
  row.sequence = source.last_sequence;
  row.jti_hash = sha256_base64url(token.jti);
  row.event = token.event;
  row.calls_for_action = token.calls_for_action;
  if (!token.subject.empty()) row.subject = serialize_json(token.subject);
  row.txn = token.txn;
  row.received_at = row.not_before = now;
  row.happened_at = token.happened_at;
  return row;
}

}  // namespace

Result<bool> keep_received(WriteTx& tx, SignalSource& source, const ReceivedToken& token,
                           TimePoint now) {
  CURFEW_TRY(const bool is_repeated, was_heard(tx, source, sha256_base64url(token.jti)));
  source.heard_at = now;
  if (is_repeated) {
    ++source.repeated_count;
    CURFEW_TRY_STATUS(save(tx, source));
    return false;
  }
  if (source.pending_count >= limits::kReceivedPendingMax) {
    return Error{ErrorCode::exhausted, Retry::later,
                 "too many events of this source wait already; send it again later"};
  }
  ++source.last_sequence;
  ++source.pending_count;
  ++source.received_count;
  if (!token.status.empty()) source.said_status = token.status;
  CURFEW_TRY_STATUS(add(tx, row_of(source, token, now)));
  CURFEW_TRY_STATUS(save(tx, source));
  return true;
}

Status settle_received(WriteTx& tx, SignalSource& source, ReceivedSignal signal, TimePoint now) {
  CURFEW_TRY(const auto row,
             load<ReceivedSignal>(tx, signal.tenant_id, signal.source_id, signal.sequence));
  if (!row || row->state != ReceivedState::pending) return Done{};
  signal.subject.clear();
  signal.settled_at = now;
  --source.pending_count;
  if (signal.state == ReceivedState::unknown_subject) ++source.unknown_count;
  if (signal.state == ReceivedState::refused || signal.state == ReceivedState::failed) {
    ++source.refused_count;
  }
  CURFEW_TRY_STATUS(save(tx, signal));
  return save(tx, source);
}

Result<std::vector<ReceivedSignal>> pending_received(ReadTx& tx, const SignalSource& source,
                                                     std::size_t limit) {
  Query query;
  query.index = "received_signals_by_state";
  query.prefix = keys_of(source.tenant_id, source.id, ReceivedState::pending);
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
  CURFEW_TRY(const auto waiting,
             pending_received(tx, source, static_cast<std::size_t>(limits::kReceivedPendingMax)));
  for (const ReceivedSignal& row : waiting) {
    CURFEW_TRY_STATUS(remove<ReceivedSignal>(tx, row.tenant_id, row.source_id, row.sequence));
  }
  CURFEW_TRY_STATUS(remove<SignalSource>(tx, source.tenant_id, source.id));
  return Done{};
}

Status erase_sources_of(WriteTx& tx, const TenantId& tenant_id, const AppId& app_id) {
  CURFEW_TRY(const auto all, all_sources(tx, tenant_id));
  for (const SignalSource& source : all) {
    if (source.app_id != app_id) continue;
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
  return records.size();
}

}  // namespace curfew
