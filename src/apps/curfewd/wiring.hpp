// apps/curfewd/wiring.hpp: the parts list of the server: what there is, and what is made of what.
//
// Built once, in the order of the members; torn down in reverse. stop() ends it in the order that
// loses nothing: no new requests, requests in hand finish, the sign-in log is written, the threads
// end, the store closes.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api/context.hpp"
#include "api/gate_feed/gate_connector.hpp"
#include "api/gate_feed/gate_hub.hpp"
#include "api/limits/refusal_meter.hpp"
#include "api/limits/sign_in_throttle.hpp"
#include "api/metrics.hpp"
#include "api/notify/notifier.hpp"
#include "api/password_reset/post_office.hpp"
#include "api/sign_in_log.hpp"
#include "api/signal_sources/source_keys.hpp"
#include "api/signal_sources/source_rounds.hpp"
#include "api/ssf/signal_connector.hpp"
#include "api/ssf/signal_sender.hpp"
#include "api/token_keys.hpp"
#include "api/token_status/status_lists.hpp"
#include "apps/curfewd/config.hpp"
#include "apps/curfewd/data_folder.hpp"
#include "apps/curfewd/run_timer.hpp"
#include "base/result.hpp"
#include "connectors/backchannel_logout/backchannel_logout.hpp"
#include "connectors/backchannel_logout/logout_outbox.hpp"
#include "connectors/global_revocation/global_revocation_target.hpp"
#include "connectors/provider_commands/provider_commands.hpp"
#include "io/file.hpp"
#include "io/http_server.hpp"
#include "io/offload_pool.hpp"
#include "io/runtime.hpp"
#include "revocation/engine.hpp"
#include "revocation/local_connectors.hpp"
#include "revocation/service.hpp"
#include "store/audit.hpp"
#include "store/journal.hpp"
#include "store/witness.hpp"

namespace curfew {

struct ServerParts {
  DataFolder folder;
  ServerConfig config;
  std::string witness_file;  // empty: none
};

class Server {
 public:
  // Opens the data folder and begins to serve. Errors say what stands in the way.
  [[nodiscard]] static Result<std::unique_ptr<Server>> start(const ServerParts& parts);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] const std::vector<BoundListener>& bound() const { return http_->bound(); }
  [[nodiscard]] Runtime& runtime() { return *runtime_; }
  [[nodiscard]] const ServerContext& context() const { return *context_; }

  // Drains for up to `drain_time`; false if something had to be cut.
  bool stop(Duration drain_time);

 private:
  Server() = default;
  Status open_store(const ServerParts& parts);
  Status build_services(const ServerParts& parts);
  Status begin_mail(const ServerConfig& config);
  [[nodiscard]] ConnectorSet make_connectors(const ServerConfig& config);
  Status begin_gates(const ServerParts& parts);
  Status listen(const ServerParts& parts);

  SystemClock clock_;
  std::optional<FileLock> lock_;
  Secret master_key_;
  std::unique_ptr<Witness> witness_;
  std::unique_ptr<Runtime> runtime_;
  std::unique_ptr<OffloadPool> password_pool_;
  std::unique_ptr<Store> store_;
  Tenant tenant_;
  std::unique_ptr<LiveJournal> live_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<AuditLog> audit_;
  std::unique_ptr<TokenKeys> token_keys_;
  std::unique_ptr<SignInThrottle> throttle_;
  std::unique_ptr<SignInLog> sign_in_log_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<RefusalMeter> refusals_;
  std::unique_ptr<RuntimeRunTimer> run_timer_;
  RunWatch run_watch_;
  std::unique_ptr<ReceiverCalls> receivers_;
  std::unique_ptr<LocalConnectors> local_connectors_;
  std::unique_ptr<LogoutTeller> logout_teller_;
  std::unique_ptr<BackchannelLogout> backchannel_logout_;
  std::unique_ptr<GlobalRevocationTarget> global_revocation_;
  std::unique_ptr<ProviderCommands> provider_commands_;
  std::unique_ptr<SignalConnector> signal_connector_;
  std::unique_ptr<GateConnector> gate_connector_;
  std::unique_ptr<RunEngine> engine_;
  std::unique_ptr<RevocationService> revocation_;
  StatusLists status_lists_;
  std::unique_ptr<ServerContext> context_;
  std::unique_ptr<PostOffice> post_office_;  // none: no mail is sent
  std::shared_ptr<Notifier> notifier_;
  std::shared_ptr<LogoutOutbox> logout_outbox_;
  std::shared_ptr<SignalSender> signal_sender_;
  std::unique_ptr<SourceKeys> source_keys_;
  std::shared_ptr<SourceRounds> source_rounds_;
  std::shared_ptr<GateHub> gate_hub_;
  std::unique_ptr<HttpServer> http_;
};

}  // namespace curfew
