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

struct PollAnswer {
  std::vector<std::pair<std::string, std::string>> sets;  // jti and compact token, in order
  bool has_more = false;
};
// Members that are not known are passed over. invalid_argument: `sets` is missing or no object of
// texts; exhausted: longer than limits::kSourcePollBytesMax, or more tokens than were asked for.
[[nodiscard]] Result<PollAnswer> read_poll_answer(std::string_view body);

}  // namespace curfew
