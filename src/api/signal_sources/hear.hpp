// api/signal_sources/hear.hpp: one token of a transmitter, pushed or polled: verified and kept.
//
// What is Heard is in the store, durable; what follows from it is done later
// (api/signal_sources/source_rounds.hpp). A token that comes again is Heard in the same way, and
// changes nothing.
#pragma once

#include <string>
#include <variant>

#include "api/context.hpp"
#include "base/error.hpp"
#include "base/task.hpp"
#include "model/signal_source.hpp"
#include "protocol/ssf/received_token.hpp"

namespace curfew {

struct Heard {};

// TokenProblem: the token is not acceptable, and the transmitter is told so. Error: it may be, and
// the transmitter is to send it again; `denied` where the source is not heard any more, `exhausted`
// where too much waits.
using Hearing = std::variant<Heard, TokenProblem, Error>;
[[nodiscard]] Task<Hearing> hear_token(const ServerContext& context, SignalSource source,
                                       std::string compact);

}  // namespace curfew
