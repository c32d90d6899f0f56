// io/websocket/round.hpp: frames to many servers' sessions: a short lock for each, and one wake-up
// for each of their threads.
//
// Thread: any, one at a time. Lifetime: of a round, as long as its caller likes; it keeps the
// sessions.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "io/websocket/session.hpp"

namespace curfew {

class WebsocketRound {
 public:
  // What cannot be sent closes that session, as send() says. Nothing is written before begin().
  void send(std::span<const std::shared_ptr<WebsocketSession>> sessions,
            const WebsocketFrame& frame);
  // `done`, if given: once each of them has had its turn to write, on one of their threads; inside
  // of this call if none has anything to do. Never if the runtime stops before.
  void begin(std::function<void()> done = nullptr);

 private:
  using Batch = std::vector<std::shared_ptr<WebsocketSession>>;
  struct Turns;
  static void write_next(Executor& executor, Turns turns);

  std::vector<std::pair<Executor*, Batch>> batches_;  // few for each thread
};

// One frame to all of them.
void send_to_each(std::span<const std::shared_ptr<WebsocketSession>> sessions,
                  const WebsocketFrame& frame);

}  // namespace curfew
