#include "tests/bench/world.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace curfew::bench {

namespace {

Error failed(std::string message) {
  return Error::permanent(ErrorCode::unavailable, std::move(message));
}

// A port that nobody listens on now.
std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const bool is_bound = ::bind(fd, generic, size) == 0 && ::getsockname(fd, generic, &size) == 0;
  ::close(fd);
  return is_bound ? ntohs(address.sin_port) : 0;
}

}  // namespace

Result<std::string> make_temp_folder(const Options& options) {
  std::string path = options.temp + "/curfew-bench-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) return failed("no folder can be made in " + options.temp);
  return path;
}

Result<std::unique_ptr<World>> World::make(const Options& options) {
  std::unique_ptr<World> world{new World{options}};
  CURFEW_TRY(world->root_, make_temp_folder(options));
  CURFEW_TRY_STATUS(world->init());
  return world;
}

World::~World() {
  server_.stop();
  std::error_code ignored;
  if (!root_.empty()) std::filesystem::remove_all(root_, ignored);
}

Status World::init() {
  folder_.path = root_ + "/data";
  port_ = free_port();
  CURFEW_TRY_STATUS(run_to_end({options_.bin + "/curfewd", "init", "--data", folder_.path,
                                "--domain", std::string{kDomain}, "--port", std::to_string(port_)},
                               root_ + "/init.log"));
  return fill([this](OfflineTenant& tenant) -> Status {
    tenant_id_ = tenant.tenant.id;
    refresh_key_ = refresh_token_key(tenant.master_key);
    return Done{};
  });
}

Status World::fill(const std::function<Status(OfflineTenant&)>& body) {
  CURFEW_TRY(OfflineTenant tenant, open_offline(folder_));
  return body(tenant);
}

Status World::serve(std::size_t threads) {
  server_.stop();
  const std::string config = root_ + "/bench.toml";
  const std::string port = std::to_string(port_);
  std::ofstream{config} << "[server]\nbase_url = \"https://localhost:" << port
                        << "\"\nlisten = [\"127.0.0.1:" << port << "\"]\nthreads = " << threads
                        << "\n[log]\nlevel = \"error\"\n";
  CURFEW_TRY(server_, Child::start({options_.bin + "/curfewd", "serve", "--data", folder_.path,
                                    "--config", config},
                                   "Curfew serves", root_ + "/serve.log"));
  return Done{};
}

std::string World::path(std::string_view below) const {
  return "/" + tenant_id_.str() + std::string{below};
}

std::uint64_t World::database_bytes() const {
  std::error_code ignored;
  return std::filesystem::file_size(folder_.database(), ignored);
}

}  // namespace curfew::bench
