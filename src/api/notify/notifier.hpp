// api/notify/notifier.hpp: tells subscribers of changes, each one at least once and in order.
//
// The place up to which a subscription was told is stored once its receiver has said that it got
// it, so a server that is killed goes on where it was. Each subscription has one call under way at
// the most; one that fails is repeated, later each time, for limits::kNotifyRetryTimeMax, and then
// what there was is dropped and said to be missed. The right to be told is asked before each call,
// on the thread that makes it.
//
// Threads: everything but the calls runs on one I/O thread, the one given.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "api/context.hpp"
#include "api/notify/delivery.hpp"
#include "api/notify/receiver_calls.hpp"
#include "base/task.hpp"
#include "store/table_watch.hpp"

namespace curfew {

inline constexpr Duration kNotifyEvery = std::chrono::milliseconds{500};
inline constexpr Duration kNotifyBackoffFirst = std::chrono::seconds{5};
inline constexpr Duration kNotifyBackoffMax = std::chrono::minutes{10};
// A receiver that takes longer than this to answer waits among the slow ones from then on.
inline constexpr Duration kPromptAnswer = std::chrono::seconds{1};

class Notifier : public std::enable_shared_from_this<Notifier> {
 public:
  // `context` has receivers; both outlive the executor's last work.
  Notifier(const ServerContext& context, Executor& executor);

  // From now on, round after round; ends with the runtime.
  void start_rounds();

  // Begins a call for each subscription that something is due for. On the executor.
  [[nodiscard]] Task<Done> round();
  // Calls that have begun and are not settled yet. On the executor.
  [[nodiscard]] std::size_t under_way() const { return under_way_; }

 private:
  struct Track {
    bool is_under_way = false;
    bool is_slow = false;
    int failures = 0;
    TimePoint first_failure{};
    TimePoint not_before{};
    std::int64_t looked_up_to = 0;
  };

  Result<std::vector<Subscription>> subscriptions() const;
  Task<Done> look_at(Subscription subscription);
  void begin(const Subscription& subscription, const Delivery& delivery);
  Task<Done> settle(std::string id, Delivery delivery, Result<ReceiverAnswer> answer,
                    Duration took);
  // True: it was given up for good.
  bool note_failure(Track& track);
  Task<Done> change(std::string id, std::function<Status(WriteTx&, Subscription&)> how);
  Task<Done> write(std::function<Result<Done>(WriteTx&)> body);
  Task<Done> drop_expired(std::string id);

  const ServerContext& context_;
  Executor& executor_;
  TableWatch watch_;
  std::map<std::string, Track> tracks_;
  std::size_t under_way_ = 0;
  std::size_t first_ = 0;  // whose turn it is to be the first
};

}  // namespace curfew
