#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "io/http_server.hpp"
#include "io/test_peer.hpp"

using namespace curfew;
using testing::make_identity;
using testing::RawClient;

namespace {

struct ContextFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using ClientContext = std::unique_ptr<SSL_CTX, ContextFree>;

ClientContext client_context() { return ClientContext{SSL_CTX_new(TLS_client_method())}; }

Task<HttpResponse> transport_name(HttpRequest request) {
  const bool is_tls = request.peer.transport == Transport::tls;
  co_return HttpResponse::text(200, is_tls ? "tls " + request.body : "plain");
}

struct TlsServer {
  explicit TlsServer(HttpServerOptions options = {}, HttpHandler handler = transport_name)
      : runtime(1) {
    options.tls = make_identity();
    options.listeners.emplace_back(TlsListener{.address = "127.0.0.1"});
    options.limits.body_bytes_max = 1024UL * 1024;
    auto started = HttpServer::start(runtime, std::move(options), std::move(handler));
    REQUIRE(started.ok());
    http = std::move(started).value();
  }
  [[nodiscard]] RawClient connect() const { return RawClient::tcp(http->bound()[0].port); }

  Runtime runtime;
  std::unique_ptr<HttpServer> http;
};

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

}  // namespace

TEST_CASE("requests are served over TLS 1.3 and 1.2, and not below") {
  const TlsServer server;
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    const ClientContext context = client_context();
    SSL_CTX_set_max_proto_version(context.get(), version);
    RawClient client = server.connect();
    REQUIRE(client.start_tls(context.get()));
    CHECK(SSL_version(client.ssl()) == version);
    for (int i = 0; i < 3; ++i) {
      CHECK(client.send(kGet));
      CHECK(client.response().body == "tls ");
    }
  }
  const ClientContext old = client_context();
  SSL_CTX_set_security_level(old.get(), 0);
  SSL_CTX_set_max_proto_version(old.get(), TLS1_1_VERSION);
  RawClient client = server.connect();
  CHECK_FALSE(client.start_tls(old.get()));
}

TEST_CASE("who comes over TLS is who the kernel says, whatever a header claims") {
  HttpServerOptions options;
  options.forwarded_for = true;
  const TlsServer server(std::move(options), [](HttpRequest request) -> Task<HttpResponse> {
    co_return HttpResponse::text(
        200, request.peer.address + (request.peer.address_is_shared ? " of many" : ""));
  });
  const ClientContext context = client_context();
  RawClient client = server.connect();
  REQUIRE(client.start_tls(context.get()));
  CHECK(client.send("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n"));
  CHECK(client.response().body == "127.0.0.1");
  CHECK(client.send(kGet));
  CHECK(client.response().body == "127.0.0.1");
}

TEST_CASE("a body and an answer of many records pass through TLS whole") {
  const TlsServer server;
  const ClientContext context = client_context();
  RawClient client = server.connect();
  REQUIRE(client.start_tls(context.get()));
  const std::string body(600'000, 'b');
  CHECK(client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 600000\r\n\r\n" + body + "GET"));
  CHECK(client.response().body == "tls " + body);
  // The rest of a request that began in the same record as the end of the body.
  CHECK(client.send(" / HTTP/1.1\r\nHost: a\r\n\r\n"));
  CHECK(client.response().status == 200);
}

TEST_CASE("a TLS session is resumed by its ticket") {
  const TlsServer server;
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    const ClientContext context = client_context();
    SSL_CTX_set_max_proto_version(context.get(), version);
    RawClient first = server.connect();
    REQUIRE(first.start_tls(context.get()));
    CHECK(first.send(kGet));
    CHECK(first.response().status == 200);
    SSL_SESSION* session = SSL_get1_session(first.ssl());
    RawClient second = server.connect();
    REQUIRE(second.start_tls(context.get(), session));
    CHECK(SSL_session_reused(second.ssl()) == 1);
    CHECK(second.send(kGet));
    CHECK(second.response().status == 200);
    SSL_SESSION_free(session);
  }
}

TEST_CASE("http/1.1 is chosen by ALPN, and a client that speaks only h2 is told so") {
  const TlsServer server;
  const std::string both = "\x02h2\x08http/1.1";
  for (const std::size_t size : {both.size(), std::size_t{3}}) {
    const ClientContext context = client_context();
    SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(both.data()),
                            static_cast<unsigned>(size));
    RawClient client = server.connect();
    CHECK(client.start_tls(context.get()) == (size == both.size()));
    const unsigned char* chosen = nullptr;
    unsigned chosen_size = 0;
    SSL_get0_alpn_selected(client.ssl(), &chosen, &chosen_size);
    if (size == both.size()) {
      CHECK(std::string(reinterpret_cast<const char*>(chosen), chosen_size) == "http/1.1");
    }
  }
}

TEST_CASE("a client that never finishes its handshake, or speaks no TLS, is cut") {
  HttpServerOptions options;
  options.limits.handshake_time_max = Duration{200};
  const TlsServer impatient(std::move(options));
  RawClient silent = impatient.connect();
  CHECK(silent.read_to_end().empty());
  CHECK(silent.ended());
  const TlsServer server;
  RawClient plain = server.connect();
  CHECK(plain.send(kGet));
  CHECK(plain.response().status == 0);
  CHECK(plain.ended());
  const ClientContext context = client_context();
  RawClient client = server.connect();
  REQUIRE(client.start_tls(context.get()));
  CHECK(client.send(kGet));
  CHECK(client.response().status == 200);
}

TEST_CASE("a new certificate is used for new connections") {
  const TlsServer server;
  const ClientContext context = client_context();
  RawClient before = server.connect();
  REQUIRE(before.start_tls(context.get()));
  const TlsIdentity next = make_identity();
  CHECK(server.http->replace_tls(next).ok());
  RawClient after = server.connect();
  REQUIRE(after.start_tls(context.get()));
  X509* old_certificate = SSL_get1_peer_certificate(before.ssl());
  X509* new_certificate = SSL_get1_peer_certificate(after.ssl());
  CHECK(X509_cmp(old_certificate, new_certificate) != 0);
  X509_free(old_certificate);
  X509_free(new_certificate);
  CHECK(before.send(kGet));
  CHECK(before.response().status == 200);
}

TEST_CASE("a certificate without its key is refused, and the message holds no key") {
  const TlsServer server;
  TlsIdentity mixed = make_identity();
  mixed.private_key_pem = make_identity().private_key_pem;
  const Status refused = server.http->replace_tls(mixed);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code() == ErrorCode::invalid_argument);
  CHECK(refused.error().message().find("PRIVATE") == std::string::npos);
  TlsIdentity broken = make_identity();
  broken.certificate_chain_pem.resize(200);
  CHECK_FALSE(server.http->replace_tls(broken).ok());
}
