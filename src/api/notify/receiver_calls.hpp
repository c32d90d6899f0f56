// api/notify/receiver_calls.hpp: calls to the addresses that subscribers gave us.
//
// An address of theirs is a way to make us call somebody: only https, no redirect is followed, and
// unless a setting allows it no connection is made but to the public internet, whatever the name
// resolves to. Every call has a deadline, and of an answer only what is needed is read.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "io/address_network.hpp"
#include "io/http_types.hpp"

namespace curfew {

// Who waits for whom: each lane has threads of its own, so that those who are slow or gone make
// only each other wait. What takes access away waits for nobody who is told of changes.
enum class CallLane {
  handshake,
  prompt,
  troubled,
  ending,  // what tells that access ended: logouts, shared signals
  ending_troubled,
  source,  // whom we hear signals from: their keys, and polls
  source_troubled,
};

struct ReceiverCall {
  HttpMethod method = HttpMethod::post;
  std::string url;
  std::string content_type;  // empty: none, as where there is no body
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};  // beside those of every call
  Duration deadline{};
  CallLane lane = CallLane::prompt;
  std::size_t answer_bytes_max = limits::kReceiverAnswerBytesMax;
  // Asked at the last moment before anything is sent, on the thread that sends: an error is what
  // `done` gets, and nothing is sent.
  std::function<Status()> still_allowed;
};

struct ReceiverAnswer {
  int status = 0;
  std::string content_type;  // as sent; may be empty
  std::string body;          // ReceiverCall::answer_bytes_max at the most
};

class ReceiverCalls {
 public:
  using Done = std::function<void(Result<ReceiverAnswer>)>;

  ReceiverCalls() = default;
  ReceiverCalls(const ReceiverCalls&) = delete;
  ReceiverCalls& operator=(const ReceiverCalls&) = delete;
  virtual ~ReceiverCalls() = default;
  // Calls `done` once, on any thread. `exhausted` at once where too many wait for this lane. From
  // any thread.
  virtual void post(ReceiverCall call, Done done) = 0;
};

struct ReceiverOptions {
  bool private_addresses = false;  // also those of this machine and of the networks around it
  std::vector<AddressNetwork> private_networks;  // where that is false: those in these
  std::string ca_file;  // PEM, instead of the system's authorities; empty: those
};

// Nothing went out: every thread has work, or still_allowed() said no (Retry::never). A certificate
// that is refused is another `denied`; an answer of more than is read, which came, another
// `exhausted`.
[[nodiscard]] bool was_not_sent(const Result<ReceiverAnswer>& answer);

// The answer, awaited; resumes on `executor`. `receivers` outlives the task.
[[nodiscard]] Task<Result<ReceiverAnswer>> call_receiver(ReceiverCalls& receivers,
                                                         Executor& executor, ReceiverCall call);

// The destructor waits for the calls that have begun, and drops those that have not: `done` gets
// `unavailable`.
[[nodiscard]] std::unique_ptr<ReceiverCalls> make_receiver_calls(ReceiverOptions options);

// Whether it can be called at all: https with a host, no user and no fragment, not too long.
[[nodiscard]] Status check_receiver_url(const std::string& url);

}  // namespace curfew
