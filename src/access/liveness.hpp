// access/liveness.hpp: asks the rule of model/validity.hpp about one credential.
//
// Every path on which a credential is accepted calls one of these two. verdict_in() inside the
// transaction that issues something from the credential, so that a revocation either comes before
// and is seen, or comes after and outdates what is issued. verdict_now() for requests that only
// read.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/validity.hpp"
#include "store/journal.hpp"
#include "store/store.hpp"

namespace curfew {

[[nodiscard]] Verdict verdict_now(const LiveJournal& live, const CredentialFacts& facts,
                                  TimePoint now);
[[nodiscard]] Result<Verdict> verdict_in(ReadTx& tx, const TenantId& tenant_id,
                                         const CredentialFacts& facts, TimePoint now);

}  // namespace curfew
