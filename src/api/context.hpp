// api/context.hpp: what every endpoint works with; built once in apps/curfewd/wiring.cpp.
//
// Everything here outlives every request. Values are set before the first request and not changed
// after; what changes at run time (keys, journal, throttle) is an object that is safe from any
// thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "access/lifetime.hpp"
#include "api/known_apps.hpp"
#include "api/limits/device_limits.hpp"
#include "api/limits/page_turns.hpp"
#include "api/limits/push_meter.hpp"
#include "api/reset_policy.hpp"
#include "api/sender/dpop_nonces.hpp"
#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/secret.hpp"
#include "io/offload_pool.hpp"
#include "protocol/resource/proof_memory.hpp"
#include "store/journal.hpp"
#include "store/store.hpp"

namespace curfew {

// Signatures wait in lots of a few (api/ssf/signal_text.hpp): a third of a second of work.
inline constexpr std::size_t kSigningsWaitingMax = 256;

class TokenKeys;               // api/token_keys.hpp
class SignInThrottle;          // api/limits/sign_in_throttle.hpp
class RevocationService;       // revocation/service.hpp
class AuditLog;                // store/audit.hpp
class Metrics;                 // api/metrics.hpp
class ReceiverCalls;           // api/notify/receiver_calls.hpp
class GateHub;                 // api/gate_feed/gate_hub.hpp
class SourceKeys;              // api/signal_sources/source_keys.hpp
class StatusLists;             // api/token_status/status_lists.hpp
class Runtime;                 // io/runtime.hpp
class SignInLog;               // api/sign_in_log.hpp
class RefusalMeter;            // api/limits/refusal_meter.hpp
class CertificateAuthorities;  // crypto/client_certificate.hpp

struct ServerContext {
  TenantId tenant_id;
  std::vector<std::string> domains;  // of the tenant; also accepted as first path segment
  std::string base_url;              // https://host[:port], no slash at the end
  LifetimePolicy lifetimes;

  Store& store;
  Journal& journal;
  const Clock& clock;
  Runtime& runtime;
  OffloadPool& password_pool;
  TokenKeys& token_keys;
  SignInThrottle& throttle;
  SignInLog& sign_in_log;
  RevocationService& revocation;
  AuditLog& audit;
  Metrics& metrics;
  RefusalMeter& refusals;

  // Derived from the key file, one for each purpose; never stored.
  Secret refresh_token_key;  // HMAC: refresh tokens are computed, not stored
  Secret sealing_key;        // AES-256-GCM: half-finished sign-ins that the browser carries

  // Whether applications may register themselves (RFC 7591).
  bool registers_clients = false;

  std::unique_ptr<KnownApps> known_apps = std::make_unique<KnownApps>(store);
  std::unique_ptr<PushMeter> push_meter = std::make_unique<PushMeter>();
  std::unique_ptr<PushMeter> registration_changes = std::make_unique<PushMeter>();
  // DPoP proofs that were used: by clients, and with access tokens at our own APIs. Apart, because
  // a public client's need nothing that we issued.
  std::unique_ptr<ProofMemory> client_proofs = std::make_unique<ProofMemory>();
  std::unique_ptr<ProofMemory> token_proofs = std::make_unique<ProofMemory>();
  std::unique_ptr<DpopNonces> dpop_nonces = std::make_unique<DpopNonces>();
  // Where clients present TLS certificates, as base_url (RFC 8705 5); empty: nowhere. And the
  // authorities that their names are believed from; null: none.
  std::string mtls_base_url = {};
  std::shared_ptr<const CertificateAuthorities> client_authorities = nullptr;
  std::unique_ptr<DeviceLimits> device_limits = std::make_unique<DeviceLimits>();
  PasswordResetPolicy password_reset{};
  std::unique_ptr<ResetLimits> reset_limits = std::make_unique<ResetLimits>();
  // Calls to addresses that others gave us; outlives this. None: nobody can subscribe to changes.
  ReceiverCalls* receivers = nullptr;
  // What gates follow; outlives the servers of this context. None: nobody can follow.
  GateHub* gate_hub = nullptr;
  // Of those whom we hear signals from; outlives this. None: nobody is heard.
  SourceKeys* source_keys = nullptr;
  // What resources read that look tokens up in a list; outlives this. None: there is no list.
  StatusLists* status_lists = nullptr;
  // Of streams whose events are polled.
  std::unique_ptr<PageTurns> page_turns = std::make_unique<PageTurns>();
  // What is signed by the page and not one for a request: it would hold the I/O thread up. Goes
  // before the rest, which its work refers to.
  std::unique_ptr<OffloadPool> signing_pool =
      std::make_unique<OffloadPool>(OffloadOptions{"signing", 1, kSigningsWaitingMax});

  // "https://host/TID/v2.0", the `iss` of everything (byte for byte as in discovery).
  [[nodiscard]] std::string issuer() const;
  // The `aud` of access tokens that are for no resource but our own userinfo endpoint.
  [[nodiscard]] std::string userinfo_audience() const;
  [[nodiscard]] LiveJournal& live() const { return journal.live(); }
};

// The identifier URI of our own administrator's API (/curfew/v1) as a resource.
inline constexpr std::string_view kAdminApiResource = "api://curfew";

}  // namespace curfew
