// api/signal_sources/hear.hpp: one token of a transmitter, pushed or polled: verified and kept.
//
// What is Heard is in the store, durable; what follows from it is done later
// (api/signal_sources/source_rounds.hpp). A token that comes again is Heard in the same way, and
// changes nothing.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "api/context.hpp"
#include "base/error.hpp"
#include "base/task.hpp"
#include "model/signal_source.hpp"
#include "protocol/ssf/received_token.hpp"

namespace curfew {

struct Heard {
  bool is_new = true;   // false: it was heard before
  std::string trouble;  // what is wrong although it was heard: its keys could not be fetched again
};

// TokenProblem: the token is not acceptable, and the transmitter is told so. Error: it may be, and
// the transmitter is to send it again, also where its key may be one that we do not know yet;
// `denied` where the source is not heard any more, `exhausted` where too much waits.
using Hearing = std::variant<Heard, TokenProblem, Error>;
// `source`: as it was when the caller let the token in; what came for another issuer, address or
// token than the row has by now is not heard.
[[nodiscard]] Task<Hearing> hear_token(const ServerContext& context, SignalSource source,
                                       std::string compact);

// What an administrator should know of it; empty: nothing.
[[nodiscard]] std::string trouble_of(const Hearing& hearing);
// That it is of one token: only the next one can say that it is over.
[[nodiscard]] bool is_of_a_token(std::string_view trouble);

// Into the source's row, where something else stands there. Empty: there is none any more. What
// cannot be written is written the next time.
[[nodiscard]] Task<Done> note_trouble(const ServerContext& context, std::string source_id,
                                      std::string trouble);

}  // namespace curfew
