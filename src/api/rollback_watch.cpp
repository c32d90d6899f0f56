#include "api/rollback_watch.hpp"

#include <utility>

#include "base/log.hpp"
#include "io/runtime.hpp"
#include "model/chain_mark.hpp"
#include "store/audit.hpp"
#include "store/schema_rollback.hpp"

namespace curfew {

namespace {

RollbackAlarm& alarm_of(const ServerContext& context) { return context.live().rollback(); }

Status write_proof(const ServerContext& context, WriteTx& tx, const RollbackProof& proof) {
  CURFEW_TRY_STATUS(save(tx, proof));
  AuditEvent event;
  event.action = "tenant.rolled_back";
  event.outcome = AuditOutcome::failed;
  event.position = proof.head;
  event.actor_kind = ActorKind::system;
  event.actor_id = event.actor_name = "validity-rule";
  event.subject_id = proof.tenant_id.str();
  event.detail = "stamp " + to_string(proof.stamp) + " of " + proof.credential;
  CURFEW_TRY_STATUS(context.audit.append(tx, event, proof.proved_at));
  return Done{};
}

void store_proof(const ServerContext& context, const RollbackProof& proof) {
  context.store.write(
      Urgency::emergency,
      [&context, proof](WriteTx& tx) { return write_proof(context, tx, proof); },
      [&context](const Status& status) {
        if (status.ok()) return alarm_of(context).settle();
        log(LogLevel::error, "journal.rollback_not_stored", {{"why", status.error().message()}});
        alarm_of(context).dismiss();
      });
}

struct JournalAtStamp {
  Position head;
  std::optional<std::string> chain_hash;
};

// The journal ends before the stamp; or, of this generation, has another entry there.
bool is_proof(const RollbackSuspicion& suspicion, const JournalAtStamp& journal) {
  if (suspicion.chain_hash.empty()) return suspicion.stamp > journal.head;
  return proves_rollback({suspicion.stamp, suspicion.chain_hash}, journal.head, journal.chain_hash);
}

Result<JournalAtStamp> journal_at(const ServerContext& context, Position stamp) {
  return read_value<JournalAtStamp>(context.store, [&](ReadTx& tx) -> Result<JournalAtStamp> {
    CURFEW_TRY(const JournalHead head, journal_head(tx, context.tenant_id));
    CURFEW_TRY(auto hash, chain_hash_at(tx, context.tenant_id, stamp));
    return JournalAtStamp{head.position, std::move(hash)};
  });
}

void look_into(const ServerContext& context, const RollbackSuspicion& suspicion) {
  RollbackAlarm& alarm = alarm_of(context);
  if (!alarm.is_raised()) {
    // After the credential was seen: whatever it was made from is in the store, or was lost.
    const auto journal = journal_at(context, suspicion.stamp);
    if (!journal.ok()) {
      log(LogLevel::error, "journal.unreadable", {{"why", journal.error().message()}});
    }
    if (!journal.ok() || !is_proof(suspicion, *journal)) return alarm.dismiss();
    alarm.raise({context.tenant_id, journal->head, suspicion.stamp, context.clock.now(),
                 suspicion.credential});
    log_rollback(*alarm.proof());
  }
  store_proof(context, *alarm.proof());
}

}  // namespace

void watch_for_rollback(const ServerContext& context) {
  alarm_of(context).set_handler([&context](RollbackSuspicion suspicion) {
    context.runtime.next_executor().post(
        [&context, suspicion = std::move(suspicion)] { look_into(context, suspicion); });
  });
}

void log_rollback(const RollbackProof& proof) {
  log(LogLevel::error, "journal.rolled_back",
      {{"stamp", to_string(proof.stamp)},
       {"head", to_string(proof.head)},
       {"credential", proof.credential},
       {"meaning", "nothing is issued until an operator has fenced: curfewd fence"}});
}

}  // namespace curfew
