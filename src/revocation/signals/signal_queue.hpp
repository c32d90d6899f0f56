// revocation/signals/signal_queue.hpp: what streams are still to be told; in transactions only.
//
// What is queued is queued in the transaction of what happened, so that neither is ever there
// without the other. A stream that is disabled gets nothing; one that is paused is kept for. Where
// a stream holds as much as it may, the oldest goes, and the stream counts it and says so to its
// receiver: `stream-updated` with what was lost as the reason.
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "model/signal_stream.hpp"
#include "store/store.hpp"

namespace curfew {

struct NewSignal {
  std::string_view event;       // protocol/ssf/event_types.hpp
  std::string user_id;          // empty: everybody of the tenant
  std::string user_mail;        // as it is now
  std::string device_id;        // empty: none
  boost::json::object members;  // of the event, without CAEP's common ones
  std::string_view initiating_entity = "admin";
  std::string_view reason;           // one sentence for administrators; never empty
  std::optional<AppId> only_to_app;  // of no other application's business
};

struct SignalCause {
  std::string txn;     // shared by all that has this cause
  std::string run_id;  // empty: none
};

// To every stream that asked for the event and has not removed the subject.
Status queue_signal(WriteTx& tx, const TenantId& tenant_id, const SignalCause& cause,
                    const NewSignal& signal, TimePoint now);

// Whether that would be queued for this stream: it is not disabled, asked for the event and has not
// removed the subject.
[[nodiscard]] Result<bool> hears_of(ReadTx& tx, const SignalStream& stream, std::string_view event,
                                    const std::string& user_id, TimePoint now);

// `stream-updated`: the status and the reason that the stream has now, and why else it is told;
// empty: for these alone. In the place of one that still waits; what that one said of a loss is
// said again. Saves the stream.
Status queue_stream_updated(WriteTx& tx, SignalStream& stream, TimePoint now,
                            std::string_view also);

// `verification`, for this stream whatever it asked for. Saves the stream.
Status queue_for_stream(WriteTx& tx, SignalStream& stream, std::string_view event,
                        boost::json::object members, TimePoint now);

// Ends a pending signal and saves it; the caller saves the stream. What is settled already stays as
// it is.
Status settle_signal(WriteTx& tx, SignalStream& stream, Signal signal, SignalState state,
                     const std::string& why, TimePoint now);

// Ends all that is pending but what is about the stream itself. The caller saves the stream.
Status drop_pending(WriteTx& tx, SignalStream& stream, const std::string& why, TimePoint now);

// The stream and what it still had to tell; what was settled stays as the record of its runs.
Status erase_stream(WriteTx& tx, const SignalStream& stream);
// All streams of an application that is removed.
Status erase_streams_of(WriteTx& tx, const TenantId& tenant_id, const AppId& app_id);

// About the stream itself, whatever it asked for.
[[nodiscard]] bool is_of_stream(const Signal& signal);
// Paused and disabled streams say nothing but what is about themselves.
[[nodiscard]] bool may_tell(const SignalStream& stream, const Signal& signal);

// In the order in which they happened; a limit of 0: all.
[[nodiscard]] Result<std::vector<Signal>> pending_signals(ReadTx& tx, const SignalStream& stream,
                                                          std::size_t limit);
[[nodiscard]] Result<std::vector<Signal>> signals_of_run(ReadTx& tx, const TenantId& tenant_id,
                                                         const std::string& run_id,
                                                         const std::string& stream_id);
[[nodiscard]] Result<std::vector<SignalStream>> all_streams(ReadTx& tx, const TenantId& tenant_id);
[[nodiscard]] Result<std::vector<SignalStream>> streams_of(ReadTx& tx, const TenantId& tenant_id,
                                                           const AppId& app_id);

// URIs of the events that the stream asked for and that there are.
[[nodiscard]] std::vector<std::string> events_delivered(const SignalStream& stream);

// Drops what waited longer than limits::kSignalKept, and removes records that are older than
// limits::kSignalRecordKept. So many rows at the most; how many it was.
[[nodiscard]] Result<std::size_t> prune_signals(WriteTx& tx, const TenantId& tenant_id,
                                                TimePoint now, std::size_t limit);

}  // namespace curfew
