#include "apps/curfew-gate/site_server.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "apps/curfew-gate/gate_folder.hpp"
#include "apps/curfew-gate/run.hpp"
#include "apps/curfew-gate/site_folder.hpp"
#include "base/text.hpp"
#include "gate/session/session_limits.hpp"
#include "io/signals.hpp"

namespace curfew {

namespace {

constexpr int kStandardError = 2;
constexpr Duration kDrainTime = std::chrono::seconds{5};

Error wrong_address(const std::string& given) {
  return Error::permanent(
      ErrorCode::invalid_argument,
      "--listen " + escape_for_display(given) +
          " is not a loopback address with a port (127.0.0.1:9180) or unix:PATH");
}

Result<HttpListener> listener_of(const std::string& text) {
  constexpr std::string_view kUnix = "unix:";
  if (text.starts_with(kUnix)) return HttpListener{UnixListener{text.substr(kUnix.size())}};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return wrong_address(text);
  std::string address = text.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  }
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [last, failed] = std::from_chars(text.data() + colon + 1, end, port);
  if (failed != std::errc{} || last != end) return wrong_address(text);
  return HttpListener{PlainListener{std::move(address), port}};
}

Task<Result<HttpAnswer>> post_form(OffloadPool& pool, std::string ca_file, std::string url,
                                   std::string form) {
  HttpCall call;
  call.method = HttpMethod::post;
  call.url = std::move(url);
  call.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  call.body = std::move(form);
  call.ca_file = std::move(ca_file);
  call.answer_bytes_max = session_limits::kTokenAnswerBytesMax;
  auto work = [call = std::move(call)] {
    HttpClient client;
    return client.send(call, session_limits::kTokenCallTimeMax);
  };
  auto answer = co_await offload(pool, current_executor(), std::move(work));
  co_return answer;
}

Result<std::unique_ptr<TokenGate>> token_gate(const std::string& replica,
                                              const GateIdentity& identity) {
  CURFEW_TRY(const BootId boot_id, read_boot_id());
  TokenGateConfig config;
  config.replica_path = replica;
  config.reader = {{identity.tenant_id, identity.issuer}, {::geteuid()}};
  return TokenGate::make(std::move(config), [boot_id] {
    static const SystemClock clock;
    return machine_time(boot_id, clock);
  });
}

}  // namespace

Result<std::unique_ptr<SiteServer>> SiteServer::start(Runtime& runtime, OffloadPool& pool,
                                                      const SiteServerOptions& options) {
  const GateFolder folder{options.data};
  CURFEW_TRY(const GateIdentity identity, folder.enrolled_identity());
  CURFEW_TRY(std::vector<Site> sites, SiteFolder{options.data}.sites());
  if (sites.empty()) {
    return Error{ErrorCode::not_found, Retry::after_human,
                 "there is no site in " + options.data + "; `curfew-gate site add` makes one"};
  }
  CURFEW_TRY(Provider provider, provider_of(identity.issuer));
  CURFEW_TRY(HttpListener listener, listener_of(options.listen));
  CURFEW_TRY(auto gate, token_gate(replica_path_of(folder, identity, options.replica), identity));
  std::unique_ptr<SiteServer> made{new SiteServer{std::move(gate), sites.size()}};
  const std::string ca_file = folder.ca_file();
  PostForm post = [&pool, ca_file](std::string url, std::string form) {
    return post_form(pool, ca_file, std::move(url), std::move(form));
  };
  made->handler_ =
      std::make_unique<SiteHandler>(SiteParts{std::move(sites), std::move(provider), *made->gate_,
                                              runtime, std::move(post), !options.pages_only});
  // As early as it can be known; where the gate's process has not run yet, with the first question.
  if (!options.pages_only) {
    const Status said = made->handler_->say_that_requests_go_on();
    if (!said.ok()) log(LogLevel::debug, "gate.not_said_yet", {{"why", said.error().message()}});
  }
  HttpServerOptions server;
  server.listeners = {std::move(listener)};
  CURFEW_TRY(made->server_, HttpServer::start(runtime, std::move(server),
                                              [&handler = *made->handler_](HttpRequest request) {
                                                return handler.handle(std::move(request));
                                              }));
  return made;
}

Status serve_sites(const SiteServerOptions& options, LogLevel log_level) {
  configure_log(log_level, kStandardError);
  Runtime runtime{1};
  OffloadPool pool{{.name = "gate-calls", .threads = 4, .waiting_max = 64}};
  CURFEW_TRY(auto server, SiteServer::start(runtime, pool, options));
  log(LogLevel::info, "gate.serving",
      {{"listen", options.listen},
       {"port", static_cast<int>(server->bound().port)},
       {"sites", static_cast<std::uint64_t>(server->site_count())}});
  const int signal = wait_for_termination(runtime, [&] {
    std::printf("Curfew's gate answers for %zu sites at %s. Ctrl-C stops it.\n",
                server->site_count(), options.listen.c_str());
    std::fflush(stdout);
  });
  log(LogLevel::info, "gate.stopping", {{"signal", signal}});
  server->stop(kDrainTime);
  runtime.stop_and_wait();
  return Done{};
}

}  // namespace curfew
