#include "io/http_client.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "io/file.hpp"
#include "io/http_server.hpp"
#include "io/test_peer.hpp"

using namespace curfew;
using testing::RawClient;
using testing::TemporaryDirectory;

namespace {

constexpr std::chrono::seconds kLong{testing::kTestTimeMax};

Task<HttpResponse> answer(HttpRequest request) {
  if (request.path() == "/redirect") co_return HttpResponse::redirect(302, "/elsewhere");
  if (request.path() == "/large") co_return HttpResponse::text(200, std::string(2000, 'x'));
  if (request.path() == "/denied") co_return HttpResponse::json(403, R"({"error":"denied"})");
  if (request.path() == "/events") {
    auto count = std::make_shared<int>(0);
    co_return HttpResponse::event_stream([count]() -> Task<std::optional<std::string>> {
      co_return "data: " + std::to_string(++*count) + "\n\n";
    });
  }
  std::string text{to_string(request.method)};
  text += " " + request.target + " " + request.body;
  for (const std::string_view name : {"authorization", "x-one"}) {
    const auto value = request.header(name);
    if (value.ok() && *value) text.append(" ").append(**value);
  }
  co_return HttpResponse::text(200, text);
}

struct Servers {
  Servers() : runtime(1) {
    HttpServerOptions options;
    options.tls = testing::make_identity();
    CHECK(write_file_atomic(ca_file, options.tls.certificate_chain_pem, 0644).ok());
    options.listeners.emplace_back(TlsListener{.address = "127.0.0.1"});
    options.listeners.emplace_back(PlainListener{});
    options.listeners.emplace_back(UnixListener{socket_path});
    // An address that the certificate does not name.
    options.listeners.emplace_back(TlsListener{.address = "127.0.0.2"});
    auto started = HttpServer::start(runtime, std::move(options), answer);
    REQUIRE(started.ok());
    http = std::move(started).value();
  }
  [[nodiscard]] HttpCall call(std::string_view path) const {
    HttpCall call;
    call.url = "https://localhost:" + std::to_string(http->bound()[0].port) + std::string{path};
    call.ca_file = ca_file;
    return call;
  }

  TemporaryDirectory directory;
  std::string ca_file = directory.path("ca.pem");
  std::string socket_path = directory.path("socket");
  Runtime runtime;
  std::unique_ptr<HttpServer> http;
};

}  // namespace

TEST_CASE("a call carries method, headers, bearer and body over verified TLS") {
  const Servers servers;
  HttpClient client;
  HttpCall call = servers.call("/a?b");
  call.method = HttpMethod::post;
  call.body = "body";
  call.headers.emplace_back("X-One", "1");
  call.bearer = Secret{std::string_view{"token"}};
  const Result<HttpAnswer> answered = client.send(call, kLong);
  REQUIRE(answered.ok());
  CHECK(answered.value().status == 200);
  CHECK(answered.value().body == "POST /a?b body Bearer token 1");
  CHECK(answered.value().headers.single("Content-TYPE").value() == "text/plain; charset=utf-8");
}

TEST_CASE("each method arrives as itself") {
  const Servers servers;
  HttpClient client;
  for (const HttpMethod method : {HttpMethod::get, HttpMethod::post, HttpMethod::put,
                                  HttpMethod::patch, HttpMethod::delete_, HttpMethod::options}) {
    HttpCall call = servers.call("/");
    call.method = method;
    const Result<HttpAnswer> answered = client.send(call, kLong);
    REQUIRE(answered.ok());
    CHECK(answered.value().body == std::string{to_string(method)} + " / ");
  }
  HttpCall head = servers.call("/");
  head.method = HttpMethod::head;
  CHECK(client.send(head, kLong).value().body.empty());
}

TEST_CASE("calls of one client share a connection") {
  const Servers servers;
  HttpClient client;
  for (int i = 0; i < 5; ++i) CHECK(client.send(servers.call("/"), kLong).ok());
  CHECK(servers.http->stats().connections_accepted == 1);
}

TEST_CASE("a Unix socket is reached by its path, whatever the host of the URL") {
  const Servers servers;
  HttpClient client;
  HttpCall call;
  call.url = "http://curfew.local/x";
  call.unix_socket_path = servers.socket_path;
  const Result<HttpAnswer> answered = client.send(call, kLong);
  REQUIRE(answered.ok());
  CHECK(answered.value().body == "GET /x ");
}

