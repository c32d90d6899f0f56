#include "io/http_server.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "io/offload_pool.hpp"
#include "io/test_peer.hpp"

using namespace curfew;
using testing::RawClient;
using testing::RawResponse;
using testing::TemporaryDirectory;

namespace {

// Says back what it got.
Task<HttpResponse> echo(HttpRequest request) {
  std::string text{to_string(request.method)};
  text.append(" ").append(request.target).append(" ").append(request.body);
  co_return HttpResponse::text(200, std::move(text));
}

struct Fixture {
  explicit Fixture(HttpServerOptions options = {}, HttpHandler handler = echo,
                   std::size_t threads = 1)
      : runtime(threads) {
    if (options.listeners.empty()) options.listeners.emplace_back(PlainListener{});
    auto started = HttpServer::start(runtime, std::move(options), std::move(handler));
    REQUIRE(started.ok());
    server = std::move(started).value();
  }
  [[nodiscard]] RawClient connect() const { return RawClient::tcp(server->bound()[0].port); }

  [[nodiscard]] Executor& server_thread() const { return thread; }

  Runtime runtime;
  Executor& thread = runtime.executor(0);
  std::unique_ptr<HttpServer> server;
};

HttpServerOptions with_limits(const std::function<void(HttpLimits&)>& change) {
  HttpServerOptions options;
  change(options.limits);
  return options;
}

constexpr std::string_view kGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

}  // namespace

