// api/signal_sources/source_rounds.hpp: polls sources (RFC 8936), and does what follows from what
// they said, however it came.
//
// Of each source one event is acted on at a time, in the order in which they came; one that has to
// be tried again lets the next ones go in front of it, because nothing that follows from an event
// undoes anything. Its state is in the store before the next one begins: a server that is killed
// goes on where it was. A source is polled each kPollSourcesEvery, at once again after something
// was kept, and later each time while it fails; what was kept is acknowledged in the next poll, and
// what was refused is said there too. What is acknowledged and did not arrive comes again, and is
// known.
//
// Threads: everything but the calls runs on one I/O thread, the one given.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "api/context.hpp"
#include "api/notify/receiver_calls.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "model/signal_source.hpp"
#include "protocol/ssf/poll_exchange.hpp"

namespace curfew {

inline constexpr Duration kSourceRoundEvery = std::chrono::milliseconds{200};
inline constexpr Duration kPollSourcesEvery = std::chrono::seconds{5};
inline constexpr Duration kPollBackoffMax = std::chrono::minutes{5};
inline constexpr Duration kActBackoffFirst = std::chrono::seconds{5};
inline constexpr Duration kActBackoffMax = std::chrono::minutes{10};

class SourceRounds : public std::enable_shared_from_this<SourceRounds> {
 public:
  // `context` has receivers and source_keys; all outlive the executor's last work.
  SourceRounds(const ServerContext& context, Executor& executor)
      : context_(context), executor_(executor) {}

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
    TimePoint poll_not_before{};
    PollRequest next_poll;
  };

  Task<Done> run();
  [[nodiscard]] bool has_nothing_new();
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
  // False: what came of it could not be written.
  Task<bool> act(SignalSource source, ReceivedSignal signal);
  Task<bool> store_outcome(ReceivedSignal signal);
  Task<Done> poll(SignalSource source);
  Task<Done> hear_all(SignalSource source, PollAnswer answer);
  [[nodiscard]] ReceiverCall poll_call(const SignalSource& source, const PollRequest& request);
  void put_off(const SignalSource& source, const std::string& why);

  const ServerContext& context_;
  Executor& executor_;
  std::map<std::string, Track> tracks_;
  std::size_t under_way_ = 0;
  std::uint64_t seen_sources_ = 0;
  std::uint64_t seen_signals_ = 0;
  TimePoint look_again_at_{};
};

}  // namespace curfew
