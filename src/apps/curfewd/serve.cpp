#include "apps/curfewd/serve.hpp"

#include <cstdio>
#include <memory>
#include <utility>

#include "apps/curfewd/config.hpp"
#include "apps/curfewd/wiring.hpp"
#include "base/log.hpp"
#include "io/file.hpp"
#include "io/signals.hpp"

namespace curfew {

namespace {

constexpr std::size_t kConfigBytesMax = 256UL * 1024;
constexpr Duration kDrainTime = std::chrono::seconds{20};
constexpr int kStandardError = 2;

Result<ServerConfig> read_config(const ServeOptions& options) {
  const std::string path =
      options.config_file.empty() ? options.folder.config() : options.config_file;
  const auto text = read_file(path, kConfigBytesMax);
  if (!text.ok()) {
    const bool is_own = options.config_file.empty();
    const bool is_missing = is_own && text.error().code() == ErrorCode::not_found;
    return is_missing ? no_data_folder(options.folder, text.error()) : text.error();
  }
  CURFEW_TRY(ServerConfig config, parse_config(*text, path));
  if (config.base_url.empty()) {
    return Error::permanent(ErrorCode::invalid_argument,
                            path +
                                ": server.base_url is missing: the address that clients use, "
                                "such as \"https://login.contoso.com\"");
  }
  return config;
}

void say_where(const Server& server) {
  for (const BoundListener& listener : server.bound()) {
    log(LogLevel::info, "server.listening",
        {{"address", listener.address}, {"port", static_cast<std::int64_t>(listener.port)}});
  }
  const ServerContext& context = server.context();
  std::printf("Curfew serves %s (tenant %s). Ctrl-C stops it.\n", context.base_url.c_str(),
              context.tenant_id.str().c_str());
  if (context.live().rollback().is_raised()) {
    std::puts(
        "The journal was rolled back: access can be taken away, nothing is issued. Stop the server "
        "and put the newest database back, or run curfewd fence.");
  }
  std::fflush(stdout);
}

}  // namespace

Status serve(const ServeOptions& options) {
  CURFEW_TRY(ServerConfig config, read_config(options));
  configure_log(config.log_level, kStandardError);
  CURFEW_TRY(const std::unique_ptr<Server> server,
             Server::start({options.folder, std::move(config), options.witness_file}));
  const int signal = wait_for_termination(server->runtime(), [&] { say_where(*server); });
  log(LogLevel::info, "server.stopping", {{"signal", signal}});
  const bool drained = server->stop(kDrainTime);
  log(LogLevel::info, "server.stopped", {{"drained", drained}});
  return Done{};
}

}  // namespace curfew
