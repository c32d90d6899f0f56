// revocation/service.hpp: everything that takes access away or gives it back enters here.
//
// Each change: one transaction that asks first whether the requester still stands, then the guard,
// then changes and audits; a refusal is in the audit too. Thread: any; a
// Task resumes on the executor that its caller names, which is normally the I/O thread of the
// request. The service outlives every task of it.
//
// Errors of all calls: what the requester's own check says, `denied` with the guard's rule
// (guard_rule_of()), `not_found`, `invalid_argument`, `conflict`, and what the store says.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "model/actor.hpp"
#include "revocation/engine.hpp"
#include "revocation/guard.hpp"
#include "revocation/plan.hpp"
#include "revocation/removal.hpp"
#include "revocation/report.hpp"
#include "revocation/requester.hpp"
#include "revocation/restore.hpp"
#include "revocation/run_store.hpp"
#include "store/audit.hpp"
#include "store/journal.hpp"

namespace curfew {

struct RevocationRequest {
  std::string subject;  // a user's id or user principal name
  PlanOptions options;
  std::string reason;           // at most kReasonBytesMax
  std::string idempotency_key;  // empty: none; at most kIdempotencyKeyBytesMax
  std::string since = {};       // as parse_since() reads it; empty: options.since as it is
  std::string txn = {};         // Removal::txn
};
inline constexpr std::size_t kReasonBytesMax = 1024;
inline constexpr std::size_t kIdempotencyKeyBytesMax = 128;

struct Revoked {
  RunData data;
  bool made_now = true;  // false: a repeated request; this is the run that the first one made
};

struct ServiceParts {
  TenantId tenant_id;
  Store& store;
  Journal& journal;
  AuditLog& audit;
  const Clock& clock;
  PlanPolicy plan_policy;
  ReportSigner signer;
  std::function<std::string()> new_id;  // a GUID
};

// Tells those who follow a run that it changed. Thread-safe.
class RunWatch {
 public:
  class Subscription;
  // `changed` is called on the engine's executor after each stored change, until the subscription
  // is destroyed. It must be quick: it wakes somebody up.
  [[nodiscard]] std::unique_ptr<Subscription> subscribe(const RunId& id,
                                                        std::function<void()> changed);
  void publish(const RunId& id);

 private:
  void forget(const RunId& id, std::uint64_t number);
  std::mutex mutex_;
  std::uint64_t next_ = 1;
  std::map<RunId, std::map<std::uint64_t, std::function<void()>>> watchers_;
};

class RunWatch::Subscription {
 public:
  Subscription(RunWatch& watch, RunId id, std::uint64_t number)
      : watch_(watch), id_(std::move(id)), number_(number) {}
  ~Subscription() { watch_.forget(id_, number_); }
  Subscription(const Subscription&) = delete;
  Subscription& operator=(const Subscription&) = delete;

 private:
  RunWatch& watch_;
  RunId id_;
  std::uint64_t number_;
};

class RevocationService {
 public:
  // `engine` gets the runs; build it with on_change publishing to watch().
  RevocationService(ServiceParts parts, RunEngine& engine, RunWatch& watch)
      : parts_(std::move(parts)), engine_(engine), watch_(watch) {}

  // What a run would do and end: the dry run. Guarded and audited like the run; changes nothing
  // else.
  [[nodiscard]] Task<Result<Plan>> plan(RevocationRequest request, Requester by,
                                        Executor& executor);
  // What the subject has got, and how long each path would live: for `curfew access`. Needs any
  // role that may read the directory; not audited.
  [[nodiscard]] Result<Plan> access_of(const std::string& subject, const Actor& actor);

  // Ends when the cut is durable; the run is then being driven. Where the caller was told of a
  // failure although it was durable, the same request again finds the run and has it driven.
  [[nodiscard]] Task<Result<Revoked>> revoke(RevocationRequest request, Requester by,
                                             Executor& executor);
  // Undoes a run.
  [[nodiscard]] Task<Result<RunData>> restore(RunId id, Requester by, Executor& executor);
  // A person asks for another attempt at a failed or waiting step, or closes it.
  [[nodiscard]] Task<Result<Done>> retry_step(RunId id, StepId step_id, Requester by,
                                              Executor& executor);
  [[nodiscard]] Task<Result<Done>> close_step(RunId id, StepId step_id, Requester by,
                                              Executor& executor);

  // One single removal, such as disabling a device or ending a session, and its opposite.
  // `proof`: what the caller has shown in this very request; a password change by oneself needs it.
  [[nodiscard]] Task<Result<RemovalEffect>> remove_one(Removal removal, Requester by,
                                                       Executor& executor,
                                                       ActorProof proof = ActorProof::none);
  [[nodiscard]] Task<Result<RestoralEffect>> restore_one(Restoral restoral, Requester by,
                                                         Executor& executor);

  // Reading: a store snapshot in the calling thread. Needs a role that may read the directory, or
  // any that could have made the run.
  [[nodiscard]] Result<RunData> run(const RunId& id, const Actor& actor);
  [[nodiscard]] Result<std::vector<Run>> runs(const RunQuery& query, const Actor& actor);
  // The signed report as it stands now.
  [[nodiscard]] Result<std::string> report(const RunId& id, const Actor& actor);

  // For Server-Sent Events: subscribe, then send run() whenever Run::change has grown.
  [[nodiscard]] RunWatch& watch() { return watch_; }

 private:
  [[nodiscard]] Result<Plan> plan_in(ReadTx& tx, const UserId& id, const PlanOptions& options,
                                     const Actor& actor) const;
  [[nodiscard]] Task<Result<Done>> ask_step(std::string action, RunId id, StepId step_id,
                                            Requester by, Executor& executor, RunEvent event);
  [[nodiscard]] Status check_step(ReadTx& tx, const Run& run, const Step& step,
                                  const Actor& actor) const;

  ServiceParts parts_;
  RunEngine& engine_;
  RunWatch& watch_;
};

}  // namespace curfew
