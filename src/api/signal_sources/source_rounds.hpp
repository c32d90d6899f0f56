// api/signal_sources/source_rounds.hpp: polls sources (RFC 8936), and does what follows from what
// they said, however it came.
//
// Of each source one event is acted on at a time, in the order in which they came; one that has to
// be tried again lets the next ones go in front of it, because nothing that follows from an event
// undoes anything. Its state is in the store before the next one begins: a server that is killed
// goes on where it was. Of a source that is held (revocation/signals/source_brake.hpp) all waits.
//
// A source is polled each kPollSourcesEvery, at once again after something new was kept, and later
// each time while it fails; why it fails is in its row. What was kept is acknowledged in the next
// poll, and what was refused is said there too. What is acknowledged and did not arrive comes
// again, and is known. What is asked for is halved while the answers are longer than may be read.
// A poll that was not sent, because its lane is full, is no failure of the transmitter's.
//
// Threads: everything but the calls runs on one I/O thread, the one given.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "api/context.hpp"
#include "api/notify/receiver_calls.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/signal_limits.hpp"
#include "base/task.hpp"
#include "model/signal_source.hpp"
#include "protocol/ssf/poll_exchange.hpp"
#include "store/table_watch.hpp"

namespace curfew {

inline constexpr Duration kSourceRoundEvery = std::chrono::milliseconds{200};
inline constexpr Duration kPollSourcesEvery = std::chrono::seconds{5};
inline constexpr Duration kPollBackoffMax = std::chrono::minutes{5};
inline constexpr Duration kActBackoffFirst = std::chrono::seconds{5};
inline constexpr Duration kActBackoffMax = std::chrono::minutes{10};

class SourceRounds : public std::enable_shared_from_this<SourceRounds> {
 public:
  // `context` has receivers and source_keys; all outlive the executor's last work.
  SourceRounds(const ServerContext& context, Executor& executor);

  // From now on, round after round; ends with the runtime.
  void start_rounds();

  // Begins what is due: a poll and an effect of each source. On the executor.
  [[nodiscard]] Task<Done> round();
  // What has begun and is not settled yet. On the executor.
  [[nodiscard]] std::size_t under_way() const { return under_way_; }

 private:
  struct Track {
    bool is_acting = false;
    bool is_polling = false;
    std::uint32_t poll_failures = 0;
    Duration poll_not_before{};  // since boot: a clock that is set back delays no poll
    std::size_t max_events = limits::kSourcePollEvents;
    std::string polled_url;  // where next_poll belongs
    PollRequest next_poll;   // what is to be said there: acknowledgements, and what was refused
  };

  void look_at(const SignalSource& source);
  void begin_act(const SignalSource& source);
  void begin_poll(const SignalSource& source);
  // One event after the other, until none is due.
  Task<Done> act_on_all(std::string source_id);
  struct Due {
    SignalSource source;
    ReceivedSignal signal;
  };
  [[nodiscard]] Result<std::optional<Due>> next_due(const std::string& source_id);
  // False: what came of it could not be written, or nothing more is to be done now.
  Task<bool> act(SignalSource source, ReceivedSignal signal);
  Task<bool> store_outcome(ReceivedSignal signal);
  Task<Done> hold(std::string source_id, std::string because);
  Task<bool> write(std::function<Result<Done>(WriteTx&)> body);
  Task<Done> poll(SignalSource source);
  Task<Done> take_answer(SignalSource source, Result<ReceiverAnswer> answer);
  Task<Done> hear_all(SignalSource source, PollAnswer answer);
  [[nodiscard]] ReceiverCall poll_call(const SignalSource& source, const PollRequest& request,
                                       const std::string& authorization);
  Task<Done> put_off(SignalSource source, std::string why);

  const ServerContext& context_;
  Executor& executor_;
  TableWatch watch_;
  std::map<std::string, Track> tracks_;
  std::size_t under_way_ = 0;
};

}  // namespace curfew
