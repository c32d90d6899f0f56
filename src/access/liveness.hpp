// access/liveness.hpp: asks the rule of model/validity.hpp about one credential.
//
// Every path on which a credential is accepted calls one of these. verdict_in() inside the
// transaction that issues something from the credential, so that a revocation either comes before
// and is seen, or comes after and outdates what is issued. verdict_now() for requests that only
// read. Both name a credential whose stamp is above the journal's head to the journal's
// RollbackAlarm: only what was signed, sealed or stored by us may be handed to them.
#pragma once

#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/validity.hpp"
#include "store/journal.hpp"
#include "store/store.hpp"

namespace curfew {

[[nodiscard]] Verdict verdict_now(const LiveJournal& live, const CredentialFacts& facts,
                                  TimePoint now);
[[nodiscard]] Result<Verdict> verdict_in(ReadTx& tx, const Journal& journal,
                                         const CredentialFacts& facts, TimePoint now);
// For a position that stands sealed in something which is no credential yet. True: the journal
// ends before it, and the alarm was told.
[[nodiscard]] bool is_ahead(const LiveJournal& live, Position stamp, std::string_view what);

}  // namespace curfew
