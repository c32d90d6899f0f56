#include <doctest/doctest.h>

#include <functional>
#include <future>
#include <optional>

#include "api/ssf/ssf_endpoints.hpp"
#include "base/signal_limits.hpp"
#include "tests/support/signal_rig.hpp"

namespace curfew {
namespace {

using test::ServerFixture;
using test::SignalRig;

struct Fixture {
  ServerFixture server;
  SignalRig rig{server};
  std::string id = rig.poll_stream();
  RoutedRequest request;

  Fixture() {
    request.http =
        server.get(server.path("/ssf/v1/poll/" + id), {{"Authorization", "Bearer " + rig.token()}});
    request.http.method = HttpMethod::post;
    request.http.body = R"({"returnImmediately":true})";
    request.values = {{"stream", id}};
    server.write([&](WriteTx& tx) -> Status {
      for (std::size_t i = 1; i <= limits::kPollEventsMax; ++i) {
        CURFEW_TRY_STATUS(add(tx, pending(static_cast<std::int64_t>(i))));
      }
      return Done{};
    });
  }
  Signal pending(std::int64_t sequence) {
    Signal signal;
    signal.tenant_id = server.tenant;
    signal.stream_id = id;
    signal.sequence = sequence;
    signal.jti = "jti-" + std::to_string(sequence);
    signal.event = signal_event::kAccountEnabled;
    signal.user_id = server.john.str();
    signal.members = "{}";
    return signal;
  }
};

// Work of a thread that always has more of it, and counts how often it came to that.
struct Neighbour {
  Executor& executor;
  const bool& is_over;
  std::size_t turns = 0;
  std::promise<std::size_t> told{};

  void go_on() {
    if (is_over) return told.set_value(turns);
    ++turns;
    executor.post([this] { go_on(); });
  }
};

TEST_CASE_FIXTURE(Fixture,
                  "while a poll of many events is signed the thread's other work goes on") {
  Executor& executor = server.runtime->executor(0);
  bool is_over = false;
  std::optional<HttpResponse> answer;
  Neighbour neighbour{executor, is_over};
  executor.post([&] {
    start<HttpResponse>(ssf_poll_endpoint(*server.context, request), [&](HttpResponse response) {
      answer = std::move(response);
      is_over = true;
    });
    neighbour.go_on();
  });
  CHECK(neighbour.told.get_future().get() >= 20);
  REQUIRE(answer);
  CHECK(answer->status == 200);
  const auto body = boost::json::parse(answer->body);  // more than we would take from others
  CHECK(body.as_object().at("sets").as_object().size() == limits::kPollEventsMax);
}

}  // namespace
}  // namespace curfew
