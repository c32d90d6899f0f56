#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/http_server.hpp"
#include "io/test_peer.hpp"

using namespace curfew;
using testing::RawClient;
using testing::RawResponse;

namespace {

constexpr std::string_view kGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::chrono::seconds kLong{testing::kTestTimeMax};

// A place where a handler or stream waits until the test lets it go on, and then for ever open.
class Gate {
 public:
  // Resumes on the I/O thread that it was called on.
  Task<Done> pass() {
    auto begin = [this](std::function<void(Done)> deliver) {
      const std::lock_guard lock(mutex_);
      if (open_) {
        deliver(Done{});
      } else {
        waiting_.push_back(std::move(deliver));
      }
      arrived_.set_value();
      arrived_ = std::promise<void>{};
    };
    const Done done = co_await await_callback<Done>(current_executor(), std::move(begin));
    co_return done;
  }
  // Ready when the next one arrives; ask before that.
  std::future<void> next_arrival() {
    const std::lock_guard lock(mutex_);
    return arrived_.get_future();
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    for (const auto& deliver : waiting_) deliver(Done{});
    waiting_.clear();
  }

 private:
  std::mutex mutex_;
  bool open_ = false;
  std::promise<void> arrived_;
  std::vector<std::function<void(Done)>> waiting_;
};

struct Server {
  explicit Server(HttpHandler handler) : runtime(1) {
    HttpServerOptions options;
    options.listeners.emplace_back(PlainListener{});
    auto started = HttpServer::start(runtime, std::move(options), std::move(handler));
    REQUIRE(started.ok());
    http = std::move(started).value();
  }
  [[nodiscard]] RawClient connect() const { return RawClient::tcp(http->bound()[0].port); }

  Runtime runtime;
  std::unique_ptr<HttpServer> http;
};

// Returns when everything that was posted before has run: what was let go has then ended.
void settle(Runtime& runtime) {
  std::promise<void> ended;
  runtime.executor(0).post([&ended] { ended.set_value(); });
  ended.get_future().get();
}

HttpHandler gated(Gate& gate) {
  return [&gate](HttpRequest) -> Task<HttpResponse> {
    co_await gate.pass();
    co_return HttpResponse::text(200, "finished");
  };
}

// Counts down in its destructor: tells when a stream was let go.
struct Witness {
  explicit Witness(std::promise<void>& given) : gone(given) {}
  ~Witness() { gone.set_value(); }
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;
  std::promise<void>& gone;
};

}  // namespace

TEST_CASE("a drain finishes the request in flight, ends idle connections and refuses new ones") {
  Gate gate;
  const Server server(gated(gate));
  RawClient idle = server.connect();
  RawClient busy = server.connect();
  std::future<void> in_handler = gate.next_arrival();
  CHECK(busy.send(kGet));
  in_handler.get();
  std::future<bool> stopped =
      std::async(std::launch::async, [&server] { return server.http->stop(kLong); });
  CHECK(idle.read_to_end().empty());
  CHECK(idle.ended());
  CHECK_FALSE(server.connect().connected());
  gate.open();
  const RawResponse response = busy.response();
  CHECK(response.body == "finished");
  CHECK(response.has("Connection: close"));
  CHECK(stopped.get());
}

TEST_CASE("a drain that runs out of time cuts the connection and survives the late handler") {
  Gate gate;
  Server server(gated(gate));
  RawClient busy = server.connect();
  std::future<void> in_handler = gate.next_arrival();
  CHECK(busy.send(kGet));
  in_handler.get();
  CHECK_FALSE(server.http->stop(Duration{1}));
  CHECK(busy.read_to_end().empty());
  CHECK(busy.ended());
  gate.open();
  settle(server.runtime);
}

