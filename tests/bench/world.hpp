// tests/bench/world.hpp: a data folder made by the real `curfewd init`, and the real server on it.
//
// Rows are stored while no server runs, straight through the store; everything after that goes over
// TLS. The folder is removed with the object.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "apps/curfewd/offline_tenant.hpp"
#include "base/result.hpp"
#include "tests/bench/load.hpp"
#include "tests/bench/options.hpp"
#include "tests/bench/process.hpp"

namespace curfew::bench {

class World {
 public:
  [[nodiscard]] static Result<std::unique_ptr<World>> make(const Options& options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Opens the folder as a tool does while no server runs.
  Status fill(const std::function<Status(OfflineTenant&)>& body);

  // Stops a server that runs, and starts one with so many I/O threads.
  Status serve(std::size_t threads);
  void stop_server() { server_.stop(); }

  [[nodiscard]] Target target() const { return {port_, server_.pid(), folder_.ca()}; }
  [[nodiscard]] const TenantId& tenant_id() const { return tenant_id_; }
  // "/TENANT/oauth2/v2.0/token" for "/oauth2/v2.0/token".
  [[nodiscard]] std::string path(std::string_view below) const;
  [[nodiscard]] const Secret& refresh_key() const { return refresh_key_; }
  [[nodiscard]] const DataFolder& folder() const { return folder_; }
  [[nodiscard]] std::uint64_t database_bytes() const;

 private:
  explicit World(const Options& options) : options_(options) {}
  Status init();

  const Options& options_;
  std::string root_;
  DataFolder folder_;
  std::uint16_t port_ = 0;
  TenantId tenant_id_;
  Secret refresh_key_;
  Child server_;
};

// An empty folder of this process below `options.temp`.
[[nodiscard]] Result<std::string> make_temp_folder(const Options& options);

inline constexpr std::string_view kDomain = "contoso.com";

}  // namespace curfew::bench