TEST_CASE("an authority that is not named is not trusted, and a name must match") {
  const Servers servers;
  HttpClient client;
  HttpCall untrusted = servers.call("/");
  untrusted.ca_file.clear();
  const Result<HttpAnswer> refused = client.send(untrusted, kLong);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code() == ErrorCode::denied);
  HttpCall misnamed = servers.call("/");
  misnamed.url = "https://127.0.0.2:" + std::to_string(servers.http->bound()[3].port) + "/";
  const Result<HttpAnswer> other = client.send(misnamed, kLong);
  REQUIRE_FALSE(other.ok());
  CHECK(other.error().code() == ErrorCode::denied);
  CHECK(servers.http->stats().requests == 0);
}

TEST_CASE("plain HTTP is for this machine only, and URLs carry no password") {
  const Servers servers;
  HttpClient client;
  HttpCall call;
  call.url = "http://127.0.0.1:" + std::to_string(servers.http->bound()[1].port) + "/";
  CHECK(client.send(call, kLong).ok());
  for (const std::string_view url : {"http://192.0.2.1/", "http://example.com/", "ftp://localhost/",
                                     "file:///etc/passwd", "https://u:p@localhost/", "", "x"}) {
    HttpCall bad;
    bad.url = url;
    const Result<HttpAnswer> refused = client.send(bad, kLong);
    CAPTURE(url);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code() == ErrorCode::invalid_argument);
  }
  call.headers.emplace_back("X-One", "a\r\nX-Two: b");
  CHECK(client.send(call, kLong).error().code() == ErrorCode::invalid_argument);
}

TEST_CASE("a redirect is an answer and not followed") {
  const Servers servers;
  HttpClient client;
  const Result<HttpAnswer> answered = client.send(servers.call("/redirect"), kLong);
  REQUIRE(answered.ok());
  CHECK(answered.value().status == 302);
  CHECK(answered.value().headers.single("Location").value() == "/elsewhere");
  HttpCall following = servers.call("/redirect");
  following.follow_redirects = true;
  CHECK(client.send(following, kLong).value().body == "GET /elsewhere ");
}

TEST_CASE("an answer longer than allowed is an error") {
  const Servers servers;
  HttpClient client;
  HttpCall call = servers.call("/large");
  call.answer_bytes_max = 2000;
  CHECK(client.send(call, kLong).ok());
  call.answer_bytes_max = 1999;
  CHECK(client.send(call, kLong).error().code() == ErrorCode::exhausted);
}

TEST_CASE("a peer that is not there is unavailable, one that is silent times out") {
  HttpClient client;
  const UniqueFd listening{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(listening.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  socklen_t size = sizeof address;
  ::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &size);
  HttpCall call;
  call.url = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
  // Bound and not listening: refused.
  const Result<HttpAnswer> absent = client.send(call, kLong);
  REQUIRE_FALSE(absent.ok());
  CHECK(absent.error().code() == ErrorCode::unavailable);
  CHECK(absent.error().retry() == Retry::later);
  // The kernel accepts, nobody answers.
  REQUIRE(::listen(listening.get(), 1) == 0);
  const Result<HttpAnswer> silent = client.send(call, Duration{50});
  REQUIRE_FALSE(silent.ok());
  CHECK(silent.error().code() == ErrorCode::timeout);
}

TEST_CASE("a stream is read until the caller has enough") {
  const Servers servers;
  HttpClient client;
  std::string seen;
  const auto until_three = [&seen](std::string_view piece) {
    seen += piece;
    return seen.find("data: 3\n\n") == std::string::npos;
  };
  const Result<HttpAnswer> ended = client.stream(servers.call("/events"), kLong, until_three);
  REQUIRE(ended.ok());
  CHECK(ended.value().status == 200);
  CHECK(seen.starts_with("data: 1\n\ndata: 2\n\ndata: 3\n\n"));
}

TEST_CASE("a stream that is refused brings the reason") {
  const Servers servers;
  HttpClient client;
  const auto none = [](std::string_view) { return true; };
  const Result<HttpAnswer> refused = client.stream(servers.call("/denied"), kLong, none);
  REQUIRE(refused.ok());
  CHECK(refused.value().status == 403);
  CHECK(refused.value().body == R"({"error":"denied"})");
}