TEST_CASE("a connection serves one request after the other") {
  const Fixture fixture;
  RawClient client = fixture.connect();
  for (int i = 0; i < 3; ++i) {
    CHECK(client.send(kGet));
    const RawResponse response = client.response();
    CHECK(response.status == 200);
    CHECK(response.body == "GET /x ");
    CHECK(response.has("Content-Length: 7"));
  }
  CHECK(client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
  CHECK(client.response().has("Connection: close"));
  CHECK(client.read_to_end().empty());
  CHECK(client.ended());
  CHECK(fixture.server->stats().requests == 4);
  CHECK(fixture.server->stats().connections_accepted == 1);
}

TEST_CASE("a client of HTTP/1.0 keeps its connection only if it asks") {
  const Fixture fixture;
  RawClient client = fixture.connect();
  CHECK(client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  CHECK(client.response().has("Connection: keep-alive"));
  CHECK(client.send("GET / HTTP/1.0\r\n\r\n"));
  CHECK(client.response().has("Connection: close"));
  CHECK(client.read_to_end().empty());
  CHECK(client.ended());
}

TEST_CASE("pipelined requests are answered in their order") {
  const Fixture fixture;
  RawClient client = fixture.connect();
  std::string requests;
  for (int i = 0; i < 500; ++i) {
    requests +=
        "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
  }
  CHECK(client.send(requests));
  for (int i = 0; i < 500; ++i) {
    REQUIRE(client.response().body == "POST /" + std::to_string(i) + " hi");
  }
}

TEST_CASE("HEAD gets the head of GET and nothing more") {
  const Fixture fixture;
  RawClient client = fixture.connect();
  CHECK(client.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n"));
  const RawResponse response = client.response(/*is_head=*/true);
  CHECK(response.status == 200);
  CHECK(response.has("Content-Length: 8"));
  CHECK(client.send(kGet));
  CHECK(client.response().body == "GET /x ");
}

TEST_CASE("a chunked body arrives whole, and the connection goes on") {
  const Fixture fixture;
  RawClient client = fixture.connect();
  CHECK(
      client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n"));
  CHECK(client.send("3\r\nefg\r\n0\r\n\r\n"));
  CHECK(client.response().body == "POST / abcdefg");
  CHECK(client.send(kGet));
  CHECK(client.response().status == 200);
}

TEST_CASE("a client that asks is told to go on before it sends its body") {
  const Fixture fixture;
  RawClient client = fixture.connect();
  CHECK(client.send(
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"));
  CHECK(client.response().status == 100);
  CHECK(client.send("hi"));
  CHECK(client.response().body == "POST / hi");
}

TEST_CASE("a request that breaks a rule gets its reason as JSON, and the connection ends") {
  struct Case {
    std::string_view bytes;
    int status;
  };
  const std::string long_head = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(300, 'x');
  const std::string long_body =
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'x');
  const std::vector<Case> cases = {
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
       "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
       400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n folded\r\n\r\n", 400},
      {"nonsense\r\n\r\n", 400},
      {"BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
      {long_head, 431},
      {long_body, 413},
  };
  const Fixture fixture(with_limits([](HttpLimits& limits) {
    limits.header_bytes_max = 256;
    limits.body_bytes_max = 100;
  }));
  for (const Case& one : cases) {
    CAPTURE(one.bytes);
    RawClient client = fixture.connect();
    CHECK(client.send(one.bytes));
    const RawResponse response = client.response();
    CHECK(response.status == one.status);
    CHECK(response.has("Content-Type: application/json"));
    CHECK(response.has("Connection: close"));
    CHECK(response.body.starts_with(R"({"error":"invalid_request","error_description":")"));
    CHECK(client.read_to_end().empty());
    CHECK(client.ended());
  }
  CHECK(fixture.server->stats().requests == 0);
  CHECK(fixture.server->stats().requests_rejected == cases.size());
}

TEST_CASE("a refused sender that goes on for a while is heard out, not reset") {
  const Fixture fixture;
  RawClient client = fixture.connect();
  CHECK(client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 400000\r\n\r\n" +
                    std::string(400'000, 'x')));
  client.finish_sending();
  CHECK(client.response().status == 413);
  CHECK(client.read_to_end().empty());
  CHECK(client.ended());
}

TEST_CASE("a header that would split the response becomes a 500") {
  const Fixture fixture({}, [](HttpRequest) -> Task<HttpResponse> {
    co_return HttpResponse::redirect(302, "https://a/\r\nSet-Cookie: x=y");
  });
  RawClient client = fixture.connect();
  CHECK(client.send(kGet));
  const RawResponse response = client.response();
  CHECK(response.status == 500);
  CHECK(response.head.find("Set-Cookie") == std::string::npos);
}

TEST_CASE("a sender that is too slow is told so and cut, in the head and in the body") {
  const Fixture fixture(with_limits([](HttpLimits& limits) {
    limits.header_time_max = Duration{40};
    limits.body_time_max = Duration{40};
  }));
  for (const std::string_view start :
       {"GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"}) {
    // The first byte is there when its time begins, however late this thread is.
    std::promise<void> release;
    fixture.server_thread().post([held = release.get_future().share()] { held.wait(); });
    RawClient client = fixture.connect();
    CHECK(client.send(start));
    release.set_value();
    CHECK(client.response().status == 408);
    CHECK(client.read_to_end().empty());
    CHECK(client.ended());
  }
  RawClient silent = fixture.connect();
  CHECK(silent.read_to_end().empty());
  CHECK(silent.ended());
}

TEST_CASE("a connection that stays idle after a request is closed") {
  const Fixture fixture(
      with_limits([](HttpLimits& limits) { limits.idle_time_max = Duration{40}; }));
  RawClient client = fixture.connect();
  CHECK(client.send(kGet));
  CHECK(client.response().status == 200);
  CHECK(client.read_to_end().empty());
  CHECK(client.ended());
}

TEST_CASE("a client that never reads its answer is cut") {
  const Fixture fixture(
      with_limits([](HttpLimits& limits) { limits.write_time_max = Duration{40}; }),
      [](HttpRequest) -> Task<HttpResponse> {
        co_return HttpResponse::text(200, std::string(32UL * 1024 * 1024, 'x'));
      });
  RawClient client = RawClient::tcp(fixture.server->bound()[0].port, /*receive_buffer=*/4096);
  CHECK(client.send(kGet));
  // True only if the server let go of it by itself.
  CHECK(fixture.server->stop(std::chrono::seconds{testing::kTestTimeMax}));
}

TEST_CASE("a long answer to a slow but steady reader arrives whole") {
  const std::string body(3UL * 1024 * 1024, 'y');
  const Fixture fixture(
      {}, [&body](HttpRequest) -> Task<HttpResponse> { co_return HttpResponse::text(200, body); });
  RawClient client = RawClient::tcp(fixture.server->bound()[0].port, /*receive_buffer=*/4096);
  CHECK(client.send(kGet));
  CHECK(client.response().body == body);
}

TEST_CASE("two thousand idle connections leave the server serving") {
  const Fixture fixture({}, echo, 2);
  std::vector<RawClient> idle;
  for (int i = 0; i < 2000; ++i) {
    idle.push_back(fixture.connect());
    REQUIRE(idle.back().connected());
  }
  RawClient client = fixture.connect();
  CHECK(client.send(kGet));
  CHECK(client.response().status == 200);
  CHECK(idle.front().send(kGet));
  CHECK(idle.front().response().status == 200);
}

TEST_CASE("at the limit the connection that was idle longest makes room") {
  const Fixture fixture(with_limits([](HttpLimits& limits) { limits.connections_max = 3; }));
  std::vector<RawClient> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(fixture.connect());
    CHECK(clients.back().send(kGet));
    CHECK(clients.back().response().status == 200);
  }
  // The first is used again: now the second has been idle longest.
  CHECK(clients[0].send(kGet));
  CHECK(clients[0].response().status == 200);
  RawClient fourth = fixture.connect();
  CHECK(fourth.send(kGet));
  CHECK(fourth.response().status == 200);
  CHECK(clients[1].read_to_end().empty());
  CHECK(clients[1].ended());
  CHECK(clients[0].send(kGet));
  CHECK(clients[0].response().status == 200);
  CHECK(clients[2].send(kGet));
  CHECK(clients[2].response().status == 200);
  CHECK(fixture.server->stats().connections_evicted == 1);
}

TEST_CASE("connections that come at once displace as many idle ones") {
  const Fixture fixture(with_limits([](HttpLimits& limits) { limits.connections_max = 3; }));
  std::vector<RawClient> old;
  for (int i = 0; i < 3; ++i) {
    old.push_back(fixture.connect());
    CHECK(old.back().send(kGet));
    CHECK(old.back().response().status == 200);
  }
  // While the thread is held, the kernel collects both.
  std::promise<void> release;
  fixture.server_thread().post([held = release.get_future().share()] { held.wait(); });
  RawClient first = fixture.connect();
  RawClient second = fixture.connect();
  release.set_value();
  for (RawClient* client : {&first, &second}) {
    CHECK(client->send(kGet));
    CHECK(client->response().status == 200);
  }
  for (const std::size_t displaced : {std::size_t{0}, std::size_t{1}}) {
    CHECK(old[displaced].read_to_end().empty());
    CHECK(old[displaced].ended());
  }
  CHECK(old[2].send(kGet));
  CHECK(old[2].response().status == 200);
}

TEST_CASE("connections that hold back their requests cannot keep others out") {
  const Fixture fixture(with_limits([](HttpLimits& limits) { limits.connections_max = 2; }));
  std::vector<RawClient> slow;
  for (int i = 0; i < 4; ++i) {
    slow.push_back(fixture.connect());
    CHECK(slow.back().send(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"));
    // It has the head and waits for the body, which never comes.
    CHECK(slow.back().response().status == 100);
  }
  RawClient client = fixture.connect();
  CHECK(client.send(kGet));
  CHECK(client.response().status == 200);
}

TEST_CASE("a Unix socket is its owner's alone and says who is at the other end") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("socket");
  HttpServerOptions options;
  options.listeners.emplace_back(UnixListener{path});
  const Fixture fixture(std::move(options), [](HttpRequest request) -> Task<HttpResponse> {
    const bool proved = request.peer.transport == Transport::unix_socket &&
                        request.peer.uid == ::getuid() && request.peer.address.empty();
    co_return HttpResponse::text(200, proved ? "proved" : "unknown");
  });
  struct stat found{};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
  RawClient client = RawClient::unix_socket(path);
  CHECK(client.send(kGet));
  CHECK(client.response().body == "proved");
  CHECK(fixture.server->stop(std::chrono::seconds{testing::kTestTimeMax}));
  CHECK(::stat(path.c_str(), &found) != 0);
}

TEST_CASE("connections that never read their answers keep nobody out of the Unix socket") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("socket");
  HttpServerOptions options = with_limits([](HttpLimits& limits) { limits.connections_max = 2; });
  options.listeners.emplace_back(PlainListener{});
  options.listeners.emplace_back(UnixListener{path});
  std::promise<void> all_busy;
  int asked = 0;
  const Fixture fixture(std::move(options), [&](HttpRequest request) -> Task<HttpResponse> {
    if (request.peer.transport == Transport::unix_socket) {
      co_return HttpResponse::text(200, "served");
    }
    if (++asked == 2) all_busy.set_value();
    co_return HttpResponse::text(200, std::string(32UL * 1024 * 1024, 'x'));
  });
  std::vector<RawClient> deaf;
  for (int i = 0; i < 2; ++i) {
    deaf.push_back(RawClient::tcp(fixture.server->bound()[0].port, /*receive_buffer=*/4096));
    CHECK(deaf.back().send(kGet));
  }
  all_busy.get_future().wait();
  RawClient refused = fixture.connect();
  CHECK(refused.read_to_end().empty());
  for (int i = 0; i < 3; ++i) {
    RawClient local = RawClient::unix_socket(path);
    CHECK(local.send(kGet));
    CHECK(local.response().body == "served");
  }
}

TEST_CASE("a TCP request says where it came from and has no user") {
  const Fixture fixture({}, [](HttpRequest request) -> Task<HttpResponse> {
    const bool right = request.peer.transport == Transport::plain_loopback && !request.peer.uid &&
                       request.peer.port != 0;
    co_return HttpResponse::text(200, right ? request.peer.address : "wrong");
  });
  RawClient client = fixture.connect();
  CHECK(client.send(kGet));
  CHECK(client.response().body == "127.0.0.1");
}

TEST_CASE("behind a proxy that names its clients, the peer is the last address that it names") {
  HttpServerOptions options;
  options.forwarded_for = true;
  const Fixture fixture(std::move(options), [](HttpRequest request) -> Task<HttpResponse> {
    const bool own = !request.peer.address_is_shared && request.peer.port == 0;
    co_return HttpResponse::text(200, own ? request.peer.address : "shared");
  });
  RawClient client = fixture.connect();
  for (const std::string_view said : {"192.0.2.7", "2001:db8::1"}) {
    CHECK(
        client.send("GET /x HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.0.0.1\r\n"
                    "X-Forwarded-For: 10.0.0.2, " +
                    std::string{said} + "\r\n\r\n"));
    CHECK(client.response().body == said);
  }
  // The next request of the same connection is somebody else's.
  CHECK(client.send(kGet));
  const RawResponse refused = client.response();
  CHECK(refused.status == 400);
  CHECK(refused.body.find("X-Forwarded-For") != std::string::npos);
}

TEST_CASE("X-Forwarded-For says nothing to a server that was not told to read it") {
  const Fixture fixture({}, [](HttpRequest request) -> Task<HttpResponse> {
    co_return HttpResponse::text(
        200, request.peer.address + (request.peer.address_is_shared ? " of many" : ""));
  });
  RawClient client = fixture.connect();
  CHECK(client.send("GET /x HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n"));
  CHECK(client.response().body == "127.0.0.1 of many");
}

TEST_CASE("the Unix socket is nobody's proxy") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("socket");
  HttpServerOptions options;
  options.forwarded_for = true;
  options.listeners.emplace_back(UnixListener{path});
  const Fixture fixture(std::move(options), [](HttpRequest request) -> Task<HttpResponse> {
    const bool own = request.peer.uid == ::getuid() && request.peer.address.empty();
    co_return HttpResponse::text(200, own ? "own" : "wrong");
  });
  RawClient client = RawClient::unix_socket(path);
  CHECK(client.send(kGet));
  CHECK(client.response().body == "own");
  CHECK(client.send("GET /x HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n"));
  CHECK(client.response().body == "own");
}

TEST_CASE("a listener that cannot be is refused with its name") {
  Runtime runtime(1);
  const auto refusal = [&runtime](HttpListener listener) {
    HttpServerOptions options;
    options.listeners.push_back(std::move(listener));
    const auto started = HttpServer::start(runtime, std::move(options), echo);
    REQUIRE_FALSE(started.ok());
    return started.error();
  };
  const Fixture other;
  const std::uint16_t taken = other.server->bound()[0].port;
  const Error in_use = refusal(PlainListener{.address = "127.0.0.1", .port = taken});
  CHECK(in_use.code() == ErrorCode::conflict);
  CHECK(in_use.message().find("127.0.0.1:" + std::to_string(taken)) != std::string::npos);

  for (const std::string_view address : {"0.0.0.0", "::", "192.0.2.1"}) {
    const Error off_loopback = refusal(PlainListener{.address = std::string{address}});
    CHECK(off_loopback.code() == ErrorCode::invalid_argument);
    CHECK(off_loopback.message().find(address) != std::string::npos);
  }
  CHECK(refusal(PlainListener{.address = "localhost"}).code() == ErrorCode::invalid_argument);
  CHECK(refusal(TlsListener{.address = "127.0.0.1"}).code() == ErrorCode::invalid_argument);

  const TemporaryDirectory directory;
  const std::string path = directory.path("socket");
  HttpServerOptions options;
  options.listeners.emplace_back(UnixListener{path});
  const Fixture unix_server(std::move(options));
  CHECK(refusal(UnixListener{path}).code() == ErrorCode::conflict);
  CHECK(refusal(UnixListener{std::string(200, 'x')}).code() == ErrorCode::invalid_argument);
  CHECK(refusal(UnixListener{directory.path("")}).code() == ErrorCode::conflict);
}

TEST_CASE("a socket file that a dead server left is replaced") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("socket");
  {
    const UniqueFd dead{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(::bind(dead.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  HttpServerOptions options;
  options.listeners.emplace_back(UnixListener{path});
  const Fixture fixture(std::move(options));
  RawClient client = RawClient::unix_socket(path);
  CHECK(client.send(kGet));
  CHECK(client.response().status == 200);
}

TEST_CASE("blocking work leaves the thread and comes back to it") {
  OffloadPool pool({.name = "test", .threads = 1, .waiting_max = 4});
  const Fixture fixture({}, [&pool](HttpRequest) -> Task<HttpResponse> {
    Executor& before = current_executor();
    const Result<bool> was_io =
        co_await offload(pool, before, []() -> Result<bool> { return on_io_thread(); });
    const bool same = &before == &current_executor();
    co_return HttpResponse::text(200, same && !*was_io ? "right" : "wrong");
  });
  RawClient client = fixture.connect();
  CHECK(client.send(kGet));
  CHECK(client.response().body == "right");
}
