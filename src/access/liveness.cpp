#include "access/liveness.hpp"

namespace curfew {

Verdict verdict_now(const LiveJournal& live, const CredentialFacts& facts, TimePoint now) {
  return judge(facts, live.states(facts.keys), now);
}

Result<Verdict> verdict_in(ReadTx& tx, const TenantId& tenant_id, const CredentialFacts& facts,
                           TimePoint now) {
  CURFEW_TRY(const std::vector<Watermark> states, key_states(tx, tenant_id, facts.keys));
  return judge(facts, states, now);
}

}  // namespace curfew
