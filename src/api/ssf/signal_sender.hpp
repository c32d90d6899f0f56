// api/ssf/signal_sender.hpp: pushes signals to receivers (RFC 8935), each at least once, in order.
//
// One call of a stream is under way at the most. A signal goes out until its receiver has answered
// 202; another status, and no answer, is tried again, later each time. A signal that the receiver
// refuses as such (400) limits::kSignalRefusalsMax times is a dead letter, and the next one goes.
// The state is in the store before the next call, so a server that is killed goes on where it was.
//
// It also has the steps of runs look again that had given a receiver up, once it came after all,
// whether it was pushed to or polled.
//
// Threads: everything but signatures (api/ssf/signal_text.hpp) and calls runs on one I/O thread,
// the one given.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "api/context.hpp"
#include "api/notify/receiver_calls.hpp"
#include "api/ssf/settled_signals.hpp"
#include "base/id.hpp"
#include "base/task.hpp"
#include "model/signal_stream.hpp"
#include "store/table_watch.hpp"

namespace curfew {

inline constexpr Duration kSendEvery = std::chrono::milliseconds{200};
inline constexpr Duration kSendBackoffFirst = std::chrono::seconds{1};
inline constexpr Duration kSendBackoffMax = std::chrono::minutes{5};

class SignalSender : public std::enable_shared_from_this<SignalSender> {
 public:
  using LookAgain = std::function<void(const RunId&, const StepId&)>;

  // `context` has receivers; both outlive the executor's last work.
  SignalSender(const ServerContext& context, Executor& executor, LookAgain look_again);

  // From now on, round after round; ends with the runtime.
  void start_rounds();

  // Begins a delivery for each stream that something is due for. On the executor.
  [[nodiscard]] Task<Done> round();
  // Deliveries that have begun and are not settled yet. On the executor.
  [[nodiscard]] std::size_t under_way() const { return under_way_; }

 private:
  struct Track {
    bool is_under_way = false;
    std::uint32_t failures = 0;
    TimePoint not_before{};
  };

  void wake_runs();
  void look_at(const SignalStream& stream);
  void begin(const SignalStream& stream, const Signal& signal);
  void send(const SignalStream& stream, const Signal& signal, const std::string& token);
  Task<Done> settle(std::string stream_id, Signal signal, Result<ReceiverAnswer> answer);
  Task<Done> note(std::string stream_id, Signal signal, std::string why, bool is_refused);
  Task<Done> write(std::function<Result<Done>(WriteTx&)> body);
  void put_off(Track& track);
  void end(const std::string& stream_id);

  const ServerContext& context_;
  Executor& executor_;
  LookAgain look_again_;
  TableWatch watch_;
  SettledMark woken_up_to_;
  std::map<std::string, Track> tracks_;
  std::size_t under_way_ = 0;
};

}  // namespace curfew
