#include "apps/curfewd/wiring.hpp"

#include <algorithm>
#include <set>
#include <thread>
#include <utility>

#include "api/builtin_apps.hpp"
#include "api/directory/directory_index.hpp"
#include "api/rollback_watch.hpp"
#include "api/router.hpp"
#include "api/ssf/stream_right.hpp"
#include "api/targets/target_token.hpp"
#include "apps/curfewd/offline_tenant.hpp"
#include "apps/curfewd/witness_check.hpp"
#include "base/log.hpp"
#include "crypto/client_certificate.hpp"
#include "crypto/random.hpp"
#include "model/lifetime_in_force.hpp"
#include "model/signals_app.hpp"
#include "protocol/oidc/discovery.hpp"
#include "revocation/lifetime_history.hpp"
#include "revocation/signal_steps.hpp"
#include "revocation/target_steps.hpp"

namespace curfew {

namespace {

constexpr std::size_t kPasswordChecksWaitingMax = 64;

std::size_t core_count() { return std::max(1U, std::thread::hardware_concurrency()); }

std::vector<std::string> endpoint_names() {
  std::vector<std::string> names;
  for (const EndpointSpec& endpoint : all_endpoints()) names.emplace_back(endpoint.name);
  return names;
}

static_assert(kLifetimeInForceMax == kAccessTokenLifetimeMax);

// Before anything is issued, so that a later change of the settings does not forget these.
Status note_lifetimes(Store& store, const TenantId& tenant_id, const LifetimePolicy& lifetimes,
                      TimePoint now) {
  return store.write_and_wait(Urgency::normal, [&](WriteTx& tx) {
    return note_lifetime(tx, tenant_id, longest_access_token_lifetime(lifetimes), now);
  });
}

// The resources whose tokens this very server judges at each request.
PlanPolicy plan_policy(const LifetimePolicy& lifetimes, const std::string& base_url,
                       const GateConnector& gates) {
  PlanPolicy policy;
  policy.own_resources = {"", std::string{kAdminApiResource}, std::string{kGraphResource},
                          std::string{kSignalsResource}, base_url};
  policy.longest_access_token_lifetime = longest_access_token_lifetime(lifetimes);
  policy.open_gates = [&gates] { return std::uint64_t{gates.gate_count()}; };
  return policy;
}

ReportSigner report_signer(TokenKeys& keys) {
  return {[&keys](std::string_view payload) { return keys.sign_report(payload); },
          [&keys] { return keys.report_public_jwk(); }};
}

Result<TlsIdentity> read_tls_identity(const ServerParts& parts) {
  constexpr std::size_t kPemBytesMax = 256UL * 1024;
  const bool is_own = parts.config.certificate_file.empty();
  const std::string certificate =
      is_own ? parts.folder.certificate() : parts.config.certificate_file;
  const std::string key = is_own ? parts.folder.certificate_key() : parts.config.private_key_file;
  TlsIdentity identity;
  CURFEW_TRY(identity.certificate_chain_pem, read_file(certificate, kPemBytesMax));
  CURFEW_TRY(std::string private_key, read_file(key, kPemBytesMax));
  identity.private_key_pem = Secret{std::move(private_key)};
  return identity;
}

// Null: no authority is trusted.
Result<std::shared_ptr<const CertificateAuthorities>> read_client_authorities(
    const ServerConfig& config) {
  constexpr std::size_t kPemBytesMax = 256UL * 1024;
  if (config.client_ca_file.empty()) return std::shared_ptr<const CertificateAuthorities>{};
  CURFEW_TRY(const std::string pem, read_file(config.client_ca_file, kPemBytesMax));
  auto read = CertificateAuthorities::read(pem);
  if (!read.ok()) return read.error().within(config.client_ca_file);
  return std::shared_ptr<const CertificateAuthorities>{
      std::make_shared<CertificateAuthorities>(std::move(read).value())};
}

// For connectors: calls to addresses that others gave us, in lanes of their own.
OutsidePost outside_post(ReceiverCalls& receivers, const Clock& clock) {
  return [&receivers, &clock](OutsideCall call, std::function<void(Result<OutsideAnswer>)> done) {
    ReceiverCall made;
    made.url = std::move(call.url);
    made.content_type = std::move(call.content_type);
    made.body = std::move(call.body);
    if (!call.authorization.empty()) {
      made.headers.emplace_back("Authorization", std::move(call.authorization));
    }
    made.deadline = call.deadline;
    made.lane = call.is_slow ? CallLane::ending_troubled : CallLane::ending;
    made.still_allowed = [&clock, not_after = call.not_after]() -> Status {
      if (clock.now() <= not_after) return Done{};
      return Error::transient(ErrorCode::timeout, "too many calls are under way");
    };
    receivers.post(std::move(made), [done = std::move(done)](Result<ReceiverAnswer> answer) {
      if (!answer.ok()) return done(answer.error());
      done(OutsideAnswer{answer->status, std::move(answer->body)});
    });
  };
}

std::vector<HttpListener> listeners(const ServerParts& parts) {
  std::vector<HttpListener> made;
  for (const ListenAddress& tls : parts.config.listen) {
    made.emplace_back(TlsListener{tls.address, tls.port});
  }
  for (const ListenAddress& mtls : parts.config.listen_mtls) {
    made.emplace_back(TlsListener{mtls.address, mtls.port, /*asks_for_certificate=*/true});
  }
  for (const ListenAddress& plain : parts.config.listen_plain) {
    made.emplace_back(PlainListener{plain.address, plain.port});
  }
  made.emplace_back(UnixListener{parts.folder.socket()});
  return made;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const ServerParts& parts) {
  std::unique_ptr<Server> server{new Server};
  CURFEW_TRY_STATUS(server->open_store(parts));
  CURFEW_TRY_STATUS(server->build_services(parts));
  CURFEW_TRY_STATUS(server->listen(parts));
  return server;
}

Status Server::open_store(const ServerParts& parts) {
  CURFEW_TRY(lock_, lock_data_folder(parts.folder));
  CURFEW_TRY(master_key_, read_master_key(parts.folder));
  CURFEW_TRY(store_, open_sqlite_store({parts.folder.database()}));
  CURFEW_TRY(tenant_, only_tenant(*store_));
  CURFEW_TRY(live_, load_live_journal(*store_, tenant_.id));
  CURFEW_TRY(witness_,
             open_agreeing_witness(parts.witness_file, parts.folder, *store_, tenant_.id));
  if (witness_) {
    keep_witness(*store_, *witness_, *live_);
    // A witness that is behind, after a crash or a command, is brought up before anything is
    // served.
    CURFEW_TRY_STATUS(witness_->raise(live_->head().position, live_->head().chain_hash));
  }
  return Done{};
}

Status Server::build_services(const ServerParts& parts) {
  const ServerConfig& config = parts.config;
  CURFEW_TRY_STATUS(ensure_built_in_apps(*store_, tenant_.id, config.base_url, clock_.now()));
  CURFEW_TRY_STATUS(build_directory_index(*store_, tenant_.id));
  CURFEW_TRY_STATUS(note_lifetimes(*store_, tenant_.id, config.lifetimes, clock_.now()));
  runtime_ = std::make_unique<Runtime>(config.threads != 0 ? config.threads : core_count());
  password_pool_ = std::make_unique<OffloadPool>(
      OffloadOptions{"passwords",
                     config.password_threads != 0 ? config.password_threads
                                                  : std::max<std::size_t>(1, core_count() / 2),
                     kPasswordChecksWaitingMax});
  journal_ = std::make_unique<Journal>(tenant_.id, *live_);
  CURFEW_TRY(audit_, make_audit_log(tenant_.id, master_key_));
  CURFEW_TRY(token_keys_, TokenKeys::load(*store_, tenant_.id, master_key_));
  throttle_ = std::make_unique<SignInThrottle>();
  sign_in_log_ = std::make_unique<SignInLog>(*store_);
  metrics_ = std::make_unique<Metrics>(endpoint_names());
  refusals_ = std::make_unique<RefusalMeter>();

  Executor& engine_executor = runtime_->executor(0);
  run_timer_ = std::make_unique<RuntimeRunTimer>(*runtime_, engine_executor, clock_);
  EngineParts engine{tenant_.id,  *store_,
                     clock_,      engine_executor,
                     *run_timer_, make_connectors(config),
                     RunPolicy{}, [this](const RunData& data) { run_watch_.publish(data.run.id); }};
  engine_ = std::make_unique<RunEngine>(std::move(engine));
  ServiceParts service{tenant_.id,
                       *store_,
                       *journal_,
                       *audit_,
                       clock_,
                       plan_policy(config.lifetimes, config.base_url, *gate_connector_),
                       report_signer(*token_keys_),
                       [] { return new_guid(); }};
  revocation_ = std::make_unique<RevocationService>(std::move(service), *engine_, run_watch_);

  context_.reset(new ServerContext{
      tenant_.id, tenant_.domains, config.base_url, config.lifetimes, *store_, *journal_, clock_,
      *runtime_, *password_pool_, *token_keys_, *throttle_, *sign_in_log_, *revocation_, *audit_,
      *metrics_, *refusals_, refresh_token_key(master_key_), browser_state_key(master_key_)});
  context_->registers_clients = config.registers_clients;
  context_->mtls_base_url = config.mtls_base_url;
  CURFEW_TRY(context_->client_authorities, read_client_authorities(config));
  context_->password_reset = config.password_reset;
  CURFEW_TRY_STATUS(begin_mail(config));
  context_->receivers = receivers_.get();
  notifier_ = std::make_shared<Notifier>(*context_, runtime_->executor(0));
  notifier_->start_rounds();
  logout_outbox_ = std::make_shared<LogoutOutbox>(*logout_teller_, *runtime_);
  logout_outbox_->start_rounds();
  signal_sender_ = std::make_shared<SignalSender>(
      *context_, runtime_->executor(0),
      [this](const RunId& run, const StepId& step) { engine_->send(run, RetryAsked{step}); });
  signal_sender_->start_rounds();
  source_keys_ = std::make_unique<SourceKeys>(*context_);
  context_->source_keys = source_keys_.get();
  context_->status_lists = &status_lists_;
  source_rounds_ = std::make_shared<SourceRounds>(*context_, runtime_->executor(0));
  source_rounds_->start_rounds();
  watch_for_rollback(*context_);
  if (const auto proof = live_->rollback().proof()) log_rollback(*proof);
  CURFEW_TRY_STATUS(begin_gates(parts));
  start_housekeeping({tenant_.id, *store_, clock_, *runtime_, config.pruning});
  return engine_->resume();
}

// Every kind of target that a run acts on.
ConnectorSet Server::make_connectors(const ServerConfig& config) {
  Executor& executor = runtime_->executor(0);
  receivers_ = make_receiver_calls(config.receivers);
  local_connectors_ =
      std::make_unique<LocalConnectors>(LocalParts{*store_, *journal_, clock_, executor});
  const OutsideParts outside{tenant_.id,
                             issuer_of(config.base_url, tenant_.id),
                             *store_,
                             clock_,
                             executor,
                             [this](TokenAlg alg, std::string_view typ, std::string_view payload) {
                               return token_keys_->sign(alg, typ, payload);
                             },
                             outside_post(*receivers_, clock_)};
  logout_teller_ = std::make_unique<LogoutTeller>(outside);
  backchannel_logout_ = std::make_unique<BackchannelLogout>(*logout_teller_);
  global_revocation_ = std::make_unique<GlobalRevocationTarget>(
      outside,
      [this](const RevocationTarget& target) { return open_target_token(*context_, target); });
  provider_commands_ = std::make_unique<ProviderCommands>(outside);
  signal_connector_ = std::make_unique<SignalConnector>(
      *store_, tenant_.id, [this](ReadTx& tx, const SignalStream& stream) {
        return check_stream_stands(tx, *context_, stream);
      });
  gate_connector_ = std::make_unique<GateConnector>(*store_, tenant_.id, clock_, executor);
  ConnectorSet all = local_connectors_->all();
  all.emplace(kBackchannelLogoutConnector, backchannel_logout_.get());
  all.emplace(kGlobalRevocationConnector, global_revocation_.get());
  all.emplace(kProviderCommandsConnector, provider_commands_.get());
  all.emplace(kSignalsConnector, signal_connector_.get());
  all.emplace(local_target::kGates, gate_connector_.get());
  return all;
}

// The file is read at the start, so that a wrong one is said then.
Status Server::begin_mail(const ServerConfig& config) {
  if (config.mail.url.empty()) return Done{};
  constexpr std::size_t kMailPasswordBytesMax = 4096;
  SmtpServer server = config.mail;
  if (!config.mail_password_file.empty()) {
    CURFEW_TRY(const std::string text, read_file(config.mail_password_file, kMailPasswordBytesMax));
    server.password = Secret{std::string_view{text}.substr(0, text.find_last_not_of("\r\n") + 1)};
  }
  post_office_ = std::make_unique<PostOffice>(*context_, std::move(server));
  return Done{};
}

// What a life before this one may have granted lasts as long as any ever was set to; so it is
// written down before anything is granted, and only grows.
Status Server::begin_gates(const ServerParts& parts) {
  const LedgerSettings& ledger = parts.config.gates;
  CURFEW_TRY(const Duration longest, note_longest_lease(parts.folder, ledger.lease + ledger.drift));
  gate_hub_ = std::make_shared<GateHub>(*context_, GateHubSettings{ledger, longest});
  CURFEW_TRY_STATUS(gate_hub_->start());
  gate_connector_->attach(gate_hub_);
  context_->gate_hub = gate_hub_.get();
  return Done{};
}

Status Server::listen(const ServerParts& parts) {
  HttpServerOptions options;
  options.listeners = listeners(parts);
  CURFEW_TRY(options.tls, read_tls_identity(parts));
  options.limits.connections_max = parts.config.connections_max;
  options.forwarded_for = parts.config.forwarded_for;
  CURFEW_TRY(http_, HttpServer::start(*runtime_, std::move(options), [this](HttpRequest request) {
               return route(*context_, std::move(request));
             }));
  return Done{};
}

bool Server::stop(Duration drain_time) {
  const bool drained = http_->stop(drain_time);
  const Status flushed = sign_in_log_->flush();
  if (!flushed.ok()) {
    log(LogLevel::warning, "sign_in_log.lost", {{"why", flushed.error().message()}});
  }
  return drained;
}

Server::~Server() {
  http_.reset();
  if (post_office_) post_office_->close();
  if (runtime_) runtime_->stop_and_wait();
  // Nothing runs on the I/O threads any more; the store's writer may still call back into them, so
  // it goes before they do.
  post_office_.reset();
  engine_.reset();
  receivers_.reset();  // calls that are under way still ask the store
  store_.reset();
}

}  // namespace curfew
