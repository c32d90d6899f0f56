// api/ssf/signal_text.hpp: a signal of a stream as the Security Event Token that its receiver gets.
#pragma once

#include <string>

#include "api/context.hpp"
#include "base/result.hpp"
#include "model/signal_stream.hpp"

namespace curfew {

// Signed now, with the same `jti` each time: receivers refuse tokens that are old.
[[nodiscard]] Result<std::string> signed_signal(const ServerContext& context,
                                                const SignalStream& stream, const Signal& signal);

}  // namespace curfew
