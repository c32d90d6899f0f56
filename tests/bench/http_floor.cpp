// bench/http_floor.cpp: the HTTP server with a trivial handler, to measure what it costs by itself.
//
//   http_floor THREADS PLAIN_PORT TLS_PORT CERT.pem KEY.pem
//
// Answers every request with 900 bytes of JSON until SIGTERM or SIGINT. Measure with a load
// generator and the process's own CPU time (/proc/PID/stat).
#include <cstdio>
#include <cstdlib>
#include <string>

#include "io/file.hpp"
#include "io/http_server.hpp"
#include "io/signals.hpp"

namespace {

using curfew::HttpRequest;
using curfew::HttpResponse;
using curfew::Task;

Task<HttpResponse> answer(HttpRequest /*request*/) {
  HttpResponse response = HttpResponse::json(200, std::string(900, 'x'));
  response.headers.add("Cache-Control", "no-store");
  co_return response;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  curfew::Runtime runtime(static_cast<std::size_t>(std::atoi(argv[1])));
  curfew::HttpServerOptions options;
  options.listeners.emplace_back(curfew::PlainListener{
      .address = "127.0.0.1", .port = static_cast<std::uint16_t>(std::atoi(argv[2]))});
  options.listeners.emplace_back(curfew::TlsListener{
      .address = "127.0.0.1", .port = static_cast<std::uint16_t>(std::atoi(argv[3]))});
  auto certificate = curfew::read_file(argv[4]);
  auto key = curfew::read_file(argv[5]);
  if (!certificate.ok() || !key.ok()) return 2;
  options.tls = {.certificate_chain_pem = *certificate,
                 .private_key_pem = curfew::Secret{std::move(*key)}};
  auto server = curfew::HttpServer::start(runtime, std::move(options), answer);
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", server.error().message().c_str());
    return 1;
  }
  [[maybe_unused]] const int signal = curfew::wait_for_termination(runtime, [&] {
    std::printf("plain %d, tls %d\n", (*server)->bound()[0].port, (*server)->bound()[1].port);
    std::fflush(stdout);
  });
  return (*server)->stop(curfew::Duration{1000}) ? 0 : 1;
}
