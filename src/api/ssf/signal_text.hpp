// api/ssf/signal_text.hpp: signals of a stream as the Security Event Tokens that its receiver gets.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "api/context.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "model/signal_stream.hpp"

namespace curfew {

// A third of a millisecond each, with RS256: a page takes turns with the pages of other receivers
// and with what is pushed, and a server that stops waits for no more than this of each.
inline constexpr std::size_t kSignedAtOnce = 4;

// Each signed now, in their order, with the same `jti` each time: receivers refuse tokens that are
// old. On the context's signing pool; resumes on `executor`, and the right to tell the receiver has
// to be judged again then. unavailable / later: the pool has as much to do as it may.
[[nodiscard]] Task<Result<std::vector<std::string>>> signed_signals(const ServerContext& context,
                                                                    Executor& executor,
                                                                    SignalStream stream,
                                                                    std::vector<Signal> signals);

}  // namespace curfew
