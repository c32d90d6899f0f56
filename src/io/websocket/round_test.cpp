#include "io/websocket/round.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <future>
#include <vector>

#include "io/websocket/test_websocket.hpp"

using namespace curfew;
using namespace curfew::testing;

namespace {

// A server with so many clients.
struct Audience {
  explicit Audience(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) clients.push_back(server.open());
    REQUIRE(server.hub.has_sessions(count));
  }

  FeedServer server;
  std::vector<RawClient> clients;
};

}  // namespace

TEST_CASE("a round of frames is written when it begins, and says when each had its turn") {
  constexpr std::size_t kCount = 150;  // more than get their turn at a time
  Audience here{kCount};
  const auto sessions = here.server.hub.sessions();
  WebsocketRound round;
  round.send(sessions, make_frame({.is_text = true, .payload = "one"}));
  round.send(sessions, make_frame({.is_text = true, .payload = "two"}));
  const auto has_queued = [](const auto& session) { return session->queued_bytes() != 0; };
  CHECK(std::ranges::all_of(sessions, has_queued));
  std::promise<void> done;
  round.begin([&] { done.set_value(); });
  done.get_future().wait();
  CHECK(std::ranges::none_of(sessions, has_queued));
  for (RawClient& client : here.clients) {
    CHECK(next_frame(client) == "text one");
    CHECK(next_frame(client) == "text two");
  }
  bool is_done = false;
  round.begin([&] { is_done = true; });  // nobody has anything to do
  CHECK(is_done);
}

TEST_CASE("other work of a thread gets its turn within a round") {
  constexpr std::size_t kCount = 150;
  Audience here{kCount};
  const auto sessions = here.server.hub.sessions();
  const auto has_queued = [](const auto& session) { return session->queued_bytes() != 0; };
  WebsocketRound round;
  round.send(sessions, make_frame({.is_text = true, .payload = "one"}));
  Executor& executor = sessions.front()->executor();
  std::promise<std::ptrdiff_t> left_at_turn;
  std::promise<void> done;
  executor.post([&] {
    round.begin([&] { done.set_value(); });
    executor.post([&] { left_at_turn.set_value(std::ranges::count_if(sessions, has_queued)); });
  });
  done.get_future().wait();
  CHECK(left_at_turn.get_future().get() > 0);
  CHECK(std::ranges::none_of(sessions, has_queued));
  for (RawClient& client : here.clients) CHECK(next_frame(client) == "text one");
}

TEST_CASE("one frame goes to a thousand sessions") {
  constexpr std::size_t kCount = 1000;
  Audience here{kCount};
  const WebsocketFrame frame = make_frame({.is_text = true, .payload = "to all"});
  send_to_each(here.server.hub.sessions(), frame);
  for (RawClient& client : here.clients) CHECK(next_frame(client) == "text to all");
}
