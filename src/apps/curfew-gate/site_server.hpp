// apps/curfew-gate/site_server.hpp: the HTTP side of a gate: browser sessions and forward-auth for
// all sites of its folder, by the replica on this machine.
//
// A reader of the replica as any other: it runs beside the process that keeps it, and refuses (503)
// while there is none, or its lease has ended.
#pragma once

#include <memory>
#include <string>

#include "base/log.hpp"
#include "base/result.hpp"
#include "gate/session/site_handler.hpp"
#include "io/http_server.hpp"
#include "io/offload_pool.hpp"
#include "io/runtime.hpp"

namespace curfew {

struct SiteServerOptions {
  std::string data;         // the gate's folder
  std::string replica;      // the file's path; empty: where `run` last had it
  std::string listen;       // "127.0.0.1:9180", "[::1]:9180" or "unix:PATH"
  bool pages_only = false;  // no web server may ask about requests (SiteParts)
};

class SiteServer {
 public:
  // `runtime` has one thread; both outlive this. Errors: of the folder, the sites, the address;
  // not_found where there is no site.
  [[nodiscard]] static Result<std::unique_ptr<SiteServer>> start(Runtime& runtime,
                                                                 OffloadPool& pool,
                                                                 const SiteServerOptions& options);
  SiteServer(const SiteServer&) = delete;
  SiteServer& operator=(const SiteServer&) = delete;

  [[nodiscard]] const BoundListener& bound() const { return server_->bound().front(); }
  [[nodiscard]] std::size_t site_count() const { return site_count_; }
  void stop(Duration drain_time) { server_->stop(drain_time); }

 private:
  SiteServer(std::unique_ptr<TokenGate> gate, std::size_t site_count)
      : gate_(std::move(gate)), site_count_(site_count) {}
  std::unique_ptr<TokenGate> gate_;
  std::size_t site_count_;
  std::unique_ptr<SiteHandler> handler_;
  std::unique_ptr<HttpServer> server_;  // goes first
};

// `curfew-gate serve`: until a signal. Errors are about the start.
[[nodiscard]] Status serve_sites(const SiteServerOptions& options, LogLevel log_level);

}  // namespace curfew
