// api/ssf/stream_right.hpp: by what right a stream tells anybody anything, asked at each delivery.
#pragma once

#include <string>
#include <string_view>

#include "api/api_call.hpp"
#include "api/context.hpp"
#include "base/result.hpp"
#include "model/signal_stream.hpp"
#include "store/store.hpp"

namespace curfew {

// Whether its application may still have it: it is there, enabled, and still has a permission for
// shared signals. A push stream's right is asked as well (model/signal_stream.hpp), and the journal
// must be whole. `denied` says what ended it.
[[nodiscard]] Status check_stream_stands(ReadTx& tx, const ServerContext& context,
                                         const SignalStream& stream);

// As others see it: `paused`, with what is to be done, where it is set to be enabled and is told
// nothing for want of a right; else as it was set. What happens is kept meanwhile, as in any pause.
struct ShownStatus {
  StreamStatus status = StreamStatus::enabled;
  std::string reason;  // empty: none was given
};
[[nodiscard]] Result<ShownStatus> shown_status(ReadTx& tx, const ServerContext& context,
                                               const SignalStream& stream);

// By the right of this call from now on; the machine's root has none but the application's. Returns
// why a push stream had no right before; empty where it had one, or is new.
[[nodiscard]] Result<std::string> take_stream_right(ReadTx& tx, const ApiCall& call,
                                                    SignalStream& stream);
// The same for a stream that has no right any more; one that has keeps its own, which does not end
// with somebody else's session.
[[nodiscard]] Result<std::string> renew_stream_right(ReadTx& tx, const ApiCall& call,
                                                     SignalStream& stream);

// The header that a receiver wants to see, sealed where it is stored.
[[nodiscard]] std::string seal_authorization(const ServerContext& context,
                                             const std::string& stream_id, std::string_view header);
// Empty: none is wanted, or what is stored was not sealed by us.
[[nodiscard]] std::string open_authorization(const ServerContext& context,
                                             const SignalStream& stream);

}  // namespace curfew
