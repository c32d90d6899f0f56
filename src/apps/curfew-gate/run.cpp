#include "apps/curfew-gate/run.hpp"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "apps/curfew-gate/file_replica.hpp"
#include "apps/curfew-gate/run_status.hpp"
#include "base/text.hpp"
#include "gate/replica/reader.hpp"
#include "io/file.hpp"
#include "io/file_error.hpp"
#include "io/signals.hpp"

namespace curfew {

namespace {

constexpr int kStandardError = 2;
constexpr std::size_t kGroupBytesMax = 64UL * 1024;
constexpr mode_t kSharedDirectoryMode = 0750;

Result<std::optional<gid_t>> group_of(const std::string& name) {
  if (name.empty()) return std::optional<gid_t>{};
  std::string buffer(kGroupBytesMax, '\0');
  group entry{};
  group* found = nullptr;
  ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found != nullptr) return std::optional{found->gr_gid};
  return Error{ErrorCode::not_found, Retry::after_human,
               "there is no group " + escape_for_display(name) +
                   " on this machine; name with "
                   "--reader-group one that the programs which read the replica are in"};
}

// The directory of the replica: ours alone to write, and for the group to look into.
Status prepare_directory(const std::string& replica, std::optional<gid_t> readers) {
  const std::size_t slash = replica.rfind('/');
  if (replica.empty() || replica.front() != '/' || slash + 1 == replica.size()) {
    return Error::permanent(ErrorCode::invalid_argument,
                            "--replica must be the whole path of a file, such as "
                            "/run/curfew-gate/replica");
  }
  const std::string directory = replica.substr(0, std::max<std::size_t>(slash, 1));
  if (const Status made = make_private_directory(directory); !made.ok()) {
    return Error{made.error().code(), Retry::after_human,
                 made.error().message() +
                     "; give the replica a directory of the gate's own with "
                     "--replica"};
  }
  if (!readers) return Done{};
  const bool is_shared = ::chown(directory.c_str(), static_cast<uid_t>(-1), *readers) == 0 &&
                         ::chmod(directory.c_str(), kSharedDirectoryMode) == 0;
  if (!is_shared) return file_error("sharing", directory, errno);
  return Done{};
}

Result<std::vector<std::string>> servers_of(const RunOptions& options,
                                            const GateIdentity& identity) {
  std::vector<std::string> servers = options.servers.empty() ? identity.servers : options.servers;
  for (std::string& server : servers) {
    CURFEW_TRY_STATUS(check_https("--server", server));
    while (server.ends_with('/')) server.pop_back();
  }
  if (servers.size() <= gate_limits::kServerAddressesMax) return servers;
  return Error::permanent(ErrorCode::exhausted,
                          "at most " + std::to_string(gate_limits::kServerAddressesMax) +
                              " addresses can be given with --server");
}

Result<FileLock> lock_folder(const std::string& data) {
  auto lock = FileLock::acquire(data + "/run.lock");
  if (lock.ok()) return lock;
  return lock.error().within("another curfew-gate runs with this folder");
}

Result<std::unique_ptr<FileReplica>> open_replica(const std::string& path,
                                                  const GateIdentity& identity,
                                                  std::optional<gid_t> readers) {
  ReplicaOptions replica;
  replica.path = path;
  replica.table.identity = {identity.tenant_id, identity.issuer};
  replica.table.reader_group = readers;
  CURFEW_TRY(replica.table.boot_id, read_boot_id());
  auto opened = FileReplica::open(replica);
  if (!opened.ok()) return opened.error().within("the replica " + path);
  if (!(*opened)->discarded().empty()) {
    log(LogLevel::warning, "gate.replica_discarded",
        {{"replica", path}, {"why", (*opened)->discarded()}});
  }
  return opened;
}

// Until a signal, with everything that lives as long as the threads do. `say` is called once it can
// be ended.
void follow_until_signal(GateFeedOptions options, FileReplica& replica,
                         const std::function<void()>& say) {
  Runtime runtime{1};
  OffloadPool pool{{.name = "gate-wait", .threads = 2, .waiting_max = 16}};
  GateFeed feed{runtime, pool, std::move(options), replica};
  std::promise<void> ended;
  const int signal = wait_for_termination(runtime, [&] {
    say();
    runtime.executor(0).post([&] { start<Done>(feed.follow(), [&](Done) { ended.set_value(); }); });
  });
  log(LogLevel::info, "gate.stopping", {{"signal", signal}});
  runtime.executor(0).post([&feed] { feed.stop(); });
  ended.get_future().wait();
  runtime.stop_and_wait();
}

}  // namespace

std::string default_replica_path(const GateIdentity& identity) {
  // systemd separates several by colons.
  const char* const value = std::getenv("RUNTIME_DIRECTORY");
  const std::string of_service{split(value == nullptr ? "" : value, ':').front()};
  if (of_service.starts_with('/')) return of_service + "/replica";
  return replica_path_by_default(identity.client_id);
}

std::string replica_path_of(const GateFolder& folder, const GateIdentity& identity,
                            const std::string& given) {
  if (!given.empty()) return given;
  const auto status = last_status(folder);
  if (status && !status->replica.empty()) return status->replica;
  return default_replica_path(identity);
}

Status run_gate(const RunOptions& options) {
  configure_log(options.log_level, kStandardError);
  const GateFolder folder{options.data};
  CURFEW_TRY_STATUS(folder.settle());
  CURFEW_TRY(const GateIdentity identity, folder.enrolled_identity());
  CURFEW_TRY(const GateKey key, folder.key(identity));
  CURFEW_TRY(const FileLock lock, lock_folder(options.data));
  GateFeedOptions feed{.folder = folder, .identity = identity, .times = options.times};
  CURFEW_TRY(feed.servers, servers_of(options, identity));
  CURFEW_TRY(feed.trust, make_client_tls_context(folder.ca_file()));
  feed.replica_path = options.replica.empty() ? default_replica_path(identity) : options.replica;
  CURFEW_TRY(const auto readers, group_of(options.reader_group));
  CURFEW_TRY_STATUS(prepare_directory(feed.replica_path, readers));
  CURFEW_TRY(const std::unique_ptr<FileReplica> replica,
             open_replica(feed.replica_path, identity, readers));
  const auto say = [&identity, &replica, path = feed.replica_path] {
    log(LogLevel::info, "gate.started",
        {{"gate", identity.name},
         {"client_id", identity.client_id},
         {"issuer", identity.issuer},
         {"replica", path},
         {"position", to_string(replica->contiguous())}});
    std::printf("Curfew's gate %s follows %s. Ctrl-C stops it.\n",
                escape_for_display(identity.name).c_str(), identity.issuer.c_str());
    std::fflush(stdout);
  };
  follow_until_signal(std::move(feed), *replica, say);
  log(LogLevel::info, "gate.stopped", {});
  return Done{};
}

}  // namespace curfew
