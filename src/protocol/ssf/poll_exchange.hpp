// protocol/ssf/poll_exchange.hpp: what a receiver says to a transmitter that it polls, and hears
// from it (RFC 8936 2.2 to 2.4). Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace curfew {

// What is wrong with one token: a code of RFC 8935 2.4 and a sentence.
struct SetError {
  std::string jti;
  std::string code;
  std::string description;
};

struct PollRequest {
  std::size_t max_events = 0;
  std::vector<std::string> acks;
  std::vector<SetError> errors;
};
// Answered at once: a call that waits would keep a thread.
[[nodiscard]] std::string poll_request_text(const PollRequest& request);

// Read so that nothing in it makes us deaf to the rest. Of more tokens than were asked for the
// first limits::kSourcePollEvents: what is not acknowledged comes again. One that is no text is
// there as an empty token, which is none. Other members are passed over, also `moreAvailable`:
// whoever was of use is asked again at once.
struct PollAnswer {
  std::vector<std::pair<std::string, std::string>> sets;  // jti and compact token, in order
};
// invalid_argument: no JSON object, or without an object `sets`; exhausted: longer than
// limits::kSourcePollBytesMax.
[[nodiscard]] Result<PollAnswer> read_poll_answer(std::string_view body);

}  // namespace curfew
