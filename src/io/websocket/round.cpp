#include "io/websocket/round.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <ranges>

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

struct WebsocketRound::Turns {
  std::vector<Batch> batches;                      // of one thread, the next one last
  std::shared_ptr<std::atomic<std::size_t>> left;  // of all threads
  std::function<void()> done;
};

// The next batch is asked for when this one has been written: whatever else the thread has to do by
// then comes first.
void WebsocketRound::write_next(Executor& executor, Turns turns) {
  executor.post([&executor, turns = std::move(turns)]() mutable {
    const Batch batch = std::move(turns.batches.back());
    turns.batches.pop_back();
    for (const auto& session : batch) session->collect();
    if (!turns.batches.empty()) return write_next(executor, std::move(turns));
    if (turns.left->fetch_sub(1) == 1 && turns.done) turns.done();
  });
}

void WebsocketRound::begin(std::function<void()> done) {
  auto batches = std::exchange(batches_, {});
  if (batches.empty() && done) return done();
  std::map<Executor*, std::vector<Batch>> of_threads;
  // The first one last: they are taken from the end.
  for (auto& [executor, batch] : std::views::reverse(batches)) {
    of_threads[executor].push_back(std::move(batch));
  }
  const auto left = std::make_shared<std::atomic<std::size_t>>(of_threads.size());
  for (auto& [executor, own] : of_threads) {
    write_next(*executor, {std::move(own), left, done});
  }
}

void send_to_each(std::span<const std::shared_ptr<WebsocketSession>> sessions,
                  const WebsocketFrame& frame) {
  WebsocketRound round;
  round.send(sessions, frame);
  round.begin();
}

}  // namespace curfew
