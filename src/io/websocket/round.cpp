#include "io/websocket/round.hpp"

#include <algorithm>
#include <atomic>

#include "base/check.hpp"

namespace curfew {

namespace {

// Then the other work of the thread gets its turn.
constexpr std::size_t kSessionsPerTurn = 64;

}  // namespace

// Those that have a place left: the last of each thread.
void WebsocketRound::send(std::span<const std::shared_ptr<WebsocketSession>> sessions,
                          const WebsocketFrame& frame) {
  for (const auto& session : sessions) {
    CURFEW_CHECK(session->role_ == WebsocketRole::server);
    if (!session->enqueue(frame).has_become_noted) continue;
    const auto takes = [&](const auto& batch) {
      return batch.first == &session->executor_ && batch.second.size() < kSessionsPerTurn;
    };
    auto found = std::ranges::find_if(batches_.rbegin(), batches_.rend(), takes);
    if (found == batches_.rend()) {
      batches_.emplace_back(&session->executor_, Batch{});
      found = batches_.rbegin();
    }
    found->second.push_back(session);
  }
}

void WebsocketRound::begin(std::function<void()> done) {
  auto batches = std::exchange(batches_, {});
  if (batches.empty() && done) return done();
  const auto left = std::make_shared<std::atomic<std::size_t>>(batches.size());
  for (auto& [executor, batch] : batches) {
    executor->post([noted = std::move(batch), left, done] {
      for (const auto& session : noted) session->collect();
      if (left->fetch_sub(1) == 1 && done) done();
    });
  }
}

void send_to_each(std::span<const std::shared_ptr<WebsocketSession>> sessions,
                  const WebsocketFrame& frame) {
  WebsocketRound round;
  round.send(sessions, frame);
  round.begin();
}

}  // namespace curfew
