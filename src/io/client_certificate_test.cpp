// Listeners that ask their peers for a certificate: what TLS proves, and what it leaves to others.
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "base/text.hpp"
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

// Of a peer: a certificate of its own make, and its key.
using Own = TlsIdentity;

std::unique_ptr<BIO, decltype(&BIO_free)> bio_of(std::string_view pem) {
  return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free};
}
std::unique_ptr<X509, decltype(&X509_free)> certificate_of(const Own& own) {
  return {PEM_read_bio_X509(bio_of(own.certificate_chain_pem).get(), nullptr, nullptr, nullptr),
          X509_free};
}
// What the server should say of it.
std::string name_of(const Own& own) {
  const auto x = certificate_of(own);
  std::string der(static_cast<std::size_t>(i2d_X509(x.get(), nullptr)), '\0');
  auto* at = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509(x.get(), &at);
  return base64url_encode(der);
}

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

ClientContext context_of(int version) {
  ClientContext context{SSL_CTX_new(TLS_client_method())};
  SSL_CTX_set_max_proto_version(context.get(), version);
  return context;
}

ClientContext context_with(const Own& own, int version) {
  ClientContext context = context_of(version);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{
      PEM_read_bio_PrivateKey(bio_of(own.private_key_pem.reveal()).get(), nullptr, nullptr,
                              nullptr),
      EVP_PKEY_free};
  SSL_CTX_use_certificate(context.get(), certificate_of(own).get());
  SSL_CTX_use_PrivateKey(context.get(), key.get());
  return context;
}

// "none", "empty", or the peer's own.
Task<HttpResponse> what_came(HttpRequest request) {
  const auto& certificates = request.peer.certificates;
  if (!certificates) co_return HttpResponse::text(200, "none");
  if (certificates->empty()) co_return HttpResponse::text(200, "empty");
  co_return HttpResponse::text(200, base64url_encode(certificates->front()));
}

struct AskingServer {
  AskingServer() : runtime(1) {
    HttpServerOptions options;
    options.tls = make_identity();
    options.listeners.emplace_back(TlsListener{.address = "127.0.0.1"});
    options.listeners.emplace_back(
        TlsListener{.address = "127.0.0.1", .asks_for_certificate = true});
    auto started = HttpServer::start(runtime, std::move(options), what_came);
    REQUIRE(started.ok());
    http = std::move(started).value();
  }
  [[nodiscard]] RawClient connect(bool to_asking) const {
    return RawClient::tcp(http->bound()[to_asking ? 1 : 0].port);
  }

  Runtime runtime;
  std::unique_ptr<HttpServer> http;
};

std::string answer_to(RawClient& client) {
  return client.send(kGet) ? client.response().body : std::string{};
}

}  // namespace

TEST_CASE("5.15: the certificate that a peer proved to hold is known for each request") {
  const AskingServer server;
  const Own certificate = make_identity();
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    const ClientContext context = context_with(certificate, version);
    RawClient client = server.connect(true);
    REQUIRE(client.start_tls(context.get()));
    CHECK(answer_to(client) == name_of(certificate));
    CHECK(answer_to(client) == name_of(certificate));
  }
}

TEST_CASE("5.15: a peer without a certificate is served, and where none is asked none is known") {
  const AskingServer server;
  const Own certificate = make_identity();
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    const ClientContext without = context_of(version);
    RawClient client = server.connect(true);
    REQUIRE(client.start_tls(without.get()));
    CHECK(answer_to(client) == "empty");
    const ClientContext with = context_with(certificate, version);
    RawClient unasked = server.connect(false);
    REQUIRE(unasked.start_tls(with.get()));
    CHECK(answer_to(unasked) == "none");
  }
}

TEST_CASE("5.15: connections that were asked for a certificate are not resumed") {
  const AskingServer server;
  const Own certificate = make_identity();
  for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
    const ClientContext context = context_with(certificate, version);
    RawClient first = server.connect(true);
    REQUIRE(first.start_tls(context.get()));
    CHECK(answer_to(first) == name_of(certificate));
    SSL_SESSION* const session = SSL_get1_session(first.ssl());
    RawClient second = server.connect(true);
    REQUIRE(second.start_tls(context.get(), session));
    CHECK(SSL_session_reused(second.ssl()) == 0);
    CHECK(answer_to(second) == name_of(certificate));
    SSL_SESSION_free(session);
  }
}

TEST_CASE("5.15: a ticket from where no certificate is asked leads to no place where one is") {
  const AskingServer server;
  const ClientContext context = context_of(TLS1_3_VERSION);
  RawClient first = server.connect(false);
  REQUIRE(first.start_tls(context.get()));
  CHECK(answer_to(first) == "none");
  SSL_SESSION* const session = SSL_get1_session(first.ssl());
  RawClient second = server.connect(true);
  REQUIRE(second.start_tls(context.get(), session));
  CHECK(SSL_session_reused(second.ssl()) == 0);
  CHECK(answer_to(second) == "empty");
  SSL_SESSION_free(session);
}

TEST_CASE("5.15: somebody else's certificate without its key ends the handshake") {
  const AskingServer server;
  const Own theirs = make_identity();
  const Own own = make_identity();
  ClientContext context = context_with(own, TLS1_3_VERSION);
  // OpenSSL's client refuses such a pair itself, so the certificate is swapped at the last moment.
  static Own swapped;
  swapped = theirs;
  SSL_CTX_set_cert_cb(
      context.get(),
      [](SSL* ssl, void*) {
        SSL_use_certificate(ssl, certificate_of(swapped).get());
        return 1;
      },
      nullptr);
  RawClient client = server.connect(true);
  const bool connected = client.start_tls(context.get());
  CHECK((!connected || answer_to(client) != name_of(theirs)));
}