TEST_CASE("server-sent events arrive piece by piece and the connection goes on after the last") {
  const Server server([](HttpRequest) -> Task<HttpResponse> {
    auto count = std::make_shared<int>(0);
    co_return HttpResponse::event_stream([count]() -> Task<std::optional<std::string>> {
      if (++*count > 3) co_return std::nullopt;
      co_return "data: " + std::to_string(*count) + "\n\n";
    });
  });
  RawClient client = server.connect();
  for (int i = 0; i < 2; ++i) {
    CHECK(client.send(kGet));
    const std::string head = client.head();
    CHECK(head.find("Content-Type: text/event-stream\r\n") != std::string::npos);
    CHECK(head.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
    CHECK(client.chunk() == "data: 1\n\n");
    CHECK(client.chunk() == "data: 2\n\n");
    CHECK(client.chunk() == "data: 3\n\n");
    CHECK(client.chunk().empty());
  }
  CHECK(client.send("GET / HTTP/1.0\r\n\r\n"));
  CHECK(client.read_to_end().ends_with("\r\n\r\ndata: 1\n\ndata: 2\n\ndata: 3\n\n"));
  CHECK(client.ended());
}

TEST_CASE("requests that a client pipelines behind a stream wait for its end") {
  Gate gate;
  const Server server([&gate](HttpRequest request) -> Task<HttpResponse> {
    if (request.path() == "/after") co_return HttpResponse::text(200, "after");
    auto first = std::make_shared<bool>(true);
    co_return HttpResponse::event_stream([&gate, first]() -> Task<std::optional<std::string>> {
      if (!std::exchange(*first, false)) co_return std::nullopt;
      co_await gate.pass();
      co_return "data\n\n";
    });
  });
  RawClient client = server.connect();
  std::future<void> in_stream = gate.next_arrival();
  CHECK(client.send(kGet));
  in_stream.get();
  CHECK(client.send("GET /after HTTP/1.1\r\nHost: a\r\n\r\n"));
  gate.open();
  CHECK_FALSE(client.head().empty());
  CHECK(client.chunk() == "data\n\n");
  CHECK(client.chunk().empty());
  CHECK(client.response().body == "after");
}

TEST_CASE("a stream whose reader has left is let go while it has nothing to say") {
  Gate gate;
  std::promise<void> gone;
  const Server server([&gate, &gone](HttpRequest) -> Task<HttpResponse> {
    auto witness = std::make_shared<Witness>(gone);
    co_return HttpResponse::event_stream([&gate, witness]() -> Task<std::optional<std::string>> {
      co_await gate.pass();
      co_return "data: late\n\n";
    });
  });
  {
    RawClient client = server.connect();
    std::future<void> in_stream = gate.next_arrival();
    CHECK(client.send(kGet));
    in_stream.get();
  }
  // The connection is gone although the source has not answered: the drain need not wait for it.
  CHECK(server.http->stop(kLong));
  gate.open();
  gone.get_future().get();
}

TEST_CASE("a stop ends a stream that would go on, in an orderly way") {
  Gate gate;
  Server server([&gate](HttpRequest) -> Task<HttpResponse> {
    auto first = std::make_shared<bool>(true);
    co_return HttpResponse::event_stream([&gate, first]() -> Task<std::optional<std::string>> {
      if (!std::exchange(*first, false)) co_await gate.pass();
      co_return "data\n\n";
    });
  });
  RawClient client = server.connect();
  std::future<void> waits_for_second = gate.next_arrival();
  CHECK(client.send(kGet));
  waits_for_second.get();
  CHECK(server.http->stop(kLong));
  CHECK_FALSE(client.head().empty());
  CHECK(client.chunk() == "data\n\n");
  CHECK(client.chunk().empty());
  CHECK(client.read_to_end().empty());
  CHECK(client.ended());
  gate.open();
  settle(server.runtime);
}

TEST_CASE("a stream to a client that never reads is cut and let go") {
  std::promise<void> gone;
  Runtime runtime(1);
  HttpServerOptions options;
  options.listeners.emplace_back(PlainListener{});
  options.limits.write_time_max = Duration{40};
  auto server =
      HttpServer::start(runtime, std::move(options), [&gone](HttpRequest) -> Task<HttpResponse> {
        auto witness = std::make_shared<Witness>(gone);
        co_return HttpResponse::event_stream([witness]() -> Task<std::optional<std::string>> {
          co_return std::string(100'000, 'x');
        });
      });
  REQUIRE(server.ok());
  RawClient client = RawClient::tcp((*server)->bound()[0].port, /*receive_buffer=*/4096);
  CHECK(client.send(kGet));
  gone.get_future().get();
  CHECK((*server)->stop(kLong));
}
