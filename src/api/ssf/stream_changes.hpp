// api/ssf/stream_changes.hpp: making and changing streams, for receivers and administrators alike;
// in transactions only, whose caller was judged.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "api/api_call.hpp"
#include "api/context.hpp"
#include "base/result.hpp"
#include "model/signal_stream.hpp"
#include "protocol/ssf/stream_requests.hpp"
#include "store/store.hpp"

namespace curfew {

// Of this application, as wished; by the right of this call. `invalid_argument` for an address that
// is none to be called.
[[nodiscard]] Result<SignalStream> new_stream(const ServerContext& context, const AppId& app_id,
                                              const StreamWish& wish);
// `conflict` where the application, or the tenant, has as many as it may; `not_found`: no such
// application.
Status add_stream(WriteTx& tx, const ApiCall& call, SignalStream& stream);

// PATCH: what is said of the receiver's members; PUT: what is not said becomes what a new stream
// has. Audience and issuer never change, and transmitter-supplied members must be what they are.
enum class UpdateMode { patch, put };
Status update_stream(WriteTx& tx, const ApiCall& call, SignalStream& stream, const StreamWish& wish,
                     UpdateMode mode);

// By an administrator the receiver is told first, by `stream-updated` (SSF 1.0 8.1.5). What is
// disabled holds nothing. The right of a push stream is this call's where a receiver enables it, or
// where an administrator enables one that has none any more; then its receiver is told first that
// nothing was sent until now.
enum class StatusBy { receiver, administrator };
Status set_stream_status(WriteTx& tx, const ApiCall& call, SignalStream& stream,
                         StreamStatus status, const std::string& reason, StatusBy by);

// As the framework shows it to its receiver (8.1.1).
[[nodiscard]] boost::json::object configuration_json(const ServerContext& context,
                                                     const SignalStream& stream);
// As shown_status() has it.
[[nodiscard]] Result<boost::json::object> status_json(ReadTx& tx, const ServerContext& context,
                                                      const SignalStream& stream);

}  // namespace curfew
